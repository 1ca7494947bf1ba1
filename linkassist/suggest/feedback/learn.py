"""What the reader's verdicts and choices teach about suggestions, and the suggestions as they are after it.

Lessons are derived from the verdicts that hold now and are kept nowhere, so with a verdict undone its lesson is gone.
They are few and small: none of them moves a suggestion that no verdict speaks of, but for the one about whole kinds,
which waits for many verdicts. What a rejection says depends on the objection that came with it:

- none, or "too common": about the target, everywhere. It takes two pages; "too common" counts as two.
- "wrong sense": about the target where nothing speaks for it but that the text says it.
- "wrong span": about these very words as that target, which are not offered again.
- "too near": about suggestions that rest on pages being alike. It takes two.

This reads no library and imports nothing heavy: lists are read, and put in order, in `review/verdicts.py`.
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

_ENOUGH: Final = 2  # verdicts of one opinion before it is taken for one
_TARGET_SPREAD: Final = 2.0  # log-odds; how far readers and ranker may well differ about one target
_NEAR_SPREAD: Final = 0.25
_MOST_RAISED: Final = math.log(2)  # accepted links become the wiki's own, which teach the ranker by themselves
_SLACK: Final = 10.0  # links more or fewer than expected that are taken for chance

# Reasons that come from what a page is like, not from what its text says.
_OF_THE_PAGE: Final = frozenset(
    (
        "neighbours",
        "namesakes",
        "co_citation",
        "linked_beside",
        "seeds_link",
        "same_host",
        "same_project",
        "same_icon",
        "same_author",
        "similar_page",
        "similar_line",
        "far",
        "related",
        "backlink",
        "title_words",
    )
)
_OF_NEARNESS: Final = frozenset(("neighbours", "namesakes", "similar_page"))


@dataclass(frozen=True, slots=True)
class Lesson:
    """By how much log-odds move, and how many pages the reader showed it on."""

    shift: float
    n_pages: int


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the verdicts of one project teach. `targets` and `senses` are by title key.

    `spans` are the surfaces that are not offered for a title key, `never` the title keys of phrases that are not;
    `kinds` shift all suggestions of a kind. `choices` were not learnt but said.
    """

    targets: Mapping[str, Lesson] = field(default_factory=dict)
    senses: Mapping[str, Lesson] = field(default_factory=dict)
    spans: Mapping[str, frozenset[str]] = field(default_factory=dict)
    never: frozenset[str] = frozenset()
    nearness: Lesson | None = None
    kinds: Mapping[Kind, float] = field(default_factory=dict)
    choices: ReaderRules = ReaderRules()

    @property
    def least_worth(self) -> float:
        """The least probability as found of a suggestion that can be worth showing after the lessons."""
        return shifted(WORTH_SHOWING, -self._most_raised) * 0.99  # for what rounding does

    def most_likely(self, probability: float) -> float:
        """What a suggestion found to be so likely can come to after the lessons."""
        return shifted(probability, self._most_raised)

    @property
    def _most_raised(self) -> float:
        """By how much log-odds can rise."""
        raised = max((lesson.shift for lesson in self.targets.values()), default=0.0)
        return max(0.0, raised) + max(0.0, *self.kinds.values(), 0.0)

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that differ when the lessons do; "" where there are none."""
        if self == Lessons():
            return ""
        spans = sorted((key, sorted(surfaces)) for key, surfaces in self.spans.items())
        by_key = (sorted(self.targets.items()), sorted(self.senses.items()), spans, sorted(self.never))
        told = repr((by_key, self.nearness, sorted(self.kinds.items()))) + self.choices.told
        return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def learn_from_verdicts(verdicts: Sequence[tuple[int, Verdict]]) -> Lessons:
    """The lessons of one project's verdicts that hold now. verdicts: (page row id, verdict), oldest first.

    Of two on the same target for one page, as after a rename, the later one counts.
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
    """One page's suggestions as they are for this reader, best first; those that nothing was learnt of unchanged.

    Equally likely ones stay in the order given.
    """
    if lessons == Lessons():
        return list(suggestions)
    taught = [found for found in (apply_to_one(lessons, each) for each in suggestions) if found]
    return sorted(taught, key=lambda suggestion: -suggestion.probability)


def apply_to_one(lessons: Lessons, suggestion: Suggestion) -> Suggestion | None:
    """The suggestion as it is for this reader, the very same if nothing was learnt of it; None if it is not wanted."""
    key = title_key(suggestion.target)
    if key in lessons.choices.words or (suggestion.kind == "new" and key in lessons.never):
        return None
    mentions = suggestion.mentions
    if unwanted := lessons.spans.get(key):
        mentions = tuple(mention for mention in mentions if mention.surface not in unwanted)
        if suggestion.mentions and not mentions:
            return None
    told = _told(lessons, key, suggestion)
    shift = lessons.kinds.get(suggestion.kind, 0.0)
    if not told and not shift and mentions == suggestion.mentions:
        return suggestion
    for reason in told:
        shift += reason.weight
    return Suggestion(
        suggestion.target,
        suggestion.kind,
        shifted(suggestion.probability, shift),
        mentions,
        (*suggestion.reasons, *told),
        suggestion.evidence,
    )


def _told(lessons: Lessons, key: str, suggestion: Suggestion) -> list[Reason]:
    """What the reader showed that concerns the suggestion, as reasons whose weights are its shifts."""
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
    """Whether nothing speaks for it but that the text says it."""
    return bool(suggestion.mentions) and not any(reason.signal in _OF_THE_PAGE for reason in suggestion.reasons)


def _about_target(verdicts: Sequence[Verdict]) -> Lesson | None:
    """Rejected on two pages it is lowered, or left where it is if it was accepted more often than was expected.

    Otherwise, accepted on two pages it is raised, at most to twice its odds.
    """
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
    """Of the surfaces called wrong those that were accepted nowhere."""
    wrong = frozenset(v.mention.surface for v in verdicts if v.mention and v.why == "wrong_span")
    return wrong - {v.mention.surface for v in verdicts if v.mention and v.decision == "accept"}


def _is_never_wanted(verdicts: Sequence[Verdict]) -> bool:
    """Whether the phrase was rejected as a new link, often enough, and accepted nowhere."""
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
    """Shifts for the kinds of which far more or fewer were accepted than was expected after the targets' lessons.

    Rejections with an objection to something else than the target are explained by that, and left out.
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
    """Whether the target was rejected, rather than one way to come to it."""
    return verdict.decision == "reject" and verdict.why not in ("wrong_sense", "wrong_span", "too_near")


def _trial(verdict: Verdict) -> Trial:
    return Trial(logit(verdict.probability), verdict.decision == "accept", _weight(verdict))


def _weight(verdict: Verdict) -> int:
    return _ENOUGH if verdict.why == "too_common" else 1
