"""A page with links written in has every line and link it had, and those links more; without them it is as it was."""

from __future__ import annotations

import re
import sys
from collections import Counter
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.paths import TESTS

from linkassist.pipeline.push.placement import AcceptedLink, edit_of
from linkassist.pipeline.push.removal import removal_of
from linkassist.scrapbox.client.editing import RemoteLine, changed_lines
from linkassist.scrapbox.notation import page_links, parse_page
from linkassist.store.write_back.pushes import PushedLink
from linkassist.suggestion import Mention

sys.path.insert(0, str(TESTS / "witness"))
from reference import missing, reference_keys

# Words that can become links, and what stands around them in real pages.
WORDS = ("知的生産", "KJ法", "Zettelkasten", "note taking", "カード")
TARGETS = {
    "知的生産": "知的生産",
    "KJ法": "kj法",
    "Zettelkasten": "Ｚettelkasten",
    "note taking": "Note taking",
    "カード": "京大式カード",
}
PIECES = (
    *(
        *WORDS,
        *WORDS,
        "の話",
        "、",
        "。",
        " ",
        " ",
        "\u3000",
        "は",
        "see ",
        "1. ",
        "😀",
        "#覚え書き ",
        " #tag ",
        "[道具]",
    ),
    *("[道具 箱]", "[* 大事な[発想]]", "[- 取り消し]", "[[太字]]", "`code`", "[$ x^2]", "[https://example.com/a]"),
    *("https://example.com/b ", "[説明 https://example.com]", "[https://example.com/c 説明]", "[gardener.icon]"),
    *("[gardener.icon*2]", "[/mori/木]", "[/mori/bot.icon]", "[N35.1,E135.2,Z10 京都]"),
    *("[庭#5f3a5f3a5f3a5f3a5f3a5f3a]", "[", "]", "(", ")", ">", "?", "%", "-"),
)
STARTS = (
    *("", "", "", " ", "\t", "\u3000", " \t", ">", "> ", " > ", "? ", "$ ", "1. ", "#"),
    *("code:x.py", "table:表", "table:infobox", " table:cosense"),
)
A_LINE = st.builds(
    lambda start, pieces: start + "".join(pieces),
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(PIECES), max_size=9),
)


def page_of(texts: list[str]) -> list[RemoteLine]:
    return [RemoteLine(f"{number:024x}", text) for number, text in enumerate(texts)]


def mentions_in(texts: list[str]) -> list[Mention]:
    return [
        Mention(number, at.start(), at.end(), word)
        for number, text in enumerate(texts)
        for word in WORDS
        for at in re.finditer(re.escape(word), text)
        if number
    ]


def accepted_of(texts: list[str], random: Random, most: int = 3) -> list[AcceptedLink]:
    found = mentions_in(texts)
    random.shuffle(found)
    chosen = {mention.surface: mention for mention in found[:most]}
    links = [
        AcceptedLink(number, TARGETS[word], mention, texts[mention.line])
        for number, (word, mention) in enumerate(chosen.items(), 1)
    ]
    if random.random() < 0.2:
        links.append(AcceptedLink(99, "孤立したページ", None, None))
    return links


def check(texts: list[str], links: list[AcceptedLink]) -> tuple[list[str], set[str]]:
    """Places the links and takes them out again; (the lines with them, the keys of those that were written)."""
    lines = page_of(texts)
    edit = edit_of(lines, links, line_id=lambda: "f" * 24)
    reported = [*edit.written, *edit.already, *edit.left]
    assert sorted(each.log_id for each in reported) == sorted(each.log_id for each in links)
    after = changed_lines(lines, edit.changes)
    written = [link for link in links if link.log_id in {each.log_id for each in edit.written}]
    keys = [link.target.lower().replace(" ", "_") for link in written]

    changed = {change.line_id for change in edit.changes}
    assert [line for line in after if line.line_id not in changed] == [
        line for line in lines if line.line_id not in changed
    ]
    kinds = parse_page(texts)
    for number, line in enumerate(lines):
        if line.line_id in changed:
            assert number and kinds[number].kind in ("text", "table")
    for each in edit.written:
        (line,) = [line for line in after if line.line_id == each.line_id]
        assert line.text == each.after
        assert line.text[each.start : each.start + len(each.link)] == each.link
    before, now = (Counter(x.key for x in page_links(each)) for each in (texts, [line.text for line in after]))
    assert now == before + Counter(keys)
    pushed = [PushedLink(1, 1, "", "done", each) for each in edit.written]
    removal = removal_of(after, pushed)
    assert (len(removal.taken), removal.left, removal.gone) == (len(pushed), (), ())
    assert changed_lines(after, removal.changes) == tuple(lines)
    for each in pushed:  # and one by one, in the order of decision
        after = changed_lines(after, removal_of(after, [each]).changes) if not each.written.is_added else after
    expected = [*texts, *{each.after for each in edit.written if each.is_added}]
    assert [line.text for line in after] == expected
    return [line.text for line in changed_lines(lines, edit.changes)], set(keys)


@settings(max_examples=60, deadline=None)
@given(st.lists(A_LINE, min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_nothing_else_on_the_page_changes_and_an_undo_gives_it_back(lines: list[str], random: Random) -> None:
    texts = ["題名", *lines]
    check(texts, accepted_of(texts, random))


@pytest.mark.skipif(bool(missing()), reason=missing() or "the reference parser is there")
@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    st.lists(
        st.tuples(st.lists(A_LINE, min_size=1, max_size=5), st.randoms(use_true_random=False)), min_size=40, max_size=60
    )
)
def test_the_reference_parser_sees_the_old_links_and_the_new_ones(drawn: list[tuple[list[str], Random]]) -> None:
    before, after, new = [], [], []
    for lines, random in drawn:
        texts = ["題名", *lines]
        changed, keys = check(texts, accepted_of(texts, random))
        before.append(texts)
        after.append(changed)
        new.append(keys)
    found = zip(before, after, reference_keys(before), reference_keys(after), new, strict=True)
    assert [(texts, lines, now ^ (was | keys)) for texts, lines, was, now, keys in found if now != was | keys] == []


@pytest.mark.parametrize(
    "text", ["[- x]? KJ法", "[- x]? #tag KJ法", "`x`>[$ x]KJ法", "[a]#b KJ法", "[a]> KJ法", "[a]1. KJ法"]
)
def test_behind_a_sign_that_parsers_read_in_two_ways_no_link_is_written(text: str) -> None:
    start = text.index("KJ法")
    edit = edit_of(page_of(["t", text]), [AcceptedLink(1, "KJ法", Mention(1, start, start + 3, "KJ法"), text)])
    assert edit.changes == () and "may have another meaning" in edit.left[0].why


def test_a_link_that_was_accepted_twice_is_written_once() -> None:
    links = [AcceptedLink(1, "KJ法", Mention(1, 0, 3, "KJ法"), "KJ法"), AcceptedLink(2, "kj法", None, None)]
    edit = edit_of(page_of(["t", "KJ法"]), links)
    assert [change.text for change in edit.changes] == ["[KJ法]"]
    assert [left.log_id for left in edit.left] == [2]


def test_words_that_nobody_knows_the_line_of_are_left() -> None:
    edit = edit_of(page_of(["t", "KJ法"]), [AcceptedLink(1, "KJ法", Mention(1, 0, 3, "KJ法"), None)])
    assert edit.changes == () and "no longer where they were accepted" in edit.left[0].why


def test_a_title_that_no_notation_holds_is_left() -> None:
    edit = edit_of(page_of(["t", "x"]), [AcceptedLink(1, "a [b] c", None, None)])
    assert edit.changes == () and "cannot be written as a link" in edit.left[0].why
