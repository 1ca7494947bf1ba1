"""The child process of an import, a reindex or a measurement: its orders, the messages it sends, how it is stopped.

`import_job.py` starts one for each, so that the server stays small and a crash leaves it running. The library's record
of runs keeps what was done, beyond the life of the server.
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
from linkassist.server.jobs.child_process import MessageSender
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.runs import finish_run, start_run
from linkassist.terminal_escape import shown

_REPORT_EVERY_S: Final = 0.1
_INTERRUPT_EVERY_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """Import the file at `source`, then reindex its project. file_name: the file's name on the reader's machine.

    project: the name to give it, "" for the one that the file says; one that says none is called after the file.
    """

    source: Path
    file_name: str
    project: str = ""
    skip_bad_pages: bool = False


@dataclass(frozen=True, slots=True)
class ReindexOrder:
    """Bring the suggestions of a project up to date."""

    project: str
    display_name: str


@dataclass(frozen=True, slots=True)
class MeasureOrder:
    """Measure the quality of the suggestions of a project; the library keeps the report."""

    project: str
    display_name: str


Order = ImportOrder | ReindexOrder | MeasureOrder


@dataclass(frozen=True, slots=True)
class StepProgress:
    """`n_done` of `n_total` (0 if unknown) of a step are done; of the step "import" these are bytes."""

    step: str
    n_done: int
    n_total: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The job is done. report: of the reindex, None of a measurement."""

    report: ReindexReport | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The job ended early: `failure` is the message of the error, "" if it was stopped."""

    failure: str = ""


Message = StepProgress | IngestReport | Finished | Stopped


def run_order(pipe: Connection, settings: Settings, order: Order) -> None:
    """Carries out the order, then ends the process. Any message, and the end of the pipe, acts as Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # under nohup it is ignored, and nothing could be stopped
    os.nice(5)  # the screens have priority
    is_over = threading.Event()
    threading.Thread(target=_interrupt_on_message, args=(pipe, is_over), daemon=True).start()
    report_progress = _ProgressReporter(pipe)
    last: Message = Stopped()
    try:
        try:
            last = _do(report_progress, settings, order)
        except LinkAssistError as error:
            last = Stopped(_with_file_name(str(error), order))
        except OSError as error:
            last = Stopped(cannot_be("used", error.filename or settings.library, error))
        is_over.set()
    except KeyboardInterrupt:
        is_over.set()  # the step is undone by now; another interrupt would only disturb the end
    report_progress.send(last)
    sys.stderr.flush()
    os._exit(0)  # everything is written; an orderly exit of the model libraries can take longer than a small import


def _do(report_progress: _ProgressReporter, settings: Settings, order: Order) -> Message:
    name = order.project
    with Library.open(settings.library, must_exist=True) as library:
        if isinstance(order, ImportOrder):
            name = _import_file(library, order, report_progress)
        report_progress("load", 0, 0)  # the model libraries are imported before the first step
        if isinstance(order, MeasureOrder):
            # Imported here: it brings PyTorch and FAISS, which the server itself does without.
            from linkassist.evaluate.run import EvaluationOptions, evaluate_project

            how = EvaluationOptions(is_blind=False, encoder=settings.encoder)
            evaluate_project(library, project(library, name), how, report_progress)
            return Finished(None)
        return Finished(reindex(library, project(library, name), settings, report_progress))


def _import_file(library: Library, order: ImportOrder, report_progress: _ProgressReporter) -> str:
    """Imports the file, with a record of its own; returns the name of the project."""
    run_id = start_run(library, "import")
    try:
        report = ingest(
            library.folder,
            order.source,
            _wanted_name(order),
            report_progress,
            skip_bad_pages=order.skip_bad_pages,
            run_id=run_id,
        )
    except BaseException as error:
        is_failure = isinstance(error, Exception)
        message = _with_file_name(str(error), order)
        with suppress(StoreError):  # if this cannot be written either, the first error is the one to report
            finish_run(library, run_id, "failed" if is_failure else "broken_off", message=message)
        raise
    found = report.imported
    skipped = tuple(_with_file_name(message, order) for message in report.skipped)
    report_progress.send(IngestReport(found, skipped))
    return found.project.name


def _wanted_name(order: ImportOrder) -> str | None:
    """The name for the project, None if the file names it."""
    if order.project:
        return order.project
    with read_export(order.source) as export:
        is_nameless = export.name == order.source.name  # then it is named after the file, which the server has renamed
    return project_name_of_file(order.file_name) if is_nameless else None


def project_name_of_file(file_name: str) -> str:
    """The name of a project whose export has none: `project_name_of_file("notes.json.gz") == "notes"`."""
    for ending in (".xz", ".gz", ".json"):
        file_name = file_name.removesuffix(ending)
    return file_name.strip(" .")[:LONGEST_NAME] or "wiki"


def _with_file_name(message: str, order: Order) -> str:
    """The message with the file's own name in place of its path on the server."""
    return message.replace(shown(order.source), order.file_name) if isinstance(order, ImportOrder) else message


class _ProgressReporter(MessageSender):
    """Sends progress to the server: at each new step, at its end, and within it ten times a second at most."""

    def __init__(self, pipe: Connection) -> None:
        super().__init__(pipe)
        self._step = ""
        self._sent_at = 0.0

    def __call__(self, step: str, n_done: int, n_total: int) -> None:
        now = time.monotonic()
        if step == self._step and now - self._sent_at < _REPORT_EVERY_S and n_done != n_total:
            return
        self._step, self._sent_at = step, now
        self.send(StepProgress(step, n_done, n_total))


def _interrupt_on_message(pipe: Connection, is_over: threading.Event) -> None:
    with suppress(EOFError, OSError):
        pipe.recv()
    # Repeatedly: a library that the main thread is in may swallow the exception.
    while not is_over.is_set():
        _thread.interrupt_main()
        is_over.wait(_INTERRUPT_EVERY_S)
