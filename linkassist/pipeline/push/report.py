"""What a push or an undo did: pages, changed lines, links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from linkassist.scrapbox.client.editing import RemoteLine

# "previewed": of a dry run. "already": the page has it, nothing was written. "skipped": not approved.
LinkState = Literal["written", "previewed", "already", "left", "skipped", "undone"]


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line that differs. number: in the page as it is or will be, the title line being 0. before: None for a new one.

    after: None for one that is deleted.
    """

    number: int
    line_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What became of a link. why: for a link that was left."""

    target: str
    state: LinkState
    why: str = ""


@dataclass(frozen=True, slots=True)
class PageReport:
    """What became of a page's links. page_id: Scrapbox's. changes: as the preview showed them. row: the library's."""

    title: str
    page_id: str
    links: tuple[LinkReport, ...]
    changes: tuple[ChangedLine, ...] = ()
    row: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all pages. batch_id: None where nothing was written. stopped: why it ended early, "" if not."""

    project: str
    batch_id: int | None
    pages: tuple[PageReport, ...]
    stopped: str = ""

    def count(self, state: LinkState) -> int:
        """The number of links in that state."""
        return sum(link.state == state for page in self.pages for link in page.links)


OnPage = Callable[[PageReport], None]


def no_page(page: PageReport) -> None:
    """For a caller who wants to hear of no single page."""


def changes_between(before: Sequence[RemoteLine], after: Sequence[RemoteLine]) -> tuple[ChangedLine, ...]:
    """The lines that differ, in the order of the page."""
    found: list[ChangedLine] = []
    matcher = SequenceMatcher(None, [x.line_id for x in before], [x.line_id for x in after], autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            for offset in range(end - start):
                old, new = before[start + offset], after[new_start + offset]
                if old.text != new.text:
                    found.append(ChangedLine(new_start + offset, old.line_id, old.text, new.text))
        else:
            found += [ChangedLine(n, before[n].line_id, before[n].text, None) for n in range(start, end)]
            found += [ChangedLine(n, after[n].line_id, None, after[n].text) for n in range(new_start, new_end)]
    return tuple(found)
