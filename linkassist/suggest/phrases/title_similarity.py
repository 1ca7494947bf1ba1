"""How similar phrases are to the titles that a wiki links, by a character bigram model of both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linkassist.suggest.corpus import Corpus, FloatArray
from linkassist.suggest.folding import fold
from linkassist.suggest.phrases.hashing import Int32s, codes_of, counted, hashed_numbers

_N_PAIRS = 1 << 22  # hash buckets of bigrams; collisions are rare


class TitleLikeness:
    """The log-odds of bigrams between linked titles and the phrases of the wiki, in hashed count tables."""

    __slots__ = ("_heads", "_n_in_titles", "_n_usual", "_of_titles", "_of_usual", "_tails")

    def __init__(self, corpus: Corpus, usual: Sequence[str]) -> None:
        """usual: a sample of the phrases of the wiki, folded texts of two characters or more."""
        linked = np.asarray(corpus.links.sum(axis=0)).ravel() > 0
        titles = [fold(key) for key, is_linked in zip(corpus.keys, linked.tolist(), strict=True) if is_linked]
        of_titles = _Pairs([title for title in titles if len(title) > 1])
        of_usual = _Pairs(usual).numbers
        self._of_titles, self._n_in_titles = counted(of_titles.numbers, _N_PAIRS), len(of_titles.numbers)
        self._of_usual, self._n_usual = counted(of_usual, _N_PAIRS), len(of_usual)
        self._heads = counted(of_titles.heads, _N_PAIRS)
        self._tails = counted(of_titles.tails, _N_PAIRS)

    def of(self, keys: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """Per phrase (a folded text of two characters or more): the mean log-odds of its character bigrams between
        linked titles and usual phrases; and log of how many linked titles begin or end as it does (two characters)."""
        pairs = _Pairs(keys)
        n_pairs = np.bincount(pairs.owner, minlength=len(keys)).clip(1)
        odds = _log_share(self._of_titles[pairs.numbers], self._n_in_titles)
        odds -= _log_share(self._of_usual[pairs.numbers], self._n_usual)
        likeness = np.bincount(pairs.owner, weights=odds, minlength=len(keys)) / n_pairs
        n_like = self._heads[pairs.heads] + self._tails[pairs.tails]
        return likeness.astype(np.float32), np.log1p(n_like).astype(np.float32)


def _log_share(n_seen: Int32s, n_in_all: int) -> FloatArray:
    """Log of the shares n_seen / n_in_all, smoothed by half a count."""
    share: FloatArray = np.log((n_seen.astype(np.float32) + np.float32(0.5)) / np.float32(n_in_all + 1))
    return share


class _Pairs:
    """The character bigrams of texts of two characters or more, hashed to numbers below `_N_PAIRS`.

    numbers: of all bigrams in order. owner: the text of each. heads, tails: per text, its first and its last bigram.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        codes = codes_of("\n".join(texts)).astype(np.uint64)
        lengths = np.array([len(text) for text in texts], np.int64)
        starts = np.cumsum(lengths + 1) - lengths - 1
        pairs = hashed_numbers((codes[:-1] << np.uint64(21)) | codes[1:])
        is_inside = (codes[:-1] != ord("\n")) & (codes[1:] != ord("\n"))
        self.numbers = pairs[is_inside]
        self.owner = np.repeat(np.arange(len(texts)), lengths + 1)[: len(pairs)][is_inside]
        self.heads, self.tails = pairs[starts], pairs[starts + lengths - 2]
