"""What an evaluation comes to, as plain values: no arithmetic here, and nothing heavy is imported, for the server too.

How the figures are computed is told in `metrics.py` and `scoring.py`, what stands around them in `report.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["page or red", "page", "red", "new"]
Origin = Literal["two exports", "line times", "hidden links"]  # what told the earlier wiki from the new pages


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """Means over the lists that have something to find. n_right: how much there was to find, all lists together."""

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
    """The suggestions with a probability in [low, high): what was promised on average, and the share that was right.

    The last bin holds 1 too. Both means are 0 where the bin is empty.
    """

    low: float
    high: float
    n: int
    mean_probability: float
    share_right: float


@dataclass(frozen=True, slots=True)
class CalibrationFigures:
    """What the probabilities are worth, the suggestions of all pages pooled.

    precision_at_recall_20 (50, 70): the share of right ones among the most probable suggestions that together find
    20 % (50, 70 %) of what there is to find; 0 where they never do.
    error: see `calibration_error`; error_from_10: the same without the lowest bin, which most suggestions are in.
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
    """How good a suggester is at one group of suggestions; `calibration` is None where it gives no probabilities."""

    group: Group
    ranking: RankingFigures
    calibration: CalibrationFigures | None


@dataclass(frozen=True, slots=True)
class SuggesterFigures:
    """A suggester's figures, group by group; a group that nothing is asked of, or that it never answers, is absent."""

    name: str
    groups: tuple[GroupFigures, ...]


@dataclass(frozen=True, slots=True)
class SignalFigures:
    """The suggestions worth showing whose first reason is this signal, "" where they have none.

    mean_probability is what was promised of them, share_right how much of it came true.
    """

    signal: str
    n: int
    mean_probability: float
    share_right: float


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader would have seen: the suggestions of all kinds, on pages whose authors linked anything.

    A suggestion is right where the author made that link, whatever its kind; links to pages that the earlier wiki did
    not know count neither way. n_pages: such pages.
    calibration: of all of them together. signals: of those worth showing, the most frequent signal first.
    """

    n_pages: int
    calibration: CalibrationFigures
    signals: tuple[SignalFigures, ...]
