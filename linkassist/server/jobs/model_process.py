"""The child process that holds the models: its requests, its answers, and its start by `model_worker.py`.

It does what needs a model, beside the server: links for a draft, and the search by meaning.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from linkassist.suggestion import Suggestion


@dataclass(frozen=True, slots=True)
class Prepare:
    """Read the project for drafts. Reported with Progress, answered with Done."""

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
    """Progress of reading a project: `n_done` of `n_total` of a step."""

    project: str
    step: str
    n_done: int
    n_total: int


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to the request of that number: what was found, or the message of an error."""

    number: int
    suggestions: tuple[Suggestion, ...] = ()
    nearest: tuple[Nearness, ...] = ()
    failure: str = ""


def run_models(pipe: Connection, library: Path) -> None:
    """Answers requests until the pipe is closed, which happens too when the server dies, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this one in order
    # It brings torch and FAISS, which the server, where this module is imported too, is to do without.
    from linkassist.server.jobs.model_answers import answer_requests

    answer_requests(pipe, library)
