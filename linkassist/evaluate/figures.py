"""The figures of an evaluation as plain values; nothing heavy is imported, since the server reads them.

`metrics.py` and `scoring.py` compute them, `report.py` puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["page or red", "page", "red", "new"]
Origin = Literal["two exports", "line times", "hidden links"]  # how the earlier wiki was made


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """Means over the lists with something to find. n_right: how much there was to find in all lists together."""

    n_lists: int
    n_right: int
    recall_at_10: float
    recall_at_50: float
    mrr: float
    precision_at_1: float
    precision_at_3: float
    ndcg_at_10: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The suggestions with a probability in [low, high): their mean probability, and the share that is right.

    The last bin includes 1. Both are 0 if the bin is empty.
    """

    low: float
    high: float
    n: int
    mean_probability: float
    share_right: float


@dataclass(frozen=True, slots=True)
class CalibrationFigures:
    """The calibration of the probabilities, with the suggestions of all pages pooled.

    precision_at_recall_20 (50, 70): the precision of the most probable suggestions that together reach a recall of
    0.2 (0.5, 0.7); 0 if they never do.
    error: see `calibration_error`; error_from_10: without the lowest bin, which holds most suggestions.
    """

    n_suggestions: int
    precision_at_recall_20: float
    precision_at_recall_50: float
    precision_at_recall_70: float
    error: float
    error_from_10: float
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """A suggester's figures in one group; `calibration` is None if it gives no probabilities."""

    group: Group
    ranking: RankingFigures
    calibration: CalibrationFigures | None


@dataclass(frozen=True, slots=True)
class SuggesterFigures:
    """A suggester's figures, group by group, without groups that have no gold links or that it never answers."""

    name: str
    groups: tuple[GroupFigures, ...]


@dataclass(frozen=True, slots=True)
class SignalFigures:
    """The suggestions worth showing whose first reason is this signal, "" if they have none.

    mean_probability: as predicted; share_right: as observed. n_unseen: how many of them the test cannot see: it knows
    the links that words of a page say, and they are links that no word says. The shares are of the others, 0 if there
    are none.
    """

    signal: str
    n: int
    mean_probability: float
    share_right: float
    n_unseen: int = 0

    @property
    def is_unseen(self) -> bool:
        """Whether the test can say nothing about them."""
        return self.n_unseen == self.n


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader would have seen: the suggestions of all kinds, on the n_pages pages whose authors linked anything.

    A suggestion is right if the author made that link, whatever its kind; links to pages that the earlier wiki did not
    know are left out. calibration: of all of them together. signals: of those worth showing, the most frequent first.
    """

    n_pages: int
    calibration: CalibrationFigures
    signals: tuple[SignalFigures, ...]


@dataclass(frozen=True, slots=True)
class OldPages:
    """The other half: links that pages of the earlier wiki gained later, to words that stood on them.

    origin, moment: as in the report. n_pages: of the earlier wiki. n_asked: pages that gained a link, n_gold of them to
    targets that the wiki knew, n_coined to others. suggesters: ours first; only what they rank is scored, since that a
    proposal was not taken up unasked says little.
    """

    origin: Origin
    moment: int
    n_pages: int
    n_asked: int
    n_gold: int
    n_coined: int
    suggesters: tuple[SuggesterFigures, ...]


@dataclass(frozen=True, slots=True)
class MeasuredFloors:
    """From which probability on two of three suggestions were right; None where the test tells too little.

    known: of page and red links. new: of new ones.
    """

    known: float | None = None
    new: float | None = None
