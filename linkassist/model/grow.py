"""New pages and red links added to the model of a wiki, without learning it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from linkassist.model.wiki_model import WikiModel
from linkassist.suggest.corpus import Corpus, FloatArray, IntArray, is_template_key, pointed_key
from linkassist.suggest.statistics import Statistics, Texts
from linkassist.wiki import Reading


class OverlaidReadings(Sequence[Reading]):
    """A sequence of readings in which those of some pages are replaced, and of further pages appended."""

    def __init__(self, base: Sequence[Reading], overlay: Mapping[int, Reading], n_pages: int) -> None:
        self._base, self._overlay, self._n_pages = base, overlay, n_pages

    def __len__(self) -> int:
        return self._n_pages

    def __getitem__(self, page: Any) -> Any:
        return self._overlay[int(page)] if int(page) in self._overlay else self._base[int(page)]


@dataclass(frozen=True, slots=True)
class NewTarget:
    """A title that did not exist when the wiki was learnt; n_linked pages link it, n_said say or link it."""

    key: str
    name: str
    n_linked: int
    n_said: int


@dataclass(frozen=True, slots=True)
class NewPage:
    """A page that did not exist then. target: None where its title was a red link, which keeps its number."""

    target: NewTarget | None
    created: int
    n_characters: int
    vector: FloatArray


def grow(
    model: WikiModel,
    pages: Sequence[NewPage],
    red: Sequence[NewTarget],
    readings: Mapping[int, Reading],
    gone: frozenset[int] = frozenset(),
) -> WikiModel:
    """A copy with rows for new pages and red links, each appended after its own kind.

    The features of known pages and targets stay as they were: of the new ones only is known who says them now.
    readings: of pages that were read again or are new, by their numbers in the copy. gone: pages that no longer exist.
    """
    corpus, texts, statistics = model.corpus, model.texts, model.statistics
    rows = _Insertion(corpus.n_pages, corpus.n_targets, len(pages), len(red))
    placeholders = [f"\0{number}" for number in range(len(pages))]  # no link and no text has such a key
    keys = [page.target.key if page.target else placeholders[i] for i, page in enumerate(pages)]
    names = [page.target.name if page.target else placeholders[i] for i, page in enumerate(pages)]
    targets = [*(page.target for page in pages), *red]
    n_linked = [target.n_linked if target else 0 for target in targets]
    n_said = [target.n_said if target else 0 for target in targets]
    linked, said = rows.of_targets(statistics.n_linked, n_linked), rows.of_targets(statistics.n_mentioned, n_said)
    unknown = np.nan if np.isnan(statistics.n_linked_lately).any() else 0
    bigrams = copy(texts.bigrams)
    bigrams.titles = rows.rows_of_targets(texts.bigrams.titles)
    width = texts.vectors.shape[1]
    vectors = np.concatenate([texts.vectors, *(page.vector[None] for page in pages)]) if pages else texts.vectors
    created = np.array([page.created for page in pages], np.int64)
    sizes = np.array([page.n_characters for page in pages], np.float32)
    all_keys = rows.of_texts(corpus.keys, keys, [target.key for target in red])
    is_template = [is_template_key(key) for key in (*keys, *(target.key for target in red))]
    return replace(
        model,
        corpus=Corpus(
            readings=OverlaidReadings(corpus.readings, readings, rows.n_pages + rows.n_new),
            keys=all_keys,
            names=rows.of_texts(corpus.names, names, [target.name for target in red]),
            links=rows.pages_by_targets(corpus.links),
            is_template=rows.of_targets(corpus.is_template, is_template),
            created=np.concatenate([corpus.created, created]),
            marks=rows.rows_of_pages(corpus.marks),
            points_to=_points_to(corpus, rows.n_pages + rows.n_new, readings, gone),
        ),
        texts=Texts(
            mentioned=rows.pages_by_targets(texts.mentioned),
            vectors=vectors,
            bigrams=bigrams,
            page_bigrams=rows.rows_of_pages(texts.page_bigrams),
            n_characters=np.concatenate([texts.n_characters, sizes]),
        ),
        statistics=Statistics(
            is_teacher=np.append(statistics.is_teacher, np.zeros(len(pages), np.bool_)),
            links=rows.pages_by_targets(statistics.links),
            n_linked=linked,
            n_mentioned=said,
            link_probability=rows.of_targets(
                statistics.link_probability, [a / (b + 1.5) for a, b in zip(n_linked, n_said, strict=True)]
            ),
            co_cited=rows.rows_of_targets(rows.columns(statistics.co_cited)),
            profiles=rows.of_targets(statistics.profiles, np.zeros((len(targets), width), np.float32)),
            term_profiles=rows.rows_of_targets(statistics.term_profiles),
            marked=rows.columns(statistics.marked),
            n_linked_lately=rows.of_targets(statistics.n_linked_lately, [unknown] * len(targets)),
            last_linked=rows.of_targets(statistics.last_linked, [0] * len(targets)),
        ),
        linking=replace(model.linking, starts=rows.starts(model.linking.starts)),
    )


def _points_to(corpus: Corpus, n_pages: int, readings: Mapping[int, Reading], gone: frozenset[int]) -> list[str]:
    """Per page, the title key to which it only points now; what is gone neither points nor is pointed to."""
    pointing = [*corpus.points_to, *([""] * (n_pages - corpus.n_pages))]
    for number, reading in readings.items():
        pointing[number] = pointed_key(reading)
    lost = {corpus.keys[number] for number in gone}
    return ["" if number in gone or target in lost else target for number, target in enumerate(pointing)]


def is_placeholder(key: str) -> bool:
    """Whether the key is that of a new page whose title, if it has one, is a red link's and keeps that number."""
    return key.startswith("\0")


@dataclass(frozen=True, slots=True)
class _Insertion:
    """Inserts n_new pages behind the n_pages, and n_red red links behind all targets, into arrays and matrices."""

    n_pages: int
    n_targets: int
    n_new: int
    n_red: int

    def of_targets(self, values: np.ndarray, new: Any) -> Any:
        """Per target; new: the values of the new pages, then of the new red links."""
        beside = np.asarray(new, values.dtype).reshape(self.n_new + self.n_red, *values.shape[1:])
        parts = [values[: self.n_pages], beside[: self.n_new], values[self.n_pages :], beside[self.n_new :]]
        return np.concatenate(parts)

    def of_texts(self, texts: list[str], pages: list[str], red: list[str]) -> list[str]:
        """Per target, texts."""
        return [*texts[: self.n_pages], *pages, *texts[self.n_pages :], *red]

    def columns(self, matrix: sp.csr_matrix) -> sp.csr_matrix:
        """(anything, targets)."""
        indices = np.where(matrix.indices >= self.n_pages, matrix.indices + self.n_new, matrix.indices)
        shape = (matrix.shape[0], self.n_targets + self.n_new + self.n_red)
        return _matrix(matrix.data, indices.astype(matrix.indices.dtype), matrix.indptr, shape)

    def rows_of_targets(self, matrix: sp.csr_matrix) -> sp.csr_matrix:
        """(targets, anything); the new rows are empty."""
        return _matrix(matrix.data, matrix.indices, self.starts(matrix.indptr), (-1, matrix.shape[1]))

    def starts(self, starts: IntArray) -> IntArray:
        """Per target and one more, where what belongs to it begins; nothing belongs to the new ones."""
        middle = np.full(self.n_new, starts[self.n_pages], starts.dtype)
        end = np.full(self.n_red, starts[-1], starts.dtype)
        return np.concatenate([starts[: self.n_pages], middle, starts[self.n_pages :], end])

    def rows_of_pages(self, matrix: sp.csr_matrix) -> sp.csr_matrix:
        """(pages, anything); the new rows are empty."""
        indptr = np.append(matrix.indptr, np.full(self.n_new, matrix.indptr[-1], matrix.indptr.dtype))
        return _matrix(matrix.data, matrix.indices, indptr, (-1, matrix.shape[1]))

    def pages_by_targets(self, matrix: sp.csr_matrix) -> sp.csr_matrix:
        """(pages, targets)."""
        return self.rows_of_pages(self.columns(matrix))


def _matrix(data: FloatArray, indices: np.ndarray, indptr: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    """The matrix of these parts, the columns of each row in order; -1 for as many rows as they tell."""
    n_rows = len(indptr) - 1 if shape[0] < 0 else shape[0]
    matrix = sp.csr_matrix((data, indices, indptr), shape=(n_rows, shape[1]), copy=False)
    matrix.has_sorted_indices = True
    return matrix
