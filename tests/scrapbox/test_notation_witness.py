"""Our parser against the reference implementation of the notation, on lines made to be difficult."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.paths import TESTS

sys.path.insert(0, str(TESTS / "witness"))
from reference import missing, our_keys, reference_keys

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "installed")

HEX = "0123456789abcdef" * 2

LINES = [
    "[a]",
    "[a][b] [c]",
    "[a b c] and [A_B]",
    "[ a ]",
    "[]",
    "[ ]",
    "[\u3000]",
    "[[a]]",
    "[[a] b]]",
    "[[[a]]]",
    "[[a [b] c]]",
    "[[ [a] ]]",
    "[[a]b]",
    "[a[b]c]",
    "[a",
    "a]",
    "]a[",
    "[a] [b",
    "[* a]",
    "[* a [b] c]",
    "[* [b]]",
    "[*** [b] [c] d]",
    "[*-/_ [b]]",
    "[- [b] #tag c]",
    "[*a]",
    "[*]",
    "[* ]",
    "[$ x]",
    "[$ [x]",
    "[$ a[0] ]",
    "[$ a_{[x]} ] [b]",
    "[$x]",
    "[! a]",
    '[" a [b]]',
    "[# a [b]]",
    "[% [b]]",
    "[& [b]]",
    "[' [b]]",
    "[( [b]]",
    "[) [b]]",
    "[~ [b]]",
    "[| [b]]",
    "[+ [b]]",
    "[< [b]]",
    "[> [b]]",
    "[{ [b]]",
    "[} [b]]",
    "[. [b]]",
    "[, [b]]",
    "[= b]",
    "[: b]",
    "[* a [- b] c]",
    "[* [[b]]]",
    "[* b] c]",
    "[* a [b c]",
    "`[a]` [b]",
    "[`a] b`",
    "[a `b] c` d]",
    "``[a]``",
    "`[a] [b]",
    "[* `a` [b]]",
    "[https://example.com]",
    "[https://example.com a]",
    "[a https://example.com]",
    "[a b https://example.com]",
    "[https://example.com a b]",
    "[https://example.com  a ]",
    "[https://example.com ]",
    "[a https://example.com b]",
    "[a] https://example.com]",
    "https://example.com[a]",
    "https://example.com [a]",
    "https://example.com/#a #b",
    "(https://example.com) [a]",
    "[http://a [b]",
    "[HTTPS://example.com]",
    "[HTTPS://example.com/a.png]",
    "[ftp://example.com]",
    "http:// [a]",
    "[https://example.com/a.png]",
    "[https://example.com/a.PNG https://example.com]",
    "[https://example.com https://example.com/a.jpeg]",
    "[https://example.com/a.svg?x=1]",
    "[[https://example.com/a.png]]",
    f"[https://gyazo.com/{HEX}]",
    f"[https://gyazo.com/{HEX}/raw https://example.com]",
    f"[https://example.com https://i.gyazo.com/{HEX}]",
    f"[[https://gyazo.com/{HEX}]]",
    "[a.icon]",
    "[a.icon*3]",
    "[a.icon*0]",
    "[a.icon*]",
    "[a.icon b]",
    "[a.icons]",
    "[.icon]",
    "[/p/a.icon]",
    "[[a.icon]]",
    "[[a.icon*2]]",
    "[a b.icon*2][c]",
    "[/p]",
    "[/p/a b]",
    "[/ a]",
    "[/]",
    "[//]",
    "[a/b]",
    "[N35.1,E135.2]",
    "[N35.1,E135.2,Z10]",
    "[N35.1,E135.2 a b]",
    "[a b N35.1,E135.2,Z3]",
    "[S1,W2]",
    "[N35.1,135.2]",
    "[n35,e135]",
    "[a [b N1,E2]",
    "#a",
    " #a",
    "a #b c",
    "a#b",
    "# a",
    "#",
    "##a",
    "a #b#c",
    "#a[b]",
    "[a] #b",
    "[#a]",
    "#a]",
    "a\u3000#b\u3000c",
    "#a、b",
    "# [a]",
    "> [a]",
    ">[a] `b` #c",
    ">#a",
    ">> [a]",
    " \t> [a]",
    "> ? [a]",
    "a > [b]",
    "? [a]",
    "?[a]",
    "$ [a]",
    "% [a] #b",
    "$ a `b` [c]",
    "$[a]",
    "1. [a]",
    "1.[a]",
    "12. 3. [a]",
    "1. > [a]",
    "1. ? [a]",
    "1. $ [a]",
    "1. #a",
    "1. ",
    f"[a#{HEX[:24]}]",
    f"[a#{HEX}]",
    f"[a#{HEX[:23]}]",
    f"[#{HEX[:24]}]",
    f"[/p/a#{HEX[:24]}]",
    "[a#b]",
    "[%2F]",
    "[😀 a]",
    "[Ｓ]",
    "[İ]",
    "[a\tb]",
    "[a\u0002]",
    "\ufeff#a",
    "\x1c#a",
    "\x85#a",
    "\u00a0[a]",
    "a\u2028[b]",
    "code:[a]",
    "table:[a]",
    "a code:[b]",
]

PAGES = [
    ["[a]", "[b]"],
    ["t", "code:x", " [a]", "  [b]", "[c]"],
    ["t", " code:x", " [a]", "  [b]"],
    ["t", "\u3000code:x", "\t [a]", "\t[b]"],
    ["t", "code:x", "", " [a]"],
    ["t", "code:x", " table:y", "  [a]", "[b]"],
    ["t", "code:x", "code:y", " [a]"],
    ["t", "Code:x", " [a]"],
    ["t", " a code:x", "  [a]"],
    ["t", "table:x", " [a]\t[b]\tc", "\t[d]", "[e]"],
    ["t", "table:x", " `[a]`\t[* [b]]\t#c", " [[d]]\t[a.icon]\t[https://example.com]"],
    ["t", "table:x", " > [a]\t? [b]\t1. [c]\t$ [d]\t[e f]\t[g]"],
    ["t", "table:x", " https://example.com[a]\t[b N1,E2]\t[ ]\t[$ x]\t[/p/q]"],
    ["t", "table:x", " [a\tb]", "   [c]"],
    ["t", "table:x", " $ a `b` [c]"],
]

# No `#`, `?`, `$`, `>` or number right behind another token: there the reference takes them for the start of a line.
_FRAGMENTS = [
    *("[", "]", "[[", "]]", "`", " ", " ", "\u3000", "a", "b c", "x", "ー", "😀", " #t", " #u v", "/", "/p/q", ".icon"),
    *(".icon*2", "[* ", "[- ", "[$ ", " ]", "https://e.com", " http://e.com/a.png", "N1,E2", ",", "*", "[a]", "[b c]"),
    *("[[d]]", "[x.icon]", "[e https://e.com]", "[https://e.com f]", "`g`", "[/p/h]", f"[j#{HEX[:24]}]", "[i N1,E2]"),
]
_STARTS = ["", "", " ", "\t\u3000", ">", "> ", "? ", "$ ", "% ", "1. ", "#t", "code:", "table:", " 10. > "]
LINE = st.builds(
    lambda start, rest: start + "".join(rest),
    st.sampled_from(_STARTS),
    st.lists(st.sampled_from(_FRAGMENTS), max_size=12),
)


def read_differently(pages: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The pages in which the reference finds other links."""
    return [texts for texts, theirs in zip(pages, reference_keys(pages), strict=True) if our_keys(texts) != theirs]


def test_every_line_of_the_table_has_the_links_that_the_reference_finds() -> None:
    assert read_differently([["t", line] for line in LINES]) == []


def test_blocks_end_where_the_reference_ends_them() -> None:
    assert read_differently(PAGES) == []


def test_a_cell_holds_the_links_that_the_reference_finds() -> None:
    assert read_differently([["t", "table:x", f" {line}\t{line}"] for line in LINES]) == []


@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.lists(LINE, min_size=30, max_size=30))
def test_made_up_lines_have_the_links_that_the_reference_finds(lines: list[str]) -> None:
    assert read_differently([["t", line] for line in lines]) == []


@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.lists(LINE, min_size=30, max_size=30))
def test_a_made_up_page_has_the_links_that_the_reference_finds(lines: list[str]) -> None:
    assert read_differently([["t", *lines[at : at + 6]] for at in range(0, 30, 6)]) == []
