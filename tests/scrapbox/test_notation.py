"""The notation parser: what each line becomes, and what holds for every line."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkassist.scrapbox.notation import page_links, parse_page
from linkassist.scrapbox.tokens import ParsedLine, Token, walk
from linkassist.wiki import Link, Span

HEX = "0123456789abcdef01234567"
GYAZO = "https://gyazo.com/" + "0123456789abcdef" * 2


def parsed(line: str) -> ParsedLine:
    return parse_page(["title", line])[1]


def prose_spans(line: ParsedLine) -> list[Span]:
    return [token.span for token in walk(line.tokens) if token.kind == "text"]


def prose(*lines: str) -> list[str]:
    """The prose of the last line of a page."""
    texts = ["title", *lines]
    return [span.cut(texts[-1]) for span in prose_spans(parse_page(texts)[-1])]


def targets(*lines: str) -> list[str]:
    return [link.target for link in page_links(["title", *lines])]


LINKS = {
    "link": ("see [a b]", ["a b"]),
    "two links": ("[a][b]", ["a", "b"]),
    "hashtag at the start": ("#a b", ["a"]),
    "hashtag after white space": ("x\u3000#a", ["a"]),
    "no hashtag inside a word": ("C#a", []),
    "no hashtag behind a link": ("[a]#b", ["a"]),
    "link behind a hashtag": ("#a[b]", ["a", "b"]),
    "bold is no link": ("[[a]]", []),
    "link in bold": ("[[a [b] c]]", ["b"]),
    "link in a decoration": ("[* see [a]] [b]", ["a", "b"]),
    "hashtag in a decoration": ("[- #a b]", ["a"]),
    "sign without a space": ("[*a]", ["*a"]),
    "link in a quote": ("> [a]", ["a"]),
    "link in a numbered list": ("1. [a]", ["a"]),
    "inline code": ("`[a]` [b]", ["b"]),
    "code wins over an earlier bracket": ("[a `b] c`", []),
    "math": ("[$ x_{[a]} ] [b]", ["b"]),
    "url": ("[https://e.example]", []),
    "text and url": ("[a https://e.example]", []),
    "url and text": ("[https://e.example a]", []),
    "bare url takes what follows": ("https://e.example/[a] [b]", ["b"]),
    "icon": ("[a.icon][b.icon*3]", []),
    "bold icon": ("[[a.icon]]", []),
    "icon of another project": ("[/p/a.icon]", []),
    "another project": ("[/p]", []),
    "page of another project": ("[/p/a]", []),
    "place": ("[N35.1,E135.2,Z10]", []),
    "named place": ("[a N35.1,E135.2]", []),
    "blank": ("[ ]", []),
    "blank in a decoration": ("[* a [ ] b]", []),
    "empty": ("[]", []),
    "line id": (f"[a#{HEX}]", ["a"]),
    "too short for a line id": ("[a#0123]", ["a#0123"]),
    "only a line id": (f"[#{HEX}]", []),
    "command line": ("$ [a]", []),
    "helpfeel": ("? [a]", []),
    "question mark behind a link": ("[a]? [b]", ["a", "b"]),
    "inner white space stays": ("[ a ]", [" a "]),
    "unfinished": ("[a", []),
}


@pytest.mark.parametrize(("line", "expected"), LINKS.values(), ids=LINKS)
def test_links_of_a_line(line: str, expected: list[str]) -> None:
    assert targets(line) == expected


def test_a_link_carries_its_line_span_and_notation() -> None:
    assert page_links(["[t]", "見よ [Ａ b]。", " #c"]) == [
        Link(1, Span(3, 8), "Ａ b", "bracket"),
        Link(2, Span(1, 3), "c", "hashtag"),
    ]


def test_the_title_line_has_no_links_and_no_prose() -> None:
    line = parse_page(["[a] #b"])[0]
    assert (line.kind, page_links(["[a] #b"])) == ("title", [])
    assert [(token.kind, token.span) for token in walk(line.tokens)] == [("text", Span(0, 6))]


def test_an_empty_page_has_no_lines() -> None:
    assert (parse_page([]), page_links([])) == ([], [])


def test_a_code_block_lasts_until_a_line_indented_no_deeper() -> None:
    page = ["t", " code:a.py", "  [x]", "\t\u3000 #y", " [z]", "code:b", "", "[w]"]
    assert [line.kind for line in parse_page(page)] == ["title", "code_title", "code", "code", "text"] + [
        "code_title",
        "text",
        "text",
    ]
    assert targets(*page[1:]) == ["z", "w"]


def test_code_keeps_its_own_indent() -> None:
    page = ["t", "code:a.py", " if x:", "     y"]
    title, first, second = parse_page(page)[1:]
    assert title.tokens[-1].content.cut(page[1]) == "a.py"
    assert [token.content.cut(page[2]) for token in first.tokens] == [" ", "if x:"]
    assert [token.content.cut(page[3]) for token in second.tokens] == [" ", "    y"]


def test_a_table_row_has_cells_with_links_and_prose() -> None:
    page = ["t", "table:x", " a [b]\t`[c]`\t#d\t[e.icon]"]
    row = parse_page(page)[2]
    borders = [token.span for token in row.tokens if token.kind == "separator"]
    starts, ends = [row.indent, *(each.end for each in borders)], [*(each.start for each in borders), len(page[2])]
    cells = [page[2][start:end] for start, end in zip(starts, ends, strict=True)]
    assert (row.kind, cells) == ("table", ["a [b]", "`[c]`", "#d", "[e.icon]"])
    assert [token.kind for token in row.tokens] == [
        *("indent", "text", "link", "separator", "verbatim", "separator", "verbatim", "separator", "icon"),
    ]
    assert targets(*page[1:]) == ["b"]
    assert prose(*page[1:]) == ["a "]


def test_indents_of_every_kind_count_one_each() -> None:
    assert [parsed(line).indent for line in ("a", " a", "\ta", "\u3000a", " \t\u3000a", "  ")] == [0, 1, 1, 1, 3, 2]


PROSE = {
    "plain": ("abc", ["abc"]),
    "indent is no prose": (" abc", ["abc"]),
    "around a link": ("a [b] c", ["a ", " c"]),
    "quote": ("> a [b]", [" a "]),
    "decoration": ("[* a [b] c]", ["a ", " c"]),
    "bold": ("[[a]] b", ["a", " b"]),
    "numbered list": ("1. a", ["a"]),
    "code": ("a `b` c", ["a ", " c"]),
    "math": ("a [$ b]", ["a "]),
    "url with text": ("a [b https://e.example]", ["a "]),
    "bare url": ("a https://e.example/b c", ["a ", " c"]),
    "icon": ("[a.icon]b", ["b"]),
    "hashtag": ("#a b", [" b"]),
    "another project": ("[/p/a]b", ["b"]),
    "command line": ("$ a", []),
    "helpfeel": ("? a", []),
    "empty": ("", []),
}


@pytest.mark.parametrize(("line", "expected"), PROSE.values(), ids=PROSE)
def test_a_mention_may_stand_in_prose_only(line: str, expected: list[str]) -> None:
    assert prose(line) == expected


TOKENS = {
    "link with a line id": (f"[a#{HEX}]", "link", "a", "a"),
    "project page": ("[/p/a b]", "project_link", "/p/a b", "/p/a b"),
    "text url": ("[a b https://e.example]", "url", "a b", "https://e.example"),
    "url text": ("[https://e.example a b]", "url", "a b", "https://e.example"),
    "bare url": ("https://e.example", "url", "https://e.example", "https://e.example"),
    "image": ("[https://e.example/a.png]", "image", "https://e.example/a.png", "https://e.example/a.png"),
    "gyazo": (f"[{GYAZO}]", "image", GYAZO, GYAZO + "/thumb/1000"),
    "icon": ("[/p/a.icon]", "icon", "/p/a", "/p/a"),
    "place": ("[a N1.5,E2]", "location", "a", "a N1.5,E2"),
    "hashtag": ("#a", "hashtag", "a", "a"),
    "code": ("`a`", "code", "a", ""),
    "math with a space before its end": ("[$ a[0] ]", "math", "a[0]", ""),
    "helpfeel": ("? a b", "helpfeel", "a b", ""),
    "command": ("$ a b", "command", "a b", ""),
}


@pytest.mark.parametrize(("line", "kind", "content", "target"), TOKENS.values(), ids=TOKENS)
def test_a_token_tells_what_is_shown_and_where_it_leads(line: str, kind: str, content: str, target: str) -> None:
    (token,) = parsed(line).tokens
    assert (token.kind, token.span, token.content.cut(line), token.target) == (
        kind,
        Span(0, len(line)),
        content,
        target,
    )


def test_an_image_with_a_link_keeps_both_addresses() -> None:
    for line in ("[https://e.example/a.png https://f.example]", "[https://f.example https://e.example/a.png]"):
        (token,) = parsed(line).tokens
        assert (token.target, token.href) == ("https://e.example/a.png", "https://f.example")


def test_icons_are_counted_within_reason() -> None:
    assert [parsed(line).tokens[0].count for line in ("[a.icon]", "[a.icon*3]", f"[a.icon*{'9' * 5000}]")] == [
        1,
        3,
        100,
    ]


def test_signs_are_kept() -> None:
    assert [parsed(line).tokens[0].signs for line in ("[** a]", "[*/- a]", "[[a.icon]]")] == ["**", "*/-", "*"]


FRAGMENTS = [
    *(
        "[",
        "]",
        "[[",
        "]]",
        "`",
        " ",
        "\t",
        "\u3000",
        "a",
        "日本",
        "😀",
        "#",
        "#t",
        "/",
        ".icon",
        "*2",
        "[* ",
        "[$ ",
        " ]",
    ),
    *("https://e.example", ".png", "N1,E2", ">", "? ", "$ ", "1. ", "code:", "table:", "\u0002", "\ufeff", "\n", HEX),
]
TEXTS = st.lists(st.one_of(st.lists(st.sampled_from(FRAGMENTS), max_size=10).map("".join), st.text()), max_size=6)


def assert_tiles(tokens: Sequence[Token], span: Span) -> None:
    at = span.start
    for token in tokens:
        assert token.span.start == at < token.span.end
        assert token.span.start <= token.content.start <= token.content.end <= token.span.end
        at = token.span.end
        if token.children:
            assert_tiles(token.children, token.content)
    assert at == span.end


@given(TEXTS)
def test_tokens_joined_give_the_line_back(texts: list[str]) -> None:
    for text, line in zip(texts, parse_page(texts), strict=True):
        assert "".join(token.span.cut(text) for token in line.tokens) == text
        assert_tiles(line.tokens, Span(0, len(text)))


@given(TEXTS)
def test_the_span_of_a_link_cuts_out_its_notation(texts: list[str]) -> None:
    for link in page_links(texts):
        written = link.span.cut(texts[link.line])
        opening = "[" if link.notation == "bracket" else "#"
        assert written.startswith(opening + link.target)


@given(TEXTS)
def test_prose_and_links_do_not_overlap(texts: list[str]) -> None:
    links = page_links(texts)
    for number, line in enumerate(parse_page(texts)):
        spans = prose_spans(line) + [link.span for link in links if link.line == number]
        ordered = sorted(spans)
        assert all(one.end <= other.start for one, other in zip(ordered, ordered[1:], strict=False))


@pytest.mark.parametrize(("line", "target"), [("[* [* a]]", "* a"), ("[* [$ a]]", "$ a"), ("[* [- a] b]", "- a")])
def test_inside_a_decoration_another_is_a_link_with_its_signs(line: str, target: str) -> None:
    assert [link.target for link in page_links(["T", line])] == [target]
