"""Where accepted links go on a page as it stands in Scrapbox: in the very line they were accepted in, or nowhere.

The line is found by its text, wherever it has moved. Quotes, code, and the tables that instruct Scrapbox's own AI are
never edited. Links that were accepted without a place in the text, or at words that are no spelling of their target,
go into one more line at the end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from linkassist.errors import LinkAssistError
from linkassist.scrapbox.client.editing import LineChange, RemoteLine, new_line_id
from linkassist.scrapbox.edits import LinkedPage, Replacement, link_text, linked_page
from linkassist.scrapbox.notation import page_links, parse_page
from linkassist.scrapbox.tokens import walk
from linkassist.spelling import is_spelling_of
from linkassist.store.write_back.pushes import WrittenLink
from linkassist.suggestion import Mention
from linkassist.terminal_escape import quoted
from linkassist.wiki import Line, Page, title_key

_INSTRUCTIONS: Final = ("infobox", "cosense")  # tables whose rows are read by Scrapbox's own AI
# What Scrapbox reads otherwise right behind a token: the start of a hashtag, a quote, a question, a command, a number.
_STARTS_ANEW: Final = re.compile(r"#\S|>|\?\s|[$%] |\d+\. ")
_TAKES_THE_REST: Final = re.compile(r">|\?\s|[$%] |\d+\. ")  # all of these but the hashtag, to the end of the line
_MOST_REWRITTEN: Final = 100


@dataclass(frozen=True, slots=True)
class AcceptedLink:
    """A link to place. line: the text of the mention's line as accepted, None where nobody knows it.

    alike: (which of the lines of that text it was, of how many), if that is known.
    """

    log_id: int
    target: str
    mention: Mention | None
    line: str | None
    alike: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class LeftLink:
    """An accepted link that is not written, and why."""

    log_id: int
    target: str
    why: str


@dataclass(frozen=True, slots=True)
class PageEdit:
    """The changes of a page. already: the links that the page has. left: those that have no place on it."""

    changes: tuple[LineChange, ...]
    written: tuple[WrittenLink, ...]
    already: tuple[AcceptedLink, ...]
    left: tuple[LeftLink, ...]


def edit_of(
    lines: Sequence[RemoteLine],
    accepted: Sequence[AcceptedLink],
    rewritten: Sequence[WrittenLink] = (),
    line_id: Callable[[], str] = new_line_id,
) -> PageEdit:
    """The edit that writes the accepted links into the lines, the title line first.

    rewritten: what earlier pushes have made of lines, which are recognised by it. line_id: makes the id of a new line.
    """
    texts = [line.text for line in lines]
    kinds = _editable(texts)
    linked = {link.key for link in page_links(texts)}
    already, left = [], []
    placed: list[tuple[AcceptedLink, Mention | None]] = []
    for each in accepted:
        if title_key(each.target) in linked:
            already.append(each)
            continue
        if title_key(each.target) in {title_key(other.target) for other, _ in placed}:
            left.append(LeftLink(each.log_id, each.target, "The same link was accepted twice, under two titles."))
            continue
        try:
            link_text(each.target)
            placed.append((each, _place(texts, kinds, each, rewritten)))
        except LinkAssistError as error:
            left.append(LeftLink(each.log_id, each.target, str(error)))
    page = Page(texts[0], tuple(map(Line, texts)))
    while True:
        found = linked_page(page, [(each.target, mention) for each, mention in placed])
        bad = _misplaced(found, placed)
        if not bad:
            break
        left += [LeftLink(each.log_id, each.target, why) for each, why in bad]
        without = {each.log_id for each, _ in bad}
        placed = [(each, mention) for each, mention in placed if each.log_id not in without]
    if not placed:
        return PageEdit((), (), tuple(already), tuple(left))
    new_id = line_id()
    changes = [LineChange(lines[number].line_id, found.lines[number]) for number in sorted(found.replaced)]
    if len(found.lines) > len(texts):
        changes.append(LineChange(new_id, found.lines[-1], is_new=True))
    written = tuple(_written(lines, found, each, mention, new_id) for each, mention in placed)
    return PageEdit(tuple(changes), written, tuple(already), tuple(left))


def _place(
    texts: Sequence[str], kinds: Sequence[str], link: AcceptedLink, rewritten: Sequence[WrittenLink]
) -> Mention | None:
    """The mention at the place where its line is now, None for a link at the end of the page. Raises LinkAssistError.

    Words that are no spelling of the target are never replaced by it: that link goes to the end, as its card shows.
    """
    if link.mention is None or not is_spelling_of(link.mention.surface, link.target):
        return None
    if link.line is None:
        raise LinkAssistError(f"The words {quoted(link.mention.surface)} are no longer where they were accepted.")
    mention, text = link.mention, link.line
    for _ in range(_MOST_REWRITTEN):
        numbers = [number for number, each in enumerate(texts) if number and each == text]
        if numbers:
            break
        later = next((each for each in rewritten if each.before == text and _is_clear(each, mention)), None)
        if later is None:
            raise LinkAssistError(f"The line has changed since it was accepted. It was {quoted(link.line)}.")
        text, mention = later.after, _shifted(mention, later, rewritten)
    if link.alike and len(numbers) == link.alike[1]:
        number = numbers[link.alike[0]]
    else:
        number = min(numbers, key=lambda number: abs(number - mention.line))
    if kinds[number] != "text":
        raise LinkAssistError(f"The line is {kinds[number]}, which is never edited.")
    return replace(mention, line=number)


def _is_clear(written: WrittenLink, mention: Mention) -> bool:
    """Whether the words of the mention are outside of everything that was written into that line."""
    return written.before[mention.start : mention.end] == mention.surface


def _shifted(mention: Mention, later: WrittenLink, rewritten: Sequence[WrittenLink]) -> Mention:
    """The mention in the line after it was rewritten."""
    of_line = [each for each in rewritten if (each.before, each.after) == (later.before, later.after)]
    start, grown = mention.start, 0
    for each in sorted({(each.start, each.link, each.surface) for each in of_line}):
        at, link, surface = each
        if at - grown < mention.start:
            start += len(link) - len(surface)
        grown += len(link) - len(surface)
    return replace(mention, start=start, end=start + len(mention.surface))


def _editable(texts: Sequence[str]) -> list[str]:
    """For each line "text" if it may be edited, else what it is, in words."""
    found = []
    instructs = False
    for number, (text, line) in enumerate(zip(texts, parse_page(texts), strict=True)):
        if line.kind == "table_title":
            instructs = text.partition("table:")[2].strip().lower() in _INSTRUCTIONS
        kind = {
            "text": "text",
            "table": "a row of instructions" if instructs else "text",
            "quote": "a quote",
            "code": "code",
        }.get(line.kind, "the title or the head of a block")
        found.append("the title" if number == 0 else kind)
    return found


def _misplaced(
    found: LinkedPage, placed: Sequence[tuple[AcceptedLink, Mention | None]]
) -> list[tuple[AcceptedLink, str]]:
    """(link, why) of the links that cannot stand where they should."""
    bad = []
    for each, mention in placed:
        if mention is None:
            continue
        replaced = _replacement(found, mention)
        if replaced is None:
            bad.append((each, f"In its line, {quoted(each.target)} would change another link or mark."))
        elif _STARTS_ANEW.match(found.before[mention.line], replaced.end):
            bad.append((each, "The signs right behind the words would get another meaning."))
        elif _is_behind_a_sign(found.before, mention):
            bad.append((each, "A sign before the words may have another meaning in Scrapbox."))
    if bad:
        return bad
    before, after = (Counter(link.key for link in page_links(lines)) for lines in (found.before, found.lines))
    if after != before + Counter({title_key(each.target) for each, _ in placed}):
        return [(each, "Another link of the page would change.") for each, _ in placed]
    return []


def _is_behind_a_sign(texts: Sequence[str], mention: Mention) -> bool:
    """Whether text before the mention follows a token and begins with a sign, which parsers read in two ways."""
    line, text = parse_page(texts)[mention.line], texts[mention.line]
    starts = [token.span.start for token in walk(line.tokens) if token.kind == "text"]
    behind = [at for at in starts if line.indent < at <= mention.start]
    return any(_TAKES_THE_REST.match(text, at) for at in behind) or bool(
        behind and _STARTS_ANEW.match(text, max(behind))
    )


def _replacement(found: LinkedPage, mention: Mention) -> Replacement | None:
    return next((each for each in found.replaced.get(mention.line, ()) if each.start <= mention.start < each.end), None)


def _written(
    lines: Sequence[RemoteLine], found: LinkedPage, link: AcceptedLink, mention: Mention | None, new_id: str
) -> WrittenLink:
    """What was written for the link, with its place in the line as it is afterwards."""
    if mention is None:
        after, notation = found.lines[-1], link_text(link.target)
        start = _start_in(after, notation)
        return WrittenLink(link.log_id, new_id, True, "", after, start, notation, "")
    number, replaced = mention.line, _replacement(found, mention)
    assert replaced is not None
    before = found.before[number]
    earlier = [each for each in found.replaced[number] if each.start < replaced.start]
    start = replaced.start + sum(len(each.link) - (each.end - each.start) for each in earlier)
    surface = before[replaced.start : replaced.end]
    return WrittenLink(
        link.log_id, lines[number].line_id, False, before, found.lines[number], start, replaced.link, surface
    )


def _start_in(line: str, notation: str) -> int:
    """Where the link begins in a line that consists of links."""
    links = page_links(["", line])
    return next(link.span.start for link in links if link.span.cut(line) == notation)
