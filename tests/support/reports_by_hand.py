"""An evaluation report made by hand, for the tests of what is done with reports."""

from __future__ import annotations

from linkassist.evaluate.figures import (
    CalibrationFigures,
    Group,
    GroupFigures,
    RankingFigures,
    ReliabilityBin,
    Shown,
    SignalFigures,
    SuggesterFigures,
)
from linkassist.evaluate.report import EvaluationReport

MADE_AT = 1_790_000_000


def reliability_bin(tenth: int, n: int, share_right: float) -> ReliabilityBin:
    """The bin of probabilities from `tenth` / 10; its suggestions lie in the middle of it."""
    return ReliabilityBin(tenth / 10, (tenth + 1) / 10, n, tenth / 10 + 0.05, share_right)


def calibration(*bins: ReliabilityBin) -> CalibrationFigures:
    """Figures of the bins given; the other tenths are empty."""
    given = {round(10 * b.low): b for b in bins}
    every = tuple(given.get(tenth) or ReliabilityBin(tenth / 10, (tenth + 1) / 10, 0, 0.0, 0.0) for tenth in range(10))
    return CalibrationFigures(sum(b.n for b in bins), 0.9, 0.8, 0.7, 0.03, 0.02, every)


def group(name: Group, recall_at_10: float, precision_at_1: float, mrr: float = 0.5) -> GroupFigures:
    """A group of 40 links on 20 pages."""
    ranking = RankingFigures(20, 40, recall_at_10, recall_at_10, mrr, precision_at_1, precision_at_1, 0.5)
    return GroupFigures(name, ranking, None)


DEFAULT_CARDS = calibration(
    reliability_bin(0, 900, 0.03),
    reliability_bin(2, 80, 0.25),
    reliability_bin(7, 60, 0.72),
    reliability_bin(9, 5, 1.0),
)
SIGNALS = (SignalFigures("link_probability", 100, 0.512, 0.488), SignalFigures("of a later version", 45, 0.2, 0.1))


def report(
    shown: CalibrationFigures | None = DEFAULT_CARDS, *, moment: int = 1_780_000_000, n_gold: int = 300
) -> EvaluationReport:
    """A report of a wiki measured by itself: by line times, or where `moment` is 0 by hidden links."""
    ours = (
        group("page or red", 0.96, 0.83),
        group("page", 0.98, 0.91),
        group("red", 0.95, 0.78),
        group("new", 0.4, 0.3),
    )
    peers = (("most linked", 0.06, 0.01, 0.1), ("link probability", 0.93, 0.76, 0.8))
    return EvaluationReport(
        earlier="niwa",
        later="",
        is_blind=False,
        is_by_id=False,
        encoder="wiki",
        n_pages_before=1_234,
        n_asked=150,
        n_with_gold=120,
        n_gold=n_gold,
        n_coined=80,
        suggesters=(
            SuggesterFigures("linkassist", ours),
            *(SuggesterFigures(name, (group("page or red", *figures),)) for name, *figures in peers),
        ),
        shown=Shown(140, shown, SIGNALS) if shown else None,
        origin="line times" if moment else "hidden links",
        moment=moment,
        made_at=MADE_AT,
    )
