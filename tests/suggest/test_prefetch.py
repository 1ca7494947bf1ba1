"""Results computed ahead in threads: in order, never too many at once, and what fails is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from linkassist.suggest.prefetch import prefetch_map


def test_results_come_in_the_items_order_however_long_each_takes() -> None:
    def slow_at_first(item: int) -> int:
        time.sleep(0.02 / (item + 1))
        return item * item

    assert list(prefetch_map(slow_at_first, range(20), n_threads=3)) == [n * n for n in range(20)]


def test_more_than_one_thread_computes() -> None:
    both = threading.Barrier(2, timeout=10)  # broken if one thread did all
    assert sorted(prefetch_map(lambda item: both.wait(), range(2), n_threads=2)) == [0, 1]


def test_no_more_items_are_taken_than_the_threads_need() -> None:
    taken = []

    def items() -> Iterator[int]:
        for item in range(100):
            taken.append(item)
            yield item

    results = prefetch_map(lambda item: item, items(), n_threads=2)
    assert [next(results), next(results)] == [0, 1]
    assert len(taken) == 4
    results.close()  # type: ignore[attr-defined]


def test_an_error_reaches_who_asks_for_that_result() -> None:
    results = prefetch_map(lambda item: 1 // item, [1, 0, 1], n_threads=1)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_nothing_comes_of_no_items() -> None:
    assert list(prefetch_map(str, [])) == []
