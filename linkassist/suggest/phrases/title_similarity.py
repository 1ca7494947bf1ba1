"""How much phrases look like the titles that a wiki links: a character bigram model of both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linkassist.suggest.corpus import Corpus, FloatArray
from linkassist.suggest.mentions import fold
from linkassist.suggest.phrases.boundaries import Int32s, codes_of, counted

_N_PAIRS = 1 << 22  # bigrams are numbered below this; the few that share a number blur each other


class TitleLikeness:
    """Compares phrases with the titles that the wiki links, both seen beside usual phrases."""

    __slots__ = ("_heads", "_n_in_titles", "_n_usual", "_of_titles", "_of_usual", "_tails")

    def __init__(self, corpus: Corpus, usual: Sequence[str]) -> None:
        """usual: phrases of the wiki (folded texts of two characters or more) that show what is common."""
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
    """Log of the shares of what was seen so often among so many, each counted half a time more than that."""
    share: FloatArray = np.log((n_seen.astype(np.float32) + np.float32(0.5)) / np.float32(n_in_all + 1))
    return share


class _Pairs:
    """The character bigrams of some texts of two characters or more, as numbers below `_N_PAIRS`.

    numbers: all of them in order. owner: the text that each stands in. heads, tails: per text, its first and its last.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        codes = codes_of("\n".join(texts)).astype(np.uint64)
        lengths = np.array([len(text) for text in texts], np.int64)
        starts = np.cumsum(lengths + 1) - lengths - 1
        # multiplicative hashing (Knuth 6.4)
        pairs = ((((codes[:-1] << np.uint64(21)) | codes[1:]) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(42)).astype(
            np.int64
        )
        is_inside = (codes[:-1] != ord("\n")) & (codes[1:] != ord("\n"))
        self.numbers = pairs[is_inside]
        self.owner = np.repeat(np.arange(len(texts)), lengths + 1)[: len(pairs)][is_inside]
        self.heads, self.tails = pairs[starts], pairs[starts + lengths - 2]
