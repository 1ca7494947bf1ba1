"""The folded forms of titles to search for in texts, bounded so that few can end at one place of a text.

A wiki whose titles are suffixes of each other ("a a a", "a a", "a") would otherwise have thousands of mentions a word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from linkassist.suggest.title_variants import spellings

LONGEST_TITLE: Final = 1_000  # code points: nobody says a longer title
_LONGEST_RESPELT: Final = 200
MOST_NESTED: Final = 16  # forms that end at one place; of two wikis of 6,000 and 23,000 pages 4 and 5
_MOST_ALIKE: Final = 16  # titles of one form, told apart by wide letters and the like


def title_forms(folded: Sequence[str], numbers: Sequence[int]) -> dict[str, list[int]]:
    """Each form to search for, with the numbers of the targets that it may stand for.

    folded: titles from `fold_key`. numbers: the target of each. Other spellings are among the forms where they are no
    title themselves.
    """
    forms: defaultdict[str, list[int]] = defaultdict(list)
    for title, number in zip(folded, numbers, strict=True):
        if len(title) <= LONGEST_TITLE and len(forms[title]) < _MOST_ALIKE:
            forms[title].append(number)
    forms.pop("", None)
    return _not_too_nested({**forms, **_spelt_otherwise(forms)})


def _spelt_otherwise(titles: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """Other spellings of these folded titles that are no title themselves, each with the targets it may stand for."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for folded, numbers in titles.items():
        for form in spellings(folded) if len(folded) <= _LONGEST_RESPELT else ():
            if form not in titles and len(found[form]) < _MOST_ALIKE:
                found[form] += numbers
    return found


def _not_too_nested(forms: dict[str, list[int]]) -> dict[str, list[int]]:
    """Without the forms that have `MOST_NESTED` other forms as suffixes or more."""
    dropped: set[str] = set()
    ends: list[str] = []  # reversed; each begins with the one before
    for reversed_form in sorted(form[::-1] for form in forms):
        while ends and not reversed_form.startswith(ends[-1]):
            ends.pop()
        if len(ends) < MOST_NESTED:
            ends.append(reversed_form)
        else:
            dropped.add(reversed_form[::-1])
    return {form: numbers for form, numbers in forms.items() if form not in dropped}
