"""From one vector per token to one per text: pure tensor functions. Which one a model wants, `model_folder.py` tells.

Throughout, `hidden` is (texts, tokens, width), and `is_token` is (texts, tokens) bool, False on padding, which may
stand on either side. What comes back is (texts, width); a text without tokens gives the zero vector.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Pooling = Literal["cls", "mean", "max", "last"]


def cls_pool(hidden: Tensor, is_token: Tensor) -> Tensor:
    """One vector per text: that of its first real token, which is [CLS] in BERT and its kin.

    Source: Devlin et al. 2019, section 3, https://arxiv.org/abs/1810.04805
    """
    first = is_token.int().argmax(dim=1)
    return _at(hidden, first, is_token)


def mean_pool(hidden: Tensor, is_token: Tensor) -> Tensor:
    """One vector per text: the mean over its real tokens.

    Source: Reimers and Gurevych 2019, section 3, https://arxiv.org/abs/1908.10084
    """
    weights = is_token.to(hidden.dtype)
    sums = torch.einsum("ntw,nt->nw", hidden, weights)
    return sums / weights.sum(dim=1, keepdim=True).clamp(min=1)


def max_pool(hidden: Tensor, is_token: Tensor) -> Tensor:
    """One vector per text: in each dimension, the largest value among its real tokens.

    Source: Reimers and Gurevych 2019, section 3, https://arxiv.org/abs/1908.10084
    """
    largest = hidden.masked_fill(~is_token.unsqueeze(2), -torch.inf).amax(dim=1)
    return largest.masked_fill(~is_token.any(dim=1, keepdim=True), 0.0)


def last_token_pool(hidden: Tensor, is_token: Tensor) -> Tensor:
    """One vector per text: that of its last real token, the only one that has seen the whole text in a decoder.

    Source: Wang et al. 2024, section 3.2, https://arxiv.org/abs/2401.00368
    """
    n_tokens = is_token.shape[1]
    last = n_tokens - 1 - is_token.flip(1).int().argmax(dim=1)
    return _at(hidden, last, is_token)


def pool(hidden: Tensor, is_token: Tensor, pooling: Pooling) -> Tensor:
    """One vector per text, by the pooling of that name."""
    match pooling:
        case "cls":
            return cls_pool(hidden, is_token)
        case "mean":
            return mean_pool(hidden, is_token)
        case "max":
            return max_pool(hidden, is_token)
        case "last":
            return last_token_pool(hidden, is_token)


def _at(hidden: Tensor, position: Tensor, is_token: Tensor) -> Tensor:
    """The vector at one position of each text. position: (texts,) int64."""
    found = hidden[torch.arange(hidden.shape[0], device=hidden.device), position]
    return found.masked_fill(~is_token.any(dim=1, keepdim=True), 0.0)
