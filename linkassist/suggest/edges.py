"""How likely people are to link what begins and ends so: link rates of edges, learnt from the wiki's own brackets.

Whether a phrase is cut well shows at its edges: を behind it speaks for an end, ー before it against a beginning. Here
the links of the wiki tell, for each pair of code points around an edge, how many of the candidates cut there are links;
a pair seen seldom borrows from the kinds of its two code points. Naive Bayes adds the evidence up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray
from linkassist.wiki import title_key

if TYPE_CHECKING:
    from linkassist.suggest.phrases import Phrases

_PRIOR = 20.0  # candidates' worth of belief in the coarser rate


@dataclass(frozen=True, slots=True)
class LinkOdds:
    """Per occurrence, how much more likely it is a link than others, as logs: by its edges, its ends, and its kind."""

    left: FloatArray
    right: FloatArray
    head: FloatArray
    tail: FloatArray
    kind: FloatArray
    total: FloatArray


def link_odds(corpus: Corpus, phrases: Phrases, is_teacher: BoolArray) -> LinkOdds:
    """The odds of every occurrence, learnt from those on the teachers' pages."""
    seen = is_teacher[phrases.page] & (phrases.passage >= 0)
    is_link = _are_links(corpus, phrases, np.flatnonzero(is_teacher))
    overall = (is_link[seen].sum() + 1) / (seen.sum() + 100)
    edges = phrases.edges
    left, right, head, tail = (
        _by(fine, coarse, seen, is_link, overall)
        for fine, coarse in (
            (edges.left, edges.left_class),
            (edges.right, edges.right_class),
            (edges.head, edges.left_class & 7),
            (edges.tail, edges.right_class & 7),
        )
    )
    length = (phrases.end - phrases.start).clip(0, 40)
    common = np.log2(phrases.n_pages[phrases.phrase].clip(1)).astype(np.int64).clip(0, 6)
    by_kind = _by((phrases.kind * 8 + common) * 64 + length, phrases.kind, seen, is_link, overall)
    return LinkOdds(left, right, head, tail, by_kind, left + right + np.float32(0.5) * (head + tail) + by_kind)


def _by(fine: IntArray, coarse: IntArray, seen: BoolArray, is_link: BoolArray, overall: float) -> FloatArray:
    """Per occurrence, the log of its group's link rate over the overall rate; small groups lean on the coarse one."""
    rate = np.full(len(fine), overall)
    for group in (coarse, fine):
        size = int(group.max(initial=0)) + 1
        n = np.bincount(group[seen], minlength=size)
        n_links = np.bincount(group[seen & is_link], minlength=size)
        rate = (n_links[group] + _PRIOR * rate) / (n[group] + _PRIOR)
    return np.log(rate / overall).astype(np.float32)


def _are_links(corpus: Corpus, phrases: Phrases, teachers: Sequence[int] | IntArray) -> BoolArray:
    """Per occurrence, whether it is just what a link of a teacher's page shows."""
    places: list[tuple[int, int, int, int]] = []
    for page in np.asarray(teachers).tolist():
        reading = corpus.readings[page]
        linked = {title_key(target) for target in reading.links}
        for number, passage in enumerate(reading.passages):
            for part in passage.parts:
                if not part.is_prose and title_key(passage.text[part.start : part.start + part.length]) in linked:
                    places.append((page, number, part.start, part.length))
    if not places:
        return np.zeros(len(phrases.page), np.bool_)
    table = np.array(places, np.int64)
    wanted = _place(table[:, 0], table[:, 1], table[:, 2], table[:, 3])
    mine = _place(phrases.page, phrases.passage, phrases.start, phrases.end - phrases.start)
    return np.isin(mine, wanted)


def _place(page: IntArray, passage: IntArray, start: IntArray, length: IntArray) -> IntArray:
    """One number per place; passages and starts beyond 2**16 share numbers, which costs a rate a little."""
    return (page << 40) | ((passage & 0xFFFF) << 24) | ((start & 0xFFFF) << 8) | (length & 0xFF)
