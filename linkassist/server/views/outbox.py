"""The outbox screen: pages with the lines that change, and the batches written back before."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from linkassist.pipeline.push.edits_file import EditedPage, edited_pages
from linkassist.pipeline.push.placement import LeftLink
from linkassist.pipeline.push.report import ChangedLine
from linkassist.pipeline.push.run import Wanted
from linkassist.review.line_diff import DiffSpan, line_diff
from linkassist.server.urls import outbox_address, page_address, page_in_scrapbox
from linkassist.store.library import Library
from linkassist.store.pages import Project
from linkassist.store.verdicts import last_decision
from linkassist.store.write_back.outbox import Batch, batches, waiting_pages

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
    left: tuple[LeftLink, ...]
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


def outbox_view(library: Library, project: Project, number: int) -> OutboxView:
    """The screen. number: of the page of the list, from 1."""
    until = last_decision(library)  # read first: a decision made meanwhile is then not marked as done
    waiting = waiting_pages(library, project.id)
    first = (number - 1) * _PAGES_AT_ONCE
    rows = tuple(each.page_id for each in waiting[first : first + _PAGES_AT_ONCE])
    pages = [_page(project.name, each) for each in edited_pages(library, project, Wanted(rows=rows))]
    has_more = len(waiting) > first + _PAGES_AT_ONCE
    return OutboxView(
        pages=tuple(pages),
        n_links=sum(len(page.verdicts) for page in waiting),
        n_pages=len(waiting),
        exported_at=project.exported_at,
        until=until,
        batches=tuple(batches(library, project.id, limit=_N_BATCHES)),
        previous=outbox_address(project.name, number=number - 1) if number > 1 else "",
        next=outbox_address(project.name, number=number + 1) if has_more else "",
    )


def _page(project: str, edited: EditedPage) -> OutboxPageView:
    address = page_address(project, edited.title)
    in_scrapbox = page_in_scrapbox(project, edited.title)
    added = next((change.after for change in edited.changes if change.before is None), "") or ""
    return OutboxPageView(
        page_id=edited.row,
        title=edited.title,
        address=address,
        scrapbox=in_scrapbox,
        appending=f"{in_scrapbox}?body={quote(added, safe='')}" if 0 < len(added) <= _LONGEST_BODY else "",
        body=edited.body,
        first_changed=min((change.number for change in edited.changes), default=1) - 1,
        changes=tuple(change_view(change, address, edited.n_inserted) for change in edited.changes),
        left=edited.left,
        is_unplaced=bool(edited.at_end),
    )


def change_view(change: ChangedLine, address: str, n_inserted: int = 0) -> ChangeView:
    """A changed line. address: of its page. n_inserted: lines before it that the page in the library lacks."""
    number = change.number - n_inserted
    return ChangeView(
        number, _around_changes(change), change.after or "", change.before is None, f"{address}#L{number}"
    )


def _around_changes(change: ChangedLine) -> tuple[DiffSpan, ...]:
    spans = line_diff(change.before, change.after)
    return tuple(
        DiffSpan(_shortened(span.text, number == 0, number == len(spans) - 1), "same") if span.how == "same" else span
        for number, span in enumerate(spans)
    )


def _shortened(text: str, is_first: bool, is_last: bool) -> str:
    """The text between two changes, or before the first or after the last one, without its middle or far end."""
    if len(text) <= 2 * _N_AROUND:
        return text
    return ("" if is_first else text[:_N_AROUND]) + "…" + ("" if is_last else text[-_N_AROUND:])
