"""Results computed some way ahead of who asks for them, in threads."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

MOST_THREADS: Final = 4  # each holds some hundred pages' candidates

Item = TypeVar("Item")
Result = TypeVar("Result")


def prefetch_map(
    function: Callable[[Item], Result], items: Iterable[Item], n_threads: int | None = None
) -> Iterator[Result]:
    """What the function makes of each item, in the items' order; at most `n_threads` + 1 results wait to be taken.

    For functions that spend their time in NumPy, SciPy or FAISS, which let other threads go on meanwhile.
    n_threads: None for one a core, at most four.
    """
    n_threads = n_threads or min(MOST_THREADS, os.cpu_count() or 1)
    waiting: deque[Future[Result]] = deque()
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
