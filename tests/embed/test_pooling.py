"""Pooling: hidden states that hold their own position make first, last, mean and largest four different numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from linkassist.embed.pooling import (
    Pooling,
    cls_pool,
    inner_tokens,
    last_token_pool,
    max_pool,
    mean_of_layers,
    mean_pool,
    padded,
    pool,
    pooled_pool,
)


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


def test_pooled_is_the_poolers_word_on_the_first_token() -> None:
    found = pooled_pool(positions(4, 5), IS_TOKEN, lambda first: torch.tanh(first + 1))
    expected = torch.tanh(torch.tensor([[1.0, 11.0], [1.0, 11.0], [3.0, 7.0]]))
    torch.testing.assert_close(found[:3], expected)
    assert found[3].tolist() == [0, 0]


def test_without_special_tokens_the_first_and_the_last_do_not_count() -> None:
    inner = inner_tokens(IS_TOKEN)
    assert inner.int().tolist() == [[0, 1, 1, 1, 0], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 0]]
    assert mean_pool(positions(4, 5), inner)[:3, 0].tolist() == [2, 1, 3]


def test_a_text_of_special_tokens_alone_keeps_them() -> None:
    assert inner_tokens(torch.tensor([[True, True, False], [False, False, True]])).int().tolist() == [
        [1, 1, 0],
        [0, 0, 1],
    ]


def test_layers_are_averaged_token_by_token() -> None:
    first = positions(1, 3)
    assert mean_of_layers([first, 3 * first])[0, :, 0].tolist() == [0, 2, 4]


def test_packed_texts_are_padded_on_the_right() -> None:
    hidden, is_token = padded(torch.arange(1.0, 6.0).unsqueeze(1), torch.tensor([2, 0, 3]))
    assert hidden.squeeze(2).tolist() == [[1, 2, 0], [0, 0, 0], [3, 4, 5]]
    assert is_token.int().tolist() == [[1, 1, 0], [0, 0, 0], [1, 1, 1]]
