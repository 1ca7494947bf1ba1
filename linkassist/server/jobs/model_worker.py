"""What the server asks of the process that holds the models: started on first use, ended when idle, fresh after a fall.

One process serves all requests of one server. It is begun anew when a reindex has brought newer suggestions, and it
ends with the server, however that ends. What it does is told in `model_process.py`.
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
from linkassist.server.jobs.model_process import (
    Done,
    FindNearest,
    Nearness,
    Prepare,
    Progress,
    Request,
    SuggestFor,
    run_models,
)
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.runs import artefact
from linkassist.suggestion import Suggestion

IDLE_S: Final = 900.0
ANSWER_S: Final = 20.0
_CLOSE_S: Final = 3.0
_LOOK_S: Final = 1.0


class StillPreparing(LinkAssistError):  # noqa: N818 - no error to the reader, who is told how far it is
    """The project is still being read; asked again later, there is an answer."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(f"Project {progress.project} is still being read ({progress.step}). Try again in a moment.")
        self.progress = progress


class _TooLate(ModelError):  # noqa: N818 - for those outside it is a ModelError
    """There was no answer in time."""


@dataclass(slots=True)
class _Life:
    """One process from start to end: its pipe, what it was asked and has not answered, and what it has made ready.

    fingerprints: by project, of the suggestions that it goes by. answers: by number, None while somebody waits.
    preparing: by project, the number under which that was asked for. searched: projects with an answered search.
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
    """The models' process of one library, for the threads of a server."""

    def __init__(self, library: Path, *, idle_s: float = IDLE_S) -> None:
        """idle_s: seconds without a request after which the process ends and gives its memory back."""
        self._library = library
        self._idle_s = idle_s
        self._changed = threading.Condition()
        self._numbers = count(1)
        self._life: _Life | None = None
        self._used_at = 0.0

    def suggest(
        self, project_name: str, title: str, text: str, *, wait_s: float = 0.0, answer_s: float = ANSWER_S
    ) -> list[Suggestion]:
        """Links for a text that is no page, best first, after the reader's lessons.

        wait_s: how long to wait while the project is being read for the first time; StillPreparing after that.
        Raises ModelError where the project was never reindexed, where the process fell, and where an answer takes
        longer than answer_s: the process is ended then, or whoever asks next would wait for that answer too.
        """
        with self._current_process(project_name) as life:
            self._wait_until_ready(life, project_name, wait_s)
            request = SuggestFor(next(self._numbers), project_name, title, text)
            with self._ended_if_too_late(life):
                done = self._ask(life, request, answer_s)
        return list(done.suggestions)

    def nearest(
        self, project_name: str, query: str, k: int, *, start_s: float | None = None, answer_s: float = ANSWER_S
    ) -> list[Nearness]:
        """(page row id, similarity) of the `k` pages nearest in meaning, nearest first; raises ModelError as `suggest`.

        The first answer of a process takes as long as its libraries and the encoder take to load, some seconds;
        StillPreparing where that is longer than start_s, or answer_s where it is None.
        """
        with self._current_process(project_name) as life:
            is_ready = project_name in life.searched
            try:
                request = FindNearest(next(self._numbers), project_name, query, k)
                if is_ready:
                    with self._ended_if_too_late(life):
                        done = self._ask(life, request, answer_s)
                else:
                    done = self._ask(life, request, answer_s if start_s is None else start_s)
            except _TooLate:
                if is_ready:
                    raise
                raise StillPreparing(Progress(project_name, "start", 0, 0)) from None
            life.searched.add(project_name)
        return list(done.nearest)

    @property
    def process_id(self) -> int | None:
        """The process's number, None while there is none."""
        with self._changed:
            return self._life.process.process_id if self._life else None

    def close(self) -> None:
        """Ends the process, if there is one."""
        with self._changed:
            self._end()

    @contextmanager
    def _current_process(self, project_name: str) -> Iterator[_Life]:
        """The process, with the lock held; a new one where there is none or what it read is out of date."""
        with Library.open(self._library, must_exist=True) as library:
            now = _fingerprint(library, project_name)
        with self._changed:
            if self._life and now and self._life.fingerprints.setdefault(project_name, now) != now:
                self._end()
            life = self._life or self._begin()
            if now:
                life.fingerprints.setdefault(project_name, now)
            self._used_at = time.monotonic()
            yield life

    def _begin(self) -> _Life:
        self._life = _Life(ChildProcess(run_models, self._library))
        threading.Thread(target=self._listen, args=(self._life,), daemon=True).start()
        return self._life

    def _end(self) -> None:
        if self._life:
            life, self._life = self._life, None
            life.is_over = True
            life.process.end(_CLOSE_S)  # its end of the pipe closes with it, and the listener ends
            self._changed.notify_all()

    @contextmanager
    def _ended_if_too_late(self, life: _Life) -> Iterator[None]:
        try:
            yield
        except _TooLate:
            if self._life is life:
                self._end()
            raise

    def _wait_until_ready(self, life: _Life, name: str, wait_s: float) -> None:
        deadline = time.monotonic() + wait_s
        if life.ready != name and name not in life.preparing:
            life.preparing[name] = next(self._numbers)
            self._send(life, Prepare(life.preparing[name], name))
        while life.ready != name:
            if failure := life.failures.pop(name, ""):
                raise ModelError(failure)
            self._require_alive(life)
            left = deadline - time.monotonic()
            if left <= 0:
                raise StillPreparing(life.progress.get(name, Progress(name, "start", 0, 0)))
            self._changed.wait(left)

    def _ask(self, life: _Life, request: SuggestFor | FindNearest, answer_s: float) -> Done:
        deadline = time.monotonic() + answer_s
        life.answers[request.number] = None
        try:
            self._send(life, request)
            while not (done := life.answers[request.number]):
                self._require_alive(life)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise _TooLate(
                        f"There was no answer within {answer_s:g} seconds, so it was given up. "
                        "Try again, with less text where it is long."
                    )
                self._changed.wait(left)
        finally:
            del life.answers[request.number]
        if done.failure:
            raise ModelError(done.failure)
        return done

    def _send(self, life: _Life, request: Request) -> None:
        try:
            life.process.send(request)
        except OSError:
            life.is_over = True
            self._require_alive(life)

    def _require_alive(self, life: _Life) -> None:
        if life.is_over:
            if self._life is life:
                self._end()
            raise ModelError(
                "The process that reads the wiki has ended before it could answer; the terminal may show why. It is "
                "started anew when you try again. Where memory is short, close other programs first."
            )

    def _listen(self, life: _Life) -> None:
        """Keeps what the process sends until it ends, and ends it when nobody has asked for long."""
        for message in life.process.messages(poll_s=_LOOK_S):
            with self._changed:
                if message:
                    self._take(life, message)
                elif life is self._life and self._is_idle(life):
                    self._end()
        with self._changed:
            life.is_over = True
            if self._life is life:
                self._end()
            self._changed.notify_all()

    def _is_idle(self, life: _Life) -> bool:
        is_asked = bool(life.answers or life.preparing)
        return not is_asked and time.monotonic() - self._used_at > self._idle_s

    def _take(self, life: _Life, message: Progress | Done) -> None:
        self._used_at = time.monotonic()
        if isinstance(message, Progress):
            life.progress[message.project] = message
        elif message.number in life.answers:
            life.answers[message.number] = message
        for name, number in list(life.preparing.items()):
            if isinstance(message, Done) and message.number == number:
                del life.preparing[name]
                life.ready, life.failures[name] = (life.ready, message.failure) if message.failure else (name, "")
        self._changed.notify_all()


def _fingerprint(library: Library, project_name: str) -> str:
    """Differs after every reindex that changed something; "" during one. ModelError where there never was any."""
    of = project(library, project_name)
    if artefact(library, of.id, "learnt") is None:
        raise ModelError(f"Nothing was learnt from project {of.name} yet. Run `linkassist reindex`, then try again.")
    notes = [artefact(library, of.id, name) for name in ("suggestions", "learnt", "index")]
    found = [note.fingerprint if note else "" for note in notes]
    return " ".join(found) if all(found) else ""
