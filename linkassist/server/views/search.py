"""The results of a search, for its screen and for the list below the search box."""

from __future__ import annotations

from dataclasses import dataclass

from linkassist.server.urls import page_address, search_address
from linkassist.server.views.plain_text import plain_text
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, first_lines
from linkassist.store.search.blend import blend
from linkassist.store.search.full_text import FoundLine, find_texts, find_titles, n_unread, query_words

_N_BLENDED = 20
_WIDTH = 160  # code points of a line that are shown
_BEFORE = 40  # of these, before the first match


@dataclass(frozen=True, slots=True)
class TextRun:
    """A run of a title or line. is_hit: whether it matches the query."""

    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """A matching line. number: from 1, the title line being 1."""

    number: int
    runs: tuple[TextRun, ...]
    address: str


@dataclass(frozen=True, slots=True)
class HitView:
    """A matching page: by its title, with the beginning of its text, or by its lines."""

    title: tuple[TextRun, ...]
    address: str
    beginning: str = ""
    lines: tuple[LineView, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchView:
    """A page of results by words. more_titles, more_texts, all_found: addresses, "" if there are no more.

    n_looked: pages searched so far, if not all. n_unread: pages whose text is not in the index yet.
    """

    query: str
    titles: tuple[HitView, ...]
    n_titles: int
    texts: tuple[HitView, ...]
    n_more_titles: int
    more_titles: str
    more_texts: str
    n_looked: int
    first: str
    by_meaning: str
    all_found: str
    n_unread: int


@dataclass(frozen=True, slots=True)
class NearView:
    """A page found by meaning. percent: cosine similarity, None if it is found by its words alone."""

    title: str
    address: str
    percent: int | None
    has_words: bool
    beginning: str


@dataclass(frozen=True, slots=True)
class MeaningView:
    """The pages most similar in meaning, or the message of an error. is_preparing: the models are being loaded."""

    query: str
    pages: tuple[NearView, ...]
    failure: str
    by_words: str
    is_preparing: bool = False


def search_view(
    library: Library, here: ProjectName, query: str, *, n_titles: int, n_texts: int, title_at: int = 0, text_at: int = 0
) -> SearchView:
    """The results by words. With title_at or text_at, more titles alone or more texts alone, from that offset."""
    words = query_words(query)
    titles, n_found = find_titles(library, here.id, words, limit=0 if text_at else n_titles, offset=title_at)
    texts = find_texts(library, here.id, words, limit=0 if title_at else n_texts, start_at=text_at)
    beginnings = first_lines(library, [page.page_id for page in titles])
    n_left = 0 if text_at else n_found - title_at - len(titles)
    return SearchView(
        query=query,
        titles=tuple(
            HitView(
                _runs(page.title, page.spans),
                page_address(here.name, page.title),
                _beginning(beginnings[page.page_id]),
            )
            for page in titles
        ),
        n_titles=n_found,
        texts=tuple(
            HitView(
                (TextRun(page.title, False),),
                page_address(here.name, page.title),
                lines=tuple(_line(here, page.title, line) for line in page.lines),
            )
            for page in texts.pages
        ),
        n_more_titles=n_left,
        more_titles=search_address(here.name, query, title_at=title_at + len(titles)) if n_left else "",
        more_texts=search_address(here.name, query, text_at=texts.next_at) if texts.next_at else "",
        n_looked=texts.next_at,
        first=search_address(here.name, query) if title_at or text_at else "",
        by_meaning=search_address(here.name, query, by="meaning"),
        all_found=search_address(here.name, query),
        n_unread=n_unread(library),
    )


def meaning_view(
    library: Library, here: ProjectName, query: str, near: list[tuple[int, float]], failure: str
) -> MeaningView:
    """The pages most similar in meaning, blended with those that have the words of the query.

    near: (page row id, similarity), most similar first. failure: why there are none, "" if there are.
    """
    found = [] if failure else blend(library, here.id, query, near, _N_BLENDED)
    beginnings = first_lines(library, [each.page_id for each in found])
    return MeaningView(
        query,
        tuple(
            NearView(
                each.title,
                page_address(here.name, each.title),
                None if each.similarity is None else round(100 * min(1.0, max(0.0, each.similarity))),
                each.has_words,
                _beginning(beginnings[each.page_id]),
            )
            for each in found
        ),
        failure,
        search_address(here.name, query),
    )


def _line(here: ProjectName, title: str, line: FoundLine) -> LineView:
    start = len(line.text) - len(line.text.lstrip())
    if len(line.text) > _WIDTH and line.spans and line.spans[0][0] > _BEFORE:
        start = line.spans[0][0] - _BEFORE
    text = line.text[start : start + _WIDTH]
    spans = tuple(
        (max(0, first - start), min(len(text), last - start))
        for first, last in line.spans
        if first - start < len(text) and last > start
    )
    runs = list(_runs(text, spans))
    if text and line.text[:start].strip():
        runs.insert(0, TextRun("…", False))
    if start + _WIDTH < len(line.text):
        runs.append(TextRun("…", False))
    return LineView(line.number + 1, tuple(runs), f"{page_address(here.name, title)}#L{line.number}")


def _runs(text: str, spans: tuple[tuple[int, int], ...]) -> tuple[TextRun, ...]:
    runs: list[TextRun] = []
    at = 0
    for start, end in spans:
        if start > at:
            runs.append(TextRun(text[at:start], False))
        runs.append(TextRun(text[start:end], True))
        at = end
    if at < len(text):
        runs.append(TextRun(text[at:], False))
    return tuple(runs)


def _beginning(lines: tuple[str, ...]) -> str:
    return " ".join(filter(None, map(plain_text, lines)))
