"""What the reader has said outright about all suggestions of a project, and a page's list after it.

Choices are applied when lists are read, after the lessons (`learn.py`), and are kept by `store/`; a list itself stays
as the ranker found it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from linkassist.suggestion import Reason, Suggestion


@dataclass(frozen=True, slots=True)
class ReaderRules:
    """words: title keys of targets that are never suggested. pages: row ids of pages that get no suggestions.

    most: how many suggestions a page is offered at most, those that are answered counted; None for as the wiki does.
    """

    words: frozenset[str] = frozenset()
    pages: frozenset[int] = frozenset()
    most: int | None = None

    @property
    def told(self) -> str:
        """A text that differs when the choices do; "" where nothing was chosen."""
        if self == ReaderRules():
            return ""
        return repr((sorted(self.words), sorted(self.pages), self.most))


def apply_rules(
    choices: ReaderRules, page_id: int, suggestions: Sequence[Suggestion], n_answered: int
) -> list[Suggestion]:
    """A page's open suggestions as they are after the choices about pages; those about words are among the lessons.

    suggestions: best first. n_answered: how many others of the page's list were worth showing and are decided.
    What is beyond the most that the reader wants is held back, with that as its last reason.
    """
    if page_id in choices.pages:
        return []
    if choices.most is None:
        return list(suggestions)
    n_left = choices.most - n_answered
    beyond = Reason("beyond", count=choices.most, total=choices.most)
    found = []
    for suggestion in suggestions:
        if suggestion.is_worth_showing:
            n_left -= 1
            found.append(suggestion if n_left >= 0 else replace(suggestion, reasons=(*suggestion.reasons, beyond)))
        else:
            found.append(suggestion)
    return found
