"""Pooling: hidden states that hold their own position make first, last, mean and largest four different numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from linkassist.embed.pooling import Pooling, cls_pool, last_token_pool, max_pool, mean_pool, pool


def positions(n_texts: int, n_tokens: int) -> Tensor:
    """(texts, tokens, 2): the token's position, and 10 less twice that, so that the largest differs from the last."""
    position = torch.arange(n_tokens, dtype=torch.float32).expand(n_texts, -1)
    return torch.stack([position, 10 - 2 * position], dim=2)


IS_TOKEN = torch.tensor(
    [
        [True, True, True, True, True],
        [True, True, True, False, False],  # padded on the right
        [False, False, True, True, True],  # padded on the left
        [False, False, False, False, False],
    ]
)


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("cls", [[0, 10], [0, 10], [2, 6], [0, 0]]),
        ("mean", [[2, 6], [1, 8], [3, 4], [0, 0]]),
        ("max", [[4, 10], [2, 10], [4, 6], [0, 0]]),
        ("last", [[4, 2], [2, 6], [4, 2], [0, 0]]),
    ],
)
def test_each_pooling_sees_the_real_tokens_alone(pooling: Pooling, expected: list[list[float]]) -> None:
    assert pool(positions(4, 5), IS_TOKEN, pooling).tolist() == expected


def test_the_largest_value_may_be_negative() -> None:
    hidden = torch.tensor([[[-3.0], [-2.0], [5.0]]])
    assert max_pool(hidden, torch.tensor([[True, True, False]])).tolist() == [[-2.0]]


def test_what_padding_holds_does_not_matter() -> None:
    hidden, is_token = positions(4, 5), IS_TOKEN[:3]
    other = hidden.masked_fill(~IS_TOKEN.unsqueeze(2), 1e6)
    for pooling in (cls_pool, mean_pool, max_pool, last_token_pool):
        assert torch.equal(pooling(hidden[:3], is_token), pooling(other[:3], is_token))
