"""What an evaluation found, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from linkassist.evaluate.metrics import CalibrationFigures, RankingFigures
from linkassist.evaluate.scoring import Group, GroupFigures, SuggesterFigures

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
    """What was evaluated, and how good our suggestions and those of the simple peers are.

    earlier, later: the names of the export files. n_pages_before: pages of the earlier one; n_asked: new pages whose
    links were taken out, of which n_with_gold had links to what the wiki knew, n_gold in all; n_coined: links to what
    it did not know. is_by_id: renamed pages were told from new ones by their id. encoder: the name ours ran with.
    suggesters: ours first.
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

    def as_json(self) -> str:
        """One JSON object, its keys being the names of the fields; shares and probabilities are in [0, 1]."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    def as_text(self) -> str:
        """Tables for a terminal of 100 columns, one for each group of suggestions, and our reliability."""
        blocks = [self._opening()]
        for group, title in _GROUPS:
            rows = [(s.name, f) for s in self.suggesters for f in s.groups if f.group == group]
            if rows:
                blocks.append(_table(title, rows))
        for figures in (f for s in self.suggesters[:1] for f in s.groups):
            if figures.calibration and figures.group in ("page or red", "new"):
                blocks.append(_reliability(figures.group, figures.calibration))
        return "\n\n".join(blocks) + "\n"

    def _opening(self) -> str:
        taken = "and their words as well (blind)" if self.is_blind else "but not their words (inline)"
        told = "their ids and titles" if self.is_by_id else "their titles"
        return (
            f"Future links: {self.earlier} -> {self.later}\n"
            f"{self.n_pages_before:,} pages as they stood and {self.n_asked:,} new ones, told by {told}.\n"
            f"The links of the new ones were taken out, {taken}:\n"
            f"{self.n_gold:,} links to find on {self.n_with_gold:,} pages, "
            f"{self.n_coined:,} more that were new to the wiki. Encoder: {self.encoder}."
        )


def _table(title: str, rows: Sequence[tuple[str, GroupFigures]]) -> str:
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


def _reliability(group: Group, figures: CalibrationFigures) -> str:
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
