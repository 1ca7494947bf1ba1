"""The server's side of the process that holds the models: started on first use, ended when idle, new after a crash.

One process serves all requests of a server. It is replaced when a reindex has made newer suggestions, and ends with the
server, however that ends. `model_requests.py` has its requests.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from linkassist.errors import LinkAssistError, ModelError
from linkassist.server.jobs.child_process import ChildProcess
from linkassist.server.jobs.model_process import run_models
from linkassist.server.jobs.model_requests import Done, FindNearest, Nearness, Prepare, Progress, Request, SuggestFor
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.runs import artefact
from linkassist.suggestion import Suggestion

IDLE_S: Final = 900.0
ANSWER_S: Final = 20.0
_CLOSE_S: Final = 3.0
_LOOK_S: Final = 1.0


class StillPreparing(LinkAssistError):  # no error to the reader, who sees the progress
    """The project is still being read; try again later."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(f"Project {progress.project} is still being read ({progress.step}). Try again in a moment.")
        self.progress = progress


class _TooLate(ModelError):  # to callers a ModelError
    """There was no answer in time."""


@dataclass(slots=True)
class _WorkerState:
    """The state of one child process.

    fingerprints: by project, of the suggestions that it has read. answers: by request number, None while it is awaited.
    preparing: by project, the number of the Prepare request under way. searched: projects with an answered search.
    ready: the project that is prepared for drafts.
    """

    process: ChildProcess[Request, Progress | Done]
    fingerprints: dict[str, str] = field(default_factory=dict)
    answers: dict[int, Done | None] = field(default_factory=dict)
    preparing: dict[str, int] = field(default_factory=dict)
    progress: dict[str, Progress] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    searched: set[str] = field(default_factory=set)
    ready: str = ""
    is_over: bool = False


class ModelWorker:
    """The process that holds the models of one library, for the threads of a server."""

    def __init__(self, library: Path, *, idle_s: float = IDLE_S) -> None:
        """idle_s: seconds without a request after which the process is ended, which frees its memory."""
        self._library = library
        self._idle_s = idle_s
        self._changed = threading.Condition()
        self._numbers = count(1)
        self._current: _WorkerState | None = None
        self._used_at = 0.0

    def suggest(
        self, project_name: str, title: str, text: str, *, wait_s: float = 0.0, answer_s: float = ANSWER_S
    ) -> list[Suggestion]:
        """Links for a text that is no page, best first, after the reader's lessons.

        wait_s: how long to wait while the project is being read for the first time; StillPreparing after that.
        Raises ModelError if the project was never reindexed, if the process died, and if an answer takes longer than
        answer_s: the process is then ended, or the next request would wait for that answer too.
        """
        with self._current_process(project_name) as state:
            self._wait_until_ready(state, project_name, wait_s)
            request = SuggestFor(next(self._numbers), project_name, title, text)
            with self._ended_if_too_late(state):
                done = self._ask(state, request, answer_s)
        return list(done.suggestions)

    def nearest(
        self, project_name: str, query: str, k: int, *, start_s: float | None = None, answer_s: float = ANSWER_S
    ) -> list[Nearness]:
        """(page row id, similarity) of the `k` pages nearest in meaning, nearest first; raises ModelError as `suggest`.

        The first answer of a process takes as long as its libraries and the encoder take to load, some seconds;
        StillPreparing where that is longer than start_s, or answer_s where it is None.
        """
        with self._current_process(project_name) as state:
            is_ready = project_name in state.searched
            try:
                request = FindNearest(next(self._numbers), project_name, query, k)
                if is_ready:
                    with self._ended_if_too_late(state):
                        done = self._ask(state, request, answer_s)
                else:
                    done = self._ask(state, request, answer_s if start_s is None else start_s)
            except _TooLate:
                if is_ready:
                    raise
                raise StillPreparing(Progress(project_name, "start", 0, 0)) from None
            state.searched.add(project_name)
        return list(done.nearest)

    @property
    def process_id(self) -> int | None:
        """The id of the process, None while there is none."""
        with self._changed:
            return self._current.process.process_id if self._current else None

    def close(self) -> None:
        """Ends the process, if there is one."""
        with self._changed:
            self._end()

    @contextmanager
    def _current_process(self, project_name: str) -> Iterator[_WorkerState]:
        """The process, with the lock held; a new one if there is none or what it has read is out of date."""
        with Library.open(self._library, must_exist=True) as library:
            now = _fingerprint(library, project_name)
        with self._changed:
            if self._current and now and self._current.fingerprints.setdefault(project_name, now) != now:
                self._end()
            state = self._current or self._begin()
            if now:
                state.fingerprints.setdefault(project_name, now)
            self._used_at = time.monotonic()
            yield state

    def _begin(self) -> _WorkerState:
        self._current = _WorkerState(ChildProcess(run_models, self._library))
        threading.Thread(target=self._listen, args=(self._current,), daemon=True).start()
        return self._current

    def _end(self) -> None:
        if self._current:
            state, self._current = self._current, None
            state.is_over = True
            state.process.end(_CLOSE_S)  # its end of the pipe closes with it, and the listener ends
            self._changed.notify_all()

    @contextmanager
    def _ended_if_too_late(self, state: _WorkerState) -> Iterator[None]:
        try:
            yield
        except _TooLate:
            if self._current is state:
                self._end()
            raise

    def _wait_until_ready(self, state: _WorkerState, name: str, wait_s: float) -> None:
        deadline = time.monotonic() + wait_s
        if state.ready != name and name not in state.preparing:
            state.preparing[name] = next(self._numbers)
            self._send(state, Prepare(state.preparing[name], name))
        while state.ready != name:
            if failure := state.failures.pop(name, ""):
                raise ModelError(failure)
            self._require_alive(state)
            left = deadline - time.monotonic()
            if left <= 0:
                raise StillPreparing(state.progress.get(name, Progress(name, "start", 0, 0)))
            self._changed.wait(left)

    def _ask(self, state: _WorkerState, request: SuggestFor | FindNearest, answer_s: float) -> Done:
        deadline = time.monotonic() + answer_s
        state.answers[request.number] = None
        try:
            self._send(state, request)
            while not (done := state.answers[request.number]):
                self._require_alive(state)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise _TooLate(
                        f"There was no answer within {answer_s:g} seconds, so it was given up. "
                        "Try again, with less text where it is long."
                    )
                self._changed.wait(left)
        finally:
            del state.answers[request.number]
        if done.failure:
            raise ModelError(done.failure)
        return done

    def _send(self, state: _WorkerState, request: Request) -> None:
        try:
            state.process.send(request)
        except OSError:
            state.is_over = True
            self._require_alive(state)

    def _require_alive(self, state: _WorkerState) -> None:
        if state.is_over:
            if self._current is state:
                self._end()
            raise ModelError(
                "The process that reads the wiki has ended before it could answer; the terminal may show why. It is "
                "started anew when you try again. Where memory is short, close other programs first."
            )

    def _listen(self, state: _WorkerState) -> None:
        """Takes the messages of the process until it ends, and ends it when it is idle."""
        for message in state.process.messages(poll_s=_LOOK_S):
            with self._changed:
                if message:
                    self._take(state, message)
                elif state is self._current and self._is_idle(state):
                    self._end()
        with self._changed:
            state.is_over = True
            if self._current is state:
                self._end()
            self._changed.notify_all()

    def _is_idle(self, state: _WorkerState) -> bool:
        is_asked = bool(state.answers or state.preparing)
        return not is_asked and time.monotonic() - self._used_at > self._idle_s

    def _take(self, state: _WorkerState, message: Progress | Done) -> None:
        self._used_at = time.monotonic()
        if isinstance(message, Progress):
            state.progress[message.project] = message
        elif message.number in state.answers:
            state.answers[message.number] = message
        for name, number in list(state.preparing.items()):
            if isinstance(message, Done) and message.number == number:
                del state.preparing[name]
                state.ready, state.failures[name] = (state.ready, message.failure) if message.failure else (name, "")
        self._changed.notify_all()


def _fingerprint(library: Library, project_name: str) -> str:
    """Changes with every reindex that changes something; "" during one. ModelError if there never was any."""
    of = project(library, project_name)
    if artefact(library, of.id, "learnt") is None:
        raise ModelError(f"Nothing was learnt from project {of.name} yet. Run `linkassist reindex`, then try again.")
    notes = [artefact(library, of.id, name) for name in ("suggestions", "learnt", "index")]
    found = [note.fingerprint if note else "" for note in notes]
    return " ".join(found) if all(found) else ""
