"""Accepted suggestions written into a page's lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkassist.errors import LinkAssistError
from linkassist.scrapbox.edits import import_file, link_text, linked_lines, linked_text
from linkassist.scrapbox.notation import page_links, parse_page, prose_spans
from linkassist.suggestion import Mention
from linkassist.wiki import Line, Page, title_key


def mention(text: str, surface: str, line: int = 1) -> Mention:
    start = text.index(surface)
    return Mention(line, start, start + len(surface), surface)


def page(*lines: str) -> Page:
    return Page("t", tuple(Line(text) for text in ("t", *lines)))


TEXTS = {
    "same title": ("see Sample text now", "Sample Text", "Sample text", "see [Sample text] now"),
    "same key": ("see sample_text", "Sample Text", "sample_text", "see [sample_text]"),
    "another surface": ("see the samples now", "Sample Text", "samples", "see the [Sample Text] now"),
    "in a quote": ("> 知的生産の技術", "知的生産", "知的生産", "> [知的生産]の技術"),
    "behind an emoji": ("😀😀猫", "猫", "猫", "😀😀[猫]"),
}


@pytest.mark.parametrize(("text", "target", "surface", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_mention_becomes_a_link(text: str, target: str, surface: str, expected: str) -> None:
    assert linked_text(text, [(target, mention(text, surface))]) == expected
    assert linked_lines(page(text), [(target, mention(text, surface))]) == ["t", expected]


def test_several_mentions_of_a_line_become_links_in_any_order() -> None:
    text = "a b c"
    assert linked_text(text, [("c", mention(text, "c")), ("A", mention(text, "a"))]) == "[a] b [c]"


def test_a_changed_line_is_refused() -> None:
    with pytest.raises(LinkAssistError, match="page has changed: reindex"):
        linked_text("xyz", [("a", Mention(1, 0, 1, "a"))])


LAST_LINE = {
    "no mention": ("x", None, "a"),
    "a changed line": ("x", Mention(1, 0, 1, "y"), "a"),
    "a line that is gone": ("x", Mention(9, 0, 1, "x"), "a"),
    "the title line": ("x", Mention(0, 0, 1, "t"), "a"),
    "inside code": ("`x`", Mention(1, 1, 2, "x"), "a"),
    "inside a link": ("[x y]", Mention(1, 1, 2, "x"), "a"),
    "behind an unfinished decoration": ("[* b x", Mention(1, 5, 6, "x"), "a"),
}


@pytest.mark.parametrize(("text", "where", "target"), LAST_LINE.values(), ids=LAST_LINE)
def test_a_target_that_cannot_stand_in_the_text_goes_to_the_end(text: str, where: Mention | None, target: str) -> None:
    assert linked_lines(page(text), [(target, where)]) == ["t", text, f"[{target}]"]


def test_of_two_mentions_that_overlap_the_first_accepted_stands() -> None:
    text = "abc"
    accepted = [("ab", mention(text, "ab")), ("bc", mention(text, "bc"))]
    assert linked_lines(page(text), accepted) == ["t", "[ab]c", "[bc]"]


def test_a_target_without_a_mention_is_not_linked_twice() -> None:
    assert linked_lines(page("see [Sample Text]"), [("sample text", None)]) == ["t", "see [Sample Text]"]
    assert linked_lines(page("x"), [("a", None), ("A", None), ("b", None)])[-1] == "[A] [b]"


def test_a_link_at_the_end_is_not_swallowed_by_a_code_block() -> None:
    texts = linked_lines(page("code:x", " y"), [("a", None)])
    assert [link.target for link in page_links(texts)] == ["a"]


@pytest.mark.parametrize(
    ("title", "written"), [("a b", "[a b]"), ("/a b", "#/a_b"), ("* a", "#*_a"), ("a.icon", "#a.icon"), ("a[0]", None)]
)
def test_a_title_that_brackets_would_change_is_written_as_a_hashtag(title: str, written: str | None) -> None:
    if written is None:
        with pytest.raises(LinkAssistError, match="cannot be written as a link"):
            link_text(title)
    else:
        assert link_text(title) == written


def test_an_import_file_begins_each_page_with_its_title() -> None:
    text = import_file([("題 名", [" 題 名", "[a]"]), ("B", [])])
    assert json.loads(text) == {
        "pages": [{"title": "題 名", "lines": ["題 名", "[a]"]}, {"title": "B", "lines": ["B"]}]
    }
    assert "題 名" in text


FRAGMENTS = ["[", "]", "`", " ", "a", "b", "猫", "[a]", "[* ", "#c", "> ", "[[", "]]", "https://e.example", "code:"]


@given(st.lists(st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join), min_size=1, max_size=4), st.data())
def test_every_link_stays_and_every_accepted_one_is_there(lines: list[str], data: st.DataObject) -> None:
    before = page(*lines)
    spans = [
        (number, span) for number, line in enumerate(parse_page(before.texts)) for span in prose_spans(line) if number
    ]
    accepted: list[tuple[str, Mention | None]] = [("none", None)]
    for number, span in data.draw(st.lists(st.sampled_from(spans), max_size=3, unique=True)) if spans else []:
        accepted.append(
            (f"target {len(accepted)}", Mention(number, span.start, span.end, span.cut(before.texts[number])))
        )
    after = {link.key for link in page_links(linked_lines(before, accepted))}
    assert after >= {link.key for link in page_links(before.texts)} | {title_key(target) for target, _ in accepted}
