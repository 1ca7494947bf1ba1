"""The experiments from a wiki's pages to a report: the test, the vectors, the score.

All see one wiki: that of the future-links test, in which the pages that are asked about have lost their links. So what
is printed is what is scored, and the wiki's own encoder has seen none of the links to be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from linkassist.embed.encoder import Encoder, RawEncoder, normalised
from linkassist.evaluate.futures import FuturesTest
from linkassist.evaluate.metrics import LIST_LENGTH
from linkassist.evaluate.run import EvaluationOptions, ask_all
from linkassist.evaluate.scoring import Answer, score
from linkassist.evaluate.single_wiki import build_one_wiki_test
from linkassist.model.fit import suggest_wiki
from linkassist.progress import OnProgress
from linkassist.research.nearest_pages.codes import bucket_figures, bucket_mates, learnt_code, sign_code
from linkassist.research.nearest_pages.nearest import NO_PAGE, nearest, representatives
from linkassist.research.nearest_pages.report import ExperimentsReport, NearestFigures, NearestPage
from linkassist.suggest.corpus import BoolArray, FloatArray, IntArray
from linkassist.suggestion import Suggestion
from linkassist.wiki import Page, Reading, title_key

SIGNS, LEARNT = "signs of the first dimensions", "learnt code"
_N_NEAREST = 10
_NO_VECTORS = np.zeros((0, 0), np.float32)


@dataclass(slots=True)
class _Vectors:
    """The vectors of a wiki's texts, the last encoder's kept as it gave them."""

    on_progress: OnProgress
    readings: Sequence[Reading] = ()
    raw: FloatArray = field(default_factory=lambda: _NO_VECTORS)
    is_raw: bool = False
    fingerprint: str = ""

    def of(self, encoder: Encoder) -> FloatArray:
        """(pages, width) unit vectors."""
        texts = [reading.text for reading in self.readings]
        self.is_raw, self.fingerprint = isinstance(encoder, RawEncoder), encoder.fingerprint
        encode = encoder.encode_raw if isinstance(encoder, RawEncoder) else encoder.encode
        self.raw = encode(texts, lambda done, total: self.on_progress("encode", done, total))
        return normalised(self.raw)


def run_experiments(
    pages: Sequence[Page],
    name: str,
    how: EvaluationOptions,
    on_progress: OnProgress,
    *,
    has_nearest: bool,
    has_buckets: bool,
) -> ExperimentsReport:
    """The experiments on a wiki of that name. Raises LinkAssistError where it makes no test.

    how: of the future-links test; of an encoder that would be joined with the wiki's own, the vectors are its alone.
    """
    test = build_one_wiki_test(pages, is_blind=how.is_blind, n_asked=how.n_asked, seed=how.seed)
    vectors = _Vectors(on_progress)

    def suggest(readings: Sequence[Reading]) -> list[list[Suggestion]]:
        vectors.readings = readings
        return suggest_wiki(readings, encoder_name=how.encoder, vectors_of=vectors.of, on_progress=on_progress)

    evaluation = ask_all(test, suggest, name, "", how.encoder, on_progress)
    on_progress("compare pages", 0, 1)
    same_as = representatives(vectors.raw, [reading.text for reading in vectors.readings])
    codes: dict[str, BoolArray] = {}
    if has_buckets:
        codes = {SIGNS: sign_code(vectors.raw), LEARNT: learnt_code(vectors.raw, seed=how.seed)}
    asked = [page for page in test.asked if page.gold]  # a similar page is nothing new
    lists = _Lists(test, vectors.raw, same_as, np.array([page.number for page in asked], np.int64))
    rows = list(lists.of_chance(how.seed))
    rows += lists.of_nearest() if has_nearest else ()
    for code_name, code in codes.items():
        rows.append((f"same bucket: {code_name}", lists.of_buckets(code)))
    of_experiments = tuple(score(row, asked, answer) for row, answer in rows)
    on_progress("compare pages", 1, 1)
    return ExperimentsReport(
        replace(evaluation, suggesters=(*evaluation.suggesters, *of_experiments), shown=None),
        vectors.fingerprint,
        vectors.raw.shape[1],
        vectors.is_raw,
        _nearest_figures(test, vectors, same_as) if has_nearest else None,
        tuple(bucket_figures(code_name, code) for code_name, code in codes.items()),
    )


@dataclass(frozen=True, slots=True)
class _Lists:
    """What each experiment proposes for the pages numbered `asked`, best first."""

    test: FuturesTest
    vectors: FloatArray
    same_as: IntArray
    asked: IntArray

    def of_chance(self, seed: int) -> Iterator[tuple[str, list[list[Answer]]]]:
        """Ten random other pages."""
        draw, n_pages = np.random.default_rng(seed), len(self.test.pages)
        drawn = [draw.permutation(n_pages)[: _N_NEAREST + 1] for _ in self.asked]
        yield (
            f"random {_N_NEAREST}",
            [self._answers(pages[pages != own][:_N_NEAREST]) for own, pages in zip(self.asked, drawn, strict=True)],
        )

    def of_nearest(self) -> Iterator[tuple[str, list[list[Answer]]]]:
        """The nearest page, the ten nearest by distance, and the ten nearest by cosine."""
        by_distance = nearest(self.vectors, self.same_as, self.asked, _N_NEAREST, "euclid").pages
        by_cosine = nearest(self.vectors, self.same_as, self.asked, _N_NEAREST, "cosine").pages
        yield "nearest, Euclid", [self._answers(row[:1]) for row in by_distance]
        yield f"nearest {_N_NEAREST}, Euclid", [self._answers(row) for row in by_distance]
        yield f"nearest {_N_NEAREST}, cosine", [self._answers(row) for row in by_cosine]

    def of_buckets(self, code: BoolArray) -> list[list[Answer]]:
        """The pages of the same bucket, the nearest first: a bucket by itself has no order."""
        found = []
        for own, mates in zip(self.asked, bucket_mates(code, self.asked), strict=True):
            distances = np.linalg.norm(self.vectors[mates] - self.vectors[own], axis=1)
            found.append(self._answers(mates[np.argsort(distances, kind="stable")][:LIST_LENGTH]))
        return found

    def _answers(self, pages: IntArray) -> list[Answer]:
        return [Answer(self.test.pages[page].key, "page") for page in pages.tolist() if page != NO_PAGE]


def _nearest_figures(test: FuturesTest, vectors: _Vectors, same_as: IntArray) -> NearestFigures:
    """The first experiment on every page of the test's wiki."""
    linked = _links(test, vectors.readings)
    n_pages, keys = len(test.pages), [page.key for page in test.pages]
    kept = np.flatnonzero(same_as == np.arange(n_pages))
    found = nearest(vectors.raw, same_as, kept, 1, "euclid")
    other_of = dict(zip(kept.tolist(), found.pages[:, 0].tolist(), strict=True))
    pairs = [
        NearestPage(
            test.pages[page].title,
            test.pages[other].title,
            distance,
            other_of[other] == page,
            keys[other] in linked[page] or keys[page] in linked[other],
        )
        for (page, other), distance in zip(other_of.items(), found.distances[:, 0].tolist(), strict=True)
        if other != NO_PAGE
    ]
    number = {key: page for page, key in enumerate(keys)}
    of_all = {
        (min(page, number[key]), max(page, number[key]))
        for page, targets in enumerate(linked)
        for key in targets
        if key in number and number[key] != page
    }
    return NearestFigures(
        n_same=n_pages - len(kept),
        share_linked=sum(pair.is_linked for pair in pairs) / max(1, len(pairs)),
        share_linked_by_chance=len(of_all) / max(1, n_pages * (n_pages - 1) // 2),
        pages=tuple(sorted(pairs, key=lambda pair: (pair.distance, pair.page))),
    )


def _links(test: FuturesTest, readings: Sequence[Reading]) -> list[frozenset[str]]:
    """Per page, the title keys that it links, those that were taken out included."""
    of_asked = {page.number: page.gold | page.coined for page in test.asked}
    return [
        of_asked.get(number, frozenset()) | {title_key(target) for target in reading.links}
        for number, reading in enumerate(readings)
    ]
