"""A cache of values computed from a project's present pages, valid until one of them changes.

The library counts changes of pages by any process in the table `page_changes` (see `schema.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from linkassist.store.library import Library

_Value = TypeVar("_Value")


class ProjectCache(Generic[_Value]):
    """One value per project, computed on first use and again after its pages have changed.

    If several threads need it at once, one computes it and the others wait.
    """

    def __init__(self, make: Callable[[Library, int], _Value]) -> None:
        """make: computes the value for a library and the id of one of its projects."""
        self._make = make
        self._kept: dict[tuple[Path, int], tuple[int, _Value]] = {}
        self._making: dict[tuple[Path, int], Lock] = {}

    def of(self, library: Library, project_id: int) -> _Value:
        """The value for the present pages."""
        at = (library.path, project_id)
        row = library.row("SELECT n FROM page_changes WHERE project_id = ?", (project_id,))
        n_changes = int(row[0]) if row else 0
        kept_at, value = self._kept.get(at, (None, None))
        if kept_at == n_changes and value is not None:
            return value
        with self._making.setdefault(at, Lock()):
            kept_at, value = self._kept.get(at, (None, None))
            if kept_at != n_changes or value is None:
                value = self._make(library, project_id)
                self._kept[at] = n_changes, value
            return value
