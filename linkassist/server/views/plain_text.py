"""Lines as plain text without notation: for previews, lists and the context of a mention."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from linkassist.scrapbox.notation import parse_page
from linkassist.scrapbox.tokens import Token
from linkassist.wiki import Span

_N_CHARACTERS = 160
_LONGEST_KEPT = 1_000
_LONGEST_READ = 5_000  # of a longer line, only a part is parsed
# A line without any of these is shown as it is.
_NOTATION = frozenset("[`>")


def plain_text(line: str) -> str:
    """The line without notation, shortened if long: `plain_text(" see [x] [https://a.b c]") == "see x c"`."""
    line = line[:_LONGEST_READ]
    is_plain = not set(line) & _NOTATION
    text = line.strip() if is_plain else _shown_of(line) if len(line) <= _LONGEST_KEPT else _show(line)
    return f"{text[:_N_CHARACTERS]}…" if len(text) > _N_CHARACTERS else text


def _show(line: str) -> str:
    return "".join(shown for _, shown in _leaves(line)).strip()


_shown_of = lru_cache(maxsize=512)(_show)  # the home screen shows the same 150 lines each time; parsing them took 5 ms


def words_around(line: str, span: Span) -> tuple[str, str]:
    """The plain text before and after a span of a line; of a long line, of some thousand characters around it."""
    if len(line) > _LONGEST_READ:
        first = max(0, span.start - _LONGEST_READ // 2)
        line, span = line[first : span.end + _LONGEST_READ // 2], Span(span.start - first, span.end - first)
    before, after = "", ""
    for leaf, shown in _leaves(line):
        if leaf.end <= span.start:
            before += shown
        elif span.end <= leaf.start:
            after += shown
        else:
            before += line[leaf.start : span.start]
            after += line[span.end : leaf.end]
    return before.lstrip(), after.rstrip()


def _leaves(line: str) -> Iterator[tuple[Span, str]]:
    # The empty line is in place of the title, which has no notation.
    for token in parse_page(["", line])[1].tokens:
        yield from _leaves_of(token, line)


def _leaves_of(token: Token, line: str) -> Iterator[tuple[Span, str]]:
    if token.children:
        for child in token.children:
            yield from _leaves_of(child, line)
    else:
        yield token.span, _shown(token, line)


def _shown(token: Token, line: str) -> str:
    match token.kind:
        case "indent" | "image" | "mark":
            return ""
        case "verbatim" | "hashtag" | "command" | "helpfeel" | "block_name" | "number":
            return token.span.cut(line)
        case "icon" | "location":
            return f"({token.target})"
        case _:
            return token.content.cut(line)
