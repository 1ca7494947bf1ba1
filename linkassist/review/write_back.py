"""Pages with their accepted links written in: the changed lines, the whole page, and a file for Scrapbox's import.

`scrapbox/edits.py` edits the lines; `store/outbox.py` knows which links wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from linkassist.errors import LinkAssistError
from linkassist.scrapbox.edits import Replacement, import_file_text, link_text, linked_page
from linkassist.scrapbox.notation import page_links
from linkassist.store.library import Library
from linkassist.store.outbox import WaitingPage, waiting_pages
from linkassist.store.pages import stored_page
from linkassist.suggestion import Mention, Verdict
from linkassist.wiki import title_key


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line that accepted links change. `number`: from 0, the title line. `before`: "" for one added at the end.

    replaced: the replacements in `before`, in reading order.
    """

    number: int
    before: str
    after: str
    is_added: bool
    replaced: tuple[Replacement, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedLink:
    """An accepted link that cannot be written into the page, and why."""

    target: str
    why: str


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """A page with its accepted links written in. `lines` are all of its lines, the title first.

    `unplaced` are targets whose mention is no longer in the text or is no spelling of them, and which are linked in the
    last line instead.
    """

    page_id: int
    title: str
    lines: tuple[str, ...]
    changes: tuple[LineChange, ...]
    refused: tuple[RefusedLink, ...]
    unplaced: tuple[str, ...]

    @property
    def body(self) -> str:
        """The lines below the title, to be pasted into Scrapbox."""
        return "\n".join(self.lines[1:])


def changed_page(library: Library, waiting: WaitingPage) -> ChangedPage:
    """The page with its waiting links written in."""
    page = stored_page(library, waiting.page_id).page
    accepted: list[tuple[str, Mention | None]] = []
    refused: list[RefusedLink] = []
    for verdict in waiting.verdicts:
        why = _refusal(verdict)
        if why:
            refused.append(RefusedLink(verdict.target, why))
        else:
            accepted.append((verdict.target, verdict.mention))
    linked = linked_page(page, accepted)
    before = linked.before
    changes = [
        LineChange(number, before[number], linked.lines[number], False, replaced)
        for number, replaced in sorted(linked.replaced.items())
    ]
    changes += [LineChange(number, "", linked.lines[number], True) for number in range(len(before), len(linked.lines))]
    at_end = {link.key for change in changes if change.is_added for link in page_links(["", change.after])}
    unplaced = tuple(target for target, mention in accepted if mention and title_key(target) in at_end)
    return ChangedPage(waiting.page_id, page.title, linked.lines, tuple(changes), tuple(refused), unplaced)


def _refusal(verdict: Verdict) -> str:
    """Why the target cannot be written as a link, "" if it can."""
    surface = verdict.mention.surface if verdict.mention else ""
    try:
        link_text(surface if title_key(surface) == title_key(verdict.target) else verdict.target)
    except LinkAssistError as error:
        return str(error)
    return ""


def file_for_import(library: Library, project_id: int) -> str:
    """The text of an import file with every page that waiting links change."""
    changed = (changed_page(library, waiting) for waiting in waiting_pages(library, project_id))
    return import_file_text((page.title, page.lines) for page in changed if page.changes)


@dataclass(frozen=True, slots=True)
class DiffSpan:
    """A part of a changed line. how: "same", "out" (removed) or "in" (added)."""

    text: str
    how: str


def diff_spans(change: LineChange) -> tuple[DiffSpan, ...]:
    """The changed line as kept, removed and added parts, in reading order."""
    if change.is_added:
        return (DiffSpan(change.after, "in"),)
    return tuple(each for each in _replaced_spans(change) if each.text)


def _replaced_spans(change: LineChange) -> Iterator[DiffSpan]:
    at = 0
    for each in change.replaced:
        yield DiffSpan(change.before[at : each.start], "same")
        surface = change.before[each.start : each.end]
        opening, is_kept, closing = each.link.partition(surface)
        if is_kept:
            yield from (DiffSpan(opening, "in"), DiffSpan(surface, "same"), DiffSpan(closing, "in"))
        else:
            yield from (DiffSpan(surface, "out"), DiffSpan(each.link, "in"))
        at = each.end
    yield DiffSpan(change.before[at:], "same")
