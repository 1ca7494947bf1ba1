"""What an import does to a library: every page's fate, all or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkassist.errors import ExportError, StoreError
from linkassist.store.imports import ImportReport, import_pages, refresh_links
from linkassist.store.library import Library
from linkassist.store.pages import find_page, links, project, read_pages, stored_page
from linkassist.store.suggestions import page_suggestions, replace_suggestions
from linkassist.store.verdicts import record_verdict, verdicts
from linkassist.suggestion import Suggestion, Verdict
from linkassist.wiki import Line, Link, Page, Span


def brackets(texts: Sequence[str]) -> list[Link]:
    return [
        Link(number, Span(*found.span()), found[1], "bracket")
        for number, text in enumerate(texts)
        for found in re.finditer(r"\[([^\[\]]+)\]", text)
    ]


def page(title: str, *texts: str, page_id: str = "", updated: int = 0, views: int = 0) -> Page:
    return Page(title, tuple(Line(text) for text in (title, *texts)), page_id, 0, updated, views)


def bring(library: Library, *pages: Page) -> ImportReport:
    return import_pages(library, "wiki", "Wiki", 100, pages, brackets)


def dump(library: Library) -> list[str]:
    return list(library.connection.iterdump())


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library") as opened:
        yield opened


def fates(report: ImportReport) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, report.gone


def test_an_import_counts_new_changed_unchanged_and_gone_pages(library: Library) -> None:
    assert fates(bring(library, page("A", "1"), page("B", "1"), page("C", "1"))) == (3, 0, 0, 0)
    report = bring(library, page("A", "1"), page("B", "2"), page("D", "1"))
    assert fates(report) == (1, 1, 1, 1)
    assert report.project.n_pages == 3
    assert [stored.page.title for stored in read_pages(library, report.project.id)] == ["A", "B", "D"]


def test_a_renamed_page_keeps_its_row(library: Library) -> None:
    row = find_page(library, bring(library, page("Old", "x", page_id="1")).project.id, "old").id
    report = bring(library, page("New", "x", page_id="1"))
    assert report.renamed == (("Old", "New"),)
    assert fates(report) == (0, 1, 0, 0)
    assert find_page(library, report.project.id, "new").id == row


def test_two_pages_may_swap_their_titles(library: Library) -> None:
    bring(library, page("A", "first", page_id="1"), page("B", "second", page_id="2"))
    report = bring(library, page("B", "first", page_id="1"), page("A", "second", page_id="2"))
    assert report.renamed == (("A", "B"), ("B", "A"))
    assert stored_page(library, 1).page.title == "B"
    assert stored_page(library, 2).page.title == "A"


def test_a_new_page_under_a_title_that_was_given_up_is_another_page(library: Library) -> None:
    bring(library, page("A", "first", page_id="1"))
    report = bring(library, page("A", "second", page_id="2"), page("B", "first", page_id="1"))
    assert fates(report) == (1, 1, 0, 0)
    assert stored_page(library, 1).page.title == "B"


def test_a_page_made_again_under_its_title_is_the_same_page(library: Library) -> None:
    bring(library, page("A", "first", page_id="1"))
    assert fates(bring(library, page("A", "second", page_id="2"))) == (0, 1, 0, 0)
    assert stored_page(library, 1).page.page_id == "2"


def test_a_page_that_returns_is_the_same_page_with_its_verdicts(library: Library) -> None:
    bring(library, page("A", "x", page_id="1"), page("B"))
    record_verdict(library, 1, Verdict("T", "reject", 5, "new", 0.5))
    assert bring(library, page("B")).gone == 1
    assert stored_page(library, 1).is_gone
    assert bring(library, page("A", "x", page_id="1"), page("B")).new == 1
    assert not stored_page(library, 1).is_gone
    assert [verdict.target for verdict in verdicts(library, 1)] == ["T"]


def test_of_two_pages_with_one_title_key_the_last_updated_is_kept_and_the_other_named(library: Library) -> None:
    report = bring(library, page("My Page", "old", updated=1), page("my_page", "new", updated=2), page("Other"))
    assert len(report.skipped) == 1
    assert '"My Page" (page 1 of the export)' in report.skipped[0]
    assert [stored.page.title for stored in read_pages(library, report.project.id)] == ["my_page", "Other"]


def test_an_export_without_ids_does_not_forget_the_ids_that_are_known(library: Library) -> None:
    bring(library, page("A", page_id="1"))
    assert fates(bring(library, page("A"))) == (0, 0, 1, 0)
    assert stored_page(library, 1).page.page_id == "1"


def made(title: str, created: int, *texts: str, page_id: str = "") -> Page:
    return Page(title, tuple(Line(text) for text in (title, *texts)), page_id, created)


BODY = ("first", "second", "third")


@pytest.mark.parametrize("page_id", ["", "a"])
def test_a_page_renamed_in_an_export_without_ids_keeps_its_verdicts(library: Library, page_id: str) -> None:
    bring(library, made("A", 500, *BODY, page_id=page_id), made("B", 600, "sees [A]"))
    of = project(library, "wiki").id
    row = find_page(library, of, "a").id
    record_verdict(library, row, Verdict("B", "reject", 1, "page", 0.5))

    report = bring(library, made("A2", 500, "first", "second", "changed"), made("B", 600, "sees [A2]"))

    assert report.renamed == (("A", "A2"),)
    assert fates(report) == (0, 2, 0, 0)
    assert find_page(library, of, "a2").id == row
    assert [verdict.target for verdict in verdicts(library, row)] == ["B"]


OTHERS = {
    "created at another time": [made("A2", 501, *BODY)],
    "of unknown time": [made("A2", 0, *BODY)],
    "with other text": [made("A2", 500, "first", "x", "y")],
    "with an id of its own": [made("A2", 500, *BODY, page_id="other")],
    "of which there are two": [made("A2", 500, *BODY), made("A3", 500, *BODY)],
    "without text": [made("A2", 500)],
    "beside the page itself": [made("A", 500, "all", "new"), made("A2", 500, *BODY)],
}


@pytest.mark.parametrize("pages", OTHERS.values(), ids=OTHERS)
def test_a_page_is_not_recognised_by_less_than_its_time_and_text(library: Library, pages: list[Page]) -> None:
    bring(library, made("A", 500, *BODY))
    row = find_page(library, project(library, "wiki").id, "a").id
    assert bring(library, *pages).renamed == ()
    present = {stored.page.title: stored.id for stored in read_pages(library, project(library, "wiki").id)}
    assert all(number != row for title, number in present.items() if title != "A")


def test_of_pages_of_one_second_each_is_recognised_by_its_own_text(library: Library) -> None:
    bring(library, made("A", 500, *BODY), made("B", 500, "other", "lines", "third"))
    report = bring(library, made("B2", 500, "other", "lines", "third"), made("A2", 500, *BODY))
    assert set(report.renamed) == {("A", "A2"), ("B", "B2")}


@pytest.mark.parametrize("damage", ["x'ff'", "'[1'", "'[5]'", "'7'"])
def test_a_page_whose_stored_text_is_damaged_is_not_recognised_by_it(library: Library, damage: str) -> None:
    bring(library, made("A", 500, *BODY))
    with library.transaction() as connection:
        connection.execute(f"UPDATE texts SET lines = CAST({damage} AS TEXT)")
    assert fates(bring(library, made("A2", 500, *BODY))) == (1, 0, 0, 1)


def test_views_and_times_are_kept_but_are_no_change(library: Library) -> None:
    bring(library, page("A", "x", updated=1, views=1))
    with_times = Page("A", (Line("A"), Line("x", 7, 8, "5f1e")), "", 0, 9, 2)
    assert fates(bring(library, with_times)) == (0, 0, 1, 0)
    assert stored_page(library, 1).page == with_times


def test_the_same_export_again_writes_no_page(library: Library) -> None:
    pages = [page("A", "[B]", page_id="1"), page("B", "x")]
    bring(library, *pages)
    library.connection.execute("CREATE TEMP TABLE touched (what TEXT)")
    for table in ("pages", "texts", "links"):
        for change in ("INSERT", "UPDATE", "DELETE"):
            library.connection.execute(
                f"CREATE TEMP TRIGGER {change}_{table} AFTER {change} ON main.{table} "
                f"BEGIN INSERT INTO touched VALUES ('{change} {table}'); END"
            )
    assert fates(bring(library, *pages)) == (0, 0, 2, 0)
    assert list(library.rows("SELECT * FROM touched")) == []


def test_an_import_that_breaks_off_leaves_the_library_as_it_was(library: Library) -> None:
    bring(library, page("A", "[B]"), page("C"))
    before = dump(library)

    def broken() -> Iterator[Page]:
        yield page("A", "changed")
        yield page("New", "[X]")
        raise ExportError("page 3 is a number")

    with pytest.raises(ExportError, match="page 3"):
        import_pages(library, "wiki", "Another name", 200, broken(), brackets)
    assert dump(library) == before
    assert fates(bring(library, page("A", "[B]"), page("C"))) == (0, 0, 2, 0)


@pytest.mark.parametrize("text", ["a\0b", "\x02 \x1f \x7f", "line\nbreak\r", "\u2028\ufeff", "😀 が\u3099", '"\\'])
def test_odd_characters_come_back_as_they_were(library: Library, text: str) -> None:
    bring(library, page("T" + text, text))
    (stored,) = read_pages(library, 1)
    assert stored.page == page("T" + text, text)


@pytest.mark.parametrize("odd", [page("A", "\ud800"), page("\udfff"), Page("A", (Line("A", user_id="\ud800"),))])
def test_a_lone_surrogate_is_refused_in_words(library: Library, odd: Page) -> None:
    with pytest.raises(StoreError, match="lone surrogate"):
        bring(library, page("Fine"), odd)
    assert list(library.rows("SELECT * FROM projects")) == []


def test_links_are_those_of_the_present_texts(library: Library) -> None:
    bring(library, page("A", "[b c] [B C] [D]"), page("E", "[D]"))
    assert list(links(library, 1)) == [(1, "b_c", "b c"), (1, "d", "D"), (2, "d", "D")]
    bring(library, page("A", "[D]"))
    assert list(links(library, 1)) == [(1, "d", "D")]
    assert library.row("SELECT count(*) FROM links WHERE text_id NOT IN (SELECT id FROM texts)") == (0,)


def test_another_parser_finds_the_links_of_every_page_anew(library: Library) -> None:
    bring(library, page("A", "[B]"), page("C", "x"))
    assert refresh_links(library, 1, brackets) == 0
    assert refresh_links(library, 1, lambda texts: []) == 1
    assert list(links(library, 1)) == []


def test_suggestions_for_a_text_that_has_changed_are_dropped(library: Library) -> None:
    bring(library, page("A", "x"), page("B", "x"))
    replace_suggestions(library, 1, 0, [(1, [Suggestion("T", "new", 0.5)]), (2, [Suggestion("T", "new", 0.5)])])
    bring(library, page("A", "y"), page("B", "x", updated=7))
    assert page_suggestions(library, 1) == []
    assert len(page_suggestions(library, 2)) == 1
    assert list(library.rows("SELECT n_suggestions, gain FROM pages ORDER BY id")) == [(0, 0.0), (1, 0.5)]


def test_the_same_page_in_two_projects_is_two_pages(library: Library) -> None:
    for name in ("one", "two"):
        import_pages(library, name, name, 1, [page("A", "[B]")], brackets)
    import_pages(library, "one", "one", 1, [], brackets)
    assert project(library, "one").n_pages == 0
    assert list(links(library, project(library, "two").id)) == [(2, "b", "B")]


TITLES = st.sampled_from(["A", "a", "B", "B B", "b_b", "C", "日記"])
PAGES = st.builds(
    page,
    TITLES,
    st.sampled_from(["", "[A]", "[X] text", "\0"]),
    page_id=st.sampled_from(["", "1", "2", "3"]),
    updated=st.integers(0, 2),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(exports=st.lists(st.lists(PAGES, max_size=5), min_size=1, max_size=5))
def test_whatever_exports_come_the_pages_are_those_of_the_last_and_no_verdict_is_lost(
    tmp_path_factory: pytest.TempPathFactory, exports: list[list[Page]]
) -> None:
    with Library.open(tmp_path_factory.mktemp("library")) as library:
        decided: dict[int, list[Verdict]] = {}
        for export in exports:
            report = bring(library, *export)
            stored = list(read_pages(library, report.project.id))
            assert report.new + report.changed + report.unchanged == len(stored)
            assert len(stored) + len(report.skipped) == len(export)
            assert len({found.page.key for found in stored}) == len(stored)
            for found in stored:
                # A known id outlives an export that lacks it; all else is as exported.
                assert any(
                    given_page.lines == found.page.lines
                    and given_page.updated == found.page.updated
                    and given_page.title == found.page.title
                    and given_page.page_id in ("", found.page.page_id)
                    for given_page in export
                )
                if found.id not in decided:
                    record_verdict(library, found.id, Verdict(f"T{found.id}", "reject", 1, "new", 0.5))
                    decided[found.id] = verdicts(library, found.id)
            assert {row_id: verdicts(library, row_id) for row_id in decided} == decided
