"""The text in which titles are searched: NFKC and case folding, with a map back to the places of the raw text.

`folding.fold` keeps the length and is all that most texts need. What it cannot fold in place is folded here: letters
with combining marks, half-width kana with sound marks, one sign for several letters ("㍿"), and signs that Unicode
keeps apart but people type for each other (quotation marks, wave dashes, hyphens).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np

from linkassist.spelling import TYPED_ALIKE
from linkassist.suggest.corpus import BoolArray, IntArray
from linkassist.suggest.folding import fold, fold_key
from linkassist.suggest.segmentation import cluster_interiors, those_with


@dataclass(frozen=True, slots=True)
class SearchText:
    """text: folded. place: (len(text) + 1,), of each place of `text` the place in the raw text, -1 inside a character;
    None where they are the same. is_changed: per raw code point, whether it is folded otherwise than by `fold`."""

    text: str
    place: IntArray | None
    is_changed: BoolArray


def search_text(raw: str, folded: str) -> SearchText:
    """The search text of a raw text. folded: `folding.fold` of it."""
    inside = cluster_interiors(raw)
    is_changed = those_with(raw, _is_several_letters)
    is_changed |= inside[:-1] | inside[1:]
    stretches = np.flatnonzero(np.diff(np.concatenate([[False], is_changed, [False]])))
    n_out = np.ones(len(raw), np.int64)
    pieces, last = [], 0
    for start, end in stretches.reshape(-1, 2).tolist():
        borders = [*(start + np.flatnonzero(~inside[start:end])).tolist(), end]
        for first, behind in zip(borders, borders[1:], strict=False):
            piece = fold(unicodedata.normalize("NFKC", raw[first:behind]))
            pieces += [folded[last:first], piece]
            n_out[first:behind] = 0
            n_out[first] = len(piece)
            last = behind
    text = "".join([*pieces, folded[last:]])
    is_changed |= those_with(folded, TYPED_ALIKE.__contains__)
    return SearchText(_alike(text), _places(n_out, inside) if len(stretches) else None, is_changed)


def search_key(key: str) -> str:
    """The search text of the title that has this key."""
    folded = fold_key(key)
    return search_text(folded, folded).text


def _is_several_letters(char: str) -> bool:
    letters = unicodedata.normalize("NFKC", char)
    return len(letters) > 1 and any(map(str.isalnum, letters))  # not "…", which is another title than "..."


def _alike(text: str) -> str:
    for char, same in TYPED_ALIKE.items():
        text = text.replace(char, same)
    return text


def _places(n_out: IntArray, inside: BoolArray) -> IntArray:
    behind = np.concatenate([[0], np.cumsum(n_out)])
    place = np.full(int(behind[-1]) + 1, -1, np.int64)
    at = np.flatnonzero(~inside)
    place[behind[at]] = at
    return place
