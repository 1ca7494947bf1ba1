"""The parser of Scrapbox notation: lines to tokens for links, hashtags, icons, URLs, decorations, code, tables, math.

Spans are code points of the raw line as exported; the tokens of a line, joined, are the line. The patterns are in
`patterns.py`. Three points differ from the reference implementation: `?`, `$` and `>` have a meaning only where a line
begins, not after any token; `#` only there or after white space; and `[ ]` is never a link, not even in decorations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter

from linkassist.scrapbox.patterns import (
    BREAK,
    CODE,
    COMMAND,
    GYAZO_PAGE,
    HASHTAG,
    HELPFEEL,
    IMAGE_URL,
    LINE_ID,
    LINK,
    NUMBER,
    WHITE,
    Rule,
    rules_for,
)
from linkassist.scrapbox.tokens import LineKind, ParsedLine, Token, TokenKind, walk
from linkassist.wiki import Link, Span

_STARTERS = frozenset(">?$%0123456789")
_ONLY_LINKS = (LINK,)
_START = attrgetter("span.start")
_MAX_ICONS = 100  # [x.icon*1000000] is somebody's joke


def parse_page(texts: Sequence[str]) -> list[ParsedLine]:
    """One parsed line for each raw text, `texts[0]` being the title line, in which Scrapbox sees no notation."""
    parsed: list[ParsedLine] = []
    for text, (kind, depth) in zip(texts, _blocks(texts), strict=True):
        if kind == "text":
            parsed.append(_text_line(text))
        elif kind == "table":
            parsed.append(_table_row(text, depth))
        elif kind == "code":
            parsed.append(_code_line(depth, len(text)))
        elif kind == "title":
            parsed.append(ParsedLine("title", 0, _tiles("text", 0, len(text))))
        else:
            name = Token("block_name", _span(depth, len(text)), _span(text.index(":", depth) + 1, len(text)))
            parsed.append(ParsedLine(kind, depth, (*_tiles("indent", 0, depth), name)))
    return parsed


def page_links(texts: Sequence[str]) -> list[Link]:
    """The internal links of a page in reading order; `texts[0]` is the title line.

    A link that is only a line id, `[#5f3a...]`, points into its own page and is left out.
    """
    places = [number for number, text in enumerate(texts) if "]" in text or "#" in text]
    if not places:
        return []
    blocks = _blocks(texts)
    links: list[Link] = []
    for number in places:
        kind, depth = blocks[number]
        if kind not in ("text", "table"):
            continue
        line = _text_line(texts[number]) if kind == "text" else _table_row(texts[number], depth)
        for token in walk(line.tokens):
            if token.kind == "link" and token.target:
                links.append(Link(number, token.span, token.target, "bracket"))
            elif token.kind == "hashtag":
                links.append(Link(number, token.span, token.target, "hashtag"))
    return links


def block_kinds(texts: Sequence[str]) -> list[LineKind]:
    """The kind of each line by the block that it is in, "text" outside of one and also for quotes."""
    return [kind for kind, _ in _blocks(texts)]


_TEXT: tuple[LineKind, int] = ("text", 0)


def _blocks(texts: Sequence[str]) -> list[tuple[LineKind, int]]:
    """For each line its kind (a quote is still "text") and the indentation at which its content begins, 0 for text.

    A block ends before the first line that is indented no deeper than its head; a head inside a block belongs to it.
    """
    blocks = [_TEXT] * len(texts)
    if blocks:
        blocks[0] = ("title", 0)
    page = "\n".join(texts)
    if "code:" not in page and "table:" not in page:
        return blocks
    inside: tuple[LineKind, int] | None = None
    for number in range(1, len(texts)):
        text = texts[number]
        depth = len(text) - len(text.lstrip(WHITE))
        if inside is not None and depth >= inside[1]:
            blocks[number] = inside
        elif text.startswith("code:", depth):
            blocks[number], inside = ("code_title", depth), ("code", depth + 1)
        elif text.startswith("table:", depth):
            blocks[number], inside = ("table_title", depth), ("table", depth + 1)
        else:
            inside = None
    return blocks


def _text_line(text: str) -> ParsedLine:
    start = len(text) - len(text.lstrip(WHITE))
    if not ("]" in text or "`" in text or "#" in text or "://" in text or text[start : start + 1] in _STARTERS):
        return _plain_line(start, len(text))
    end = len(text)
    kind: LineKind = "text"
    tokens = list(_tiles("indent", 0, start))
    is_quoted = is_numbered = False
    while start < end:
        if text[start] == ">":
            tokens.append(_plain("mark", start, start + 1))
            kind, is_quoted = "quote", True
            start += 1
            break
        if match := HELPFEEL.match(text, start):
            tokens.append(Token("helpfeel", _span(start, end), _span(*match.span(1))))
            start = end
        elif (match := NUMBER.match(text, start)) and (is_numbered or not BREAK.search(text, start)):
            is_numbered = True  # without a break after the first number there is none after the others
            tokens.append(Token("number", _span(*match.span()), _span(*match.span(1))))
            start = match.end()
        else:
            break
    tokens.extend(_inline(text, start, end, is_quoted=is_quoted))
    return ParsedLine(kind, tokens[0].span.end if tokens and tokens[0].kind == "indent" else 0, tuple(tokens))


def _table_row(text: str, depth: int) -> ParsedLine:
    tokens = [_plain("indent", 0, depth)]
    start = depth
    for cell in text[depth:].split("\t"):
        if start > depth:
            tokens.append(_plain("separator", start - 1, start))
        end = start + len(cell)
        if cell.startswith(">") or HELPFEEL.match(cell) or (NUMBER.match(cell) and not BREAK.search(cell)):
            tokens.append(_plain("verbatim", start, end))
        else:
            tokens.extend(_inline(text, start, end, in_table=True))
        start = end + 1
    return ParsedLine("table", depth, tuple(tokens))


def _inline(
    text: str,
    start: int,
    end: int,
    *,
    is_quoted: bool = False,
    is_nested: bool = False,
    in_table: bool = False,
) -> list[Token]:
    """Tokens that tile `text[start:end]`. Each rule in turn is matched in the gaps that earlier rules have left."""
    piece = text[start:end]
    tokens: list[Token] = []
    gaps = [(start, end)] if start < end else []
    if "`" in piece and not is_nested:
        gaps = _take(CODE, text, start, gaps, in_table, tokens)
    if gaps and not is_quoted and not is_nested and (match := COMMAND.match(text, *gaps[0])) and gaps[0][0] == start:
        command = Token("command", _span(*match.span()), _span(*match.span(1)))
        tokens.append(_plain("verbatim", *match.span()) if in_table else command)
        del gaps[0]
    rules = rules_for(piece, is_nested=is_nested)
    if rules == _ONLY_LINKS:
        return sorted(tokens + _linked_text(text, gaps), key=_START) if tokens else _linked_text(text, gaps)
    for rule in rules:
        gaps = _take(rule, text, start, gaps, in_table, tokens)
    tokens += [_plain("text", at, until) for at, until in gaps]
    if len(tokens) > 1:
        tokens.sort(key=_START)
    return tokens


def _linked_text(text: str, gaps: list[tuple[int, int]]) -> list[Token]:
    """Links and the text between them: a fast path for most lines with brackets."""
    tokens: list[Token] = []
    for at, end in gaps:
        for match in LINK.pattern.finditer(text, at, end):
            found, after = match.span()
            if found > at:
                tokens.append(_plain("text", at, found))
            tokens.append(_link(match, _span(found, after)))
            at = after
        if at < end:
            tokens.append(_plain("text", at, end))
    return tokens


def _take(
    rule: Rule, text: str, start: int, gaps: list[tuple[int, int]], in_table: bool, tokens: list[Token]
) -> list[tuple[int, int]]:
    """Adds the tokens of a rule in the gaps to `tokens`; returns the remaining gaps. start: of the piece of text."""
    remaining: list[tuple[int, int]] = []
    for gap in gaps:
        at, end = gap
        until = end
        if rule.closing:
            closes = text.rfind(rule.closing, at, end)
            if closes < 0:
                remaining.append(gap)
                continue
            until = closes + len(rule.closing)
        if rule.kind == "hashtag" and at == start and (match := HASHTAG.match(text, at, until)):
            tokens.append(_shown(rule, match, text, in_table))
            at = match.end()
        for match in rule.pattern.finditer(text, at, until):
            if match.start(1) < 0:
                continue  # a skip, see `patterns.py`
            found = match.start()
            if found > at:
                remaining.append((at, found))
            at = match.end()
            tokens.append(_shown(rule, match, text, in_table))
        if at < end:
            remaining.append((at, end))
    return remaining


def _shown(rule: Rule, match: re.Match[str], text: str, in_table: bool) -> Token:
    """The token of a match; in a table cell "verbatim" for notation that cells do not have."""
    return _plain("verbatim", *match.span()) if in_table and not rule.in_tables else _token(rule, match, text)


def _token(rule: Rule, match: re.Match[str], text: str) -> Token:
    """The token of a match."""
    span = _span(*match.span())
    content = _span(*match.span(1))
    match rule.kind:
        case "link":
            return _link(match, span)
        case "hashtag":
            return Token("hashtag", span, content, target=match[1])
        case "icon" | "bold_icon":
            count = min(int(match[2][:6]), _MAX_ICONS) if match[2] else 1
            return Token("icon", span, content, match[1], "*" if rule.kind == "bold_icon" else "", count)
        case "url":
            return Token("url", span, content, match[1])
        case "url_label":
            return Token("url", span, _span(*match.span(2)), match[1])
        case "labelled_url":
            return Token("url", span, content, match[2])
        case "bold_image":
            return Token("image", span, content, _shown_image(match[1]), "*")
        case "image" | "linked_image":
            return _image(rule, match, span)
        case "decoration":
            content = _span(*match.span(2))
            children = tuple(_inline(text, content.start, content.end, is_nested=True))
            return Token("decoration", span, content, signs=match[1], children=children)
        case "bold":
            children = tuple(_inline(text, content.start, content.end, is_nested=True))
            return Token("bold", span, content, children=children)
        case "location":
            return Token("location", span, content, target=match[0][1:-1])
        case "code" | "math" | "blank":
            return Token(rule.kind, span, content)


def _link(match: re.Match[str], span: Span) -> Token:
    inner = match[1]
    line_id = LINE_ID.search(inner)
    title = inner[: line_id.start()] if line_id else inner
    kind: TokenKind = "project_link" if title.startswith("/") else "link"
    return Token(kind, span, _span(match.start(1), match.start(1) + len(title)), title)


def _image(rule: Rule, match: re.Match[str], span: Span) -> Token:
    """The token of an image. Of two image URLs the second is shown and the first is the link."""
    source, other = (2, 1) if rule.kind == "linked_image" or IMAGE_URL.match(match[2] or "") else (1, 2)
    return Token("image", span, _span(*match.span(source)), _shown_image(match[source]), href=match[other] or "")


def _shown_image(url: str) -> str:
    """The URL of the picture itself: of a Gyazo page that of its thumbnail."""
    return f"{url}/thumb/1000" if GYAZO_PAGE.match(url) else url


@lru_cache(maxsize=1 << 16)
def _span(start: int, end: int) -> Span:
    """A span, interned: the same few are needed for every line."""
    return Span(start, end)


@lru_cache(maxsize=1 << 16)
def _plain(kind: TokenKind, start: int, end: int) -> Token:
    """A token whose content is its whole span."""
    span = _span(start, end)
    return Token(kind, span, span)


def _tiles(kind: TokenKind, start: int, end: int) -> tuple[Token, ...]:
    """One token for a range, none for an empty one."""
    return (_plain(kind, start, end),) if start < end else ()


@lru_cache(maxsize=1 << 14)
def _code_line(depth: int, end: int) -> ParsedLine:
    """A line of a code block: the block's indentation and code."""
    return ParsedLine("code", depth, (_plain("indent", 0, depth), *_tiles("code", depth, end)))


@lru_cache(maxsize=1 << 14)
def _plain_line(start: int, end: int) -> ParsedLine:
    """A line of text without notation. start: where its indentation ends."""
    return ParsedLine("text", start, _tiles("indent", 0, start) + _tiles("text", start, end))
