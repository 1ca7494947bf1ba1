"""Lines as plain text without notation, and the picture among them: for previews and lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from linkassist.scrapbox.notation import parse_page
from linkassist.scrapbox.tokens import Token, walk

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
    # The empty line is in place of the title, which has no notation.
    return "".join(shown for token in parse_page(["", line])[1].tokens for shown in _leaves(token, line)).strip()


_shown_of = lru_cache(maxsize=512)(_show)  # the home screen shows the same 150 lines each time; parsing them took 5 ms


def first_picture(lines: Iterable[str]) -> str:
    """The URL of the first image in the lines, "" if there is none: `first_picture(["a", "[https://b.c/d.png]"])`."""
    for line in lines:
        if "[" in line and "://" in line:
            for token in walk(parse_page(["", line[:_LONGEST_READ]])[1].tokens):
                if token.kind == "image":
                    return token.target
    return ""


def _leaves(token: Token, line: str) -> Iterator[str]:
    if token.children:
        for child in token.children:
            yield from _leaves(child, line)
    else:
        yield _shown(token, line)


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
