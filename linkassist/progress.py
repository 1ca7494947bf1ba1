"""How work reports its progress: `OnProgress` for work of several steps, `OnCount` for a single one."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[str, int, int], None]  # step, done, total
OnCount = Callable[[int, int], None]  # done, total


def no_progress(step: str, done: int, total: int) -> None:
    """For a caller who wants no reports."""


def no_count(done: int, total: int) -> None:
    """For a caller who wants no reports of a single step."""


def counting(on_progress: OnProgress, step: str) -> OnCount:
    """Reports of a single step, passed on under its name."""
    return lambda done, total: on_progress(step, done, total)
