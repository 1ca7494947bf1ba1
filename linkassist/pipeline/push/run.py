"""A push: the accepted links that wait, written into their pages one page after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from linkassist.errors import FetchError
from linkassist.pipeline.push.placement import AcceptedLink, PageEdit, edit_of
from linkassist.pipeline.push.remote_pages import RemotePages
from linkassist.pipeline.push.report import (
    ChangedLine,
    LinkReport,
    LinkState,
    OnPage,
    PageReport,
    Report,
    no_page,
)
from linkassist.pipeline.push.session import Approve, Edited, Outcome, Session, Tries, edit_page
from linkassist.pipeline.push.settle import is_on, settle
from linkassist.progress import OnProgress
from linkassist.scrapbox.client.address import RemoteProject
from linkassist.scrapbox.client.editing import Editor, RemotePage
from linkassist.scrapbox.client.keys import AccessKey
from linkassist.scrapbox.client.reading import Client
from linkassist.scrapbox.client.throttle import Throttle
from linkassist.store.library import Library
from linkassist.store.locks import push_lock
from linkassist.store.pages import Project, StoredPage, find_page, stored_page
from linkassist.store.write_back.outbox import WaitingLink, waiting_links
from linkassist.store.write_back.pushes import (
    begin_push,
    drop_empty_pushes,
    forget_sent,
    record_already,
    record_done,
    record_sent,
    rewritten_lines,
)
from linkassist.wiki import title_key

STEP: Final = "push"
_NOT_SEEN: Final = "Scrapbox took it, but the page did not show it when it was read again: look at it in a browser."
_GONE: Final = "The page is not in Scrapbox any more."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to push. titles: of the pages; none for all. n_pages: at most; None for all. rows: only these pages."""

    titles: tuple[str, ...] = ()
    n_pages: int | None = None
    rows: tuple[int, ...] | None = None


class StoppedByReader(Exception):  # noqa: N818 (no error)
    """The person who is asked for approval wants no further page."""


def push(
    library: Library,
    of: Project,
    remote: RemoteProject,
    key: AccessKey,
    wanted: Wanted,
    approve: Approve | None,
    on_progress: OnProgress,
    on_page: OnPage = no_page,
) -> Report:
    """Writes the waiting links of the project into its pages in Scrapbox.

    on_progress is told of "push", in pages; on_page of each page that is done.
    approve: asked about each page's changes; None for a dry run, which writes nothing anywhere. It may raise
    StoppedByReader. What a killed push has left is settled first. A failure of the server ends the push; the report of
    what was done says why. Raises NotFoundError for a title that no page has, and BusyError beside another push.
    """
    pages = waiting_pages(library, of, wanted)
    with push_lock(library.folder), Client(remote, key, Throttle()) as client:
        editor = Editor(client.connection)
        session = Session(library, of.id, editor, RemotePages(client, editor), approve)
        run = _Run(session, remote.base)
        reports: list[PageReport] = []
        stopped = ""
        try:
            if approve is not None:
                settle(session, library)
                pages = waiting_pages(library, of, wanted)
            for number, (stored, waiting) in enumerate(pages):
                on_progress(STEP, number, len(pages))
                reports.append(run.push_page(stored, waiting))
                on_page(reports[-1])
            on_progress(STEP, len(pages), len(pages))
        except FetchError as error:
            stopped = str(error)
        except StoppedByReader:
            stopped = "You ended it."
        if approve is not None:
            drop_empty_pushes(library, of.id)
    has_written = any(link.state == "written" for page in reports for link in page.links)
    return Report(of.name, run.batch_id if has_written else None, tuple(reports), stopped)


def waiting_pages(library: Library, of: Project, wanted: Wanted) -> list[tuple[StoredPage, list[WaitingLink]]]:
    """The pages with waiting links, the one with the latest decision first."""
    of_page: dict[int, list[WaitingLink]] = {}
    for link in reversed(waiting_links(library, of.id)):
        of_page.setdefault(link.page_id, []).insert(0, link)
    if wanted.titles:
        named = [find_page(library, of.id, title_key(title)).id for title in wanted.titles]
        of_page = {page_id: of_page[page_id] for page_id in dict.fromkeys(named) if page_id in of_page}
    if wanted.rows is not None:
        of_page = {page_id: of_page[page_id] for page_id in wanted.rows if page_id in of_page}
    chosen = list(of_page.items())[: wanted.n_pages]
    return [(stored_page(library, page_id), links) for page_id, links in chosen]


class _Run:
    """The pages of one push. batch_id: None until something is recorded."""

    def __init__(self, session: Session, address: str) -> None:
        self._session = session
        self._address = address
        self.batch_id: int | None = None

    def push_page(self, stored: StoredPage, waiting: Sequence[WaitingLink]) -> PageReport:
        """Writes the links of one page, and records each step."""
        links = [accepted_link(stored, each) for each in waiting]
        found, tries = Edited("conflict"), Tries()
        lost: PageEdit | None = None  # may take effect yet
        while True:
            page = self._session.pages.find(stored.page.page_id, stored.page.title)
            has_arrived = lost is not None and self._has_arrived(page, lost)
            if page is None:
                return _all_left(stored, links, _GONE)
            if lost is not None and has_arrived:
                return _page_report(stored, page, links, lost, replace(found, outcome="made", is_seen=True))
            edit = edit_of(page.lines, links, rewritten_lines(self._session.library, stored.id))
            if edit.changes:
                found = self._try(stored, page, edit, found.changes)
                lost = edit if found.outcome == "lost" else None
            if not edit.changes or not tries.again(found):
                self._keep_already(edit)
                return _page_report(stored, page, links, edit, found)

    def _try(self, stored: StoredPage, page: RemotePage, edit: PageEdit, approved: Sequence[ChangedLine]) -> Edited:
        """One try to make the edit; what is recorded afterwards is true."""
        log_ids = [link.log_id for link in edit.written]
        library = self._session.library
        found = edit_page(self._session, page, edit.changes, lambda: self._record(edit), approved)
        if found.outcome in ("made", "lost", "used"):
            now = self._session.pages.find(stored.page.page_id, stored.page.title)
            is_seen = now is not None and any(is_on(now, link) for link in edit.written)
            not_made: Outcome = "conflict" if found.outcome == "used" else found.outcome
            found = replace(found, outcome="made" if is_seen else not_made, is_seen=is_seen)
        if self.batch_id is not None and found.outcome == "made":
            record_done(library, self.batch_id, log_ids)
        elif self.batch_id is not None and found.outcome == "conflict":
            forget_sent(library, self.batch_id, log_ids)
        return found

    def _has_arrived(self, page: RemotePage | None, lost: PageEdit) -> bool:
        """Whether an edit whose answer was lost is on the page by now; recorded."""
        log_ids = [link.log_id for link in lost.written]
        has_arrived = page is not None and any(is_on(page, link) for link in lost.written)
        (record_done if has_arrived else forget_sent)(self._session.library, self._batch(), log_ids)
        return has_arrived

    def _record(self, edit: PageEdit) -> None:
        record_sent(self._session.library, self._batch(), edit.written)

    def _keep_already(self, edit: PageEdit) -> None:
        if edit.already and self._session.approve is not None:
            record_already(self._session.library, self._batch(), [link.log_id for link in edit.already])

    def _batch(self) -> int:
        if self.batch_id is None:
            self.batch_id = begin_push(self._session.library, self._session.project_id, self._address)
        return self.batch_id


def accepted_link(stored: StoredPage, waiting: WaitingLink) -> AcceptedLink:
    """The link with the text of its line. Of a decision of an older linkassist that is the line in the library now."""
    mention, line, texts = waiting.verdict.mention, waiting.line, stored.page.texts
    alike = None
    if mention is not None and 0 < mention.line < len(texts):
        now = texts[mention.line]
        if line is None and now[mention.start : mention.end] == mention.surface:
            line = now
        if line == now:
            same = [number for number, text in enumerate(texts) if number and text == now]
            alike = (same.index(mention.line), len(same))
    return AcceptedLink(waiting.log_id, waiting.verdict.target, mention, line, alike)


def _all_left(stored: StoredPage, links: Sequence[AcceptedLink], why: str) -> PageReport:
    left = tuple(LinkReport(link.target, "left", why) for link in links)
    return PageReport(stored.page.title, stored.page.page_id, left, row=stored.id)


def _page_report(
    stored: StoredPage, page: RemotePage, links: Sequence[AcceptedLink], edit: PageEdit, found: Edited
) -> PageReport:
    """What became of each link of a page, in order of decision."""
    states: dict[str, LinkState] = {"made": "written", "previewed": "previewed", "skipped": "skipped"}
    note = "" if found.is_seen or found.outcome != "made" else _NOT_SEEN
    of_link: dict[int, tuple[LinkState, str]] = {link.log_id: ("already", "") for link in edit.already}
    of_link |= {link.log_id: ("left", link.why) for link in edit.left}
    for link in edit.written:
        of_link[link.log_id] = (states[found.outcome], note) if found.outcome in states else ("left", found.why)
    reported = tuple(LinkReport(link.target, *of_link[link.log_id]) for link in links)
    return PageReport(page.title, page.page_id, reported, found.changes if edit.changes else (), stored.id)
