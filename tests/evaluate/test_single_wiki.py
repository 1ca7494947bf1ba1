"""The test that a single wiki makes, by hand: what it looked like before, who is asked, and what is no use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from linkassist.errors import LinkAssistError
from linkassist.evaluate.last_report import kept_report
from linkassist.evaluate.run import EvaluationOptions, evaluate_project
from linkassist.evaluate.single_wiki import as_it_stood, build_one_wiki_test
from linkassist.scrapbox.notation import page_links
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.wiki import Line, Page


def page(title: str, created: int, *lines: tuple[str, int]) -> Page:
    """A page whose lines are (text, when it was made)."""
    return Page(title, (Line(title, created), *(Line(text, at) for text, at in lines)), created=created)


WIKI = [
    page("KJ法", 10, ("[発想法]のひとつ", 11), ("[ラベル]を集める", 90)),
    page("発想法", 20, ("[輪取り]など", 21)),
    page("カード", 30, ("[輪取り]に使う", 31)),
    page("2026-11-01", 60, ("[KJ法]の日", 60)),
    page("ラベル", 70, ("[KJ法]と[輪取り]、[束ねる]", 71)),
    page("束ねる", 80, ("[カード] [川喜田二郎]", 81)),
]


def test_the_newest_pages_are_asked_about_what_the_wiki_knew_before_them() -> None:
    test = build_one_wiki_test(WIKI, is_blind=False, n_asked=2)
    assert (test.origin, test.cutoff, test.n_earlier) == ("line times", 69, 4)
    assert [asked.title for asked in test.asked] == ["ラベル", "束ねる"]
    assert test.asked[0].pages == {"kj法"}
    assert test.asked[0].reds == {"輪取り"}
    assert test.asked[0].coined == {"束ねる"}
    assert test.asked[1].gold == {"カード"}
    assert test.asked[1].coined == {"川喜田二郎"}


def test_new_pages_that_nothing_linked_before_are_unknown_to_the_wiki() -> None:
    assert build_one_wiki_test(WIKI, is_blind=False, n_asked=2).unknown == {"ラベル", "束ねる"}
    with_a_red_link = [*WIKI[:2], page("カード", 30, ("[輪取り]と[ラベル]に使う", 31)), *WIKI[3:]]
    assert build_one_wiki_test(with_a_red_link, is_blind=False, n_asked=2).unknown == {"束ねる"}


def test_older_pages_have_the_lines_that_they_had_and_newer_ones_no_links() -> None:
    test = build_one_wiki_test(WIKI, is_blind=False, n_asked=2)
    assert [each.texts for each in test.pages] == [
        ["KJ法", "[発想法]のひとつ"],
        ["発想法", "[輪取り]など"],
        ["カード", "[輪取り]に使う"],
        ["2026-11-01", "[KJ法]の日"],
        ["ラベル", "KJ法と輪取り、束ねる"],
        ["束ねる", "カード 川喜田二郎"],
    ]


def test_no_line_made_later_stands_in_the_wiki_that_suggests() -> None:
    for n_asked in (1, 2):
        test = build_one_wiki_test(WIKI, is_blind=True, n_asked=n_asked)
        assert all(line.created <= test.cutoff for page in test.pages[: test.n_earlier] for line in page.lines)
        assert not any(page_links(page.texts) for page in test.pages[test.n_earlier :])


def test_the_title_stays_whenever_its_line_was_made_and_so_do_lines_without_a_time() -> None:
    renamed = Page("新名", (Line("新名", 99), Line("x", 0), Line("y", 50), Line("z", 51)))
    assert as_it_stood(renamed, 50).texts == ["新名", "x", "y"]


def test_at_most_half_of_the_pages_are_asked_about() -> None:
    assert len(build_one_wiki_test(WIKI, is_blind=False, n_asked=100).asked) == 2


def without_line_times(wiki: Sequence[Page]) -> list[Page]:
    return [replace(page, lines=tuple(replace(line, created=0) for line in page.lines)) for page in wiki]


def imported_at_once(wiki: Sequence[Page]) -> list[Page]:
    return [replace(page, lines=tuple(replace(line, created=99) for line in page.lines)) for page in wiki]


def made_at_once(wiki: Sequence[Page]) -> list[Page]:
    return [replace(page, created=60) for page in wiki]


@pytest.mark.parametrize("make", [without_line_times, imported_at_once, made_at_once])
def test_where_times_tell_nothing_links_of_random_pages_are_hidden(
    make: Callable[[Sequence[Page]], list[Page]],
) -> None:
    wiki = make(WIKI)
    test = build_one_wiki_test(wiki, is_blind=False, n_asked=5)
    # Only KJ法 and ラベル link two things that are known, and half of those are asked.
    assert (test.origin, test.cutoff, test.n_earlier) == ("hidden links", 0, 5)
    assert test.asked[0].title in ("KJ法", "ラベル")
    assert sorted(each.title for each in test.pages) == sorted(each.title for each in wiki)


def test_the_pages_whose_links_are_hidden_depend_on_the_seed_alone() -> None:
    wiki = [page(f"p{n}", 0, (f"[p{n + 1}] [p{n + 2}] [x]", 0)) for n in range(60)]
    first, again, other = (build_one_wiki_test(wiki, is_blind=False, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert {asked.title for asked in first.asked} != {asked.title for asked in other.asked}
    assert len(first.asked) == 30  # at least


def test_hidden_links_lead_to_known_pages_also_those_that_lost_their_own() -> None:
    wiki = [page(f"p{n}", 0, (f"[p{(n + 1) % 4}] [p{(n + 2) % 4}] [only here {n}]", 0)) for n in range(4)]
    test = build_one_wiki_test(wiki, is_blind=False, n_asked=2)
    assert [len(asked.pages) for asked in test.asked] == [2, 2]
    assert test.unknown == frozenset()
    assert [asked.coined for asked in test.asked] == [
        frozenset([f"only_here_{asked.title[1:]}"]) for asked in test.asked
    ]


def test_a_wiki_without_links_is_refused_with_advice() -> None:
    with pytest.raises(LinkAssistError, match="Measure again when it has more links"):
        build_one_wiki_test([page("a", 1, ("x", 1)), page("b", 2, ("y", 2))], is_blind=False)


def test_a_projects_report_is_kept_and_comes_back_as_it_was(tmp_path: Path) -> None:
    notes = [page(f"{word}の{n}", n, (f"[{word}]と[カード]と[束ねる]", n)) for n in range(1, 6) for word in "紙筆墨"]
    with Library.open(tmp_path) as library:
        import_pages(library, "niwa", "庭", 1, [*WIKI, *notes], lambda texts: page_links(texts))
        niwa = project(library, None)
        assert kept_report(library, niwa.id) is None
        report = evaluate_project(library, niwa, EvaluationOptions(is_blind=False, n_asked=3))
        assert (report.earlier, report.later, report.origin) == ("niwa", "", "line times")
        assert (report.n_asked, report.moment) == (3, 29)
        assert kept_report(library, niwa.id) == report
