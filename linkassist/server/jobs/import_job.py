"""Starts, watches and stops the server's import, reindex or measurement, of which one runs at a time.

The work is done by a child process (`import_process.py`), which ends with the server, however that ends.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Final

from linkassist.errors import LinkAssistError
from linkassist.pipeline.ingest import IngestReport
from linkassist.pipeline.reindex_run import ReindexReport
from linkassist.server.jobs.child_process import ChildProcess
from linkassist.server.jobs.import_process import (
    Finished,
    ImportOrder,
    Message,
    Order,
    StepProgress,
    Stopped,
    run_order,
)
from linkassist.settings import Settings, library_encoder
from linkassist.store.locks import is_work_running

_CLOSE_S: Final = 5.0
_STOP_S: Final = 30.0  # after this, a process that was told to stop is terminated


class ImportUnderWayError(LinkAssistError):
    """An import or a reindex is under way, here or in another program; they run one at a time."""

    def __init__(self) -> None:
        super().__init__("Another import or reindex is under way. Wait until it has finished, then try again.")


@dataclass(frozen=True, slots=True)
class Stage:
    """The progress of a step, and when the step began, in monotonic seconds."""

    at: StepProgress
    began_at: float


@dataclass(frozen=True, slots=True)
class Job:
    """The state of an import, reindex or measurement. Times are monotonic seconds; `ended_at` is None while it runs.

    stages: the steps so far, the last one being under way. taken_in: the report of the import, None until the pages
    are in the library. indexed: the report of the reindex, None until it is done. is_done: whether it ran to its end.
    failure: "" if it was stopped.
    ended_time: Unix second.
    """

    order: Order
    began_at: float
    stages: tuple[Stage, ...] = ()
    taken_in: IngestReport | None = None
    indexed: ReindexReport | None = None
    is_done: bool = False
    failure: str = ""
    is_stopping: bool = False
    ended_at: float | None = None
    ended_time: int = 0


class Importer:
    """The imports, reindexes and measurements of one library, for all threads of a server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._follows_library = settings.encoder == library_encoder(settings.library)
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._process: ChildProcess[None, Message] | None = None

    @property
    def settings(self) -> Settings:
        """The settings, with the encoder that the library names now, if it was the library that named it at the start.

        An encoder named by the environment or by a settings file takes precedence.
        """
        if not self._follows_library:
            return self._settings
        return replace(self._settings, encoder=library_encoder(self._settings.library))

    @property
    def job(self) -> Job | None:
        """The current job, else the last one since the server started."""
        return self._job

    @property
    def is_busy(self) -> bool:
        """Whether a job is under way."""
        return self._job is not None and self._job.ended_at is None

    @property
    def process_id(self) -> int | None:
        """The id of the child process, None while there is none."""
        return self._process.process_id if self._process and self.is_busy else None

    def start(self, order: Order) -> None:
        """Starts the job; raises ImportUnderWayError. The file of an import is removed when the job ends."""
        with self._lock:
            if self.is_busy or is_work_running(self._settings.library):
                raise ImportUnderWayError
            process: ChildProcess[None, Message] = ChildProcess(run_order, self.settings, order)
            self._job, self._process = Job(order, time.monotonic()), process
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()

    def cancel(self) -> None:
        """Stops the job as Ctrl-C does; `job` shows when it has ended, perhaps some seconds later."""
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

    def close(self) -> None:
        """Stops the job and waits for its end."""
        self.cancel()
        if self._process:
            self._process.join(_CLOSE_S)
            self._process.end(_CLOSE_S)  # the library survives that, as it does a power cut

    def _watch(self, process: ChildProcess[None, Message]) -> None:
        """Updates the job by what the process reports, until it ends."""
        has_result = False
        for message in process.messages():
            if message:
                has_result = has_result or isinstance(message, Finished | Stopped)
                self._take(message)
        process.join()
        with self._lock:
            job = self._job
            assert job is not None
            if isinstance(job.order, ImportOrder):
                job.order.source.unlink(missing_ok=True)
            failure = job.failure if has_result or job.is_stopping else _DIED.format(process.exit_code)
            self._job = replace(job, failure=failure, ended_at=time.monotonic(), ended_time=int(time.time()))

    def _take(self, message: Message) -> None:
        with self._lock:
            job = self._job
            assert job is not None
            if isinstance(message, StepProgress):
                is_new = not job.stages or job.stages[-1].at.step != message.step
                before = job.stages if is_new else job.stages[:-1]
                began_at = time.monotonic() if is_new else job.stages[-1].began_at
                self._job = replace(job, stages=(*before, Stage(message, began_at)))
            elif isinstance(message, IngestReport):
                self._job = replace(job, taken_in=message)
            elif isinstance(message, Finished):
                self._job = replace(job, indexed=message.report, is_done=True)
            else:
                self._job = replace(job, failure=message.failure)


_DIED: Final = (
    "The process that did the work has ended (exit code {0}); the terminal may show why. Try again; where memory is "
    "short, close other programs first."
)
