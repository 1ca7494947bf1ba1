"""The quality screen: an evaluation in whole per cents, with the coordinates of the reliability diagram.

The diagram is a square of `SIDE` units; per cents grow to the right and upwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from linkassist.evaluate.figures import GroupFigures, ReliabilityBin, SuggesterFigures
from linkassist.evaluate.report import EvaluationReport
from linkassist.suggestion import WORTH_SHOWING, Kind

SIDE: Final = 300
_FEW = 20  # suggestions: a bin with fewer makes no headline
_FEW_LINKS = 200  # with fewer to find, the figures are called rough
_Z = 1.96  # 95 %
_LEAST_RADIUS, _MOST_RADIUS = 3.0, 12.0
_KINDS: tuple[Kind, ...] = ("page", "red", "new")


@dataclass(frozen=True, slots=True)
class HeadlineView:
    """Of ten suggestions shown between `low` and `high` per cent, people had made `of_ten`; `n` were counted."""

    low: int
    high: int
    of_ten: int
    n: int


@dataclass(frozen=True, slots=True)
class DotView:
    """A dot of the reliability diagram: a bin's mean probability and share right, in per cent and as coordinates.

    least_y, most_y: the ends of the 95 % confidence interval.
    """

    x: float
    y: float
    radius: float
    least_y: float
    most_y: float
    low: int
    high: int
    n: int
    promised: int
    right: int


@dataclass(frozen=True, slots=True)
class SuggesterView:
    """Figures of linkassist or of a baseline, in per cent."""

    name: str
    is_ours: bool
    found_in_10: int
    first_right: int


@dataclass(frozen=True, slots=True)
class KindFiguresView:
    """Figures of one kind of suggestion, in per cent."""

    kind: Kind
    n_links: int
    found_in_10: int
    first_right: int


@dataclass(frozen=True, slots=True)
class SignalView:
    """The suggestions with the same first reason: mean probability and share right, in per cent.

    n_unseen: how many the test cannot see. is_unseen: whether it sees none of them.
    """

    signal: str
    n: int
    promised: int
    right: int
    n_unseen: int = 0
    is_unseen: bool = False


@dataclass(frozen=True, slots=True)
class QualityView:
    """The last evaluation, of Unix second `made_at`: `n_asked` pages were asked about, of a wiki of `n_before` others.

    moment: Unix second that divides the two, 0 if pages were chosen at random. n_links: links to find, few if is_rough.
    old_suggesters: on the n_old_pages older pages that gained links, none where that half was not measured.
    """

    made_at: int
    moment: int
    is_blind: bool
    encoder: str
    n_before: int
    n_asked: int
    n_links: int
    is_rough: bool
    headline: HeadlineView | None
    dots: tuple[DotView, ...]
    suggesters: tuple[SuggesterView, ...]
    kinds: tuple[KindFiguresView, ...]
    signals: tuple[SignalView, ...]
    n_old_pages: int
    old_suggesters: tuple[SuggesterView, ...]


def quality_view(report: EvaluationReport) -> QualityView:
    """The view of a report."""
    bins = report.shown.calibration.bins if report.shown else ()
    shown = [b for b in bins if b.n and b.low >= WORTH_SHOWING]
    return QualityView(
        made_at=report.made_at,
        moment=report.moment,
        is_blind=report.is_blind,
        encoder=report.encoder,
        n_before=report.n_pages_before,
        n_asked=report.n_asked,
        n_links=report.n_gold + report.n_coined,
        is_rough=report.n_gold + report.n_coined < _FEW_LINKS,
        headline=_headline(shown),
        dots=tuple(_dots(shown)),
        suggesters=tuple(_suggesters(report.suggesters)),
        kinds=tuple(_kinds(report.suggesters[0].groups)),
        signals=tuple(
            SignalView(
                each.signal,
                each.n,
                _percent(each.mean_probability),
                _percent(each.share_right),
                each.n_unseen,
                each.is_unseen,
            )
            for each in (report.shown.signals if report.shown else ())
        ),
        n_old_pages=report.old.n_asked if report.old else 0,
        old_suggesters=tuple(_suggesters(report.old.suggesters)) if report.old else (),
    )


def _headline(bins: Sequence[ReliabilityBin]) -> HeadlineView | None:
    """Of the bin that begins at 70 %, else of the highest one with enough suggestions; None if all have too few."""
    enough = [b for b in bins if b.n >= _FEW]
    chosen = next((b for b in enough if b.low == 0.7), enough[-1] if enough else None)
    if chosen is None:
        return None
    return HeadlineView(_percent(chosen.low), _percent(chosen.high), round(10 * chosen.share_right), chosen.n)


def _dots(bins: Sequence[ReliabilityBin]) -> Iterator[DotView]:
    most = max((b.n for b in bins), default=1)
    for b in bins:
        low, high = wilson_interval(b.share_right, b.n)
        yield DotView(
            x=_along(b.mean_probability),
            y=_up(b.share_right),
            # the area stands for the count
            radius=round(max(_LEAST_RADIUS, _MOST_RADIUS * math.sqrt(b.n / most)), 1),
            least_y=_up(low),
            most_y=_up(high),
            low=_percent(b.low),
            high=_percent(b.high),
            n=b.n,
            promised=_percent(b.mean_probability),
            right=_percent(b.share_right),
        )


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % confidence interval of a proportion: `wilson_interval(0.5, 4)` is about (0.15, 0.85).

    Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953
    """
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _suggesters(suggesters: Sequence[SuggesterFigures]) -> Iterator[SuggesterView]:
    """linkassist first, then the baselines by MRR."""
    rankings = [(each.name, g.ranking) for each in suggesters for g in each.groups if g.group == "page or red"]
    for number, (name, ranking) in enumerate([*rankings[:1], *sorted(rankings[1:], key=lambda each: -each[1].mrr)]):
        found, first = _percent(ranking.recall_at_10), _percent(ranking.precision_at_1)
        yield SuggesterView(name, number == 0, found, first)


def _kinds(groups: Sequence[GroupFigures]) -> Iterator[KindFiguresView]:
    rankings = {group.group: group.ranking for group in groups}
    for kind in _KINDS:
        if ranking := rankings.get(kind):
            found, first = _percent(ranking.recall_at_10), _percent(ranking.precision_at_1)
            yield KindFiguresView(kind, ranking.n_right, found, first)


def _percent(share: float) -> int:
    return round(100 * share)


def _along(share: float) -> float:
    return round(SIDE * share, 1)


def _up(share: float) -> float:
    return round(SIDE * (1 - share), 1)
