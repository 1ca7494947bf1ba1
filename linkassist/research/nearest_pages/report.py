"""The report of the experiments: as values, as JSON, and as the text that the command prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from linkassist.evaluate.figures import Group
from linkassist.evaluate.report import EvaluationReport, figures_table
from linkassist.research.nearest_pages.codes import BucketFigures

_GROUPS: tuple[tuple[Group, str], ...] = (
    ("page or red", "Links to find, to pages and red links: what each list of suggestions was worth"),
    ("page", "Links to pages alone: all that a similar page can be"),
)
_BUCKET_COLUMNS = ("bits", "buckets", "of", "alone", "largest", "beside", "entropy")


@dataclass(frozen=True, slots=True)
class NearestPage:
    """A page and the one nearest to it, by their titles. distance: Euclidean, between vectors as they are.

    is_mutual: each is the other's nearest. is_linked: one links the other, removed links included.
    """

    page: str
    nearest: str
    distance: float
    is_mutual: bool
    is_linked: bool


@dataclass(frozen=True, slots=True)
class NearestFigures:
    """The first experiment. n_same: pages left out as duplicates of an earlier one, by text or by vector.

    share_linked: of `pages`, those linked with their nearest. share_linked_by_chance: of all pairs of pages.
    pages: smallest distance first, without pages whose vector is zero.
    """

    n_same: int
    share_linked: float
    share_linked_by_chance: float
    pages: tuple[NearestPage, ...]


@dataclass(frozen=True, slots=True)
class ExperimentsReport:
    """evaluation: the test, and the figures of ours, the baselines and the experiments, in this order.

    fingerprint: of the encoder. is_raw: the vectors have their own lengths; otherwise all have length 1, and Euclidean
    distance ranks as the cosine. buckets: empty if not asked for.
    """

    evaluation: EvaluationReport
    fingerprint: str
    width: int
    is_raw: bool
    nearest: NearestFigures | None
    buckets: tuple[BucketFigures, ...]

    def as_json(self) -> str:
        """One JSON object, its keys being the names of the fields; shares are in [0, 1]."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    def as_text(self, n_pairs: int) -> str:
        """For a terminal of 100 columns: the nearest pages, `n_pairs` lines of them, the buckets and the scores."""
        lengths = "lengths of their own" if self.is_raw else "length 1"
        blocks = [
            self.evaluation.opening(),
            f"Vectors: {self.width} numbers each, with {lengths}, by {self.fingerprint}.",
        ]
        if self.nearest:
            blocks.append(_nearest_text(self.nearest, n_pairs))
        if self.buckets:
            blocks.append(_bucket_table(self.buckets))
        for group, title in _GROUPS:
            rows = [(s.name, f) for s in self.evaluation.suggesters for f in s.groups if f.group == group]
            if rows:
                blocks.append(figures_table(title, rows))
        return "\n\n".join(blocks) + "\n"


def _nearest_text(figures: NearestFigures, n_pairs: int) -> str:
    lines = [
        f"Each page and its nearest: {len(figures.pages):,} pages, and {figures.n_same:,} that are the same as another",
        f"{figures.share_linked:.1%} are linked with it, of all pairs of pages {figures.share_linked_by_chance:.2%}",
        "  distance",
    ]
    shown = [pair for pair in figures.pages if not pair.is_mutual or pair.page <= pair.nearest][:n_pairs]
    for pair in shown:
        arrow = "<->" if pair.is_mutual else "->"
        lines.append(f"{pair.distance:>10.4f}  {pair.page} {arrow} {pair.nearest}" + ("  (linked)" * pair.is_linked))
    return "\n".join(lines)


def _bucket_table(figures: Sequence[BucketFigures]) -> str:
    width = max(len(each.name) for each in figures)
    lines = [
        f"{figures[0].n_pages:,} pages in buckets; beside: how many others a page finds in its own, on average",
        " " * width + "".join(f"{column:>9}" for column in _BUCKET_COLUMNS),
    ]
    for each in figures:
        counts = (each.n_bits, each.n_used, 2**each.n_bits, each.n_alone, each.largest)
        cells = "".join(f"{count:>9,}" for count in counts) + f"{each.mean_others:>9.1f}{each.entropy:>9.2f}"
        lines.append(f"{each.name:<{width}}{cells}")
    return "\n".join(lines)
