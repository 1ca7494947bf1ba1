"""Undoing a push: what it put in is taken out again, where it still stands. Its links then wait in the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Final

from linkassist.errors import FetchError
from linkassist.pipeline.push.remote_pages import RemotePages
from linkassist.pipeline.push.removal import Removal, removal_of
from linkassist.pipeline.push.report import LinkReport, LinkState, OnPage, PageReport, Report, no_page
from linkassist.pipeline.push.run import StoppedByReader
from linkassist.pipeline.push.session import Approve, Edited, Outcome, Session, Tries, edit_page
from linkassist.pipeline.push.settle import is_on, settle
from linkassist.progress import OnProgress
from linkassist.scrapbox.client.address import RemoteProject
from linkassist.scrapbox.client.editing import Editor
from linkassist.scrapbox.client.keys import AccessKey
from linkassist.scrapbox.client.reading import Client
from linkassist.scrapbox.client.throttle import Throttle
from linkassist.store.library import Library
from linkassist.store.locks import push_lock
from linkassist.store.pages import StoredPage, stored_page
from linkassist.store.write_back.pushes import Push, PushedLink, pushed_links, set_state

STEP: Final = "undo"
_GONE: Final = "The page is not in Scrapbox any more."
_STANDING: Final = ("done", "undoing")


def undo_push(
    library: Library,
    of: Push,
    remote: RemoteProject,
    key: AccessKey,
    approve: Approve | None,
    on_progress: OnProgress,
    on_page: OnPage = no_page,
) -> Report:
    """Takes out of the pages in Scrapbox what the push put in. on_progress is told of "undo", in pages;
    on_page of each page that is done.

    approve and failures: as for `push`; a killed undo is finished by the next one.
    """
    with push_lock(library.folder), Client(remote, key, Throttle()) as client:
        editor = Editor(client.connection)
        session = Session(library, of.project_id, editor, RemotePages(client, editor), approve)
        reports: list[PageReport] = []
        stopped = ""
        try:
            if approve is not None:
                settle(session, library)
            links = [link for link in pushed_links(library, of.batch_id) if link.state in _STANDING]
            links.sort(key=lambda link: link.page_id)
            pages = [(row, list(found)) for row, found in groupby(links, key=lambda link: link.page_id)]
            for number, (page_row, of_page) in enumerate(pages):
                on_progress(STEP, number, len(pages))
                reports.append(_undo_page(session, of.batch_id, stored_page(library, page_row), of_page))
                on_page(reports[-1])
            on_progress(STEP, len(pages), len(pages))
        except FetchError as error:
            stopped = str(error)
        except StoppedByReader:
            stopped = "You ended it."
    return Report(of.project, of.batch_id, tuple(reports), stopped)


def _undo_page(session: Session, batch_id: int, stored: StoredPage, links: Sequence[PushedLink]) -> PageReport:
    found, tries = Edited("conflict"), Tries()
    title = stored.page.title
    while True:
        page = session.pages.find(stored.page.page_id, title)
        if page is None:
            left = tuple(LinkReport(link.target, "left", _GONE) for link in links)
            return PageReport(title, stored.page.page_id, left, row=stored.id)
        title = page.title
        removal = removal_of(page.lines, links)
        if session.approve is not None:  # what a killed undo has taken out
            set_state(session.library, batch_id, _log_ids(x for x in removal.gone if x.state == "undoing"), "undone")
        if not removal.changes:
            return _page_report(title, stored, links, removal, found)
        record = partial(set_state, session.library, batch_id, _log_ids(removal.taken), "undoing")
        found = edit_page(session, page, removal.changes, record, found.changes)
        found = _settled(session, stored, batch_id, removal, found)
        if found.outcome == "lost":  # may take effect yet
            links = [replace(link, state="undoing") for link in links]
        if not tries.again(found):
            return _page_report(title, stored, links, removal, found)


def _settled(session: Session, stored: StoredPage, batch_id: int, removal: Removal, found: Edited) -> Edited:
    """How the edit ended once the page was read again; recorded."""
    if found.outcome in ("lost", "used"):
        now = session.pages.find(stored.page.page_id, stored.page.title)
        is_standing = now is not None and any(is_on(now, link.written) for link in removal.taken)
        still: Outcome = "conflict" if found.outcome == "used" else "lost"
        found = replace(found, outcome=still if is_standing else "made")
    if found.outcome == "made":
        set_state(session.library, batch_id, _log_ids(removal.taken), "undone")
    elif found.outcome == "conflict" and session.approve is not None:
        set_state(session.library, batch_id, _log_ids(removal.taken), "done")
    return found


def _log_ids(links: Iterable[PushedLink]) -> list[int]:
    return [link.written.log_id for link in links]


def _page_report(
    title: str, stored: StoredPage, links: Sequence[PushedLink], removal: Removal, found: Edited
) -> PageReport:
    states: dict[str, LinkState] = {"made": "undone", "previewed": "previewed", "skipped": "skipped"}
    why = {left.log_id: left.why for left in removal.left}
    taken = set(_log_ids(removal.taken))
    reported = []
    for link in links:
        log_id = link.written.log_id
        if log_id in why:
            reported.append(LinkReport(link.target, "left", why[log_id]))
        elif log_id not in taken:  # a killed undo has taken it out
            reported.append(LinkReport(link.target, "undone"))
        elif found.outcome in states:
            reported.append(LinkReport(link.target, states[found.outcome]))
        else:
            reported.append(LinkReport(link.target, "left", found.why))
    changes = found.changes if removal.changes else ()
    return PageReport(title, stored.page.page_id, tuple(reported), changes, stored.id)
