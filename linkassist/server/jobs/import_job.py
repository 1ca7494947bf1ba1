"""The one import or reindex that the server has under way: begun, watched, stopped, and how the last one ended.

The work is done by a process of its own (`import_process.py`), which ends with the server, however that ends.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Final

from linkassist.errors import LinkAssistError
from linkassist.pipeline.ingest import IngestReport
from linkassist.pipeline.reindex_run import ReindexReport
from linkassist.server.jobs.import_process import At, Indexed, Message, Order, Stopped, TakeIn, run_order
from linkassist.settings import Settings, library_encoder
from linkassist.store.locks import is_work_running

_CLOSE_S: Final = 5.0
_PATIENCE_S: Final = 30.0  # for a process that was told to stop


class ImportUnderWayError(LinkAssistError):
    """An import or a reindex is under way, here or in another program; one follows the other."""

    def __init__(self) -> None:
        super().__init__("Another import or reindex is under way. Wait until it has finished, then try again.")


@dataclass(frozen=True, slots=True)
class Stage:
    """A step, or a stretch of one, and when it began, in seconds of the clock that never jumps."""

    at: At
    began_at: float


@dataclass(frozen=True, slots=True)
class Job:
    """An import or a reindex at one moment. Times are seconds of `time.monotonic`; `ended_at` is None while it runs.

    stages: the steps in the order in which they came, the last being under way. taken_in: what the file brought, None
    until it is in the library. indexed: all is done. failure: why it is not, "" where it was stopped.
    """

    order: Order
    began_at: float
    stages: tuple[Stage, ...] = ()
    taken_in: IngestReport | None = None
    indexed: ReindexReport | None = None
    failure: str = ""
    is_stopping: bool = False
    ended_at: float | None = None
    ended_time: int = 0


class Importer:
    """The imports of one library, for all threads of a server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._follows_library = settings.encoder == library_encoder(settings.library)
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    @property
    def settings(self) -> Settings:
        """The settings in force. The encoder is the one that the library names now, where it was so at the start too.

        What the environment or another file of settings names stands above that, then as later.
        """
        if not self._follows_library:
            return self._settings
        return replace(self._settings, encoder=library_encoder(self._settings.library))

    @property
    def job(self) -> Job | None:
        """What is under way, or else what was last, since the server began."""
        return self._job

    @property
    def is_busy(self) -> bool:
        """Whether one is under way."""
        return self._job is not None and self._job.ended_at is None

    @property
    def process_id(self) -> int | None:
        """The number of the process at work, None while there is none."""
        return self._process.pid if self._process and self.is_busy else None

    def start(self, order: Order) -> None:
        """Begins it; raises ImportUnderWayError. The file of an import is removed when the work ends."""
        with self._lock:
            if self.is_busy or is_work_running(self._settings.library):
                raise ImportUnderWayError
            context = multiprocessing.get_context("spawn")  # the fork of a process with threads may hang
            ours, theirs = context.Pipe()
            process = context.Process(target=run_order, args=(theirs, self.settings, order), daemon=True)
            process.start()
            theirs.close()
            self._job, self._process, self._pipe = Job(order, time.monotonic()), process, ours
        threading.Thread(target=self._watch, args=(process, ours), daemon=True).start()

    def cancel(self) -> None:
        """Stops what is under way as Ctrl-C does; that it has ended is told by `job`, some seconds later perhaps."""
        with self._lock:
            if self._job is None or self._pipe is None or not self.is_busy or self._job.is_stopping:
                return
            self._job = replace(self._job, is_stopping=True)
            try:
                self._pipe.send(None)
            except OSError:
                return  # it has just ended
            timer = threading.Timer(_PATIENCE_S, _end, (self._process,))
            timer.daemon = True
            timer.start()

    def close(self) -> None:
        """Stops what is under way and waits for it."""
        self.cancel()
        if self._process:
            self._process.join(_CLOSE_S)
            _end(self._process)

    def _watch(self, process: SpawnProcess, pipe: Connection) -> None:
        """Takes what the process tells until it ends."""
        is_told = False
        try:
            while True:
                message = pipe.recv()
                is_told = is_told or isinstance(message, Indexed | Stopped)
                self._take(message)
        except (EOFError, OSError):
            pass
        process.join()
        with self._lock:
            job = self._job
            assert job is not None
            pipe.close()
            if isinstance(job.order, TakeIn):
                job.order.source.unlink(missing_ok=True)
            failure = job.failure if is_told or job.is_stopping else _FELL.format(process.exitcode)
            self._job = replace(job, failure=failure, ended_at=time.monotonic(), ended_time=int(time.time()))

    def _take(self, message: Message) -> None:
        with self._lock:
            job = self._job
            assert job is not None
            if isinstance(message, At):
                is_new = not job.stages or job.stages[-1].at.step != message.step
                before = job.stages if is_new else job.stages[:-1]
                began_at = time.monotonic() if is_new else job.stages[-1].began_at
                self._job = replace(job, stages=(*before, Stage(message, began_at)))
            elif isinstance(message, IngestReport):
                self._job = replace(job, taken_in=message)
            elif isinstance(message, Indexed):
                self._job = replace(job, indexed=message.report)
            else:
                self._job = replace(job, failure=message.failure)


_FELL: Final = (
    "The process that did the work has ended (exit code {0}); the terminal may show why. Try again; where memory is "
    "short, close other programs first."
)


def _end(process: SpawnProcess | None) -> None:
    """Ends a process that does not end by itself; the library stands that, as it does a power cut."""
    if process is not None and process.is_alive():
        process.terminate()
