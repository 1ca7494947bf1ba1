"""Starts, watches and stops what the server writes to Scrapbox: one preview, push or undo at a time for the library.

The work is done by a child process (`write_process.py`). The last preview is kept in memory alone: after a restart of
the server it is made anew. The key is read from the library's settings each time, and given to the process alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final

from linkassist.errors import LinkAssistError
from linkassist.pipeline.push.report import PageReport, Report
from linkassist.server.jobs.child_process import ChildProcess
from linkassist.server.jobs.runner import JobRunner, RunningJob
from linkassist.server.jobs.write_process import Failed, PagesDone, WriteMessage, WriteOrder, run_write
from linkassist.settings import Settings, library_key_and_sources, with_present_key
from linkassist.store.locks import is_push_running

_DIED: Final = (
    "The process that wrote to Scrapbox has ended (exit code {0}). What it wrote is recorded; the next one looks first "
    "what arrived. Try again."
)


class WriteUnderWayError(LinkAssistError):
    """A push or an undo is under way, here or in another program; they run one at a time."""

    def __init__(self) -> None:
        super().__init__("Another push or undo is under way. Wait until it has finished, then try again.")


@dataclass(frozen=True, slots=True)
class WriteJob(RunningJob):
    """The state of a preview, a push or an undo. Times are monotonic seconds.

    pages: those that are done. report: of the whole, None while it runs or if it was cut short. failure: why it failed.
    """

    order: WriteOrder
    began_at: float
    done: PagesDone = PagesDone(0, 0)
    pages: tuple[PageReport, ...] = ()
    report: Report | None = None
    failure: str = ""


class Writer(JobRunner[WriteJob, WriteMessage]):
    """The previews, pushes and undos of one library, for all threads of a server."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._at_start = library_key_and_sources(settings.library)

    @property
    def settings(self) -> Settings:
        """The settings with the key as it is now. Raises SettingsError where the library's file cannot be used."""
        return with_present_key(self._settings, self._at_start)

    def start(self, order: WriteOrder) -> None:
        """Starts the job. Raises WriteUnderWayError."""
        settings = self.settings
        with self._lock:
            if self.is_busy or is_push_running(settings.library):
                raise WriteUnderWayError
            self._begin(WriteJob(order, time.monotonic()), ChildProcess(run_write, settings, order))

    def forget(self) -> None:
        """Forgets a job that has ended, as when its result was looked at."""
        with self._lock:
            if not self.is_busy:
                self._job = None

    def _take(self, job: WriteJob, message: WriteMessage) -> WriteJob:
        if isinstance(message, PagesDone):
            return replace(job, done=message)
        if isinstance(message, PageReport):
            return replace(job, pages=(*job.pages, message))
        if isinstance(message, Failed):
            return replace(job, failure=message.message)
        return replace(job, report=message, failure="" if job.is_stopping else message.stopped)

    def _end(self, job: WriteJob, exit_code: int | None) -> WriteJob:
        has_result = job.report is not None or job.failure or job.is_stopping
        failure = job.failure if has_result else _DIED.format(exit_code)
        return replace(job, failure=failure, ended_at=time.monotonic())
