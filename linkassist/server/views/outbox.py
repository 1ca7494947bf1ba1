"""The outbox screen: pages with the lines that change, and the batches written back before."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from linkassist.review.write_back import ChangedPage, DiffSpan, RefusedLink, changed_page, diff_spans
from linkassist.server.urls import outbox_address, page_address, page_in_scrapbox
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName
from linkassist.store.outbox import Batch, batches, waiting_pages
from linkassist.store.verdicts import last_decision

_PAGES_AT_ONCE = 20
_N_BATCHES = 20
_LONGEST_BODY = 2000  # code points that fit into an address


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A changed line as a diff. number: from 0. text: the new line, to be copied."""

    number: int
    diff_spans: tuple[DiffSpan, ...]
    text: str
    is_added: bool


@dataclass(frozen=True, slots=True)
class OutboxPageView:
    """A page to write back. appending: the address that adds its new last line in Scrapbox, "" if there is none."""

    page_id: int
    title: str
    address: str
    scrapbox: str
    appending: str
    body: str
    changes: tuple[ChangeView, ...]
    refused: tuple[RefusedLink, ...]
    is_unplaced: bool


@dataclass(frozen=True, slots=True)
class OutboxView:
    """The whole screen. pages: one page of the list; the counts are of all of it.

    until: the last decision that is shown; links accepted later are not marked as done.
    """

    pages: tuple[OutboxPageView, ...]
    n_links: int
    n_pages: int
    exported_at: int
    until: int
    batches: tuple[Batch, ...]
    previous: str
    next: str


def outbox_view(library: Library, project: ProjectName, exported_at: int, number: int) -> OutboxView:
    """The screen. number: of the page of the list, from 1."""
    until = last_decision(library)  # read first: a decision made meanwhile is then not marked as done
    waiting = waiting_pages(library, project.id)
    first = (number - 1) * _PAGES_AT_ONCE
    pages = [_page(project, changed_page(library, each)) for each in waiting[first : first + _PAGES_AT_ONCE]]
    has_more = len(waiting) > first + _PAGES_AT_ONCE
    return OutboxView(
        pages=tuple(pages),
        n_links=sum(len(page.verdicts) for page in waiting),
        n_pages=len(waiting),
        exported_at=exported_at,
        until=until,
        batches=tuple(batches(library, project.id, limit=_N_BATCHES)),
        previous=outbox_address(project.name, number=number - 1) if number > 1 else "",
        next=outbox_address(project.name, number=number + 1) if has_more else "",
    )


def _page(project: ProjectName, changed: ChangedPage) -> OutboxPageView:
    in_scrapbox = page_in_scrapbox(project.name, changed.title)
    added = next((change.after for change in changed.changes if change.is_added), "")
    return OutboxPageView(
        page_id=changed.page_id,
        title=changed.title,
        address=page_address(project.name, changed.title),
        scrapbox=in_scrapbox,
        appending=f"{in_scrapbox}?body={quote(added, safe='')}" if 0 < len(added) <= _LONGEST_BODY else "",
        body=changed.body,
        changes=tuple(
            ChangeView(change.number, diff_spans(change), change.after, change.is_added) for change in changed.changes
        ),
        refused=changed.refused,
        is_unplaced=bool(changed.unplaced),
    )
