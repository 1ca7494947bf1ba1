"""Starts, watches and stops what the server writes to Scrapbox: one preview, push or undo at a time for the library.

The work is done by a child process (`write_process.py`). The last preview is kept in memory alone: after a restart of
the server it is made anew. The key is read from the library's settings each time, and given to the process alone.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Final

from linkassist.errors import LinkAssistError
from linkassist.pipeline.push.report import PageReport, Report
from linkassist.server.jobs.child_process import ChildProcess
from linkassist.server.jobs.write_process import Failed, PagesDone, WriteMessage, WriteOrder, run_write
from linkassist.settings import Settings, library_key_and_sources, with_present_key
from linkassist.store.locks import is_push_running

_CLOSE_S: Final = 5.0
_STOP_S: Final = 30.0  # after this, a process that was told to stop is terminated
_DIED: Final = (
    "The process that wrote to Scrapbox has ended (exit code {0}). What it wrote is recorded; the next one looks first "
    "what arrived. Try again."
)


class WriteUnderWayError(LinkAssistError):
    """A push or an undo is under way, here or in another program; they run one at a time."""

    def __init__(self) -> None:
        super().__init__("Another push or undo is under way. Wait until it has finished, then try again.")


@dataclass(frozen=True, slots=True)
class WriteJob:
    """The state of a preview, a push or an undo. Times are monotonic seconds; `ended_at` is None while it runs.

    pages: those that are done. report: of the whole, None while it runs or if it was cut short. failure: why it failed.
    """

    order: WriteOrder
    began_at: float
    done: PagesDone = PagesDone(0, 0)
    pages: tuple[PageReport, ...] = ()
    report: Report | None = None
    failure: str = ""
    is_stopping: bool = False
    ended_at: float | None = None


class Writer:
    """The previews, pushes and undos of one library, for all threads of a server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._at_start = library_key_and_sources(settings.library)
        self._lock = threading.Lock()
        self._job: WriteJob | None = None
        self._process: ChildProcess[None, WriteMessage] | None = None

    @property
    def settings(self) -> Settings:
        """The settings with the key as it is now. Raises SettingsError where the library's file cannot be used."""
        return with_present_key(self._settings, self._at_start)

    @property
    def job(self) -> WriteJob | None:
        """The current job, else the last one since the server started."""
        return self._job

    @property
    def is_busy(self) -> bool:
        """Whether a job of this server is under way."""
        return self._job is not None and self._job.ended_at is None

    @property
    def process_id(self) -> int | None:
        """The id of the child process, None while there is none."""
        return self._process.process_id if self._process and self.is_busy else None

    def start(self, order: WriteOrder) -> None:
        """Starts the job. Raises WriteUnderWayError."""
        settings = self.settings
        with self._lock:
            if self.is_busy or is_push_running(settings.library):
                raise WriteUnderWayError
            process: ChildProcess[None, WriteMessage] = ChildProcess(run_write, settings, order)
            self._job, self._process = WriteJob(order, time.monotonic()), process
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()

    def cancel(self) -> None:
        """Stops the job after the page under way, or in it if that takes long."""
        with self._lock:
            if self._job is None or self._process is None or not self.is_busy or self._job.is_stopping:
                return
            self._job = replace(self._job, is_stopping=True)
            try:
                self._process.send(None)
            except OSError:
                return  # it has just ended
            timer = threading.Timer(_STOP_S, self._process.end, (_CLOSE_S,))
            timer.daemon = True
            timer.start()

    def forget(self) -> None:
        """Forgets a job that has ended, as when its result was looked at."""
        with self._lock:
            if not self.is_busy:
                self._job = None

    def close(self) -> None:
        """Stops the job and waits for its end."""
        self.cancel()
        if self._process:
            self._process.join(_CLOSE_S)
            self._process.end(_CLOSE_S)  # whatever it was at is recorded

    def _watch(self, process: ChildProcess[None, WriteMessage]) -> None:
        """Updates the job by what the process reports, until it ends."""
        for message in process.messages():
            if message:
                self._take(message)
        process.join()
        with self._lock:
            job = self._job
            assert job is not None
            has_result = job.report is not None or job.failure or job.is_stopping
            failure = job.failure if has_result else _DIED.format(process.exit_code)
            self._job = replace(job, failure=failure, ended_at=time.monotonic())

    def _take(self, message: WriteMessage) -> None:
        with self._lock:
            job = self._job
            assert job is not None
            if isinstance(message, PagesDone):
                self._job = replace(job, done=message)
            elif isinstance(message, PageReport):
                self._job = replace(job, pages=(*job.pages, message))
            elif isinstance(message, Failed):
                self._job = replace(job, failure=message.message)
            else:
                self._job = replace(job, report=message, failure="" if job.is_stopping else message.stopped)
