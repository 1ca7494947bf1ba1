"""Starts, watches and stops the server's import, reindex or measurement, of which one runs at a time.

The work is done by a child process (`import_process.py`), which ends with the server, however that ends.
"""

from __future__ import annotations

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
    run_order,
)
from linkassist.server.jobs.runner import JobRunner, RunningJob
from linkassist.settings import Settings, library_encoder
from linkassist.store.locks import is_work_running


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
class Job(RunningJob):
    """The state of an import, reindex or measurement. Times are monotonic seconds.

    stages: the steps so far, the last one being under way. taken_in: the report of the import, None until the pages
    are in the library. indexed: the report of the reindex, None until it is done. is_done: whether it ran to its end.
    has_stopped: whether it said that it did not. failure: why, "" if it was stopped.
    ended_time: Unix second.
    """

    order: Order
    began_at: float
    stages: tuple[Stage, ...] = ()
    taken_in: IngestReport | None = None
    indexed: ReindexReport | None = None
    is_done: bool = False
    has_stopped: bool = False
    failure: str = ""
    ended_time: int = 0


class Importer(JobRunner[Job, Message]):
    """The imports, reindexes and measurements of one library, for all threads of a server."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._follows_library = settings.encoder == library_encoder(settings.library)

    @property
    def settings(self) -> Settings:
        """The settings, with the encoder that the library names now, if it was the library that named it at the start.

        An encoder named by the environment or by a settings file takes precedence.
        """
        if not self._follows_library:
            return self._settings
        return replace(self._settings, encoder=library_encoder(self._settings.library))

    def start(self, order: Order) -> None:
        """Starts the job; raises ImportUnderWayError. The file of an import is removed when the job ends."""
        with self._lock:
            if self.is_busy or is_work_running(self._settings.library):
                raise ImportUnderWayError
            self._begin(Job(order, time.monotonic()), ChildProcess(run_order, self.settings, order))

    def _take(self, job: Job, message: Message) -> Job:
        if isinstance(message, StepProgress):
            is_new = not job.stages or job.stages[-1].at.step != message.step
            before = job.stages if is_new else job.stages[:-1]
            began_at = time.monotonic() if is_new else job.stages[-1].began_at
            return replace(job, stages=(*before, Stage(message, began_at)))
        if isinstance(message, IngestReport):
            return replace(job, taken_in=message)
        if isinstance(message, Finished):
            return replace(job, indexed=message.report, is_done=True)
        return replace(job, failure=message.failure, has_stopped=True)

    def _end(self, job: Job, exit_code: int | None) -> Job:
        if isinstance(job.order, ImportOrder):
            job.order.source.unlink(missing_ok=True)
        has_result = job.is_done or job.has_stopped or job.is_stopping
        failure = job.failure if has_result else _DIED.format(exit_code)
        return replace(job, failure=failure, ended_at=time.monotonic(), ended_time=int(time.time()))


_DIED: Final = (
    "The process that did the work has ended (exit code {0}); the terminal may show why. Try again; where memory is "
    "short, close other programs first."
)
