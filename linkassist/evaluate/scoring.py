"""A suggester's answers held against the links that people made: figures for each kind of suggestion.

Suggestions of pages and of red links are held against what the earlier wiki knew, also both together, which is the
figure to look at first; those of new phrases against what the authors coined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from linkassist.evaluate.futures import AskedPage
from linkassist.evaluate.metrics import CalibrationFigures, RankingFigures, calibration_figures, ranking_figures
from linkassist.suggestion import Kind, Suggestion
from linkassist.wiki import title_key

Group = Literal["page or red", "page", "red", "new"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One entry of a ranked list: a title key, what it is, and the probability where the suggester gives one."""

    key: str
    kind: Kind
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How good a suggester is at one group of suggestions; `calibration` is None where it gives no probabilities."""

    group: Group
    ranking: RankingFigures
    calibration: CalibrationFigures | None


@dataclass(frozen=True, slots=True)
class SuggesterFigures:
    """A suggester's figures, group by group; a group that nothing is asked of, or that it never answers, is absent."""

    name: str
    groups: tuple[GroupFigures, ...]


def answers_of(suggestions: Sequence[Suggestion]) -> list[Answer]:
    """The suggestions as answers, best first as they are; of two with one title key and kind the first."""
    answers: dict[tuple[str, bool], Answer] = {}
    for suggestion in suggestions:
        key = title_key(suggestion.target)
        answers.setdefault((key, suggestion.kind == "new"), Answer(key, suggestion.kind, suggestion.probability))
    return list(answers.values())


def score(name: str, asked: Sequence[AskedPage], answers: Sequence[Sequence[Answer]]) -> SuggesterFigures:
    """The figures of one suggester, whose `answers[i]` to `asked[i]` are best first."""
    groups = (_group_figures(group, asked, answers) for group in _GROUPS)
    return SuggesterFigures(name, tuple(group for group in groups if group is not None))


@dataclass(frozen=True, slots=True)
class _Group:
    name: Group
    kinds: frozenset[Kind]
    right: Callable[[AskedPage], frozenset[str]]


_GROUPS = (
    _Group("page or red", frozenset(("page", "red")), lambda page: page.gold),
    _Group("page", frozenset(("page",)), lambda page: page.pages),
    _Group("red", frozenset(("red",)), lambda page: page.reds),
    _Group("new", frozenset(("new",)), lambda page: page.coined),
)


def _group_figures(
    group: _Group, asked: Sequence[AskedPage], answers: Sequence[Sequence[Answer]]
) -> GroupFigures | None:
    lists: list[list[bool]] = []
    n_right: list[int] = []
    probabilities: list[float] = []
    likely_hits: list[bool] = []
    for page, entries in zip(asked, answers, strict=True):
        right = group.right(page)
        if not right:
            continue
        entries = [entry for entry in entries if entry.kind in group.kinds]
        lists.append([entry.key in right for entry in entries])
        n_right.append(len(right))
        for entry in entries:
            if entry.probability is not None:
                probabilities.append(entry.probability)
                likely_hits.append(entry.key in right)
    if not any(lists):
        return None
    calibration = calibration_figures(probabilities, likely_hits, sum(n_right)) if probabilities else None
    return GroupFigures(group.name, ranking_figures(lists, n_right), calibration)
