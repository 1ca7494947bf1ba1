"""One job at a time in a child process: starting it, watching what it reports, stopping it.

What a job is, and what its messages change of it, is left to who runs it (`import_job.py`, `write_job.py`).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from linkassist.server.jobs.child_process import ChildProcess

_CLOSE_S: Final = 5.0
_STOP_S: Final = 30.0  # after this, a process that was told to stop is terminated


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJob:
    """The state of a job: whether it was told to stop, and when it ended, in monotonic seconds, None while it runs."""

    is_stopping: bool = False
    ended_at: float | None = None


AnyJob = TypeVar("AnyJob", bound=RunningJob)
Message = TypeVar("Message")


class JobRunner(Generic[AnyJob, Message]):
    """The jobs of one kind, for all threads of a server.

    A subclass makes the job and its process in `_begin`, with `_lock` held, and takes messages and the end in `_take`
    and `_end`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._job: AnyJob | None = None
        self._process: ChildProcess[None, Message] | None = None

    @property
    def job(self) -> AnyJob | None:
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
            self._process.end(_CLOSE_S)  # what it works on survives that, as it does a power cut

    def _begin(self, job: AnyJob, process: ChildProcess[None, Message]) -> None:
        """Makes this the current job, and watches its process. The lock is held."""
        self._job, self._process = job, process
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()

    def _watch(self, process: ChildProcess[None, Message]) -> None:
        for message in process.messages():
            if message:
                with self._lock:
                    self._job = self._take(self._current, message)
        process.join()
        with self._lock:
            self._job = self._end(self._current, process.exit_code)

    @property
    def _current(self) -> AnyJob:
        assert self._job is not None
        return self._job

    def _take(self, job: AnyJob, message: Message) -> AnyJob:
        """The job after this message."""
        raise NotImplementedError

    def _end(self, job: AnyJob, exit_code: int | None) -> AnyJob:
        """The job after its process has ended."""
        raise NotImplementedError
