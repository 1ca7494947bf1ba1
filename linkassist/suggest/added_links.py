"""Holdouts of pages that have links: those that were added late are hidden, the others stay.

A late link stands only in lines that were changed a day or more after they were written. What such a page says and does
not link was passed over by its authors, which is the strongest no there is.

There are two holdouts. In one all late links are hidden from the wiki as it is now: the ranker is trained on it. The
other is the wiki as it was half-way: it has few answers, and tells how many of the links that a page could have had
then were made since, so the probabilities are calibrated by it, and by nothing else. Where the export tells no times of
lines, a sample of the links is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from linkassist.suggest.corpus import Corpus, csr
from linkassist.suggest.holdout import Holdout, hide_targets
from linkassist.wiki import Reading, title_key

_MOST_PAGES = 2000
_FEWEST_LATE = 200
_LATE_S = 86_400
_SHARE_SAMPLED = 0.15  # of a page's links: so many are late where the times of lines are known


@dataclass(frozen=True, slots=True, order=True)
class _LinkTime:
    """When a link was made and when its line was written, Unix seconds, 0 where unknown."""

    made: int
    written: int

    @property
    def is_late(self) -> bool:
        return 0 < self.written <= self.made - _LATE_S


def added_link_holdouts(corpus: Corpus, seed: int = 0) -> list[Holdout]:
    """The holdouts of pages that have links."""
    times = [_link_times(reading) for reading in corpus.readings]
    late = {page: keys for page, of_page in enumerate(times) if (keys := {k for k, t in of_page.items() if t.is_late})}
    if sum(map(len, late.values())) < _FEWEST_LATE:
        return [_hide(corpus, _sampled(corpus, seed), {}, seed)]
    half_way = int(np.median(corpus.created[corpus.created > 0])) if corpus.created.any() else 0
    since = _added_since(corpus, times, half_way, seed)
    return [replace(_hide(corpus, late, {}, seed), is_typical=False), replace(since, is_lesson=False)]


def _link_times(reading: Reading) -> dict[str, _LinkTime]:
    """By title key that the page links, the times of the first link to it."""
    keys = {title_key(target) for target in reading.links} - {reading.key}
    found: dict[str, _LinkTime] = {}
    for passage in reading.passages:
        is_late = 0 < passage.created <= passage.updated - _LATE_S
        time = _LinkTime(passage.updated if is_late else passage.created, passage.created)
        for key, _ in passage.links():
            if key in keys:
                found[key] = min(time, found.get(key, time))
    return found


def _added_since(corpus: Corpus, times: list[dict[str, _LinkTime]], time: int, seed: int) -> Holdout:
    """The wiki as it was at this time; the answers are the links made since then in lines that stood there."""
    is_old = corpus.created <= time
    answers: dict[int, set[str]] = {}
    others: dict[int, set[str]] = {}
    readings = list(corpus.readings)
    for page, of_page in enumerate(times):
        later = {key for key, each in of_page.items() if each.made > time or not is_old[page]}
        added = {key for key in later if is_old[page] and of_page[key].written <= time}
        others[page] = later - added
        if added:
            answers[page] = added
            before = tuple(passage for passage in readings[page].passages if passage.created <= time)
            readings[page] = hide_targets(replace(readings[page], passages=before), others[page], is_blind=False)
    holdout = _hide(replace(corpus, readings=readings), answers, others, seed)
    is_target = holdout.is_target.copy()
    is_target[: corpus.n_pages] = is_old | (np.asarray(holdout.corpus.links.sum(axis=0)).ravel()[: corpus.n_pages] > 0)
    return replace(holdout, is_target=is_target)


def _hide(corpus: Corpus, answers: Mapping[int, Set[str]], others: Mapping[int, Set[str]], seed: int) -> Holdout:
    """The holdout of these links by page, at most 2,000 pages. others: links that are hidden too and are no answers."""
    pages = np.array(sorted(page for page in answers if not corpus.is_template[page]), np.int64)
    if len(pages) > _MOST_PAGES:
        pages = np.sort(np.random.default_rng(seed).choice(pages, _MOST_PAGES, replace=False))
    asked = {page: answers[page] for page in pages.tolist()}
    readings = list(corpus.readings)
    for page, keys in asked.items():
        readings[page] = hide_targets(readings[page], set(keys), is_blind=False)
    hidden = _cells(corpus, asked)
    visible = sp.csr_matrix(corpus.links - hidden - _cells(corpus, others))
    visible.eliminate_zeros()
    is_target = np.asarray(visible.sum(axis=0)).ravel() > 0
    is_target[: corpus.n_pages] = True
    return Holdout(
        pages=pages,
        corpus=replace(corpus, readings=readings, links=visible),
        answers=hidden,
        is_teacher=np.diff(visible.indptr) > 0,
        is_target=is_target,
        is_blind=np.zeros(corpus.n_pages, np.bool_),
    )


def _cells(corpus: Corpus, keys: Mapping[int, Set[str]]) -> sp.csr_matrix:
    """(pages, targets), 1 for each of these title keys by page."""
    number = {key: i for i, key in enumerate(corpus.keys)}
    found = [(page, number[key]) for page, of_page in keys.items() for key in sorted(of_page)]
    return csr([page for page, _ in found], [target for _, target in found], corpus.links.shape)


def _sampled(corpus: Corpus, seed: int) -> dict[int, set[str]]:
    """By page, one or more of the title keys that it links, of which at least one stays."""
    random = np.random.default_rng(seed)
    sampled = {}
    for page, reading in enumerate(corpus.readings):
        keys = sorted({title_key(target) for target in reading.links} - {reading.key})
        if len(keys) > 1:
            order = random.permutation(len(keys))
            n_hidden = min(len(keys) - 1, max(1, random.binomial(len(keys), _SHARE_SAMPLED)))
            sampled[page] = {keys[i] for i in order[:n_hidden].tolist()}
    return sampled
