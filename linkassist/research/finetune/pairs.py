"""The pairs and lists of the questions: linked pairs, as many negatives, and lists of candidates to rank.

Negatives are of two kinds. Balanced ones take a page that is linked elsewhere, so that popularity does not give the
answer away; chance is an AUC of 0.5. Hard ones take the nearest page by the bigrams of the texts, so that similarity
alone scores below 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp

from linkassist.evaluate.baselines import bigram_vectors
from linkassist.research.finetune.link_examples import LinkedWiki, Part

N_CANDIDATES: Final = 100
_N_NEAREST: Final = 30  # the first of them that is not related is the hard negative
_N_TRIES: Final = 30


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pages by number, the newer first, and whether they are linked."""

    page: int
    other: int
    is_linked: bool


@dataclass(frozen=True, slots=True)
class AskedList:
    """A page and candidates, older pages in random order. is_gold: whether the page is linked with each of them."""

    page: int
    candidates: tuple[int, ...]
    is_gold: tuple[bool, ...]

    @property
    def pairs(self) -> list[Pair]:
        """The page with each candidate."""
        return [Pair(self.page, other, gold) for other, gold in zip(self.candidates, self.is_gold, strict=True)]


def linked_pairs(part: Part) -> list[Pair]:
    """The linked pairs of the part, in order."""
    return [Pair(page, other, True) for page in part.pages for other in sorted(part.linked_with(page))]


def balanced_pairs(wiki: LinkedWiki, part: Part) -> list[Pair]:
    """The linked pairs of the part, each followed by a negative if one is found: its page with one that others link."""
    random = np.random.default_rng(wiki.seed)
    positives = linked_pairs(part)
    partners = np.array([pair.other for pair in positives])
    return _with_others(positives, part, lambda _: partners[random.integers(len(partners), size=_N_TRIES)].tolist())


def hard_pairs(wiki: LinkedWiki, part: Part) -> list[Pair]:
    """The linked pairs of the part, each followed by a negative, if there is one: its page with the most similar."""
    positives = linked_pairs(part)
    nearest = _nearest_older(wiki.texts[: part.pages.stop], sorted({pair.page for pair in positives}))
    return _with_others(positives, part, lambda page: nearest[page])


def _with_others(positives: Sequence[Pair], part: Part, options: Callable[[int], Iterable[int]]) -> list[Pair]:
    """Each pair, followed by its page with the first option that is older, not yet used and not related."""
    found: list[Pair] = []
    taken: set[tuple[int, int]] = set()
    for pair in positives:
        found.append(pair)
        for other in options(pair.page):
            if other < pair.page and (pair.page, other) not in taken and not part.are_related(pair.page, other):
                taken.add((pair.page, other))
                found.append(Pair(pair.page, other, False))
                break
    return found


def asked_lists(wiki: LinkedWiki, part: Part, n_candidates: int = N_CANDIDATES) -> list[AskedList]:
    """For each page of the part with a link: the pages it is linked with, and other older ones at random.

    Lists hold `n_candidates`, or as many as there are older pages, but never fewer than the page is linked with.
    """
    random = np.random.default_rng(wiki.seed)
    lists = []
    for page in part.pages:
        gold = part.linked_with(page)
        if not gold:
            continue
        others = [other for other in random.permutation(page).tolist() if other not in gold]
        candidates = random.permutation([*sorted(gold), *others[: max(0, n_candidates - len(gold))]]).tolist()
        lists.append(AskedList(page, tuple(candidates), tuple(other in gold for other in candidates)))
    return lists


def _nearest_older(texts: Sequence[str], pages: Sequence[int]) -> dict[int, list[int]]:
    """For each of the pages, the older ones with the most similar texts, nearest first."""
    vectors = bigram_vectors([text.lower() for text in texts])
    transposed = sp.csr_matrix(vectors.T)
    nearest = {}
    for start in range(0, len(pages), 256):
        some = pages[start : start + 256]
        for page, row in zip(some, (vectors[some] @ transposed).toarray(), strict=True):
            order = np.argsort(-row[:page], kind="stable")[:_N_NEAREST]
            nearest[page] = order[row[order] > 0].tolist()
    return nearest
