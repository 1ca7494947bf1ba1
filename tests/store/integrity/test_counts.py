"""What is counted of the pages as they are written is what counting them gives, whatever becomes of them."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkassist.scrapbox.notation import page_links
from linkassist.store.imports import import_pages
from linkassist.store.integrity.counts import recount
from linkassist.store.library import Library
from linkassist.store.navigation import figures, project_name
from linkassist.store.page_filter import PageFilter
from linkassist.store.pages import list_pages, read_pages
from linkassist.store.suggestions import page_suggestions, replace_suggestions
from linkassist.store.summaries.overview import MonthOfPages, pages_by_links, pages_by_month
from linkassist.store.verdicts import record_verdict, undo_verdict
from linkassist.suggestion import Group, Kind, Reason, Suggestion, Verdict
from linkassist.wiki import Line, Page

TITLES = ("a", "b", "c")
GROUPS: tuple[Group, ...] = ("page", "red", "new", "far")
_MONTH_S = 31 * 24 * 3600


def suggestion(target: str, kind: Kind, probability: float, *, is_far: bool = False) -> Suggestion:
    reasons = (Reason("far", names=("a", "its line"), quote="a line"),) if is_far else ()
    return Suggestion(target, kind, probability, reasons=reasons)


OFFERED = (
    suggestion("one", "page", 0.9),
    suggestion("two", "page", 0.5, is_far=True),
    suggestion("three", "red", 0.4),
    suggestion("four", "new", 0.3),
    suggestion("five", "red", 0.05),
)
a_page = st.tuples(st.integers(0, 3), st.integers(0, 40))  # how many links, in which month it was made
an_export = st.dictionaries(st.sampled_from(TITLES), a_page, max_size=3)
lists = st.dictionaries(st.sampled_from(TITLES), st.sets(st.sampled_from(OFFERED)), max_size=3)


@pytest.mark.parametrize("time", [-5, 4_102_444_800, 253_402_300_800, 1_616_457_600_000, 2**62])
def test_a_page_whose_time_is_none_is_in_no_month(tmp_path: Path, time: int) -> None:
    with Library.open(tmp_path) as library:
        pages = [Page("a", (Line("a"),), created=time), Page("b", (Line("b"),), created=86_400)]
        import_pages(library, "wiki", "wiki", 0, pages, page_links)
        of = project_name(library, "wiki").id
        only = [MonthOfPages(1970 * 12, 1, 0)]
        assert pages_by_month(library, of) == only
        with library.transaction() as connection:
            connection.execute("UPDATE pages SET created = created + 1, n_links = 1 WHERE title = 'a'")
        assert pages_by_month(library, of) == only
        assert not recount(library, of)
        import_pages(library, "wiki", "wiki", 0, [Page("a", (Line("a"),), created=86_400)], page_links)
        assert pages_by_month(library, of) == only


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(an_export, lists, st.booleans()), min_size=1, max_size=3))
def test_the_counts_are_those_of_the_pages(
    history: list[tuple[dict[str, tuple[int, int]], dict[str, set[Suggestion]], bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder)) as library:
        for export, listed, is_undone in history:
            pages = [page(title, *made) for title, made in export.items()]
            import_pages(library, "wiki", "wiki", 0, pages, page_links)
            of = project_name(library, "wiki").id
            present = {stored.page.title: stored.id for stored in read_pages(library, of)}
            given_lists = [(present[title], list(found)) for title, found in listed.items() if title in present]
            replace_suggestions(library, of, 1, given_lists)
            for page_id, found in given_lists:
                if OFFERED[0] in found:
                    record_verdict(library, page_id, Verdict("one", "accept", 1, "page", 0.9))
                    if is_undone:
                        undo_verdict(library, page_id, "one")
            check(library, of)
            assert figures(library, of).n_pages == len(export)


def page(title: str, n_links: int, month: int) -> Page:
    texts = (title, *(f"[link {number}]" for number in range(n_links)))
    return Page(title, tuple(Line(text) for text in texts), title, month * _MONTH_S, 0, 0)


def check(library: Library, of: int) -> None:
    """Every count against the pages one by one."""
    pages, n = list_pages(library, of)
    assert n == len(pages)
    found = figures(library, of)
    assert found.n_pages == n
    assert found.n_links == sum(each.n_links for each in pages)
    open_ones = {each.id: [s.suggestion for s in page_suggestions(library, each.id)] for each in pages}
    likely = {page_id: [s for s in found if s.is_worth_showing] for page_id, found in open_ones.items()}
    assert found.n_suggestions == sum(map(len, likely.values()))
    assert pages_by_links(library, of) == Counter(each.n_links for each in pages)
    made = [each for each in pages if each.created]
    assert sum(month.n_pages for month in pages_by_month(library, of)) == len(made)
    assert sum(month.n_linked for month in pages_by_month(library, of)) == sum(each.n_links > 0 for each in made)
    for group in GROUPS:
        wanted = {each.id for each in pages if any(s.group == group for s in likely[each.id])}
        listed, counted = list_pages(library, of, only=PageFilter(group=group))
        assert ({each.id for each in listed}, counted) == (wanted, len(wanted))
    some = PageFilter(links=(1, None), has_suggestions=True)
    wanted = {each.id for each in pages if each.n_links and likely[each.id]}
    assert list_pages(library, of, only=some, limit=1)[1] == len(wanted)
