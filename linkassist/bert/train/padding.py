"""Padding of token sequences to a batch, for networks of transformers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from linkassist.bert.tokenize.sequences import TokenSequence


def padded(sequences: Sequence[TokenSequence]) -> tuple[Tensor, Tensor, Tensor]:
    """(ids, types, is_token), each (sequences, tokens): int64 padded with 0, and bool, False on padding."""
    lengths = torch.tensor([len(each.ids) for each in sequences])
    is_token = torch.arange(int(lengths.max())) < lengths.unsqueeze(1)
    ids, types = (torch.zeros(is_token.shape, dtype=torch.long) for _ in range(2))
    ids[is_token] = torch.tensor([id_ for each in sequences for id_ in each.ids])
    types[is_token] = torch.tensor([type_ for each in sequences for type_ in each.types])
    return ids, types, is_token
