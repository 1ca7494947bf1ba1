"""Pooling functions: from one vector per token to one per text.

`model_folder.py` selects a model's pooling; `bert/layer_pooling.py` applies several to one forward pass.
Throughout, `hidden` is (texts, tokens, width), and `is_token` is (texts, tokens) bool, False on padding, which may be
on either side. The result is (texts, width); a text without tokens gives the zero vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from linkassist.embed.model_name import Pooling


def cls_pool(hidden: Tensor, is_token: Tensor) -> Tensor:
    """One vector per text: that of its first real token, which is [CLS] in BERT-like models.

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


def weighted_pool(hidden: Tensor, is_token: Tensor) -> Tensor:
    """One vector per text: the mean over its real tokens, that at place i weighing i, the first being 1.

    Source: Muennighoff 2022, section 3.1, https://arxiv.org/abs/2202.08904
    """
    place = torch.arange(1, hidden.shape[1] + 1, device=hidden.device, dtype=hidden.dtype)
    weights = is_token.to(hidden.dtype) * place
    sums = torch.einsum("ntw,nt->nw", hidden, weights)
    return sums / weights.sum(dim=1, keepdim=True).clamp(min=1)


def last_token_pool(hidden: Tensor, is_token: Tensor) -> Tensor:
    """One vector per text: that of its last real token, the only one that attends to the whole text in a decoder.

    Source: Wang et al. 2024, section 3.2, https://arxiv.org/abs/2401.00368
    """
    n_tokens = is_token.shape[1]
    last = n_tokens - 1 - is_token.flip(1).int().argmax(dim=1)
    return _at(hidden, last, is_token)


def pooled_pool(hidden: Tensor, is_token: Tensor, pooler: Callable[[Tensor], Tensor]) -> Tensor:
    """One vector per text: BERT's pooled output, tanh(W h + b) for the vector h of [CLS] in the last layer.

    pooler: the model's own dense layer and tanh, (texts, width) to (texts, width).
    Source: Devlin et al. 2019, https://arxiv.org/abs/1810.04805, and BertModel in modeling.py of their code
    """
    return pooler(cls_pool(hidden, is_token)).masked_fill(~is_token.any(dim=1, keepdim=True), 0.0)


def mean_of_layers(layers: Sequence[Tensor]) -> Tensor:
    """(texts, tokens, width): the mean of some layers' hidden states, token by token.

    For the first and last layer, this is the "first-last average".
    Source: Li et al. 2020, section 4, https://arxiv.org/abs/2011.05864

    >>> mean_of_layers([torch.tensor([[[1.0]]]), torch.tensor([[[4.0]]])])
    tensor([[[2.5000]]])
    """
    return torch.stack(list(layers)).mean(dim=0)


def inner_tokens(is_token: Tensor) -> Tensor:
    """(texts, tokens) bool: the real tokens of single texts without their first and last, which are [CLS] and [SEP].

    A text that has no other token keeps both, so that an empty text has a vector too.

    >>> inner_tokens(torch.tensor([[True, True, True, False], [True, True, False, False]])).int()
    tensor([[0, 1, 0, 0],
            [1, 1, 0, 0]], dtype=torch.int32)
    """
    n_before = is_token.int().cumsum(dim=1)
    n_tokens = n_before[:, -1:]
    inner = is_token & (n_before > 1) & (n_before < n_tokens)
    return inner | (is_token & (n_tokens <= 2))


def padded(packed: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """(hidden, is_token) of packed texts, padded with zeros on the right.

    packed: (sum of lengths, width). lengths: (texts,) int64.

    >>> padded(torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([1, 2]))[0].squeeze(2)
    tensor([[1., 0.],
            [2., 3.]])
    """
    n_tokens = int(lengths.max()) if len(lengths) else 0
    is_token = torch.arange(n_tokens) < lengths.unsqueeze(1)
    hidden = packed.new_zeros((len(lengths), n_tokens, packed.shape[1]))
    hidden[is_token] = packed
    return hidden, is_token


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
        case "weighted":
            return weighted_pool(hidden, is_token)


def _at(hidden: Tensor, position: Tensor, is_token: Tensor) -> Tensor:
    """The vector at one position of each text. position: (texts,) int64."""
    found = hidden[torch.arange(hidden.shape[0], device=hidden.device), position]
    return found.masked_fill(~is_token.any(dim=1, keepdim=True), 0.0)
