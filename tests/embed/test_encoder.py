"""Batching by length, and vectors of length 1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkassist.embed.encoder import batches_by_length, normalised

lengths_lists = st.lists(st.integers(min_value=0, max_value=50), max_size=60)


@given(lengths_lists, st.integers(min_value=1, max_value=200))
def test_every_text_is_in_one_batch_and_no_batch_exceeds_its_budget(lengths: list[int], budget: int) -> None:
    batches = list(batches_by_length(lengths, budget))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= budget


@given(lengths_lists)
def test_longer_texts_come_first(lengths: list[int]) -> None:
    order = [index for batch in batches_by_length(lengths, 100) for index in batch]
    assert order == sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))


def test_texts_without_tokens_share_a_batch() -> None:
    assert list(batches_by_length([0, 0, 0], 8)) == [[0, 1, 2]]


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at least 1"):
        list(batches_by_length([1], 0))


def test_a_zero_vector_stays_zero_when_the_others_get_length_1() -> None:
    found = normalised(np.array([[3, 4], [0, 0]], dtype=np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.array([[0.6, 0.8], [0, 0]]), rtol=1e-6)
