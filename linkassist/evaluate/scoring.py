"""A suggester's answers scored on the links that people made: figures for each kind of suggestion, and by signal.

Suggested pages and red links are scored on the targets that the earlier wiki knew, also both together, which is the
main figure; new phrases are scored on the targets that it did not know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linkassist.evaluate.figures import Group, GroupFigures, Shown, SignalFigures, SuggesterFigures
from linkassist.evaluate.futures import AskedPage
from linkassist.evaluate.metrics import calibration_figures, ranking_figures
from linkassist.suggestion import Kind, Suggestion
from linkassist.wiki import title_key


@dataclass(frozen=True, slots=True)
class Answer:
    """One entry of a ranked list: a title key, its kind, and the probability if the suggester gives one."""

    key: str
    kind: Kind
    probability: float | None = None


def answers_of(suggestions: Sequence[Suggestion]) -> list[Answer]:
    """The suggestions as answers, in order; of two with one title key and kind the first."""
    answers: dict[tuple[str, bool], Answer] = {}
    for suggestion in suggestions:
        key = title_key(suggestion.target)
        answers.setdefault((key, suggestion.kind == "new"), Answer(key, suggestion.kind, suggestion.probability))
    return list(answers.values())


def score(name: str, asked: Sequence[AskedPage], answers: Sequence[Sequence[Answer]]) -> SuggesterFigures:
    """The figures of one suggester; `answers[i]`, best first, belong to `asked[i]`."""
    groups = (_group_figures(group, asked, answers) for group in _GROUPS)
    return SuggesterFigures(name, tuple(group for group in groups if group is not None))


def shown_to_readers(
    asked: Sequence[AskedPage],
    suggestions: Sequence[Sequence[Suggestion]],
    unknown: frozenset[str],
    *,
    is_blind: bool = False,
) -> Shown | None:
    """What readers of the asked pages would have seen and how much of it was right; None if there is nothing.

    `suggestions[i]` are those of `asked[i]`. Pages that link nothing are left out: nobody worked on their links.
    A link that the author made is right whatever its kind. Links to `unknown` title keys are left out: a page that was
    made from that very link is too easy to find, and one that is only as new could not have been linked.
    is_blind: whether the words of the links were taken out too, so that a suggestion without mention can be right.
    """
    everything: list[tuple[Suggestion, bool]] = []
    n_pages = n_right = 0
    for page, found in zip(asked, suggestions, strict=True):
        linked = (page.gold | page.coined) - unknown
        n_pages += bool(linked)
        n_right += len(linked)
        for suggestion in found if linked else ():
            key = title_key(suggestion.target)
            if key not in unknown:
                everything.append((suggestion, key in linked))
    if not everything:
        return None
    probabilities = [suggestion.probability for suggestion, _ in everything]
    calibration = calibration_figures(probabilities, [is_right for _, is_right in everything], n_right)
    return Shown(n_pages, calibration, _by_signal(everything, is_blind=is_blind))


def _by_signal(judged: Sequence[tuple[Suggestion, bool]], *, is_blind: bool) -> tuple[SignalFigures, ...]:
    """The figures of each first reason, most frequent first. judged: (suggestion, whether it is right)."""
    of: defaultdict[str, list[tuple[Suggestion, bool]]] = defaultdict(list)
    for suggestion, is_right in judged:
        if suggestion.is_worth_showing:
            of[suggestion.reasons[0].signal if suggestion.reasons else ""].append((suggestion, is_right))
    figures = []
    for signal, found in of.items():
        seen = [(each.probability, is_right) for each, is_right in found if is_blind or each.mentions]
        n_seen = max(1, len(seen))
        figures.append(
            SignalFigures(
                signal=signal,
                n=len(found),
                mean_probability=sum(probability for probability, _ in seen) / n_seen,
                share_right=sum(is_right for _, is_right in seen) / n_seen,
                n_unseen=len(found) - len(seen),
            )
        )
    return tuple(sorted(figures, key=lambda each: (-each.n, each.signal)))


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
