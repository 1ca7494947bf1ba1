"""What is worked out from a project's present pages and kept by the process until one of them changes.

Whether one did is told by a number that the library keeps (`page_changes`, see `schema.py`), whoever writes the pages.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from linkassist.store.library import Library

_Value = TypeVar("_Value")


class ProjectCache(Generic[_Value]):
    """A value for each project, made on first use and again after its pages have changed.

    Of threads that ask at once, one makes it and the others wait: were each to, all would wait longer.
    """

    def __init__(self, make: Callable[[Library, int], _Value]) -> None:
        """make: the value for a library and the id of one of its projects."""
        self._make = make
        self._kept: dict[tuple[Path, int], tuple[int, _Value]] = {}
        self._making: dict[tuple[Path, int], Lock] = {}

    def of(self, library: Library, project_id: int) -> _Value:
        """The value as the pages are now."""
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
