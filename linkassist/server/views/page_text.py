"""Renders parsed lines as blocks of pieces, with the highlights of suggestions.

A highlight is cut out of a text token at the span of its mention; its surface is never searched for.
`scrapbox/notation.py` makes the tokens, `web/templates/_pieces.html` the HTML of the pieces.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal

from linkassist.scrapbox.notation import parse_page
from linkassist.scrapbox.tokens import ParsedLine, Token
from linkassist.server.urls import page_address, scrapbox_address
from linkassist.server.views.highlights import Highlight, place_of
from linkassist.suggestion import Kind
from linkassist.wiki import Span, title_key

MOST_LINES = 4_000
MOST_CHARACTERS = 100_000  # of the raw lines: about a second of CPU; the longest page of two wikis has 63,000
_MOST_ICONS = 1_000  # `[x.icon*100]` takes thirteen characters
_MAX_INDENT = 12
_MAX_STRONG = 5
_start_of = attrgetter("mention.start")
_STYLES = {"/": "italic", "-": "struck", "_": "underlined"}

PieceKind = Literal[
    "plain", "styled", "link", "red", "hashtag", "red_hashtag", "project_link", "external", "image", "icon",
    "code", "math", "location", "mention", "accepted",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a line. classes: CSS classes of a decoration.

    card: rank of the suggestion that it highlights. place: of the mention, as a form names it.
    """

    kind: PieceKind
    text: str = ""
    href: str = ""
    source: str = ""
    classes: str = ""
    suggested: Kind = "page"
    card: int = -1
    place: str = ""
    count: int = 1
    children: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A line of prose. With an indent it has a bullet, or its number if it is numbered."""

    number: int
    indent: int
    pieces: tuple[Piece, ...]
    is_quote: bool = False
    is_numbered: bool = False
    shape: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A `code:` block. number: of its title line."""

    number: int
    indent: int
    name: str
    text: str
    shape: Literal["code"] = "code"


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A `table:` block. rows: (line number, cells), each cell being a run of pieces."""

    number: int
    indent: int
    name: str
    rows: tuple[tuple[int, tuple[tuple[Piece, ...], ...]], ...]
    shape: Literal["table"] = "table"


Block = TextBlock | CodeBlock | TableBlock


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What rendering needs beside the lines: the project, the link targets that have a page, highlights by line."""

    project: str
    existing_keys: frozenset[str] = frozenset()
    highlights: Mapping[int, Sequence[Highlight]] = field(default_factory=dict)


def shown_lines(texts: Sequence[str]) -> list[str]:
    """The raw lines that a page's screen shows, from the title line on; the last one may be cut, with a "…"."""
    left = MOST_CHARACTERS
    shown = list(texts[:1])
    for text in texts[1:MOST_LINES]:
        if left <= 0:
            break
        shown.append(text if len(text) <= left else f"{text[:left]}…")
        left -= len(text)
    return shown


def render_page(texts: Sequence[str], context: RenderContext) -> tuple[Block, ...]:
    """The blocks of a page below its title line. The lines of a code block or a table become one block."""
    return tuple(_blocks(texts, parse_page(texts), context))


def _blocks(texts: Sequence[str], parsed: Sequence[ParsedLine], context: RenderContext) -> Iterator[Block]:
    number = 1
    icons = _IconBudget()
    while number < len(parsed):
        head = parsed[number]
        end = number + 1
        if head.kind not in ("code_title", "table_title"):
            yield _text_block(head, _Line(texts[number], context, number, icons), number)
        else:
            inside = "code" if head.kind == "code_title" else "table"
            while end < len(parsed) and parsed[end].kind == inside:
                end += 1
            indent = min(head.indent, _MAX_INDENT)
            name = "".join(token.content.cut(texts[number]) for token in head.tokens if token.kind == "block_name")
            body = range(number + 1, end)
            if inside == "code":
                code = "\n".join(texts[at][parsed[at].indent :] for at in body)
                yield CodeBlock(number, indent, name, code)
            else:
                rows = tuple((at, _cells(parsed[at], _Line(texts[at], context, at, icons))) for at in body)
                yield TableBlock(number, indent, name, rows)
        number = end


def _text_block(line: ParsedLine, show: _Line, number: int) -> TextBlock:
    show.quote_end = next((token.span.end for token in line.tokens[:2] if token.kind == "mark"), None)
    pieces = tuple(piece for token in line.tokens for piece in show.pieces(token))
    is_numbered = any(token.kind == "number" for token in line.tokens[:2])
    return TextBlock(number, min(line.indent, _MAX_INDENT), pieces, line.kind == "quote", is_numbered)


def _cells(line: ParsedLine, show: _Line) -> tuple[tuple[Piece, ...], ...]:
    cells: list[list[Piece]] = [[]]
    for token in line.tokens:
        if token.kind == "separator":
            cells.append([])
        else:
            cells[-1] += show.pieces(token)
    return tuple(map(tuple, cells))


class _IconBudget:
    """The number of icons that a page may still show."""

    def __init__(self) -> None:
        self._left = _MOST_ICONS

    def taken(self, wanted: int) -> int:
        """Takes and returns as many as are wanted and left, but at least one."""
        count = max(1, min(wanted, self._left))
        self._left -= count
        return count


class _Line:
    """Renders one raw line. quote_end: where the sign of a quote ends."""

    def __init__(self, text: str, context: RenderContext, number: int, icons: _IconBudget) -> None:
        self.text, self.context, self.icons = text, context, icons
        self.highlights = context.highlights.get(number, ())
        self.quote_end: int | None = None

    def pieces(self, token: Token) -> Iterator[Piece]:
        content = token.content.cut(self.text)
        match token.kind:
            case "text":
                yield from self._highlighted(self._after_quote_sign(token.span))
            case "indent" | "mark" | "separator":
                pass
            case "decoration":
                children = tuple(piece for child in token.children for piece in self.pieces(child))
                yield Piece("styled", classes=_decoration_classes(token.signs), children=children)
            case "bold":
                children = tuple(piece for child in token.children for piece in self.pieces(child))
                yield Piece("styled", classes="strong", children=children)
            case "link" if token.target:
                yield self._link(content, token.target, is_hashtag=False)
            case "hashtag":
                yield self._link(f"#{content}", token.target, is_hashtag=True)
            case "project_link":
                yield Piece("project_link", token.target, href=scrapbox_address(token.target))
            case "url":
                yield Piece("external", content, href=token.target)
            case "image":
                yield Piece("image", token.target, href=token.href or token.target, source=token.target)
            case "icon":
                yield self._icon(token)
            case "code":
                yield Piece("code", content)
            case "command" | "helpfeel":
                yield Piece("code", token.span.cut(self.text))
            case "math":
                yield Piece("math", content)
            case "location":
                yield Piece("location", token.target)
            case _:
                yield Piece("plain", token.span.cut(self.text))

    def _after_quote_sign(self, span: Span) -> Span:
        """The span without the white space after the sign of a quote."""
        if self.quote_end is None or span.start != self.quote_end:
            return span
        return Span(span.end - len(span.cut(self.text).lstrip()), span.end)

    def _highlighted(self, span: Span) -> Iterator[Piece]:
        at = span.start
        for place in range(bisect_left(self.highlights, at, key=_start_of), len(self.highlights)):
            highlight, mention = self.highlights[place], self.highlights[place].mention
            if mention.start >= span.end:
                break
            if mention.start < at or span.end < mention.end:
                continue
            if at < mention.start:
                yield Piece("plain", self.text[at : mention.start])
            href = page_address(self.context.project, highlight.target)
            kind: PieceKind = "accepted" if highlight.is_accepted else "mention"
            yield Piece(
                kind,
                mention.surface,
                href=href,
                suggested=highlight.kind,
                card=highlight.card,
                place=place_of(mention),
            )
            at = mention.end
        if at < span.end:
            yield Piece("plain", self.text[at : span.end])

    def _link(self, text: str, target: str, *, is_hashtag: bool) -> Piece:
        has_page = title_key(target) in self.context.existing_keys
        address = page_address(self.context.project, target)
        if is_hashtag:
            return Piece("hashtag" if has_page else "red_hashtag", text, href=address)
        return Piece("link" if has_page else "red", text, href=address)

    def _icon(self, token: Token) -> Piece:
        classes = "large" if token.signs else ""
        count = self.icons.taken(token.count)
        if token.target.startswith("/"):
            name = token.target.rpartition("/")[2]
            return Piece("icon", name, href=scrapbox_address(token.target), classes=classes, count=count)
        address = page_address(self.context.project, token.target)
        return Piece("icon", token.target, href=address, classes=classes, count=count)


def _decoration_classes(signs: str) -> str:
    """The CSS classes of a decoration: `_decoration_classes("**/") == "strong s2 italic"`."""
    n_stars = min(signs.count("*"), _MAX_STRONG)
    classes = ["strong", f"s{n_stars}"] if n_stars else []
    classes += [name for sign, name in _STYLES.items() if sign in signs]
    return " ".join(classes) or "decorated"
