"""The rules that the reader has set for a project's suggestions, and how they change a page's list.

Rules are applied when a list is read, after the lessons (`learn.py`), and kept by `store/`; the stored list stays as
the ranker made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from linkassist.suggestion import WORTH_SHOWING, Floors, Reason, Suggestion


@dataclass(frozen=True, slots=True)
class ReaderRules:
    """words: title keys of targets that are never suggested. pages: row ids of pages that get no suggestions.

    most: how many suggestions a page is shown at most, those already decided included; None for no such rule.
    floors: the least probability of what is shown unasked.
    """

    words: frozenset[str] = frozenset()
    pages: frozenset[int] = frozenset()
    most: int | None = None
    floors: Floors = Floors()

    @property
    def as_text(self) -> str:
        """A text that differs whenever the rules do; "" without rules."""
        if self == ReaderRules():
            return ""
        rules = (sorted(self.words), sorted(self.pages), self.most)
        return repr(rules if self.floors == Floors() else (*rules, self.floors))


def apply_rules(
    rules: ReaderRules, page_id: int, suggestions: Sequence[Suggestion], n_answered: int
) -> list[Suggestion]:
    """A page's open suggestions after the rules about pages; `apply_lessons` applies those about words.

    suggestions: best first. n_answered: how many others of the page's list were worth showing and are decided.
    Those below `rules.floors` are marked; those beyond `rules.most` are held back, with that as their last reason.
    """
    if page_id in rules.pages:
        return []
    suggestions = apply_floors(rules.floors, suggestions)
    if rules.most is None:
        return suggestions
    n_left = rules.most - n_answered
    beyond = Reason("beyond", count=rules.most, total=rules.most)
    found = []
    for suggestion in suggestions:
        if suggestion.is_worth_showing:
            n_left -= 1
            found.append(suggestion if n_left >= 0 else replace(suggestion, reasons=(*suggestion.reasons, beyond)))
        else:
            found.append(suggestion)
    return found


def apply_floors(floors: Floors, suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    """The suggestions in the order given, `is_below_floor` set on those that could be shown but for the floors."""
    return [
        replace(each, is_below_floor=True) if WORTH_SHOWING <= each.probability < floors.of(each.group) else each
        for each in suggestions
    ]
