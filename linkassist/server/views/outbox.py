"""The outbox screen: pages with the lines that change, and the batches written back before."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from linkassist.review.write_back import ChangedPage, DiffSpan, LineChange, RefusedLink, changed_page, diff_spans
from linkassist.server.urls import outbox_address, page_address, page_in_scrapbox
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName
from linkassist.store.outbox import Batch, batches, waiting_pages
from linkassist.store.verdicts import last_decision

_PAGES_AT_ONCE = 20
_N_BATCHES = 20
_LONGEST_BODY = 2000  # code points that fit into an address
_N_AROUND = 60  # code points of a long line that are shown on either side of a change


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A changed line as a diff. number: from 0. text: the new line, to be copied.

    diff_spans: the line around its changes; what is left out of a long one is "…". address: of the line on its page's
    screen.
    """

    number: int
    diff_spans: tuple[DiffSpan, ...]
    text: str
    is_added: bool
    address: str


@dataclass(frozen=True, slots=True)
class OutboxPageView:
    """A page to write back. appending: the address that adds its new last line in Scrapbox, "" if there is none.

    first_changed: the first changed line of `body`, from 0.
    """

    page_id: int
    title: str
    address: str
    scrapbox: str
    appending: str
    body: str
    first_changed: int
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
    address = page_address(project.name, changed.title)
    in_scrapbox = page_in_scrapbox(project.name, changed.title)
    added = next((change.after for change in changed.changes if change.is_added), "")
    return OutboxPageView(
        page_id=changed.page_id,
        title=changed.title,
        address=address,
        scrapbox=in_scrapbox,
        appending=f"{in_scrapbox}?body={quote(added, safe='')}" if 0 < len(added) <= _LONGEST_BODY else "",
        body=changed.body,
        first_changed=min((change.number for change in changed.changes), default=1) - 1,
        changes=tuple(
            ChangeView(
                change.number, _around_changes(change), change.after, change.is_added, f"{address}#L{change.number}"
            )
            for change in changed.changes
        ),
        refused=changed.refused,
        is_unplaced=bool(changed.unplaced),
    )


def _around_changes(change: LineChange) -> tuple[DiffSpan, ...]:
    spans = diff_spans(change)
    return tuple(
        DiffSpan(_shortened(span.text, number == 0, number == len(spans) - 1), "same") if span.how == "same" else span
        for number, span in enumerate(spans)
    )


def _shortened(text: str, is_first: bool, is_last: bool) -> str:
    """The text between two changes, or before the first or after the last one, without its middle or far end."""
    if len(text) <= 2 * _N_AROUND:
        return text
    return ("" if is_first else text[:_N_AROUND]) + "…" + ("" if is_last else text[-_N_AROUND:])
