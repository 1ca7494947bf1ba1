"""Reading pages: lists, search, previews, and the advice where nothing is found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from linkassist.errors import NotFoundError
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import Backlink, Sort, backlinks, find_page, list_pages, project, projects
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggestion import Suggestion
from linkassist.wiki import Line, Link, Page, Span


def brackets(texts: Sequence[str]) -> list[Link]:
    return [
        Link(number, Span(*found.span()), found[1], "bracket")
        for number, text in enumerate(texts)
        for found in re.finditer(r"\[([^\[\]]+)\]", text)
    ]


def page(title: str, *texts: str, updated: int = 0) -> Page:
    return Page(title, tuple(Line(text) for text in (title, *texts)), "", 0, updated, 0)


WIKI = [
    page("ＫＪ法", "[Note] and [note]", "", "[red link]", updated=3),
    page("Note", "one", "", "  ", "two", "three", "four", "five", "six", updated=2),
    page("100% sure_of it", "see [Red Link] here", updated=4),
    page("100 percent", "[Note]", updated=1),
]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path) as opened:
        import_pages(opened, "wiki", "Wiki", 100, WIKI, brackets)
        yield opened


def test_an_empty_library_says_how_to_fill_it(tmp_path: Path) -> None:
    with Library.open(tmp_path) as empty:
        assert projects(empty) == []
        with pytest.raises(NotFoundError, match="linkassist import"):
            project(empty, None)


def test_no_name_means_the_only_project_and_no_other(library: Library) -> None:
    assert project(library, None) == project(library, "wiki")
    assert project(library, None).n_pages == 4
    with pytest.raises(NotFoundError, match="It holds: wiki"):
        project(library, "wikki")
    import_pages(library, "second", "Second", 1, [], brackets)
    with pytest.raises(NotFoundError, match=r"second, wiki.*--project"):
        project(library, None)


@pytest.mark.parametrize(
    ("search", "titles"),
    [
        ("kj", ["ＫＪ法"]),
        ("ＮＯＴＥ", ["Note"]),
        ("100", ["100% sure_of it", "100 percent"]),
        ("%", ["100% sure_of it"]),
        ("e_o", ["100% sure_of it"]),
        ("_", ["100% sure_of it"]),
        (" note ", ["Note"]),
        ("nothing", []),
        ("", ["100% sure_of it", "100 percent", "Note", "ＫＪ法"]),
    ],
)
def test_a_search_finds_parts_of_titles_literally(library: Library, search: str, titles: list[str]) -> None:
    found, n_found = list_pages(library, 1, search=search, sort="title")
    assert [summary.title for summary in found] == titles
    assert n_found == len(titles)


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("updated", ["100% sure_of it", "ＫＪ法", "Note", "100 percent"]),
        ("links", ["Note", "100% sure_of it", "100 percent", "ＫＪ法"]),
        ("gain", ["Note", "100% sure_of it", "100 percent", "ＫＪ法"]),
    ],
)
def test_pages_are_listed_in_the_order_asked_for(library: Library, sort: Sort, titles: list[str]) -> None:
    replace_suggestions(library, 1, 0, [(2, [Suggestion("A", "red", 0.25), Suggestion("B", "new", 0.5)])])
    found, _ = list_pages(library, 1, sort=sort)
    assert [summary.title for summary in found] == titles
    assert {summary.gain for summary in found} == {0.75, 0.0}


def test_a_list_is_read_a_screen_at_a_time_with_the_total(library: Library) -> None:
    everything, _ = list_pages(library, 1)
    screens = [list_pages(library, 1, limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [summary for screen, _ in screens for summary in screen] == everything
    assert [n_found for _, n_found in screens] == [4, 4, 4]
    assert list_pages(library, 1, search="100", limit=1)[1] == 2


def test_backlinks_show_the_first_line_that_links_latest_page_first(library: Library) -> None:
    assert backlinks(library, 1, "red_link") == [
        Backlink(3, "100% sure_of it", 1, "see [Red Link] here"),
        Backlink(1, "ＫＪ法", 3, "[red link]"),
    ]
    assert [link.page_id for link in backlinks(library, 1, "note")] == [1, 4]
    assert len(backlinks(library, 1, "note", limit=1)) == 1


def test_a_title_that_is_not_there_brings_the_nearest(library: Library) -> None:
    assert find_page(library, 1, "note").page == WIKI[1]
    with pytest.raises(NotFoundError, match='Near it: "Note"'):
        find_page(library, 1, "notes")
    with pytest.raises(NotFoundError, match='Near it: "100 percent", "100% sure_of it"'):
        find_page(library, 1, "100")
    with pytest.raises(NotFoundError, match="None is near it"):
        find_page(library, 1, "xyz")
