"""The report of an evaluation: as a value, as JSON, and as the text that the command prints."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from linkassist.errors import LinkAssistError
from linkassist.evaluate.figures import (
    CalibrationFigures,
    Group,
    GroupFigures,
    MeasuredFloors,
    OldPages,
    Origin,
    RankingFigures,
    ReliabilityBin,
    Shown,
    SignalFigures,
    SuggesterFigures,
)
from linkassist.wiki import unix_second

_GROUPS: tuple[tuple[Group, str], ...] = (
    ("page or red", "What the earlier wiki knew, as a page or as a red link"),
    ("page", "Pages alone"),
    ("red", "Red links alone"),
    ("new", "New phrases, held against the links that were new to the wiki"),
)
_COLUMNS = ("pages", "links", "R@10", "R@50", "MRR", "P@1", "P@3", "nDCG@10")
_BAR = 20


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What was evaluated, and the figures of our suggestions and of the baselines.

    origin: how the test was made. moment: if by line times, the Unix second that separates the earlier wiki from the
    pages asked about, else 0. earlier, later: the names of the export files, `later` "" if there is only one; of a
    library `earlier` is the project.
    n_pages_before: pages of the earlier wiki. n_asked: pages whose links were removed; n_with_gold of them had links to
    targets that the wiki knew, n_gold in all; n_coined: links to other targets. is_by_id: renamed pages were recognised
    by their id. encoder: the name of ours. made_at: Unix second.
    suggesters: ours first. shown: what readers would have seen of ours, None if nothing. floors: what they tell.
    old: the other half of the test, None where it could not be made.
    """

    earlier: str
    later: str
    is_blind: bool
    is_by_id: bool
    encoder: str
    n_pages_before: int
    n_asked: int
    n_with_gold: int
    n_gold: int
    n_coined: int
    suggesters: tuple[SuggesterFigures, ...]
    shown: Shown | None = None
    origin: Origin = "two exports"
    moment: int = 0
    made_at: int = 0
    old: OldPages | None = None
    floors: MeasuredFloors = MeasuredFloors()

    def as_json(self) -> str:
        """One JSON object, its keys being the names of the fields; shares and probabilities are in [0, 1]."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    def as_text(self) -> str:
        """Tables for a terminal of 100 columns: each group of suggestions, our reliability, and the first reasons."""
        blocks = [self.opening(), *_tables(self.suggesters)]
        for figures in (f for s in self.suggesters[:1] for f in s.groups):
            if figures.calibration and figures.group in ("page or red", "new"):
                blocks.append(_reliability(figures.group, figures.calibration))
        if self.shown:
            blocks.append(_reliability("all kinds", self.shown.calibration))
        if self.shown and self.shown.signals:
            blocks.append(_signals(self.shown))
        if self.old:
            blocks.append(_opening_of_old(self.old, self.earlier))
            blocks += _tables(self.old.suggesters)
        return "\n\n".join(blocks) + "\n"

    def opening(self) -> str:
        """A few lines on the wiki and the links to find."""
        taken = "and their words as well (blind)" if self.is_blind else "but not their words (inline)"
        return (
            f"{self._made_from()}\n"
            f"Their links were taken out, {taken}:\n"
            f"{self.n_gold:,} links to find on {self.n_with_gold:,} pages, "
            f"{self.n_coined:,} more that were new to the wiki. Encoder: {self.encoder}."
        )

    def _made_from(self) -> str:
        if self.origin == "line times":
            return (
                f"Links by line times: {self.earlier} as it stood on {_day(self.moment)}\n"
                f"{self.n_pages_before:,} pages with the lines they had, and {self.n_asked:,} that were made since."
            )
        if self.origin == "hidden links":
            return (
                f"Hidden links: {self.earlier}, whose line times do not show its past\n"
                f"{self.n_pages_before:,} pages as they are, and {self.n_asked:,} random ones that others still link."
            )
        by = "their ids and titles" if self.is_by_id else "their titles"
        return (
            f"Future links: {self.earlier} -> {self.later}\n"
            f"{self.n_pages_before:,} pages as they stood and {self.n_asked:,} new ones, matched by {by}."
        )


class OtherVersionError(LinkAssistError):
    """A kept report that another version wrote."""


def report_from_json(text: str) -> EvaluationReport:
    """The report that `as_json` wrote. Raises OtherVersionError if another version wrote it."""
    try:
        found: dict[str, Any] = json.loads(text)
        shown, old, floors = found.pop("shown"), found.pop("old", None), found.pop("floors", {})
        return EvaluationReport(
            **{**found, "suggesters": _suggesters(found["suggesters"])},
            shown=_shown(shown) if shown else None,
            old=OldPages(**{**old, "suggesters": _suggesters(old["suggesters"])}) if old else None,
            floors=MeasuredFloors(**floors),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise OtherVersionError(
            f"The kept evaluation cannot be read ({error}): another version of linkassist wrote it. "
            "Run `linkassist evaluate` to measure anew."
        ) from error


def _suggesters(found: Sequence[Mapping[str, Any]]) -> tuple[SuggesterFigures, ...]:
    return tuple(SuggesterFigures(each["name"], tuple(map(_group, each["groups"]))) for each in found)


def _group(found: Mapping[str, Any]) -> GroupFigures:
    calibration = found["calibration"]
    ranking = RankingFigures(**found["ranking"])
    return GroupFigures(found["group"], ranking, _calibration(calibration) if calibration else None)


def _calibration(found: Mapping[str, Any]) -> CalibrationFigures:
    return CalibrationFigures(**{**found, "bins": tuple(ReliabilityBin(**each) for each in found["bins"])})


def _shown(found: Mapping[str, Any]) -> Shown:
    signals = tuple(SignalFigures(**each) for each in found["signals"])
    return Shown(found["n_pages"], _calibration(found["calibration"]), signals)


def _tables(suggesters: Sequence[SuggesterFigures]) -> list[str]:
    """A table for each group that has figures."""
    tables = []
    for group, title in _GROUPS:
        rows = [(s.name, f) for s in suggesters for f in s.groups if f.group == group]
        if rows:
            tables.append(figures_table(title, rows))
    return tables


def _opening_of_old(old: OldPages, earlier: str) -> str:
    """A few lines on the half of the test that asks about old pages."""
    when = f" as it stood on {_day(old.moment)}" if old.moment else ""
    return (
        f"Old pages: {earlier}{when}, {old.n_pages:,} pages with their links\n"
        f"{old.n_asked:,} of them later linked words that stood on them: {old.n_gold:,} links to find, "
        f"{old.n_coined:,} more that were new to the wiki."
    )


def _day(moment: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(unix_second(moment)))


def figures_table(title: str, rows: Sequence[tuple[str, GroupFigures]]) -> str:
    """A title, a line of headings, and a row for each (name, its figures)."""
    width = max(len(name) for name, _ in rows)
    lines = [title, " " * width + "".join(f"{column:>9}" for column in _COLUMNS)]
    lines += [f"{name:<{width}}" + _cells(figures.ranking) for name, figures in rows]
    return "\n".join(lines)


def _cells(figures: RankingFigures) -> str:
    counts = (figures.n_lists, figures.n_right)
    shares = (
        figures.recall_at_10,
        figures.recall_at_50,
        figures.mrr,
        figures.precision_at_1,
        figures.precision_at_3,
        figures.ndcg_at_10,
    )
    return "".join(f"{count:>9,}" for count in counts) + "".join(f"{share:>9.3f}" for share in shares)


def _reliability(group: str, figures: CalibrationFigures) -> str:
    lines = [
        f"Our probabilities ({group}): calibration error {figures.error:.3f}, "
        f"{figures.error_from_10:.3f} from 0.1 on; {figures.n_suggestions:,} suggestions",
        f"Precision where 20 % are found: {figures.precision_at_recall_20:.3f}, "
        f"50 %: {figures.precision_at_recall_50:.3f}, 70 %: {figures.precision_at_recall_70:.3f}",
        "  promised        n     mean    right",
    ]
    for b in figures.bins:
        bar = "#" * round(b.share_right * _BAR)
        means = f"{b.mean_probability:>9.3f}{b.share_right:>9.3f}  {bar}".rstrip() if b.n else f"{'-':>9}{'-':>9}"
        lines.append(f"  {b.low:.1f}-{b.high:.1f}{b.n:>10,}{means}")
    return "\n".join(lines)


def _signals(shown: Shown) -> str:
    width = max(len("first reason"), *(len(each.signal) for each in shown.signals))
    lines = [
        f"By first reason, suggestions from 0.1 on, on the {shown.n_pages:,} pages that link anything",
        f"  {'first reason':<{width}}{'n':>9}{'promised':>10}{'right':>9}",
    ]
    for each in shown.signals:
        name = each.signal or "(none)"
        shares = f"{each.mean_probability:>10.3f}{each.share_right:>9.3f}"
        lines.append(f"  {name:<{width}}{each.n:>9,}" + (f"{'-':>10}{'not seen':>9}" if each.is_unseen else shares))
    if any(each.n_unseen for each in shown.signals):
        lines.append("  Without those that no word of the page says, which the test cannot see.")
    return "\n".join(lines)
