"""The process that holds the models: what it is asked, what it answers, and how it works. `model_worker.py` starts it.

What takes a model is done here, beside the server: links for a draft, and the search by meaning. Messages go over one
pipe. Drafts and searches are two queues of their own, so that a search need not wait until a wiki is read for drafts;
within a queue one request follows the other.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be
from linkassist.server.jobs.child_process import MessageSender
from linkassist.suggestion import Suggestion

if TYPE_CHECKING:  # they bring torch and FAISS, which only the other process is to import
    from linkassist.pipeline.draft import Drafting, MeaningSearch
    from linkassist.store.library import Library


@dataclass(frozen=True, slots=True)
class Prepare:
    """Read the project for drafts. Told of with Progress, answered with Done."""

    number: int
    project: str


@dataclass(frozen=True, slots=True)
class SuggestFor:
    """Suggest links for a text; answered with Done and a list of suggestions."""

    number: int
    project: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class FindNearest:
    """Search by meaning; answered with Done and (page row id, similarity) pairs."""

    number: int
    project: str
    query: str
    k: int


Request = Prepare | SuggestFor | FindNearest
Nearness = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading the project is: `n_done` of `n_total` in a step."""

    project: str
    step: str
    n_done: int
    n_total: int


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to the request of that number: what was found, or in words why nothing can be."""

    number: int
    suggestions: tuple[Suggestion, ...] = ()
    nearest: tuple[Nearness, ...] = ()
    failure: str = ""


def run_models(pipe: Connection, library: Path) -> None:
    """Answers requests until the pipe is closed, which happens too when the server dies, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this one in order
    sender = MessageSender(pipe)
    drafts, searches = _Queue(_Drafts(library, sender).answer, sender), _Queue(_Searches(library).answer, sender)
    while True:
        try:
            request = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)  # without waiting for what is under way
        (searches if isinstance(request, FindNearest) else drafts).put(request)


class _Queue:
    """Requests that are answered one after the other. An expected failure is an answer; any other ends the process."""

    def __init__(self, answer: Callable[[Request], Done], sender: MessageSender) -> None:
        self._answer = answer
        self._sender = sender
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self.put = self._requests.put
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        try:
            while True:
                request = self._requests.get()
                try:
                    done = self._answer(request)
                except LinkAssistError as error:
                    done = Done(request.number, failure=str(error))
                except OSError as error:
                    done = Done(request.number, failure=cannot_be("used", error.filename or "A file", error))
                self._sender.send(done)
        except BaseException as error:
            threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))
            os._exit(1)  # a fault, which the server sees and tells of


class _Drafts:
    """One project made ready for drafts; another one takes its place."""

    def __init__(self, library: Path, sender: MessageSender) -> None:
        self._library = library
        self._sender = sender
        self._project = ""
        self._drafting: Drafting | None = None

    def answer(self, request: Request) -> Done:
        from linkassist.pipeline.draft import draft_page
        from linkassist.review.verdicts import lessons_of
        from linkassist.store.library import Library
        from linkassist.store.pages import project
        from linkassist.suggest.feedback.learn import apply_lessons

        with Library.open(self._library, must_exist=True) as library:
            drafting = self._prepared(library, request.project)
            if not isinstance(request, SuggestFor):
                return Done(request.number)
            lessons = lessons_of(library, project(library, request.project).id)
            found = apply_lessons(lessons, drafting.suggest(draft_page(request.title, request.text)))
        return Done(request.number, suggestions=tuple(found))

    def _prepared(self, library: Library, name: str) -> Drafting:
        from linkassist.pipeline.draft import prepare
        from linkassist.store.pages import project

        if self._drafting is None or self._project != name:
            self._drafting = None  # two large wikis would not fit beside each other

            def on_progress(step: str, n_done: int, n_total: int) -> None:
                self._sender.send(Progress(name, step, n_done, n_total))

            self._drafting = prepare(library, project(library, name), on_progress)
            self._project = name
        return self._drafting


class _Searches:
    """The projects that were searched by meaning: their encoders and indexes, which are small."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._of: dict[str, MeaningSearch] = {}

    def answer(self, request: Request) -> Done:
        from linkassist.pipeline.draft import load_search
        from linkassist.store.library import Library
        from linkassist.store.pages import project

        assert isinstance(request, FindNearest)
        if request.project not in self._of:
            with Library.open(self._library, must_exist=True) as library:
                self._of[request.project] = load_search(library, project(library, request.project))
        return Done(request.number, nearest=tuple(self._of[request.project].nearest(request.query, request.k)))
