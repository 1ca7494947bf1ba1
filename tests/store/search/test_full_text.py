"""The search against a plain scan of the same pages, and how the import keeps it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkassist.scrapbox.notation import page_links
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.search.full_text import fill_search, find_texts, find_titles, find_words, n_unread, query_words
from linkassist.wiki import Line, Page

# Few characters, so that words meet; among them FTS5's own syntax, what folds to more or fewer, and NUL.
_ALPHABET = "あい庭検索aAＡb㍿ｶﾞÅﬁΣσ\"'*()-:^ \t\0ANDORé"
_texts = st.text(st.sampled_from(_ALPHABET) | st.characters(codec="utf-8"), max_size=12)
_wikis = st.lists(st.lists(_texts, min_size=1, max_size=4), min_size=1, max_size=6)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path) as opened:
        yield opened


def put(library: Library, *pages: list[str], project: str = "wiki") -> int:
    """Makes the lines given, after a title of its own each, the project's pages."""
    made = [
        Page(f"T{number}", (Line(f"T{number}"), *map(Line, lines)), updated=1000 - number)
        for number, lines in enumerate(pages)
    ]
    return import_pages(library, project, "", 0, made, page_links).project.id


def found(library: Library, project_id: int, query: str) -> list[str]:
    """The titles of the pages found by their text, every screen of them."""
    titles, at = [], 0
    while True:
        screen = find_texts(library, project_id, query_words(query), limit=2, start_at=at)
        titles += [page.title for page in screen.pages]
        if not (at := screen.next_at):
            return titles


def plain_scan(pages: list[list[str]], query: str) -> list[str]:
    """What a reader would find with nothing but `in`."""

    def form(text: str) -> str:
        return unicodedata.normalize("NFKC", text).lower().replace("\0", "\ufffd")

    words = form(query).split()[:8]
    titles = [f"T{number}" for number in range(len(pages))]
    bodies = ["\n".join(map(form, [title, *lines])) for title, lines in zip(titles, pages, strict=True)]
    return [
        title
        for title, body in zip(titles, bodies, strict=True)
        if words and all(word in body for word in words) and not all(word in form(title) for word in words)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_is_found_is_what_a_plain_scan_finds(library: Library, data: st.DataObject) -> None:
    pages = data.draw(_wikis)
    line = data.draw(st.sampled_from([line for lines in pages for line in lines]))
    start = data.draw(st.integers(0, max(0, len(line) - 1)))
    query = data.draw(st.just(line[start : start + data.draw(st.integers(1, 6))]) | _texts)
    assert found(library, put(library, *pages), query) == plain_scan(pages, query)


@settings(max_examples=100, deadline=None)
@given(_texts, _texts)
def test_what_is_marked_holds_the_words_and_is_found_iff_it_is_there(text: str, query: str) -> None:
    words = query_words(query)
    spans = find_words(text, words)
    folded = unicodedata.normalize("NFKC", text).lower().replace("\0", "\ufffd")
    assert bool(spans) == any(word in folded for word in words)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] < after[0] for before, after in zip(spans, spans[1:], strict=False))


@pytest.mark.parametrize(
    ("text", "query", "spans"),
    [
        pytest.param("検索と検索", "検索", ((0, 2), (3, 5)), id="twice"),
        pytest.param("ＫＪ法", "kj", ((0, 2),), id="full width"),
        pytest.param("㍿庭", "会社", ((0, 1),), id="one character that folds to four"),
        pytest.param("ｶﾞｲﾄﾞ", "イ", ((2, 3),), id="half-width kana with its mark"),
        pytest.param("abcb", "b c", ((1, 4),), id="neighbours are one"),
        pytest.param("ΟΔΟΣ", "οδοσ", (), id="a final sigma is another letter"),
    ],
)
def test_the_words_are_marked_in_the_text_as_it_is_written(
    text: str, query: str, spans: tuple[tuple[int, int], ...]
) -> None:
    assert find_words(text, query_words(query)) == spans


@pytest.mark.parametrize(
    "query", ['"', "a OR b", "NOT x", "text:a", "a*", "^a", "(", "NEAR(a b)", "'; DROP TABLE words"]
)
def test_the_syntax_of_the_index_is_text_like_any_other(library: Library, query: str) -> None:
    here = put(library, [f"before {query} after"], ["nothing of it"])
    assert found(library, here, query) == ["T0"]


def test_a_word_of_one_character_is_found_also_where_it_stands_last(library: Library) -> None:
    here = put(library, ["小さな庭"], ["鰻"], ["なし"])
    assert found(library, here, "庭") == ["T0"]
    assert found(library, here, "鰻") == ["T1"]
    assert found(library, here, "庭 さ") == ["T0"]


def test_a_short_word_that_nearly_every_page_has_is_found_by_reading(library: Library) -> None:
    many = " ".join(f"の{chr(0x4E00 + number)}" for number in range(200))  # as many trigrams that begin with it
    here = put(library, [many], ["のい"], ["なし"], ["のう"])
    assert found(library, here, "の") == ["T0", "T1", "T3"]


def test_reading_stops_at_a_bound_and_goes_on_from_there(library: Library) -> None:
    # Every trigram of "abcab" is in each page, the word in the last alone.
    here = put(library, *[["abca bcab"]] * 5, ["abcab"])
    first, second, third = (
        find_texts(library, here, ("abcab",), limit=1, start_at=start_at, most_read=2) for start_at in (0, 2, 4)
    )
    assert (first.pages, first.next_at) == ((), 2)
    assert (second.pages, second.next_at) == ((), 4)
    assert ([page.title for page in third.pages], third.next_at) == (["T5"], 0)


def test_reading_stops_after_its_time_and_goes_on_from_there(library: Library) -> None:
    here = put(library, *[["abca bcab"]] * 3, ["abcab"])
    # each page takes longer
    first = find_texts(library, here, ("abcab",), limit=1, longest_s=0.0)
    assert (first.pages, first.next_at) == ((), 1)
    last = find_texts(library, here, ("abcab",), limit=1, longest_s=0.0, start_at=3)
    assert ([page.title for page in last.pages], last.next_at) == (["T3"], 0)


def test_pages_found_by_their_title_come_best_first_and_not_again_by_their_text(library: Library) -> None:
    titles = ["検索の庭", "庭", "庭としての検索", "庭仕事"]
    pages = [Page(title, (Line(title), Line("庭 検索"))) for title in titles]
    here = import_pages(library, "wiki", "", 0, pages, page_links).project.id
    by_title, n_found = find_titles(library, here, ("庭",), limit=3)
    assert [page.title for page in by_title] == ["庭", "庭仕事", "庭としての検索"]
    assert n_found == 4
    assert find_texts(library, here, ("庭",), limit=9).pages == ()
    assert [page.title for page in find_texts(library, here, ("庭", "検索"), limit=9).pages] == ["庭", "庭仕事"]


def test_the_lines_with_most_of_the_words_are_shown(library: Library) -> None:
    here = put(library, ["one", "x", "two", "one two", "x", "one"])
    (page,) = find_texts(library, here, ("one", "two"), limit=9).pages
    assert [(line.number, line.text) for line in page.lines] == [(1, "one"), (4, "one two")]


def test_an_import_keeps_the_search_and_forgets_what_is_gone(library: Library) -> None:
    here = put(library, ["first words"], ["second words"])
    put(library, ["other words"], project="other")
    assert found(library, here, "words") == ["T0", "T1"]
    put(library, ["first thoughts"])
    assert found(library, here, "words") == []
    assert found(library, here, "thoughts") == ["T0"]
    put(library, project="other")
    # Pages that are gone keep their rows, and so their texts: of four texts "first words" alone was dropped.
    assert list(library.rows("SELECT term, doc FROM word_terms WHERE term IN ('wor', 'tho') ORDER BY term")) == [
        ("tho", 1),
        ("wor", 2),
    ]
    assert n_unread(library) == 0


def test_a_library_that_was_filled_in_part_goes_on_where_it_was(library: Library) -> None:
    here = put(library, *[[f"word {number}"] for number in range(5)])
    library.connection.execute("INSERT INTO words (words) VALUES ('delete-all')")  # as in a library of an older version
    at_once = 16  # more characters than one text of this wiki has, less than two
    assert n_unread(library) == 5
    assert found(library, here, "word") == []

    def break_off(n_done: int, n_total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_search(library, break_off, at_once)
    assert n_unread(library) == 3
    told: list[tuple[int, int]] = []
    assert fill_search(library, lambda n_done, n_total: told.append((n_done, n_total)), at_once) == 3
    assert told == [(2, 3), (3, 3)]
    assert found(library, here, "word") == ["T0", "T1", "T2", "T3", "T4"]
    assert fill_search(library) == 0


def test_titles_follow_as_pages_come_and_go(tmp_path: Path) -> None:
    """They are kept in memory, which must not outlive a change."""
    with Library.open(tmp_path) as library:

        def found(*titles: str) -> list[str]:
            pages = [Page(title, (Line(title),)) for title in titles]
            of = import_pages(library, "wiki", "wiki", 0, pages, page_links).project.id
            return [each.title for each in find_titles(library, of, ("tea",), limit=9)[0]]

        assert found("Green tea", "Tea", "Tea pot", "Cup") == ["Tea", "Tea pot", "Green tea"]
        assert found("Green tea", "Cup") == ["Green tea"]
        assert found("Green tea", "Cup", "Tea") == ["Tea", "Green tea"]
        assert found("Green Tea of May", "Cup", "Tea") == ["Tea", "Green Tea of May"]
