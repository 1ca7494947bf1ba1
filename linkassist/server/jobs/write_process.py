"""The child process that writes to Scrapbox: previews, pushes and undos, and what it tells the server meanwhile.

It can be ended at any moment: `pipeline/push/` records each step in the library first.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final, Literal

from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be
from linkassist.pipeline.push.report import ChangedLine, PageReport, Report
from linkassist.pipeline.push.run import StoppedByReader, Wanted, push
from linkassist.pipeline.push.server_of import server_of
from linkassist.pipeline.push.undo import undo_push
from linkassist.scrapbox.client.keys import access_key
from linkassist.server.jobs.child_process import MessageSender
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.write_back.pushes import find_push

_PATIENCE_S: Final = 10.0  # for the page under way; then it is interrupted, and the next push looks what arrived

# The changes of a page, to compare: the id and text before of an edited line, the text after. New lines get new ids.
Approved = tuple[tuple[str, str | None, str | None], ...]


@dataclass(frozen=True, slots=True)
class WriteOrder:
    """What to do with the project's pages in Scrapbox.

    rows: of the pages to preview or write, None for all. approved: by title in Scrapbox, what the reader has said yes
    to; any other change is not made. batch_id: of the push to undo.
    """

    kind: Literal["preview", "write", "undo"]
    project: str
    rows: tuple[int, ...] | None = None
    approved: tuple[tuple[str, Approved], ...] = ()
    batch_id: int = 0


@dataclass(frozen=True, slots=True)
class PagesDone:
    """`n_done` of `n_total` pages are done."""

    n_done: int
    n_total: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing, or nothing more, could be done."""

    message: str


WriteMessage = PagesDone | PageReport | Report | Failed


def approved_changes(changes: Iterable[ChangedLine]) -> Approved:
    """The changes as they are compared with those of a later preview."""
    return tuple((each.line_id if each.before is not None else "", each.before, each.after) for each in changes)


def run_write(pipe: Connection, settings: Settings, order: WriteOrder) -> None:
    """Carries out the order, then ends the process. Any message, and the end of the pipe, stops it after the page."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    is_stopped, is_over = threading.Event(), threading.Event()
    threading.Thread(target=_stop_on_message, args=(pipe, is_stopped, is_over), daemon=True).start()
    sender = MessageSender(pipe)
    last: WriteMessage | None = None
    try:
        try:
            last = _do(sender, settings, order, is_stopped)
        except LinkAssistError as error:
            last = Failed(str(error))
        except OSError as error:
            last = Failed(cannot_be("used", error.filename or settings.library, error))
        is_over.set()
    except KeyboardInterrupt:
        is_over.set()
    if last is not None:
        sender.send(last)
    sys.stderr.flush()
    os._exit(0)


def _do(sender: MessageSender, settings: Settings, order: WriteOrder, is_stopped: threading.Event) -> Report:
    approved = dict(order.approved)

    def on_progress(step: str, n_done: int, n_total: int) -> None:
        sender.send(PagesDone(n_done, n_total))
        if is_stopped.is_set() and n_done < n_total:
            raise StoppedByReader

    def is_approved(title: str, changes: Sequence[ChangedLine]) -> bool:
        return approved.get(title) == approved_changes(changes)

    key = access_key(settings.scrapbox_key)
    with Library.open(settings.library, must_exist=True) as library:
        if order.kind == "undo":
            of_push = find_push(library, order.batch_id)
            remote = server_of(settings, of_push.project, of_push.address)
            return undo_push(library, of_push, remote, key, lambda title, changes: True, on_progress, sender.send)
        of = project(library, order.project)
        approve = None if order.kind == "preview" else is_approved
        wanted = Wanted(rows=order.rows)
        return push(library, of, server_of(settings, of.name, None), key, wanted, approve, on_progress, sender.send)


def _stop_on_message(pipe: Connection, is_stopped: threading.Event, is_over: threading.Event) -> None:
    with suppress(EOFError, OSError):
        pipe.recv()
    is_stopped.set()
    while not is_over.wait(_PATIENCE_S):
        _thread.interrupt_main()
