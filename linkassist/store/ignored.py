"""Ignored titles of a project: words that are never suggested as targets, and pages that get no suggestions.

Pages are ignored one by one, or by patterns of titles as in a shell: `2021/*`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Final, Literal

from linkassist.errors import NotFoundError
from linkassist.store.integrity.checksums import IGNORED, require_sound, seal
from linkassist.store.library import Library
from linkassist.store.project_cache import ProjectCache
from linkassist.store.project_settings import project_setting, set_project_setting
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key

# "word": a target that is never suggested; "page": a page that gets no suggestions. Kept in libraries, never renamed.
IgnoredSort = Literal["word", "page"]


@dataclass(frozen=True, slots=True)
class Ignored:
    """An ignored title as it was written, and its key."""

    sort: IgnoredSort
    key: str
    title: str


def ignored(library: Library, project_id: int) -> list[Ignored]:
    """Everything that is ignored in the project, the latest first."""
    sql = f"SELECT {IGNORED.selected} FROM ignored WHERE project_id = ? ORDER BY added_at DESC, key"
    found = []
    for row in library.rows(sql, (project_id,)):
        require_sound(IGNORED, row)
        found.append(Ignored(*row[1:4]))
    return found


def ignored_patterns(library: Library, project_id: int) -> tuple[str, ...]:
    """The patterns of titles whose pages get no suggestions, as they were written."""
    return tuple((project_setting(library, project_id, "ignored_patterns") or "").splitlines())


def set_ignored_patterns(library: Library, project_id: int, patterns: Sequence[str]) -> None:
    """Stores the patterns in place of the earlier ones."""
    set_project_setting(library, project_id, "ignored_patterns", "\n".join(patterns) or None)


def pages_like(library: Library, project_id: int, patterns: Sequence[str]) -> frozenset[int]:
    """The row ids of the present pages whose titles match a pattern, in the notation of `fnmatch`.

    Case and the two ways to write a space are one, as in links.
    """
    return _titles.of(library, project_id).matching(tuple(patterns)) if patterns else frozenset()


@dataclass(frozen=True, slots=True)
class _TitleKeys:
    """The title keys of the present pages, {row id: key}, and what patterns were found to match."""

    keys: dict[int, str]
    found: dict[tuple[str, ...], frozenset[int]] = field(default_factory=dict)

    def matching(self, patterns: tuple[str, ...]) -> frozenset[int]:
        if patterns not in self.found:
            is_match = re.compile("|".join(translate(title_key(pattern)) for pattern in patterns)).match
            self.found[patterns] = frozenset(page_id for page_id, key in self.keys.items() if is_match(key))
        return self.found[patterns]


def _read_titles(library: Library, project_id: int) -> _TitleKeys:
    sql = "SELECT id, key FROM pages WHERE project_id = ? AND is_gone = 0"
    return _TitleKeys(dict(library.rows(sql, (project_id,))))


_titles: Final = ProjectCache(_read_titles)


def ignored_page_ids(library: Library, project_id: int) -> frozenset[int]:
    """The row ids of the present pages that are ignored, by title or by pattern."""
    rows = library.rows(
        """
        SELECT p.id FROM ignored i CROSS JOIN pages p ON p.project_id = i.project_id AND p.key = i.key
        WHERE i.project_id = ? AND i.sort = 'page' AND p.is_gone = 0
        """,
        (project_id,),
    )
    by_pattern = pages_like(library, project_id, ignored_patterns(library, project_id))
    return by_pattern.union(page_id for (page_id,) in rows)


def add_ignored(library: Library, project_id: int, sort: IgnoredSort, title: str) -> None:
    """Ignores the title from now on; one that is ignored already stays as it is."""
    with library.transaction(is_durable=True) as connection:
        added = connection.execute(
            "INSERT OR IGNORE INTO ignored (project_id, sort, key, title, added_at) VALUES (?, ?, ?, ?, ?)",
            (project_id, sort, title_key(title), title, int(time.time())),
        )
        if added.rowcount:
            seal(connection, IGNORED, IGNORED.is_this_row, (project_id, sort, title_key(title)))


def remove_ignored(library: Library, project_id: int, sort: IgnoredSort, title: str) -> None:
    """Ignores the title no longer. Raises NotFoundError if it is not ignored."""
    with library.transaction(is_durable=True) as connection:
        changed = connection.execute(
            "DELETE FROM ignored WHERE project_id = ? AND sort = ? AND key = ?", (project_id, sort, title_key(title))
        )
        if changed.rowcount == 0:
            raise NotFoundError(f"{quoted(title)} is not ignored. Reload the settings to see what is.")
