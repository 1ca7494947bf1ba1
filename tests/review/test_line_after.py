"""The line that a yes would leave, shown on the card: what write-back then makes of it, to the character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkassist.review.line_after import LineAfter, LinesAfter
from linkassist.scrapbox.edits import linked_page
from linkassist.suggestion import Mention
from linkassist.wiki import Line, Page


def mention(texts: list[str], number: int, surface: str) -> Mention:
    start = texts[number].index(surface)
    return Mention(number, start, start + len(surface), surface)


def shown(after: LineAfter | None) -> str:
    """The line with marks around what comes in {+ +} and what goes {- -}."""
    assert after
    marks = {"same": "{}", "in": "{{+{}+}}", "out": "{{-{}-}}"}
    return "".join(marks[span.how].format(span.text) for span in after.spans)


@pytest.mark.parametrize(
    ("line", "surface", "target", "expected"),
    [
        ("see sample text here", "sample text", "Sample Text", "see {+[+}sample text{+]+} here"),
        (" 京都へ行く [me.icon]", "京都", "京都", " {+[+}京都{+]+}へ行く [me.icon]"),
        ("> [* 太字の道具]", "道具", "道具", "> [* 太字の{+[+}道具{+]+}]"),
        ("`a` b", "b", "b", "`a` {+[+}b{+]+}"),
    ],
)
def test_the_brackets_stand_where_write_back_puts_them(line: str, surface: str, target: str, expected: str) -> None:
    texts = ["題", line]
    after = LinesAfter(texts).of(target, mention(texts, 1, surface))
    assert shown(after) == expected
    assert after and (after.number, after.is_added) == (1, False)


def test_another_spelling_is_shown_as_what_takes_its_place_and_another_form_stays() -> None:
    texts = ["題", "see the sample_text or the sample texts"]
    after = LinesAfter(texts).of("Sample-Text", mention(texts, 1, "sample_text"))
    assert shown(after) == "see the {-sample_text-}{+[Sample-Text]+} or the sample texts"
    after = LinesAfter(texts).of("Sample Text", mention(texts, 1, "sample texts"))
    assert shown(after) == "{+[Sample Text]+}"
    assert after and (after.number, after.is_added) == (2, True)


def test_a_cell_of_a_table_is_read_as_one() -> None:
    texts = ["題", "table:茶", "\t緑茶\t急須", "code:x", " 急須"]
    assert shown(LinesAfter(texts).of("急須", mention(texts, 2, "急須"))) == "\t緑茶\t{+[+}急須{+]+}"
    after = LinesAfter(texts).of("急須", mention(texts, 4, "急須"))
    assert shown(after) == "{+[急須]+}"
    assert after and (after.number, after.is_added) == (5, True)


def test_a_link_without_words_is_a_line_at_the_end() -> None:
    assert shown(LinesAfter(["題", "a"]).of("茶", None)) == "{+[茶]+}"
    assert shown(LinesAfter(["題", "a"]).of("C#", None)) == "{+[C#]+}"


def test_a_title_that_no_link_can_hold_has_no_line() -> None:
    texts = ["題", "a [b] c"]
    assert LinesAfter(texts).of("a [b] c", None) is None


def test_what_is_accepted_in_the_same_line_is_part_of_it_and_not_marked() -> None:
    texts = ["題", "茶と急須と茶碗"]
    accepted = [("茶", mention(texts, 1, "茶"))]
    assert shown(LinesAfter(texts, accepted).of("急須", mention(texts, 1, "急須"))) == "[茶]と{+[+}急須{+]+}と茶碗"


def test_words_that_an_accepted_link_has_taken_are_linked_at_the_end() -> None:
    texts = ["題", "急須の茶"]
    accepted = [("急須の茶", mention(texts, 1, "急須の茶"))]
    assert shown(LinesAfter(texts, accepted).of("茶", mention(texts, 1, "茶"))) == "{+[茶]+}"


def test_of_a_very_long_line_the_part_around_the_words_is_shown() -> None:
    line = "あ" * 100_000 + "急須" + "い" * 100_000
    after = LinesAfter(["題", line]).of("急須", mention(["題", line], 1, "急須"))
    assert after and 1_000 < sum(len(span.text) for span in after.spans) < 10_000
    assert shown(after).count("あ{+[+}急須{+]+}い") == 1


@given(st.lists(st.text("茶 [].#`>|/*:a\t", max_size=12), min_size=1, max_size=4), st.data())
def test_it_is_the_line_that_write_back_makes(lines: list[str], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(lines) - 1))
    texts = ["題", *lines]
    texts[number + 1] += "茶"
    start = texts[number + 1].rindex("茶")
    place = Mention(number + 1, start, start + 1, "茶")
    after = LinesAfter(texts).of("茶", place)
    assert after
    written = linked_page(Page("題", tuple(map(Line, texts))), [("茶", place)]).lines
    line = "".join(span.text for span in after.spans if span.how != "out")
    if after.is_added:
        assert written in ((*texts, line), tuple(texts)), "at the end, unless the page links it already"
    else:
        assert written == (*texts[: number + 1], line, *texts[number + 2 :])
