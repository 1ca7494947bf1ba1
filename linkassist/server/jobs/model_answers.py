"""Answers the requests to the process that holds the models.

Drafts and searches are two queues, so that a search need not wait until a wiki is read for drafts; within a queue one
request follows the other.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be
from linkassist.pipeline.draft import Drafting, MeaningSearch, draft_page, load_search, prepare
from linkassist.review.verdicts import lessons_of
from linkassist.server.jobs.child_process import MessageSender
from linkassist.server.jobs.model_requests import Done, FindNearest, Progress, Request, SuggestFor
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.suggest.feedback.learn import apply_lessons
from linkassist.suggest.feedback.rules import apply_floors


def answer_requests(pipe: Connection, library: Path) -> NoReturn:
    """Answers requests until the pipe is closed, then ends the process."""
    sender = MessageSender(pipe)
    drafts, searches = _Queue(_Drafts(library, sender).answer, sender), _Queue(_Searches(library).answer, sender)
    while True:
        try:
            request = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)  # without waiting for what is under way
        (searches if isinstance(request, FindNearest) else drafts).put(request)


class _Queue:
    """A queue of requests and its thread. An expected error is an answer; any other ends the process."""

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
            os._exit(1)  # a bug: the server sees that the process has ended


class _Drafts:
    """Answers drafts. One project is kept prepared; the next one replaces it."""

    def __init__(self, library: Path, sender: MessageSender) -> None:
        self._library = library
        self._sender = sender
        self._project = ""
        self._drafting: Drafting | None = None

    def answer(self, request: Request) -> Done:
        with Library.open(self._library, must_exist=True) as library:
            drafting = self._prepared(library, request.project)
            if not isinstance(request, SuggestFor):
                return Done(request.number)
            lessons = lessons_of(library, project(library, request.project).id)
            taught = apply_lessons(lessons, drafting.suggest(draft_page(request.title, request.text)))
            found = apply_floors(lessons.rules.floors, taught)
        return Done(request.number, suggestions=tuple(found))

    def _prepared(self, library: Library, name: str) -> Drafting:
        if self._drafting is None or self._project != name:
            self._drafting = None  # two large wikis may not fit into memory

            def on_progress(step: str, n_done: int, n_total: int) -> None:
                self._sender.send(Progress(name, step, n_done, n_total))

            self._drafting = prepare(library, project(library, name), on_progress)
            self._project = name
        return self._drafting


class _Searches:
    """Answers searches by meaning. Encoder and index of every searched project are kept; they are small."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._of: dict[str, MeaningSearch] = {}

    def answer(self, request: Request) -> Done:
        assert isinstance(request, FindNearest)
        if request.project not in self._of:
            with Library.open(self._library, must_exist=True) as library:
                self._of[request.project] = load_search(library, project(library, request.project))
        return Done(request.number, nearest=tuple(self._of[request.project].nearest(request.query, request.k)))
