"""Token sequences of several lengths as tensors of one, as a network in training reads them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from linkassist.bert.tokenize.sequences import TokenSequence


def padded(sequences: Sequence[TokenSequence]) -> tuple[Tensor, Tensor, Tensor]:
    """(sequences, tokens) ids and types, int64, 0 behind the end of a shorter one, and bool, False there."""
    lengths = torch.tensor([len(each.ids) for each in sequences])
    is_token = torch.arange(int(lengths.max())) < lengths.unsqueeze(1)
    ids, types = (torch.zeros(is_token.shape, dtype=torch.long) for _ in range(2))
    ids[is_token] = torch.tensor([id_ for each in sequences for id_ in each.ids])
    types[is_token] = torch.tensor([type_ for each in sequences for type_ in each.types])
    return ids, types, is_token
