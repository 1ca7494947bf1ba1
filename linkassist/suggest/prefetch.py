"""A parallel map that computes a few results ahead of its reader."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

_MOST_THREADS: Final = 4  # each holds some hundred pages' candidates

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def prefetch_map(
    function: Callable[[_Item], _Result], items: Iterable[_Item], n_threads: int | None = None
) -> Iterator[_Result]:
    """`map(function, items)` in threads, in order; at most `n_threads` + 1 results are computed ahead.

    For functions that spend their time in NumPy, SciPy or FAISS, which release the interpreter lock.
    n_threads: None for one per core, at most four.
    """
    n_threads = n_threads or min(_MOST_THREADS, os.cpu_count() or 1)
    waiting: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(n_threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
