"""How much phrases look like the titles that a wiki links: a character bigram model of both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linkassist.suggest.corpus import Corpus, FloatArray, IntArray
from linkassist.suggest.mentions import fold


def title_likeness(corpus: Corpus, keys: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Per phrase (a folded text of two characters or more): the mean log-odds of its character bigrams between linked
    titles and these phrases; and log of how
    many linked titles begin or end as it does (two characters)."""
    linked = np.asarray(corpus.links.sum(axis=0)).ravel() > 0
    titles = [fold(key) for key, is_linked in zip(corpus.keys, linked.tolist(), strict=True) if is_linked]
    of_titles, of_phrases = _Pairs([title for title in titles if len(title) > 1]), _Pairs(keys)
    terms, counts = np.unique(of_titles.codes, return_counts=True)
    distinct, inverse, n_in_phrases = np.unique(of_phrases.codes, return_inverse=True, return_counts=True)
    n_in_titles = _looked_up(terms, counts, distinct)
    n_titles, n_phrases = len(of_titles.codes) + 1, len(of_phrases.codes) + 1
    odds = np.log((n_in_titles + 0.5) / n_titles) - np.log((n_in_phrases + 0.5) / n_phrases)
    size = len(keys)
    n_pairs = np.bincount(of_phrases.owner, minlength=size).clip(1)
    likeness = np.bincount(of_phrases.owner, weights=odds[inverse], minlength=size) / n_pairs
    heads = _looked_up(*np.unique(of_titles.heads, return_counts=True), of_phrases.heads)
    tails = _looked_up(*np.unique(of_titles.tails, return_counts=True), of_phrases.tails)
    return likeness.astype(np.float32), np.log1p(heads + tails).astype(np.float32)


class _Pairs:
    """The character bigrams of some texts of two characters or more, as numbers.

    codes: all of them in order. owner: the text that each stands in. heads, tails: per text, its first and its last.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        joined = "\n".join(texts)
        codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32).astype(np.int64)
        lengths = np.array([len(text) for text in texts], np.int64)
        starts = np.cumsum(lengths + 1) - lengths - 1
        pairs = (codes[:-1] << 21) | codes[1:]
        is_inside = (codes[:-1] != ord("\n")) & (codes[1:] != ord("\n"))
        self.codes = pairs[is_inside]
        self.owner = np.repeat(np.arange(len(texts)), lengths + 1)[: len(pairs)][is_inside]
        self.heads, self.tails = pairs[starts], pairs[starts + lengths - 2]


def _looked_up(terms: IntArray, counts: IntArray, wanted: IntArray) -> IntArray:
    """The count of each wanted term, 0 where it is none of `terms` (ascending)."""
    if len(terms) == 0:
        return np.zeros(len(wanted), np.int64)
    at = np.searchsorted(terms, wanted).clip(0, len(terms) - 1)
    return np.where(terms[at] == wanted, counts[at], 0)
