"""Requests of the server to the process that holds the models, for links of a draft or a search, and its answers."""

from __future__ import annotations

from dataclasses import dataclass

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
