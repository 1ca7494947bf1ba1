"""The report of a comparison of poolings: as values, as JSON, and as a table for the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from linkassist.embed.model_name import Treatment
from linkassist.evaluate.figures import Origin
from linkassist.research.pooling.scores import Scores
from linkassist.suggest.corpus import FloatArray


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over pages; how far it lies behind that of the best row, and the standard error of this difference.

    The difference is paired, page by page, so that its error leaves out how hard the pages are. Below 0: ahead.
    """

    mean: float
    behind: float
    behind_error: float


@dataclass(frozen=True, slots=True)
class PoolingRow:
    """One vector a page. nearest_*: a linked page among the nearest; links_*: what the nearest pages link."""

    name: str
    treatment: Treatment
    nearest_recall_at_10: Figure
    nearest_mrr: Figure
    links_recall_at_10: Figure
    links_mrr: Figure


@dataclass(frozen=True, slots=True)
class PoolingReport:
    """rows: the BERT's, that with the highest nearest_recall_at_10 first. beside: linkassist's own encoder.

    width: of the BERT's vectors. n_nearest, n_links: the pages that each pair of figures is a mean of. origin: how the
    links were hidden. encoding_s: of the one pass for all rows.
    """

    wiki: str
    model: str
    fingerprint: str
    precision: str
    max_seq_length: int
    overlap: int | None
    is_blind: bool
    origin: Origin
    n_pages: int
    width: int
    n_nearest: int
    n_links: int
    encoding_s: float
    rows: tuple[PoolingRow, ...]
    beside: PoolingRow

    def as_json(self) -> str:
        """One JSON object, its keys being the names of the fields."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    def print_to(self, console: Console) -> None:
        """Prints the heading and the table."""
        read = f"the first {self.max_seq_length} tokens of each page"
        if self.overlap is not None:
            read = f"windows of {self.max_seq_length} tokens that overlap by {self.overlap}"
        words = "taken out, with their words" if self.is_blind else "taken out, their words kept"
        console.print(
            f"{self.wiki}: {self.n_pages:,} pages, links of the asked ones {words} ({self.origin}).\n"
            f"{self.model} ({self.fingerprint}, {self.precision}), {read}: one pass, {self.encoding_s:,.0f} s.\n"
            f"near: is a linked page among the nearest? {self.n_nearest:,} pages. "
            f"links: is it among what the nearest pages link? {self.n_links:,} pages.\n"
            "behind: how far R@10 lies below the best row's, and the standard error of this difference.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        if self.n_pages <= self.width:
            console.print(
                f"Whitening needs more pages than the vectors' {self.width:,} dimensions; with fewer it makes all pages"
                " equally far from each other, so leave its rows aside.",
                soft_wrap=True,
            )
        table = Table()
        for name in ("pooling, layers", "vectors"):
            table.add_column(name, no_wrap=True)
        for name in ("near R@10", "behind", "MRR", "links R@10", "behind", "MRR"):
            table.add_column(name, justify="right", no_wrap=True)
        for row in (*self.rows, self.beside):
            if row is self.beside:
                table.add_section()
            table.add_row(
                row.name,
                row.treatment,
                *_cells(row.nearest_recall_at_10, row.nearest_mrr),
                *_cells(row.links_recall_at_10, row.links_mrr),
            )
        console.print(table)


@dataclass(frozen=True, slots=True)
class Scored:
    """A row before it is compared."""

    name: str
    treatment: Treatment
    scores: Scores


def compared(scored: Sequence[Scored], beside: Scored) -> tuple[tuple[PoolingRow, ...], PoolingRow]:
    """(the rows, best first; the reference row), each figure compared with the best of the rows in this figure."""
    best = [max((_columns(each.scores)[at] for each in scored), key=_mean) for at in range(4)]

    def row(each: Scored) -> PoolingRow:
        figures = [_figure(own, of_best) for own, of_best in zip(_columns(each.scores), best, strict=True)]
        return PoolingRow(each.name, each.treatment, *figures)

    rows = sorted(map(row, scored), key=lambda each: (-each.nearest_recall_at_10.mean, -each.nearest_mrr.mean))
    return tuple(rows), row(beside)


def _figure(own: FloatArray, best: FloatArray) -> Figure:
    difference = best.astype(np.float64) - own
    error = float(difference.std(ddof=1) / np.sqrt(len(difference))) if len(difference) > 1 else 0.0
    return Figure(_mean(own), float(difference.mean()) if len(difference) else 0.0, error)


def _columns(scores: Scores) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    return (
        scores.nearest_recall_at_10,
        scores.nearest_reciprocal_rank,
        scores.links_recall_at_10,
        scores.links_reciprocal_rank,
    )


def _mean(values: FloatArray) -> float:
    return float(values.mean(dtype=np.float64)) if len(values) else 0.0


def _cells(recall: Figure, mrr: Figure) -> tuple[str, str, str]:
    behind = "best" if recall.behind == recall.behind_error == 0 else f"{recall.behind:.3f} ± {recall.behind_error:.3f}"
    return f"{recall.mean:.3f}", behind, f"{mrr.mean:.3f}"
