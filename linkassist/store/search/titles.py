"""The titles of a project in memory, for a search while typing: all titles in a millisecond."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final

from linkassist.store.library import Library
from linkassist.store.project_cache import ProjectCache

_END: Final = "\0"  # in no search word


@dataclass(frozen=True, slots=True, eq=False)
class Titles:
    """The titles of the present pages in search form, the shortest first, and their row ids.

    text: all of them, each followed by NUL. starts: where each begins in `text`, and where the last one ends.
    """

    folded: tuple[str, ...]
    page_ids: tuple[int, ...]
    text: str
    starts: tuple[int, ...]

    def holding(self, words: tuple[str, ...]) -> tuple[int, ...]:
        """The pages with every word (at least one) in their title.

        A title equal to the words comes first, then those that begin with the first word; shorter ones first.
        """
        return _holding(self, words)


def titles(library: Library, project_id: int) -> Titles:
    """The titles of the project, cached until its pages change."""
    return _titles.of(library, project_id)


@lru_cache(maxsize=32)  # a search calls it twice
def _holding(of: Titles, words: tuple[str, ...]) -> tuple[int, ...]:
    longest, whole = max(words, key=len), " ".join(words)
    others = [word for word in words if word is not longest]
    exact: list[int] = []
    begun: list[int] = []
    other: list[int] = []
    at = of.text.find(longest)
    while at >= 0:
        place = bisect_right(of.starts, at) - 1
        at = of.text.find(longest, of.starts[place + 1])
        title = of.folded[place]
        if others and not all(word in title for word in others):
            continue
        (exact if title == whole else begun if title.startswith(words[0]) else other).append(place)
    return tuple(of.page_ids[place] for place in (*exact, *begun, *other))


def _read(library: Library, project_id: int) -> Titles:
    rows = library.rows("SELECT folded_title, id FROM pages WHERE project_id = ? AND is_gone = 0", (project_id,))
    in_order = sorted((len(title), title, page_id) for title, page_id in rows)
    folded = tuple(title.replace(_END, "\ufffd") for _, title, _ in in_order)
    ended = [title + _END for title in folded]
    starts = tuple(accumulate(map(len, ended), initial=0))
    return Titles(folded, tuple(page_id for _, _, page_id in in_order), "".join(ended), starts)


_titles: Final = ProjectCache(_read)
