"""The result of parsing a page: lines as tokens with spans of the raw line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from linkassist.wiki import Span

TokenKind = Literal[
    "indent",  # white space that sets the level of the line
    "mark",  # the > of a quote
    "number",  # "1. " of a numbered list
    "separator",  # the tab between two table cells
    "block_name",  # code:name or table:name; content is the name
    "text",
    "verbatim",  # in a table cell: notation that cells do not know, shown as written
    "code",
    "math",
    "command",  # "$ command"
    "helpfeel",  # "? question"
    "blank",  # [ ]
    "decoration",
    "bold",
    "image",
    "icon",
    "url",
    "location",
    "link",
    "project_link",
    "hashtag",
]
LineKind = Literal["title", "text", "quote", "code_title", "code", "table_title", "table"]


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a raw line. `span` covers the whole notation, `content` its visible text.

    target: link or hashtag title, URL, image URL, the icon's page title, "/project/page", place on a map.
    signs: decoration signs ("*", "-/"); "*" on an icon or image written in double brackets.
    count: of icons, `[x.icon*3]`. href: the link of an image, "" without one.
    children: inside decorations and bold; they tile `content`.
    """

    kind: TokenKind
    span: Span
    content: Span
    target: str = ""
    signs: str = ""
    count: int = 1
    children: tuple[Token, ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """One line: its tokens tile the raw text. `indent` is the number of leading white space characters.

    In code and table rows it is one more than that of the block's head; further white space belongs to the code or to
    the first cell. Tokens of kind "separator" are the tabs between cells.
    """

    kind: LineKind
    indent: int
    tokens: tuple[Token, ...]


def walk(tokens: Sequence[Token]) -> Iterator[Token]:
    """All tokens in reading order, those inside a token after it."""
    for token in tokens:
        yield token
        if token.children:
            yield from walk(token.children)
