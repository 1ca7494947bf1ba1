"""The test on old pages: which links they gained later to words that stood there, by two exports and by line times."""

from __future__ import annotations

import pytest

from linkassist.evaluate import old_pages
from linkassist.evaluate.floor import measured_floor
from linkassist.evaluate.old_pages import old_pages_by_times, old_pages_test
from linkassist.wiki import Line, Page


@pytest.fixture(autouse=True)
def few_links_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_pages, "_LEAST_LINKS", 1)


def page(title: str, *texts: str) -> Page:
    return Page(title, (Line(title), *map(Line, texts)), page_id=f"id of {title}")


BEFORE = [
    page("tea", "made in a pot", "by [someone], with water_and leaves"),
    page("pot", "a vessel"),
    page("2026-11-01", "a pot"),
    page("cup", "[someone] drinks"),
]
AFTER = [
    page("tea", "made in a [pot]", "by [someone], with [water and] [leaves] [new prose]", "a [cup]"),
    page("pot", "a [vessel] for [tea]"),
    page("2026-11-01", "a [pot]"),
    page("cup", "[someone] drinks"),
    page("milk", "[tea] with a [pot]"),
]


def test_two_exports_show_the_links_that_old_pages_gained_to_words_that_stood_there() -> None:
    test = old_pages_test(BEFORE, AFTER)
    assert test is not None
    assert [(asked.title, asked.gold, asked.coined) for asked in test.asked] == [
        ("tea", {"pot"}, {"water_and", "leaves"}),  # "cup" and "new prose" came with new words
        ("pot", set(), {"vessel"}),
    ]
    assert [each.texts for each in test.pages] == [each.texts for each in BEFORE], "the earlier wiki as it stood"
    assert (test.n_earlier, test.unknown) == (4, frozenset())


def test_a_renamed_page_is_followed_by_its_id() -> None:
    renamed = [Page("kettle", (Line("kettle"), Line("a [vessel]")), page_id="id of pot"), *AFTER[2:]]
    test = old_pages_test(BEFORE, renamed)
    assert test is None, "nothing that the wiki knew was linked"
    test = old_pages_test(BEFORE, [Page("kettle", (Line("kettle"), Line("a [tea] [vessel]")), page_id="id of pot")])
    assert test is None, "the earlier page says no tea"


def timed(title: str, created: int, *lines: tuple[str, int, int]) -> Page:
    """A page whose lines are (text, when it was written, when it was changed)."""
    return Page(title, (Line(title, created, created), *(Line(*line) for line in lines)), created=created)


WIKI = [
    timed("tea", 10, ("in a [pot] for [leaves]", 10, 90), ("the [pot] stands", 11, 11), ("a [later]", 80, 80)),
    timed("pot", 20, ("a [cup] of tea", 20, 95), ("[leaves]", 21, 21)),
    timed("cup", 30, ("[pot]", 30, 30)),
    timed("milk", 70, ("[tea]", 70, 70)),
    timed("water", 80, ("[tea]", 80, 99)),
]


def test_line_times_show_the_links_that_stand_only_in_lines_changed_since() -> None:
    test = old_pages_by_times(WIKI)
    assert test is not None
    assert (test.origin, test.cutoff, test.n_earlier) == ("line times", 30, 3)
    assert [(asked.title, asked.pages, asked.reds, asked.coined) for asked in test.asked] == [
        ("tea", set(), {"leaves"}, set()),
        ("pot", {"cup"}, set(), set()),
    ]
    assert [each.texts for each in test.pages] == [
        ["tea", "in a [pot] for leaves", "the [pot] stands"],
        ["pot", "a cup of tea", "[leaves]"],
        ["cup", "[pot]"],
    ]


def test_without_times_there_is_no_such_test() -> None:
    assert old_pages_by_times([page("a", "[b]"), page("b", "[a]")]) is None


def test_too_few_links_make_no_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_pages, "_LEAST_LINKS", 3)
    assert old_pages_by_times(WIKI) is None


def test_the_floor_is_where_two_of_three_are_right_from_there_on() -> None:
    judged = [(0.9, True)] * 40 + [(0.5, True)] * 10 + [(0.5, False)] * 10 + [(0.2, False)] * 100
    assert measured_floor(judged) == 0.21
    assert measured_floor([(0.9, True)] * 49) is None, "too few to tell"
    assert measured_floor([(0.9, False)] * 100) is None, "never reached"
    assert measured_floor([(0.15, True)] * 60) == 0.1
