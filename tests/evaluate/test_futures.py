"""The future-links test made by hand: which pages are asked about, what is taken out of them, what is the answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkassist.errors import ExportError
from linkassist.evaluate.futures import build_futures_test, without_links
from linkassist.scrapbox.notation import page_links
from linkassist.wiki import Line, Page


def page(title: str, *texts: str, page_id: str = "", updated: int = 0) -> Page:
    return Page(title, tuple(Line(text, 7, 8, "u") for text in (title, *texts)), page_id, updated=updated)


EARLIER = [page("KJ法", "[川喜田二郎] の [発想法]"), page("カード", "[KJ法] と [2026-05-01]")]


def test_the_answer_is_what_new_pages_link_told_apart_by_what_the_earlier_wiki_knew() -> None:
    later = [*EARLIER, page("ラベル", "[kj法] と [発想法]、[輪取り] #カード [ラベル] [2026-06-01]")]
    test = build_futures_test(EARLIER, later, is_blind=False)
    (asked,) = test.asked
    assert (asked.number, asked.title, test.n_earlier) == (2, "ラベル", 2)
    assert asked.pages == {"kj法", "カード"}
    assert asked.reds == {"発想法"}
    assert asked.coined == {"輪取り"}
    assert asked.gold == {"kj法", "カード", "発想法"}


def test_the_wiki_is_the_earlier_one_as_it_stood_and_the_new_pages_without_links() -> None:
    later = [page("KJ法", "[川喜田二郎] の [発想法] と [ラベル]"), page("ラベル", "[発想法]のため")]
    test = build_futures_test(EARLIER, later, is_blind=False)
    assert test.pages == (*EARLIER, page("ラベル", "発想法のため"))


def test_a_red_link_for_which_a_page_was_made_is_a_page_and_a_page_of_the_same_time_is_coined() -> None:
    later = [*EARLIER, page("発想法", "x"), page("輪取り", "x"), page("ラベル", "[発想法] [輪取り]")]
    asked = build_futures_test(EARLIER, later, is_blind=False).asked[2]
    assert (asked.pages, asked.reds, asked.coined) == (frozenset(["発想法"]), frozenset(), frozenset(["輪取り"]))


def test_diary_pages_are_not_asked_about() -> None:
    later = [*EARLIER, page("2026-06-01", "[KJ法]"), page("ラベル", "[KJ法]")]
    assert [asked.title for asked in build_futures_test(EARLIER, later, is_blind=False).asked] == ["ラベル"]


def test_a_renamed_page_is_not_new_where_every_page_has_an_id() -> None:
    earlier = [page("旧名", "x", page_id="1"), page("KJ法", "x", page_id="2")]
    later = [page("新名", "[KJ法]", page_id="1"), page("ラベル", "[KJ法]", page_id="3")]
    by_itself = build_futures_test(earlier, later, is_blind=False)
    assert by_itself.is_by_id
    assert [asked.title for asked in by_itself.asked] == ["ラベル"]
    by_title = build_futures_test(earlier, later, is_blind=False, by_id=False)
    assert not by_title.is_by_id
    assert [asked.title for asked in by_title.asked] == ["新名", "ラベル"]


def test_titles_decide_where_a_page_has_no_id() -> None:
    earlier = [page("旧名", "x", page_id="1"), page("KJ法", "x")]
    assert not build_futures_test(earlier, [page("新名", "[KJ法]", page_id="1")], is_blind=False).is_by_id


def test_of_two_pages_with_one_title_key_the_one_updated_last_counts() -> None:
    later = [page("ラベル A", "[KJ法]", updated=1), page("ラベル_a", "[発想法]", updated=2)]
    (asked,) = build_futures_test(EARLIER, later, is_blind=False).asked
    assert (asked.title, asked.gold) == ("ラベル_a", frozenset(["発想法"]))


def test_exports_without_new_links_are_refused_with_advice() -> None:
    with pytest.raises(ExportError, match="Expected two exports of one project, the earlier first"):
        build_futures_test(EARLIER, [*EARLIER, page("ラベル", "links nothing")], is_blind=False)


@pytest.mark.parametrize(
    ("raw", "inline", "blind"),
    [
        ("see [Sample text]!", "see Sample text!", "see !"),
        ("see #sample and", "see sample and", "see  and"),
        ("[x#5f3a5f3a5f3a5f3a5f3a5f3a]", "x", ""),
        ("[* see [x]]", "[* see x]", "[* see ]"),
        ("> [x]", "> x", "> "),
        ("[[x]] `[x]` [$ x] [x.icon]", "[[x]] `[x]` [$ x] [x.icon]", "[[x]] `[x]` [$ x] [x.icon]"),
        ("[x https://e.com] [/p/x] https://e.com#x", "[x https://e.com] [/p/x] https://e.com#x", None),
        ("[a [b] c]", "a b c", ""),
        ("[x][y]", "xy", ""),
    ],
)
def test_links_are_taken_out_and_other_notation_stays(raw: str, inline: str, blind: str | None) -> None:
    one = page("t", raw)
    assert without_links(one, is_blind=False).texts[1] == inline
    assert without_links(one, is_blind=True).texts[1] == (raw if blind is None else blind)


def test_code_blocks_the_title_line_and_the_times_of_lines_stay() -> None:
    one = page("[t]", "code:a.py", " [x] #y", "[x]")
    left = without_links(one, is_blind=False)
    assert left.texts == ["[t]", "code:a.py", " [x] #y", "x"]
    assert left.lines[3] == Line("x", 7, 8, "u")


@given(st.lists(st.text(alphabet="[]# ab*`\t", max_size=30), max_size=4), st.booleans())
def test_no_link_is_left(texts: list[str], is_blind: bool) -> None:
    assert page_links(without_links(page("t", *texts), is_blind=is_blind).texts) == []
