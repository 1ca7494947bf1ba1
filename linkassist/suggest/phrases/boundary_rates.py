"""Link rates by the edges of a phrase: naive Bayes with hierarchical smoothing, trained on the wiki's own links.

Whether a phrase is cut well shows at its edges: を after it speaks for an end, ー before it against a start. For each
pair of code points around an edge, the rate is the share of the candidates cut there that are links; a rare pair is
smoothed by the rate of the scripts of its two code points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray
from linkassist.suggest.phrases.extraction import Phrases
from linkassist.suggest.phrases.hashing import Int32s, counted, is_member
from linkassist.wiki import title_key

_PRIOR = 20.0  # pseudo-counts of the coarser rate
_Groups = npt.NDArray[np.integer]  # per occurrence, the number of its group


@dataclass(frozen=True, slots=True)
class LinkLogOdds:
    """Per occurrence, the log of its link rate over the overall rate: by its edges, its ends, its kind, and in sum."""

    left: FloatArray
    right: FloatArray
    head: FloatArray
    tail: FloatArray
    kind: FloatArray
    total: FloatArray


class LinkRates:
    """The link rates of the occurrences on the teachers' pages."""

    __slots__ = ("_rates",)

    def __init__(self, corpus: Corpus, phrases: Phrases, is_teacher: BoolArray) -> None:
        seen = np.flatnonzero(is_teacher[phrases.page] & (phrases.passage >= 0))
        linked = seen[_are_links(corpus, phrases, np.flatnonzero(is_teacher), seen)]
        overall = (len(linked) + 1) / (len(seen) + 100)
        self._rates = [
            Rate(fine_seen, coarse_seen, fine_linked, coarse_linked, overall)
            for (fine_seen, coarse_seen), (fine_linked, coarse_linked) in zip(
                _groups(phrases, seen), _groups(phrases, linked), strict=True
            )
        ]

    def odds(self, phrases: Phrases, rows: IntArray) -> LinkLogOdds:
        """The log rates of these rows of `phrases`, which may be those of another page."""
        left, right, head, tail, kind = (
            rate.log_odds(fine, coarse)
            for rate, (fine, coarse) in zip(self._rates, _groups(phrases, rows), strict=True)
        )
        return LinkLogOdds(left, right, head, tail, kind, left + right + np.float32(0.5) * (head + tail) + kind)


def _groups(phrases: Phrases, rows: IntArray) -> list[tuple[_Groups, _Groups]]:
    """(fine group, coarse group) of these occurrences, for each of the five rates."""
    edges, kind = phrases.edges.at(rows), phrases.kind[rows]
    length = (phrases.end[rows] - phrases.start[rows]).clip(0, 40)
    common = np.log2(phrases.n_pages[phrases.phrase[rows]].clip(1)).astype(np.int32).clip(0, 6)
    return [
        (edges.left, edges.left_class),
        (edges.right, edges.right_class),
        (edges.head, edges.left_class & 7),
        (edges.tail, edges.right_class & 7),
        ((kind * np.int32(8) + common) * 64 + length, kind),
    ]


class Rate:
    """The link rate of each fine group, smoothed by that of its coarse group."""

    __slots__ = ("_coarse", "_fine", "_overall")

    def __init__(
        self, fine_seen: _Groups, coarse_seen: _Groups, fine_linked: _Groups, coarse_linked: _Groups, overall: float
    ) -> None:
        self._overall = overall
        self._fine = _counts(fine_seen, fine_linked)
        self._coarse = _counts(coarse_seen, coarse_linked)

    def log_odds(self, fine: _Groups, coarse: _Groups) -> FloatArray:
        """Per occurrence, the log of its group's link rate over the overall rate."""
        rate = np.full(len(fine), self._overall)
        for group, (n_seen, n_linked) in ((coarse, self._coarse), (fine, self._fine)):
            known = np.minimum(group, len(n_seen) - 1)  # the last group is empty
            rate = (n_linked[known] + _PRIOR * rate) / (n_seen[known] + _PRIOR)
        return np.log(rate / self._overall).astype(np.float32)


def _counts(seen: _Groups, linked: _Groups) -> tuple[Int32s, Int32s]:
    """(occurrences per group, links among them); the last group is empty."""
    size = int(seen.max(initial=0)) + 2
    return counted(seen, size), counted(linked, size)


def _are_links(corpus: Corpus, phrases: Phrases, teachers: Sequence[int] | IntArray, rows: IntArray) -> BoolArray:
    """Per row, whether it is exactly the text of a link on a teacher's page."""
    places: list[tuple[int, int, int, int]] = []
    for page in np.asarray(teachers).tolist():
        reading = corpus.readings[page]
        linked = {title_key(target) for target in reading.links}
        for number, passage in enumerate(reading.passages):
            places += [(page, number, each.start, each.length) for key, each in passage.links() if key in linked]
    table = np.array(places, np.int64).reshape(-1, 4)
    wanted = _place(table[:, 0], table[:, 1], table[:, 2], table[:, 3])
    start = phrases.start[rows]
    return is_member(
        _place(phrases.page[rows], phrases.passage[rows], start, phrases.end[rows] - start), np.sort(wanted)
    )


def _place(page: _Groups, passage: _Groups, start: _Groups, length: _Groups) -> npt.NDArray[np.uint64]:
    """One number per place. Passages and starts beyond 2**16 collide, which hardly changes a rate."""
    place = (page.astype(np.int64) << 40) | ((passage.astype(np.int64) & 0xFFFF) << 24)
    return (place | ((start.astype(np.int64) & 0xFFFF) << 8) | (length & 0xFF)).astype(np.uint64)
