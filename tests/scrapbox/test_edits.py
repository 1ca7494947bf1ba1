"""Accepted suggestions written into a page's lines."""

from __future__ import annotations

import json
import re
import sys
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.paths import TESTS

from linkassist.errors import LinkAssistError
from linkassist.scrapbox.edits import Accepted, import_file_text, link_text, linked_page, linked_text, replacements
from linkassist.scrapbox.notation import page_links, parse_page
from linkassist.scrapbox.tokens import walk
from linkassist.suggestion import Mention
from linkassist.wiki import Line, Page, title_key

sys.path.insert(0, str(TESTS / "witness"))
from reference import missing, our_keys, reference_keys


def mention(text: str, surface: str, line: int = 1) -> Mention:
    start = text.index(surface)
    return Mention(line, start, start + len(surface), surface)


def page(*lines: str) -> Page:
    return Page("t", tuple(Line(text) for text in ("t", *lines)))


def linked(text: str, accepted: list[tuple[str, Mention]]) -> str:
    return linked_text(text, replacements(text, accepted))


def linked_lines(page: Page, accepted: list[Accepted]) -> list[str]:
    """The lines with the links in them, which are those that the replacements make of the lines before."""
    found = linked_page(page, accepted)
    for number, line in enumerate(found.before):
        assert linked_text(line, found.replaced.get(number, ())) == found.lines[number]
    return list(found.lines)


TEXTS = {
    "same title": ("see Sample text now", "Sample Text", "Sample text", "see [Sample text] now"),
    "same key": ("see sample_text", "Sample Text", "sample_text", "see [sample_text]"),
    "another width": ("ＳａｍｐｌｅＴｅｘｔです", "Sample Text", "ＳａｍｐｌｅＴｅｘｔ", "[Sample Text]です"),
    "another sign between words": ("a sample-text", "Sample Text", "sample-text", "a [Sample Text]"),
    "no long vowel": ("サーバを立てる", "サーバー", "サーバ", "[サーバー]を立てる"),
    "half-width kana": ("ﾊﾟﾋﾟﾙｽに書く", "パピルス", "ﾊﾟﾋﾟﾙｽ", "[パピルス]に書く"),
    "in a quote": ("> 知的生産の技術", "知的生産", "知的生産", "> [知的生産]の技術"),
    "behind an emoji": ("😀😀猫", "猫", "猫", "😀😀[猫]"),
}


@pytest.mark.parametrize(("text", "target", "surface", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_mention_becomes_a_link(text: str, target: str, surface: str, expected: str) -> None:
    assert linked(text, [(target, mention(text, surface))]) == expected
    assert linked_lines(page(text), [(target, mention(text, surface))]) == ["t", expected]


def test_several_mentions_of_a_line_become_links_in_any_order() -> None:
    text = "a b c"
    assert linked(text, [("c", mention(text, "c")), ("A", mention(text, "a"))]) == "[a] b [c]"


WITHOUT_TITLE_LINE = {
    "a link at its words": (["first", "see a"], Mention(1, 4, 5, "a"), ["t", "first", "see [a]"]),
    "a link at the end": (["first", "see"], None, ["t", "first", "see", "[a]"]),
    "code from the first line on": (["code:x", " a"], Mention(1, 1, 2, "a"), ["t", "code:x", " a", "[a]"]),
    "a page of one line": (["first"], None, ["t", "first", "[a]"]),
    "an empty first line": (["", "a"], Mention(1, 0, 1, "a"), ["t", "", "[a]"]),
    "another title that begins alike": (["t 2", "a"], Mention(1, 0, 1, "a"), ["t", "t 2", "[a]"]),
    "the title in capitals": (["T", "a"], Mention(1, 0, 1, "a"), ["T", "[a]"]),
}


@pytest.mark.parametrize(("lines", "where", "expected"), WITHOUT_TITLE_LINE.values(), ids=WITHOUT_TITLE_LINE)
def test_a_title_line_is_put_before_a_first_line_that_is_other_text(
    lines: list[str], where: Mention | None, expected: list[str]
) -> None:
    found = linked_lines(Page("t", tuple(Line(text) for text in lines)), [("a", where)])
    assert found == expected
    assert json.loads(import_file_text([("t", found)])) == {"pages": [{"title": "t", "lines": expected}]}


def test_a_changed_line_is_refused() -> None:
    with pytest.raises(LinkAssistError, match="page has changed: reindex"):
        replacements("xyz", [("a", Mention(1, 0, 1, "a"))])


LAST_LINE = {
    "no mention": ("x", None, "a"),
    "a changed line": ("x", Mention(1, 0, 1, "y"), "a"),
    "a line that is gone": ("x", Mention(9, 0, 1, "x"), "a"),
    "the title line": ("x", Mention(0, 0, 1, "t"), "a"),
    "inside code": ("`x`", Mention(1, 1, 2, "x"), "a"),
    "inside a link": ("[x y]", Mention(1, 1, 2, "x"), "a"),
    "behind an unfinished decoration": ("[* b x", Mention(1, 5, 6, "a"), "a"),
    "an adjective in another form": ("風が強かった", Mention(1, 2, 6, "強かった"), "強い"),
    "a verb in another form": ("頭の中を書き出した", Mention(1, 4, 9, "書き出した"), "書き出す"),
    "a plural": ("two wiki pages", Mention(1, 4, 14, "wiki pages"), "wiki page"),
    "a singular": ("a notebook", Mention(1, 2, 10, "notebook"), "Notebooks"),
    "other okurigana": ("設定の読込みが遅い", Mention(1, 3, 6, "読込み"), "読み込み"),
    "a Korean verb in another form": ("글쓰는 방법", Mention(1, 0, 3, "글쓰는"), "글쓰기"),
    "other words": ("see the samples", Mention(1, 8, 15, "samples"), "Sample Text"),
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


IN_BLOCKS = {
    "a row of a table": (["table:t", " a\tb"], 2, "b", ["table:t", " a\t[b]"]),
    "a line behind a block": (["code:c", " x", "a b"], 3, "b", ["code:c", " x", "a [b]"]),
    "a row of code": (["code:c", " a b"], 2, "b", ["code:c", " a b", "[b]"]),
    "the head of a block": (["table:t", " a"], 1, "table", ["table:t", " a", "[table]"]),
}


@pytest.mark.parametrize(("lines", "number", "surface", "expected"), IN_BLOCKS.values(), ids=IN_BLOCKS)
def test_a_block_is_read_as_before(lines: list[str], number: int, surface: str, expected: list[str]) -> None:
    where = mention(lines[number - 1], surface, number)
    assert linked_lines(page(*lines), [(surface, where)])[1:] == expected


def test_of_many_links_in_one_line_all_that_can_stand_do() -> None:
    words = [f"word{number}" for number in range(300)]
    text = " ".join(words) + " `code`"
    accepted = [(word, mention(text, f"{word} ")) for word in words]
    accepted = [(word, Mention(1, each.start, each.end - 1, word)) for word, each in accepted]
    assert linked_lines(page(text), [*accepted])[1] == " ".join(f"[{word}]" for word in words) + " `code`"
    found = linked_lines(page(text), [("code", mention(text, "code")), *accepted[:3]])
    assert found[1:] == [text.replace("word0 word1 word2", "[word0] [word1] [word2]"), "[code]"]


def test_an_import_file_keeps_a_first_line_that_is_other_text() -> None:
    text = import_file_text([("A", ["first", "second"]), ("a b", ["A_B", "x"])])
    assert [entry["lines"] for entry in json.loads(text)["pages"]] == [["A", "first", "second"], ["A_B", "x"]]


def test_an_import_file_begins_each_page_with_its_title() -> None:
    text = import_file_text([("題 名", [" 題 名", "[a]"]), ("B", [])])
    assert json.loads(text) == {
        "pages": [{"title": "題 名", "lines": ["題 名", "[a]"]}, {"title": "B", "lines": ["B"]}]
    }
    assert "題 名" in text


FRAGMENTS = ["[", "]", "`", " ", "a", "b", "猫", "[a]", "[* ", "#c", "> ", "[[", "]]", "https://e.example", "code:"]


@given(st.lists(st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join), min_size=1, max_size=4), st.data())
def test_every_link_stays_and_every_accepted_one_is_there(lines: list[str], data: st.DataObject) -> None:
    before = page(*lines)
    spans = [
        (number, token.span)
        for number, line in enumerate(parse_page(before.texts))
        for token in walk(line.tokens)
        if number and token.kind == "text"
    ]
    accepted: list[tuple[str, Mention | None]] = [("none", None)]
    for number, span in data.draw(st.lists(st.sampled_from(spans), max_size=3, unique=True)) if spans else []:
        accepted.append(
            (f"target {len(accepted)}", Mention(number, span.start, span.end, span.cut(before.texts[number])))
        )
    after = {link.key for link in page_links(linked_lines(before, accepted))}
    assert after >= {link.key for link in page_links(before.texts)} | {title_key(target) for target, _ in accepted}


def test_a_row_of_a_table_is_read_as_one_when_a_link_is_put_into_it() -> None:
    """As a line of its own, the brackets of two cells would be a link from one to the other."""
    row = " [a\tKJ法 b]"
    found = linked_lines(page("table:t", row), [("KJ法", mention(row, "KJ法", 2))])
    assert found == ["t", "table:t", " [a\t[KJ法] b]"]


PIECES = [
    "a",
    "猫",
    " ",
    "\t",
    "`",
    "target",
    "see target now",
    "[a]",
    "[* b]",
    " #c ",
    "> ",
    "code:x",
    "table:t",
    "[",
    "]",
]
a_line = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)


@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    st.lists(
        st.tuples(st.lists(a_line, min_size=1, max_size=5), st.booleans(), st.randoms(use_true_random=False)),
        min_size=20,
        max_size=30,
    )
)
def test_the_page_after_has_every_line_and_one_link_more(drawn: list[tuple[list[str], bool, Random]]) -> None:
    """As the reference parser reads it where it is installed, else ours. Half the pages have no title line."""
    before: list[list[str]] = []
    after: list[list[str]] = []
    for lines, has_title_line, random in drawn:
        if has_title_line:
            lines = ["t", *lines]
        mentions = [
            Mention(number, at.start(), at.end(), "target")
            for number, text in enumerate(lines)
            for at in re.finditer("target", text)
        ]
        where = random.choice([None, *mentions])
        found = linked_page(Page("t", tuple(Line(text) for text in lines)), [("target", where)])
        (entry,) = json.loads(import_file_text([("t", found.lines)]))["pages"]
        before.append(lines if lines[0] == "t" else ["t", *lines])
        after.append(entry["lines"])
    for old, new in zip(before, after, strict=True):
        changed = [number for number, text in enumerate(old) if text != new[number]]
        assert [new[number].replace("[target]", "target", 1) for number in changed] == [
            old[number] for number in changed
        ]
        assert len(changed) + len(new) - len(old) == 1
        assert new[len(old) :] in ([], ["[target]"])
    if missing():
        keys_before, keys_after = map(our_keys, before), map(our_keys, after)
    else:
        keys_before, keys_after = reference_keys(before), reference_keys(after)
    for old, new, old_keys, new_keys in zip(before, after, keys_before, keys_after, strict=True):
        assert new_keys == old_keys | {"target"}, (old, new)
        assert "target" not in old_keys
