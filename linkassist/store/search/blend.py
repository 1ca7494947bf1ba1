"""Blends a search by meaning with the words of the query: who types a sentence of the wiki finds where it stands.

Three rankings are added up by reciprocal rank fusion, a page with 1 / (60 + rank) for each that has it: similar pages,
titles with the words, texts with the words. A title that is the query, but for spaces, signs, width and case, is first.
Source: Cormack, Clarke and Buettcher 2009, https://doi.org/10.1145/1571941.1572114
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from linkassist.store.codec import search_form
from linkassist.store.library import Library
from linkassist.store.search.full_text import find_texts, find_titles, query_words, titles_of

_K: Final = 60
_N_TITLES: Final = 20
_N_TEXTS: Final = 20


@dataclass(frozen=True, slots=True)
class BlendedPage:
    """A page found by meaning, by words or by both. similarity: None if it is not among the most similar ones.

    has_words: whether its title or its text has every word of the query.
    """

    page_id: int
    title: str
    similarity: float | None
    has_words: bool


def blend(
    library: Library, project_id: int, query: str, near: Sequence[tuple[int, float]], limit: int
) -> list[BlendedPage]:
    """The best pages, best first. near: (page row id, similarity), most similar first."""
    words = query_words(query)
    in_titles: list[int] = []
    for asked in (words, _without_signs(query)):  # a sentence may be typed with other signs than the title has
        found, _ = find_titles(library, project_id, asked, limit=_N_TITLES)
        in_titles += [each.page_id for each in found if each.page_id not in in_titles]
    in_texts = [each.page_id for each in find_texts(library, project_id, words, limit=_N_TEXTS).pages]
    similarity = dict(near)
    points: defaultdict[int, float] = defaultdict(float)
    for ranking in (list(similarity), in_titles, in_texts):
        for rank, page_id in enumerate(ranking, 1):
            points[page_id] += 1 / (_K + rank)
    titles = titles_of(library, project_id, list(points))
    has_words = frozenset((*in_titles, *in_texts))
    ranked = sorted(titles, key=lambda page_id: _rank(titles, page_id, query, points[page_id]))
    return [
        BlendedPage(page_id, titles[page_id], similarity.get(page_id), page_id in has_words)
        for page_id in ranked[:limit]
    ]


def _rank(titles: Mapping[int, str], page_id: int, query: str, points: float) -> tuple[bool, float, int]:
    """The sort key: titles that are the query first, then by points."""
    return _bare(titles[page_id]) != _bare(query), -points, page_id


def _without_signs(query: str) -> tuple[str, ...]:
    return query_words("".join(char if char.isalnum() else " " for char in query))


def _bare(text: str) -> str:
    """The letters and digits in search form: `_bare("Ａ b, c!") == "abc"`; all of a text that has none."""
    form = search_form(text)
    return "".join(filter(str.isalnum, form)) or form
