"""Accepted suggestions to edited lines, and to an import file.

Scrapbox's brackets hold the title and nothing else, so a mention that reads differently from its target is replaced by
the target's title. Sending edits to Scrapbox is left to others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from linkassist.errors import LinkAssistError
from linkassist.scrapbox.notation import page_links, parse_page
from linkassist.scrapbox.patterns import WHITE
from linkassist.suggestion import Mention
from linkassist.terminal_escape import quoted
from linkassist.wiki import Page, title_key

Accepted = tuple[str, Mention | None]

_MOST_TRIED: Final = 100  # one by one, in one line; each time the whole line is read


def link_text(target: str) -> str:
    """The target as a link: `[target]`, or `#target` for a title that brackets would turn into something else.

    Raises LinkAssistError for a title that neither can hold, such as `a [b] c`.
    """
    for written in (f"[{target}]", "#" + target.replace(" ", "_")):
        links = page_links(["", written])
        if len(links) == 1 and links[0].span.cut(written) == written and links[0].key == title_key(target):
            return written
    raise LinkAssistError(
        f"{quoted(target)} cannot be written as a link: Scrapbox would read its brackets or signs otherwise. "
        "Expected a title that [title] or #title can hold; link to another page or rename this one."
    )


@dataclass(frozen=True, slots=True)
class Replacement:
    """A span of a raw line, half-open, and the link that takes its place."""

    start: int
    end: int
    link: str


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """The lines of a page with accepted links in them, and what was put into each line by its number, in order.

    A line behind the last of `replaced` and of the page holds the links that have no place in the text.
    """

    lines: tuple[str, ...]
    replaced: Mapping[int, tuple[Replacement, ...]]


def replacements(text: str, accepted: Sequence[tuple[str, Mention]]) -> tuple[Replacement, ...]:
    """What makes each (target, mention) of a raw line a link, in reading order.

    Brackets go around the surface where its title key is the target's: `see Sample text` becomes `see [Sample text]`.
    Elsewhere the target's title takes its place: `see the samples` becomes `see [Sample text]`.
    Raises LinkAssistError where mentions overlap or the line holds other words, or a title that no link can hold.
    """
    found: list[Replacement] = []
    at = 0
    for target, mention in sorted(accepted, key=lambda pair: pair[1]):
        surface = text[mention.start : mention.end]
        if mention.start < at or surface != mention.surface:
            raise LinkAssistError(
                f"line {mention.line} holds {quoted(surface)} at {mention.start}; expected {quoted(mention.surface)}, "
                "unlinked. The page has changed: reindex it."
            )
        is_title = title_key(surface) == title_key(target)
        found.append(Replacement(mention.start, mention.end, link_text(surface if is_title else target)))
        at = mention.end
    return tuple(found)


def linked_text(text: str, replaced: Iterable[Replacement]) -> str:
    """The raw line with the links in place. The replacements do not overlap and come in reading order."""
    pieces: list[str] = []
    at = 0
    for each in replaced:
        pieces += [text[at : each.start], each.link]
        at = each.end
    return "".join(pieces) + text[at:]


def linked_page(page: Page, accepted: Sequence[Accepted]) -> LinkedPage:
    """The page with the accepted links in it.

    A mention becomes a link where it stands if Scrapbox will then read the link there and every other as before; of two
    that overlap, the one accepted first. Every other target goes into a last line of its own, unless the page links it.
    """
    texts = page.texts
    of_line: dict[int, list[tuple[str, Mention]]] = {}
    for target, mention in accepted:
        if mention is not None and 0 < mention.line < len(texts):
            of_line.setdefault(mention.line, []).append((target, mention))
    replaced: dict[int, tuple[Replacement, ...]] = {}
    for number, context in _contexts(texts, of_line).items():
        placed = _placed(texts[number], context, of_line[number])
        if placed:
            replaced[number] = placed
            texts[number] = linked_text(texts[number], placed)
    linked = {link.key for link in page_links(texts)}
    loose = {title_key(target): target for target, _ in accepted if title_key(target) not in linked}
    if loose:
        texts.append(" ".join(link_text(target) for target in loose.values()))
    return LinkedPage(tuple(texts), replaced)


def _contexts(texts: Sequence[str], numbers: Iterable[int]) -> dict[int, list[str]]:
    """By line, the lines above it without which it would be read otherwise: a title line, and the head of its table.

    Lines in which nothing can be a link, such as code and the heads of blocks, are left out.
    """
    kinds = [line.kind for line in parse_page(texts)]
    found: dict[int, list[str]] = {}
    for number in numbers:
        if kinds[number] not in ("text", "quote", "table"):
            continue
        head = number
        while kinds[head] == "table":
            head -= 1
        found[number] = [""] if head == number else ["", texts[head]]
    return found


def _placed(text: str, context: list[str], wanted: Sequence[tuple[str, Mention]]) -> tuple[Replacement, ...]:
    """The replacements that can be made in one line. Mostly all can; else they are tried one after the other."""
    targets_before = _targets(text, context)

    def tried(choice: Sequence[tuple[str, Mention]]) -> tuple[Replacement, ...]:
        try:
            found = replacements(text, choice)
        except LinkAssistError:
            return ()
        changed = linked_text(text, found)
        added = Counter(title_key(target) for target, _ in choice)
        is_as_before = _indent(changed) == _indent(text) and _targets(changed, context) == targets_before + added
        return found if is_as_before else ()

    if placed := tried(wanted):
        return placed
    choice: list[tuple[str, Mention]] = []
    for each in wanted[:_MOST_TRIED]:
        if found := tried([*choice, each]):
            placed = found
            choice.append(each)
    return placed


def _targets(text: str, context: list[str]) -> Counter[str]:
    return Counter(link.key for link in page_links([*context, text]) if link.line == len(context))


def _indent(text: str) -> int:
    """The level of a line, by which blocks begin and end."""
    return len(text) - len(text.lstrip(WHITE))


def import_file(pages: Iterable[tuple[str, Sequence[str]]]) -> str:
    """The JSON text of a Scrapbox import file, from each page's title and lines; the title line becomes the title.

    On import Scrapbox overwrites pages of the same title: whoever offers this file has to say so.
    """
    entries = [{"title": title, "lines": [title, *lines[1:]]} for title, lines in pages]
    return json.dumps({"pages": entries}, ensure_ascii=False, indent=1) + "\n"
