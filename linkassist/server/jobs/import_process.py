"""The process that does the work of an import: what it is told to do, what it tells meanwhile, how it is stopped.

`import_job.py` starts one for each import or reindex, so that the server stays light and a fall takes nothing with it.
What it did is also in the library's record of runs, where it outlives the server.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from linkassist.errors import LinkAssistError, StoreError
from linkassist.files.errors import cannot_be
from linkassist.pipeline.ingest import LONGEST_NAME, IngestReport, ingest
from linkassist.pipeline.reindex import reindex
from linkassist.pipeline.reindex_run import ReindexReport
from linkassist.scrapbox.export import read_export
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.runs import finish_run, start_run
from linkassist.terminal_escape import shown

_TELL_EVERY_S: Final = 0.1
_INTERRUPT_EVERY_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class TakeIn:
    """Import the file at `source`, then reindex its project. file_name: what the reader calls the file.

    project: the name to give it, "" for the one that the file says; one that says none is called after the file.
    """

    source: Path
    file_name: str
    project: str = ""
    skip_bad_pages: bool = False


@dataclass(frozen=True, slots=True)
class Reindex:
    """Bring the suggestions of a project up to date."""

    project: str
    display_name: str


Order = TakeIn | Reindex


@dataclass(frozen=True, slots=True)
class At:
    """How far the work is: `n_done` of `n_total` (0 where unknown) in a step; of the step "import" in bytes."""

    step: str
    n_done: int
    n_total: int


@dataclass(frozen=True, slots=True)
class Indexed:
    """All is done."""

    report: ReindexReport


@dataclass(frozen=True, slots=True)
class Stopped:
    """The work has ended before its end: with a failure in words, or with "" since it was to."""

    failure: str = ""


Message = At | IngestReport | Indexed | Stopped


def run_order(pipe: Connection, settings: Settings, order: Order) -> None:
    """Does as ordered, then ends the process. Whatever comes through the pipe, its closing included, is a Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored under nohup, and then nothing could be stopped
    os.nice(5)  # the screens go first
    is_over = threading.Event()
    threading.Thread(target=_interrupt_when_told, args=(pipe, is_over), daemon=True).start()
    told = _Told(pipe)
    last: Message = Stopped()
    try:
        try:
            last = _do(told, settings, order)
        except LinkAssistError as error:
            last = Stopped(_in_readers_words(str(error), order))
        except OSError as error:
            last = Stopped(cannot_be("used", error.filename or settings.library, error))
        is_over.set()
    except KeyboardInterrupt:
        is_over.set()  # what is stopped is undone by now, and Ctrl-C would only disturb the end
    told.tell(last)
    sys.stderr.flush()
    os._exit(0)  # all is written; to take the models' libraries down in order can last longer than a small import


def _do(told: _Told, settings: Settings, order: Order) -> Message:
    name = order.project
    with Library.open(settings.library, must_exist=True) as library:
        if isinstance(order, TakeIn):
            name = _take_in(library, order, told)
        told("load", 0, 0)  # the models' libraries, which a reindex brings before its first step
        return Indexed(reindex(library, project(library, name), settings, told))


def _take_in(library: Library, order: TakeIn, told: _Told) -> str:
    """The name of the project that the file is now. The run's record ends with it; the reindex has its own."""
    run_id = start_run(library, "import")
    try:
        report = ingest(
            library.folder,
            order.source,
            _wanted_name(order),
            told,
            skip_bad_pages=order.skip_bad_pages,
            run_id=run_id,
        )
    except BaseException as error:
        is_failure = isinstance(error, Exception)
        message = _in_readers_words(str(error), order)
        with suppress(StoreError):  # where this cannot be written either, the first failure is the one to tell
            finish_run(library, run_id, "failed" if is_failure else "broken_off", message=message)
        raise
    found = report.imported
    skipped = tuple(_in_readers_words(message, order) for message in report.skipped)
    told.tell(IngestReport(found, skipped))
    return found.project.name


def _wanted_name(order: TakeIn) -> str | None:
    """What to call the project, None where the file says it."""
    if order.project:
        return order.project
    with read_export(order.source) as export:
        is_nameless = export.name == order.source.name  # it is called after the file then, which has no name to show
    return project_name_of_file(order.file_name) if is_nameless else None


def project_name_of_file(file_name: str) -> str:
    """The name for the project of an export that says none: `project_name_of_file("notes.json.gz") == "notes"`."""
    for ending in (".xz", ".gz", ".json"):
        file_name = file_name.removesuffix(ending)
    return file_name.strip(" .")[:LONGEST_NAME] or "wiki"


def _in_readers_words(message: str, order: Order) -> str:
    """The message with the file's own name in place of where the server keeps it."""
    return message.replace(shown(order.source), order.file_name) if isinstance(order, TakeIn) else message


class _Told:
    """The pipe to the server. Progress is sent at each new step, and ten times a second at most."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._step = ""
        self._told_at = 0.0

    def __call__(self, step: str, n_done: int, n_total: int) -> None:
        now = time.monotonic()
        if step == self._step and now - self._told_at < _TELL_EVERY_S and n_done != n_total:
            return
        self._step, self._told_at = step, now
        self.tell(At(step, n_done, n_total))

    def tell(self, message: Message) -> None:
        """Sends the message; nobody hears it where the server has ended, and then this process is being stopped."""
        with suppress(OSError):
            self._pipe.send(message)


def _interrupt_when_told(pipe: Connection, is_over: threading.Event) -> None:
    with suppress(EOFError, OSError):
        pipe.recv()
    # More than once: where the main thread runs another library's code, that may swallow the exception.
    while not is_over.is_set():
        _thread.interrupt_main()
        is_over.wait(_INTERRUPT_EVERY_S)
