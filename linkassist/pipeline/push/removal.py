"""Taking out of a page what a push put in, and nothing else: where the link still stands, its words stand again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from linkassist.pipeline.push.placement import LeftLink
from linkassist.scrapbox.client.editing import LineChange, RemoteLine
from linkassist.scrapbox.notation import page_links, parse_page
from linkassist.store.write_back.pushes import PushedLink, WrittenLink

_GONE = "The link does not stand in its line any more."
_EDITED = "The line was edited since: the link cannot be told from what was written there."


@dataclass(frozen=True, slots=True)
class Removal:
    """The changes that take links out of a page. taken: of these links. left: those that do not stand, or not alone.

    gone: those that do not stand, among them what a killed undo has taken out.
    """

    changes: tuple[LineChange, ...]
    taken: tuple[PushedLink, ...]
    left: tuple[LeftLink, ...]
    gone: tuple[PushedLink, ...]


def removal_of(lines: Sequence[RemoteLine], links: Sequence[PushedLink]) -> Removal:
    """The changes that take the links of one push out of the lines of their page."""
    changes, taken, left, gone = [], [], [], []
    for _, found in groupby(sorted(links, key=_line_of), key=_line_of):
        group = list(found)
        number = _number(lines, group[0].written)
        if number is None:
            gone += group
            continue
        text, here, why = _without(lines, number, [link.written for link in group])
        if here:
            changes.append(LineChange(lines[number].line_id, text))
        for link in group:
            if link.written in here:
                taken.append(link)
            elif why[link.written] == _GONE:
                gone.append(link)
            else:
                left.append(LeftLink(link.written.log_id, link.target, why[link.written]))
    left += [LeftLink(link.written.log_id, link.target, _GONE) for link in gone if link.state != "undoing"]
    return Removal(tuple(changes), tuple(taken), tuple(left), tuple(gone))


def _line_of(link: PushedLink) -> tuple[str, str]:
    return (link.written.line_id, link.written.after)


def _number(lines: Sequence[RemoteLine], written: WrittenLink) -> int | None:
    """Where the written line is: by its id, else the only one of its text, as after it was cut and pasted."""
    for number, line in enumerate(lines):
        if line.line_id == written.line_id:
            return number
    same = [number for number, line in enumerate(lines) if number and line.text == written.after]
    return same[0] if len(same) == 1 else None


def _without(
    lines: Sequence[RemoteLine], number: int, links: Sequence[WrittenLink]
) -> tuple[str | None, list[WrittenLink], dict[WrittenLink, str]]:
    """(the line without the links, None to delete it; those taken out; why not, of the others)."""
    text = lines[number].text
    first = links[0]
    if text == first.after and _n_written(first) == len(links):
        return (None if first.is_added else first.before), list(links), {}
    here: list[WrittenLink] = []
    why: dict[WrittenLink, str] = {}
    for link in links:
        texts = [line.text for line in lines]
        texts[number] = text
        places = [each for each in page_links(texts) if each.line == number and each.span.cut(text) == link.link]
        if not places:
            why[link] = _GONE
        elif first.is_added or len(places) > 1 or not _is_alone(texts, number, link, places[0].span.start):
            why[link] = _EDITED
        else:
            span = places[0].span
            text = text[: span.start] + link.surface + text[span.end :]
            here.append(link)
    return text, here, why


def _n_written(link: WrittenLink) -> int:
    """How many links the push put into the line of this one."""
    after, before = (len(page_links(["", text])) for text in (link.after, link.before))
    return after - before


def _is_alone(texts: Sequence[str], number: int, link: WrittenLink, start: int) -> bool:
    """Whether only this link goes when its words stand again, and the line is still text."""
    without = list(texts)
    line = texts[number]
    without[number] = line[:start] + link.surface + line[start + len(link.link) :]
    kinds = [parsed.kind for parsed in parse_page(texts)]
    before, after = (Counter(each.key for each in page_links(lines)) for lines in (texts, without))
    gone = before - after
    return sum(gone.values()) == 1 and not after - before and kinds == [each.kind for each in parse_page(without)]
