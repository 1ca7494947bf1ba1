"""Writes accepted links into the lines of a page, and pages into a Scrapbox import file.

A bracket link in Scrapbox has no text but its title, so a mention in another spelling of its target's title is replaced
by that. Other words, such as an inflected form, are never replaced: their target is linked at the end of the page.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from linkassist.errors import LinkAssistError
from linkassist.scrapbox.notation import page_links, parse_page
from linkassist.scrapbox.patterns import WHITE
from linkassist.spelling import is_spelling_of
from linkassist.suggestion import Mention
from linkassist.terminal_escape import quoted
from linkassist.wiki import Page, title_key

Accepted = tuple[str, Mention | None]

_MOST_TRIED: Final = 100  # links of one line tried one by one; each time the whole line is parsed


def link_text(target: str) -> str:
    """The target as a link: `[target]`, or `#target` for a title that has another meaning in brackets.

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
    """A half-open span of a raw line, and the link that replaces it."""

    start: int
    end: int
    link: str


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """The lines of a page with accepted links written in, and the replacements by line number, in reading order.

    before: the lines without them, the title line first. lines: with them; links without a place in the text are in one
    more line at the end.
    """

    before: tuple[str, ...]
    lines: tuple[str, ...]
    replaced: Mapping[int, tuple[Replacement, ...]]


def replacements(text: str, accepted: Sequence[tuple[str, Mention]]) -> tuple[Replacement, ...]:
    """The replacements that make each (target, mention) of a raw line a link, in reading order.

    Brackets go around the surface where its title key is the target's: `see Sample text` becomes `see [Sample text]`.
    Elsewhere the target's title takes its place: `サーバを立てる` becomes `[サーバー]を立てる`.
    Raises LinkAssistError where mentions overlap, the line has changed, or a title cannot be written as a link.
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
    """The raw line with the replacements made. They do not overlap and are in reading order."""
    pieces: list[str] = []
    at = 0
    for each in replaced:
        pieces += [text[at : each.start], each.link]
        at = each.end
    return "".join(pieces) + text[at:]


def with_title_line(title: str, lines: Sequence[str]) -> list[str]:
    """The lines with the title line first. It is put before lines that begin with other text, as converters write them.

    A first line that differs from the title in letter case or outer spaces alone is the title line.
    """
    if lines and title_key(lines[0].strip()) == title_key(title.strip()):
        return list(lines)
    return [title, *lines]


def linked_page(page: Page, accepted: Sequence[Accepted]) -> LinkedPage:
    """The page with the accepted links written in.

    A mention becomes a link in place if it is a spelling of the target, and if the changed line then has that link and
    every other link as before; of two that overlap, the one accepted first. All other targets are linked in one more
    line, unless the page links them already.
    """
    before = with_title_line(page.title, page.texts)
    n_added = len(before) - len(page.lines)  # 1 where the title line is put before the page's own
    texts = before.copy()
    of_line: dict[int, list[tuple[str, Mention]]] = {}
    for target, mention in accepted:
        if mention is not None and 0 < mention.line < len(page.lines) and is_spelling_of(mention.surface, target):
            number = mention.line + n_added
            of_line.setdefault(number, []).append((target, replace(mention, line=number)))
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
    return LinkedPage(tuple(before), tuple(texts), replaced)


def _contexts(texts: Sequence[str], numbers: Iterable[int]) -> dict[int, list[str]]:
    """By line number, the lines that must precede it to be parsed alike: a title line, and the head of its table.

    Lines without links, such as code and the heads of blocks, are left out.
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
    """The replacements that can be made in one line: all at once if possible, else tried one by one."""
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
    """The indentation of a line, which determines where blocks end."""
    return len(text) - len(text.lstrip(WHITE))


def import_file_text(pages: Iterable[tuple[str, Sequence[str]]]) -> str:
    """The JSON text of a Scrapbox import file, from each page's title and lines. Each page begins with its title line.

    On import Scrapbox overwrites pages of the same title; the screen that offers this file says so.
    """
    entries = []
    for title, lines in pages:
        first, *rest = with_title_line(title, lines)
        entries.append({"title": title, "lines": [title if first.strip() == title.strip() else first, *rest]})
    return json.dumps({"pages": entries}, ensure_ascii=False, indent=1) + "\n"
