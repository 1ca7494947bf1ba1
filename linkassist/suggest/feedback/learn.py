"""Lessons: corrections of suggestions, computed from the reader's verdicts, and their application to a list.

Lessons are computed from the verdicts in force and not stored, so undoing a verdict undoes its lesson. A lesson moves
only suggestions that a verdict is about, except that about a whole kind, which takes many verdicts. The objection of a
rejection decides what the lesson is about:

- none, or "too common": the target, on every page. It takes two pages; "too common" counts as two.
- "wrong sense": the target on pages where only the text speaks for it.
- "wrong span": these words as a mention of that target, which are not proposed again.
- "too near": suggestions that rest on similar pages. It takes two.

`review/verdicts.py` reads the verdicts and the lists.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from linkassist.suggest.feedback.log_odds import Trial, gaussian_prior_shift, laplace_prior_shift, logit, shifted
from linkassist.suggest.feedback.rules import ReaderRules
from linkassist.suggestion import WORTH_SHOWING, Kind, Reason, Suggestion, Verdict
from linkassist.wiki import title_key

_ENOUGH: Final = 2  # equal verdicts for a lesson
_TARGET_SPREAD: Final = 2.0  # log-odds; standard deviation of how readers differ from the ranker about one target
_NEAR_SPREAD: Final = 0.25
_MOST_RAISED: Final = math.log(2)  # accepted links become links of the wiki, from which the ranker learns too
_SLACK: Final = 10.0  # accepted links more or fewer than expected that count as chance

# Signals of reasons from the page, its links and its neighbours rather than from the words of its text.
_PAGE_SIGNALS: Final = """
    neighbours namesakes co_citation linked_beside seeds_link same_host same_project same_icon same_author
    similar_page similar_line far related backlink title_words
"""
_OF_THE_PAGE: Final = frozenset(_PAGE_SIGNALS.split())
_OF_NEARNESS: Final = frozenset(("neighbours", "namesakes", "similar_page"))


@dataclass(frozen=True, slots=True)
class Lesson:
    """A shift of log-odds, and the number of pages with verdicts that it comes from."""

    shift: float
    n_pages: int


@dataclass(frozen=True, slots=True)
class Lessons:
    """The lessons of one project and its rules. `targets` and `senses` are by title key.

    spans: by title key, the surfaces that are no longer proposed. never: title keys of phrases that are no longer
    proposed. nearness: the shift of suggestions that rest on similar pages. kinds: shifts of all of a kind.
    """

    targets: Mapping[str, Lesson] = field(default_factory=dict)
    senses: Mapping[str, Lesson] = field(default_factory=dict)
    spans: Mapping[str, frozenset[str]] = field(default_factory=dict)
    never: frozenset[str] = frozenset()
    nearness: Lesson | None = None
    kinds: Mapping[Kind, float] = field(default_factory=dict)
    rules: ReaderRules = ReaderRules()

    @property
    def least_worth(self) -> float:
        """The least stored probability of a suggestion that can be worth showing after the lessons."""
        return shifted(WORTH_SHOWING, -self._most_raised) * 0.99  # a margin for rounding

    def most_likely(self, probability: float) -> float:
        """An upper bound of the probability after the lessons, by the stored probability."""
        return shifted(probability, self._most_raised)

    @property
    def _most_raised(self) -> float:
        """The largest upward shift of log-odds."""
        raised = max((lesson.shift for lesson in self.targets.values()), default=0.0)
        return max(0.0, raised) + max(0.0, *self.kinds.values(), 0.0)

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that differ whenever the lessons do; "" without lessons and rules."""
        if self == Lessons():
            return ""
        spans = sorted((key, sorted(surfaces)) for key, surfaces in self.spans.items())
        by_key = (sorted(self.targets.items()), sorted(self.senses.items()), spans, sorted(self.never))
        text = repr((by_key, self.nearness, sorted(self.kinds.items()))) + self.rules.as_text
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def learn_from_verdicts(verdicts: Sequence[tuple[int, Verdict]]) -> Lessons:
    """The lessons of one project's verdicts in force. verdicts: (page row id, verdict), oldest first.

    Of two about the same target on one page, as after a rename, the later one counts.
    """
    latest = {(page_id, title_key(verdict.target)): verdict for page_id, verdict in verdicts}
    of_target: dict[str, list[Verdict]] = defaultdict(list)
    for (_, key), verdict in latest.items():
        of_target[key].append(verdict)
    targets = {key: lesson for key, found in of_target.items() if (lesson := _about_target(found))}
    return Lessons(
        targets=targets,
        senses={key: lesson for key, found in of_target.items() if (lesson := _about_sense(found))},
        spans={key: surfaces for key, found in of_target.items() if (surfaces := _wrong_surfaces(found))},
        never=frozenset(key for key, found in of_target.items() if _is_never_wanted(found)),
        nearness=_about_nearness(list(latest.values())),
        kinds=_about_kinds(of_target, targets),
    )


def apply_lessons(lessons: Lessons, suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    """One page's suggestions after the lessons, best first; those that no lesson is about are unchanged.

    Suggestions of equal probability stay in the order given.
    """
    if lessons == Lessons():
        return list(suggestions)
    taught = [found for found in (apply_to_one(lessons, each) for each in suggestions) if found]
    return sorted(taught, key=lambda suggestion: -suggestion.probability)


def apply_to_one(lessons: Lessons, suggestion: Suggestion) -> Suggestion | None:
    """The suggestion after the lessons, the same object if no lesson is about it; None if it is no longer proposed."""
    key = title_key(suggestion.target)
    if key in lessons.rules.words or (suggestion.kind == "new" and key in lessons.never):
        return None
    mentions = suggestion.mentions
    if unwanted := lessons.spans.get(key):
        mentions = tuple(mention for mention in mentions if mention.surface not in unwanted)
        if suggestion.mentions and not mentions:
            return None
    reasons = _reasons(lessons, key, suggestion)
    shift = lessons.kinds.get(suggestion.kind, 0.0)
    if not reasons and not shift and mentions == suggestion.mentions:
        return suggestion
    for reason in reasons:
        shift += reason.weight
    return Suggestion(
        suggestion.target,
        suggestion.kind,
        shifted(suggestion.probability, shift),
        mentions,
        (*suggestion.reasons, *reasons),
        suggestion.evidence,
    )


def _reasons(lessons: Lessons, key: str, suggestion: Suggestion) -> list[Reason]:
    """The lessons about the suggestion, as reasons whose weights are the shifts."""
    found: list[Reason] = []
    if about_target := lessons.targets.get(key):
        found.append(_reason("dismissed_before" if about_target.shift < 0 else "accepted_before", about_target))
    if (about_sense := lessons.senses.get(key)) and _rests_on_text(suggestion):
        found.append(_reason("wrong_sense", about_sense))
    if lessons.nearness and suggestion.reasons and suggestion.reasons[0].signal in _OF_NEARNESS:
        found.append(_reason("too_near", lessons.nearness))
    return found


def _reason(signal: str, lesson: Lesson) -> Reason:
    return Reason(signal, lesson.n_pages, lesson.n_pages, weight=lesson.shift)


def _rests_on_text(suggestion: Suggestion) -> bool:
    """Whether all reasons for it come from its text."""
    return bool(suggestion.mentions) and not any(reason.signal in _OF_THE_PAGE for reason in suggestion.reasons)


def _about_target(verdicts: Sequence[Verdict]) -> Lesson | None:
    """A downward shift of a target rejected on two pages, unless it was accepted more often than expected; else an
    upward one, at most to twice the odds, of a target accepted on two pages."""
    rejected = [v for v in verdicts if _is_rejected_as_such(v)]
    accepted = [v for v in verdicts if v.decision == "accept"]
    is_lowered = sum(map(_weight, rejected)) >= _ENOUGH
    if not is_lowered and len(accepted) < _ENOUGH:
        return None
    shift = gaussian_prior_shift([_trial(v) for v in rejected + accepted], _TARGET_SPREAD)
    if is_lowered:
        return Lesson(shift, len(rejected)) if shift < 0 else None
    return Lesson(min(shift, _MOST_RAISED), len(accepted)) if shift > 0 else None


def _about_sense(verdicts: Sequence[Verdict]) -> Lesson | None:
    wrong = [v for v in verdicts if v.why == "wrong_sense"]
    if not wrong:
        return None
    right = [v for v in verdicts if v.decision == "accept" and v.mention]
    shift = gaussian_prior_shift([_trial(v) for v in wrong + right], _TARGET_SPREAD)
    return Lesson(shift, len(wrong)) if shift < 0 else None


def _wrong_surfaces(verdicts: Sequence[Verdict]) -> frozenset[str]:
    """The surfaces with the objection "wrong span" that were accepted nowhere."""
    wrong = frozenset(v.mention.surface for v in verdicts if v.mention and v.why == "wrong_span")
    return wrong - {v.mention.surface for v in verdicts if v.mention and v.decision == "accept"}


def _is_never_wanted(verdicts: Sequence[Verdict]) -> bool:
    """Whether the phrase was rejected as a new link on enough pages, and accepted on none."""
    weight = sum(_weight(v) for v in verdicts if v.kind == "new" and _is_rejected_as_such(v))
    return weight >= _ENOUGH and not any(v.decision == "accept" for v in verdicts)


def _about_nearness(verdicts: Sequence[Verdict]) -> Lesson | None:
    near = [v for v in verdicts if v.why == "too_near"]
    return (
        Lesson(gaussian_prior_shift([_trial(v) for v in near], _NEAR_SPREAD), len(near))
        if len(near) >= _ENOUGH
        else None
    )


def _about_kinds(of_target: Mapping[str, Sequence[Verdict]], targets: Mapping[str, Lesson]) -> dict[Kind, float]:
    """Shifts of the kinds of which far more or fewer were accepted than expected after the targets' lessons.

    Rejections with an objection to something else than the target are left out.
    """
    trials: dict[Kind, list[Trial]] = defaultdict(list)
    for key, verdicts in of_target.items():
        known = targets[key].shift if key in targets else 0.0
        for v in verdicts:
            if v.decision == "accept" or _is_rejected_as_such(v):
                trials[v.kind].append(Trial(logit(v.probability) + known, v.decision == "accept"))
    shifts = {kind: laplace_prior_shift(found, _SLACK) for kind, found in trials.items()}
    return {kind: shift for kind, shift in shifts.items() if shift != 0.0}


def _is_rejected_as_such(verdict: Verdict) -> bool:
    """Whether the rejection is about the target, not about one sense, span or kind of evidence."""
    return verdict.decision == "reject" and verdict.why not in ("wrong_sense", "wrong_span", "too_near")


def _trial(verdict: Verdict) -> Trial:
    return Trial(logit(verdict.probability), verdict.decision == "accept", _weight(verdict))


def _weight(verdict: Verdict) -> int:
    return _ENOUGH if verdict.why == "too_common" else 1
