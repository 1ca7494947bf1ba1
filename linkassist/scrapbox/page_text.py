"""The text of a page to learn from: passages of visible text, links and icons, without code, URLs and math.

Text after a marker of generated or less interesting text is left out, and so are lines of dates in a diary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from linkassist.scrapbox.notation import parse_page
from linkassist.scrapbox.redirects import redirect_target
from linkassist.scrapbox.tokens import LineKind, ParsedLine, Token, walk
from linkassist.wiki import Line, Page, Passage, PassageKind, Reading, Segment, title_key

SEPARATOR = "\x1f"  # in place of what is left out, so that no mention spans the gap
_MARKER = re.compile(r"^\s*_{2,3}BELOW_IS_(?:AI_GENERATED|LESS_INTERESTING)_{2,3}\s*$")
_HOST = re.compile(r"https?://(?:www\.)?([^/?#\s]+)")
MOST_LINKS = 2_000  # of one page that are learnt from; in two wikis of 6,000 and 23,000 pages none has more than 324
_MOST_MARKS = 500
_READ_KINDS: dict[LineKind, PassageKind] = {
    "text": "text",
    "quote": "quote",
    "table": "table",
    "table_title": "table_title",
}


def read_page(page: Page) -> Reading:
    """The reading of one page. The title line is no passage, since no link can be there."""
    texts = page.texts
    passages: list[Passage] = []
    links: dict[str, str] = {}
    also_linked: dict[str, str] = {}
    icons: dict[str, None] = {}
    marks: dict[str, None] = {}
    is_below = False
    parsed = parse_page(texts)
    for number, (raw, line) in enumerate(zip(page.lines, parsed, strict=True)):
        text = raw.text
        is_below = is_below or (bool(number) and text.lstrip().startswith("__") and _MARKER.match(text) is not None)
        kind = _READ_KINDS.get(line.kind)
        if kind is None:
            continue
        is_read = not is_below and not _is_date_line(text, line)
        for token in walk(line.tokens):
            if token.kind in ("link", "hashtag") and token.target:
                into = links if is_read and len(links) < MOST_LINKS else also_linked
                into.setdefault(title_key(token.target), token.target)
            elif token.kind == "icon" and is_read and token.target:
                icons.setdefault(token.target)
                marks.setdefault(f"icon:{title_key(token.target)}")
            elif token.kind in ("url", "image", "project_link") and is_read and (mark := _mark(token)):
                marks.setdefault(mark)
        if is_read and (passage := _passage(number, raw, line, kind)):
            passages.append(passage)
    links.pop(page.key, None)
    authors = Counter(line.user_id for line in page.lines if line.user_id)
    author = authors.most_common(1)[0][0] if authors else ""
    shown = [*islice(marks, _MOST_MARKS), *([f"author:{author}"] if author else [])]
    return Reading(
        title=page.title,
        passages=tuple(passages),
        links=tuple(links.values()),
        icons=tuple(icons),
        also_linked=tuple(target for key, target in also_linked.items() if key not in links and key != page.key),
        created=page.created,
        marks=tuple(shown),
        points_to=redirect_target(page.title, texts, parsed) if len(links) == 1 and not also_linked else "",
    )


def _mark(token: Token) -> str:
    """The host or project that the token links to: "host:example.com", "project:/icons"; "" without one."""
    if token.kind == "project_link":
        return "project:" + "/".join(token.target.split("/")[:2]).lower()
    host = _HOST.match(token.target)
    return f"host:{host[1].lower()}" if host else ""


def _is_date_line(text: str, line: ParsedLine) -> bool:
    """True for the `[2026-04-30]←2026-05-01→[2026-05-02]` of a diary."""
    return "←" in text and "→" in text and sum(token.kind == "link" for token in line.tokens) >= 2


def _passage(number: int, raw: Line, line: ParsedLine, kind: PassageKind) -> Passage | None:
    text = raw.text
    if len(line.tokens) == 1 and line.tokens[0].kind == "text":
        whole = (Segment(0, 0, len(text), is_prose=True),)
        return Passage(number, text, whole, raw.created, raw.updated, kind) if text.strip() else None
    pieces: list[str] = []
    parts: list[Segment] = []
    at = 0

    def add(tokens: Iterable[Token]) -> None:
        nonlocal at
        for token in tokens:
            if token.kind in ("indent", "mark"):
                continue
            if token.children:
                add(token.children)
                continue
            shown = _shown(token)
            if shown is None:
                pieces.append(SEPARATOR)
                at += 1
                continue
            start, end = shown
            if end > start:
                parts.append(Segment(at, start, end - start, is_prose=token.kind in ("text", "decoration", "bold")))
                pieces.append(text[start:end])
                at += end - start

    add(line.tokens)
    visible = "".join(pieces)
    if not visible.strip(SEPARATOR + " \t\u3000"):
        return None
    return Passage(number, visible, tuple(parts), raw.created, raw.updated, kind)


def _shown(token: Token) -> tuple[int, int] | None:
    """The raw span of the token's visible words; None where it shows no words."""
    if token.kind in ("text", "decoration", "bold", "helpfeel", "verbatim"):
        return token.content.start, token.content.end
    if token.kind in ("link", "hashtag"):
        return token.content.start, token.content.end
    if token.kind == "url" and token.content != token.span and token.target:
        has_words = token.content.end - token.content.start != len(token.target)
        return (token.content.start, token.content.end) if has_words else None
    return None
