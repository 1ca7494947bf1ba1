"""What is known of a wiki once it was learnt: its texts, links and phrases as they were then, and all they tell.

A suggestion is made from this and from the page alone. So a list made later, of a page that has changed since, is the
one that it would have had at the time; and lists of pages that have not changed need not be made again. It is kept in
one file (`array_file.py`), and `extended` makes room in it for pages and red links that came since.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from linkassist.model.array_file import load_arrays, save_arrays
from linkassist.suggest.corpus import Corpus, FloatArray, IntArray, all_known, is_template_key, mark_numbers
from linkassist.suggest.explain.similar_lines import LinkingLines, read_linking_lines
from linkassist.suggest.link_budget import LinkBudgets
from linkassist.suggest.link_contexts import CategoryLogOdds, ContextLogOdds
from linkassist.suggest.mentions import Mentions
from linkassist.suggest.phrases.boundary_rates import LinkRates, Rate
from linkassist.suggest.phrases.extraction import PhraseCounts, PhrasePostings, Phrases, not_new
from linkassist.suggest.phrases.features import PhraseStatistics
from linkassist.suggest.phrases.fragments import Endings
from linkassist.suggest.phrases.title_similarity import TitleLikeness
from linkassist.suggest.statistics import Bigrams, Statistics, Texts, learn_statistics
from linkassist.wiki import Passage, Reading

OnStep = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Holders:
    """Which pages' lists hold which targets: hashes of the targets' keys, ascending, and beside each the page."""

    hashes: npt.NDArray[np.uint64]
    pages: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What lists are made from, beside the ranker.

    made_with: what tells the encoder and the ranker from others. hashes: of the texts of the pages. marks: the columns
    of `corpus.marks`. odds, budgets, linking, use, habits and sayers: what the teachers' mentions, the pages' lengths,
    the lines that link, and the phrases tell. holders: of the lists that the pages had then.
    Of the readings of a `corpus` that was read from a file, only titles and passages are known.
    """

    made_with: str
    hashes: Sequence[str]
    corpus: Corpus
    texts: Texts
    statistics: Statistics
    marks: Sequence[str]
    odds: ContextLogOdds
    budgets: LinkBudgets
    linking: LinkingLines
    use: PhraseCounts
    habits: PhraseStatistics
    sayers: PhrasePostings
    holders: Holders

    def holding(self, key_hashes: Sequence[int]) -> set[int]:
        """The pages whose lists, made then, hold one of these targets."""
        wanted = np.array(key_hashes, np.uint64)
        low, high = (np.searchsorted(self.holders.hashes, wanted, side=side) for side in ("left", "right"))
        return {int(page) for a, b in zip(low, high, strict=True) for page in self.holders.pages[a:b]}


_CLASSES: Final = (
    Knowledge,
    Holders,
    Corpus,
    Texts,
    Bigrams,
    Statistics,
    ContextLogOdds,
    CategoryLogOdds,
    LinkBudgets,
    LinkingLines,
    PhraseCounts,
    Endings,
    PhraseStatistics,
    LinkRates,
    Rate,
    TitleLikeness,
    PhrasePostings,
)


# What classes were called in files of linkassist 0.1.
_FORMER: Final = {
    "ContextOdds": "ContextLogOdds",
    "Odds": "CategoryLogOdds",
    "PhraseHabits": "PhraseStatistics",
    "PhraseUse": "PhraseCounts",
    "Sayers": "PhrasePostings",
}


def learn_knowledge(
    made_with: str,
    hashes: Sequence[str],
    corpus: Corpus,
    texts: Texts,
    mentions: Mentions,
    phrases: Phrases,
    use: PhraseCounts,
    told: OnStep = lambda done, total: None,
) -> Knowledge:
    """What these pages tell, in the order of the corpus."""
    told(0, 3)
    n_links = np.diff(corpus.links.indptr).astype(np.int64)
    statistics = learn_statistics(corpus, texts, n_links > 0)
    told(1, 3)
    lengths = np.array([len(reading.text) for reading in corpus.readings], np.int64)
    linking = read_linking_lines(corpus, texts.bigrams, statistics.is_teacher)
    told(2, 3)
    habits = PhraseStatistics(corpus, phrases, not_new(corpus, phrases), np.diff(all_known(corpus).indptr) > 0)
    told(3, 3)
    return Knowledge(
        made_with=made_with,
        hashes=hashes,
        corpus=corpus,
        texts=texts,
        statistics=statistics,
        marks=list(mark_numbers(corpus.readings)),
        odds=ContextLogOdds(mentions, statistics.is_teacher),
        budgets=LinkBudgets(lengths, n_links),
        linking=linking,
        use=use,
        habits=habits,
        sayers=PhrasePostings(phrases),
        holders=Holders(np.zeros(0, np.uint64), np.zeros(0, np.int32)),
    )


def holder_hash(key: str) -> int:
    """The number by which a target is looked up among the holders."""
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def holders_of(found: Sequence[tuple[int, int]]) -> Holders:
    """The holders of these targets. found: (hash of the target's key, number of the page), in any order."""
    hashes = np.array([key_hash for key_hash, _ in found], np.uint64)
    order = np.argsort(hashes, kind="stable")
    return Holders(hashes[order], np.array([page for _, page in found], np.int32)[order])


def save_knowledge(knowledge: Knowledge, path: Path) -> str:
    """Writes it into a file, whole or not at all; returns what tells it from others."""
    told: Any = [
        json.dumps([reading.title, *(p.text for p in reading.passages)]) for reading in knowledge.corpus.readings
    ]
    plain = replace(
        knowledge,
        corpus=replace(knowledge.corpus, readings=told),
        linking=replace(knowledge.linking, readings=()),
    )
    return save_arrays(plain, path, _CLASSES)


def load_knowledge(path: Path) -> Knowledge:
    """What `save_knowledge` wrote. Raises ModelError where it is missing or damaged."""
    knowledge: Knowledge = load_arrays(path, _CLASSES, _FORMER)
    corpus: Any = knowledge.corpus
    readings = FrozenReadings(corpus.readings)
    return replace(
        knowledge,
        hashes=list(knowledge.hashes),
        marks=list(knowledge.marks),
        linking=replace(knowledge.linking, readings=readings),
        corpus=replace(
            corpus,
            readings=readings,
            keys=list(corpus.keys),
            names=list(corpus.names),
        ),
    )


class FrozenReadings(Sequence[Reading]):
    """The titles and passages of pages that were kept."""

    def __init__(self, kept: Sequence[str]) -> None:
        self._kept = kept

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, page: Any) -> Any:
        title, *passages = json.loads(self._kept[int(page)])
        return Reading(title, tuple(Passage(number, text, ()) for number, text in enumerate(passages)), ())


class ReadingsSince(Sequence[Reading]):
    """The readings of pages, some of them read anew, and of pages behind them."""

    def __init__(self, before: Sequence[Reading], anew: Mapping[int, Reading], n_pages: int) -> None:
        self._before, self._anew, self._n_pages = before, anew, n_pages

    def __len__(self) -> int:
        return self._n_pages

    def __getitem__(self, page: Any) -> Any:
        return self._anew[int(page)] if int(page) in self._anew else self._before[int(page)]


@dataclass(frozen=True, slots=True)
class NewTarget:
    """A title that was none when the wiki was learnt. Of the pages, how many link it and how many say or link it."""

    key: str
    name: str
    n_linked: int
    n_said: int


@dataclass(frozen=True, slots=True)
class NewPage:
    """A page that was not there. target: None where its title was a red link; that keeps its number."""

    target: NewTarget | None
    created: int
    n_characters: int
    vector: FloatArray


def extended(
    knowledge: Knowledge, pages: Sequence[NewPage], red: Sequence[NewTarget], anew: Mapping[int, Reading]
) -> Knowledge:
    """The same with numbers for what came since: pages behind the pages, red links behind the red links.

    Nobody's evidence changes by it: of the new ones nothing is known but who says them now.
    anew: the readings of pages that have been read, by their new numbers.
    """
    corpus, texts, statistics = knowledge.corpus, knowledge.texts, knowledge.statistics
    room = _Room(corpus.n_pages, corpus.n_targets, len(pages), len(red))
    nameless = [f"\0{number}" for number in range(len(pages))]  # nothing links it, and no text says it
    keys = [page.target.key if page.target else nameless[i] for i, page in enumerate(pages)]
    names = [page.target.name if page.target else nameless[i] for i, page in enumerate(pages)]
    targets = [*(page.target for page in pages), *red]
    n_linked = [target.n_linked if target else 0 for target in targets]
    n_said = [target.n_said if target else 0 for target in targets]
    linked, said = room.of_targets(statistics.n_linked, n_linked), room.of_targets(statistics.n_mentioned, n_said)
    unknown = np.nan if np.isnan(statistics.n_linked_lately).any() else 0
    bigrams = copy(texts.bigrams)
    bigrams.titles = room.rows_of_targets(texts.bigrams.titles)
    width = texts.vectors.shape[1]
    vectors = np.concatenate([texts.vectors, *(page.vector[None] for page in pages)]) if pages else texts.vectors
    created = np.array([page.created for page in pages], np.int64)
    sizes = np.array([page.n_characters for page in pages], np.float32)
    all_keys = room.of_texts(corpus.keys, keys, [target.key for target in red])
    fresh = [is_template_key(key) for key in (*keys, *(target.key for target in red))]
    return replace(
        knowledge,
        corpus=Corpus(
            readings=ReadingsSince(corpus.readings, anew, room.n_pages + room.n_new),
            keys=all_keys,
            names=room.of_texts(corpus.names, names, [target.name for target in red]),
            links=room.pages_by_targets(corpus.links),
            is_template=room.of_targets(corpus.is_template, fresh),
            created=np.concatenate([corpus.created, created]),
            marks=room.rows_of_pages(corpus.marks),
        ),
        texts=Texts(
            mentioned=room.pages_by_targets(texts.mentioned),
            vectors=vectors,
            bigrams=bigrams,
            page_bigrams=room.rows_of_pages(texts.page_bigrams),
            n_characters=np.concatenate([texts.n_characters, sizes]),
        ),
        statistics=Statistics(
            is_teacher=np.append(statistics.is_teacher, np.zeros(len(pages), np.bool_)),
            links=room.pages_by_targets(statistics.links),
            n_linked=linked,
            n_mentioned=said,
            link_probability=room.of_targets(
                statistics.link_probability, [a / (b + 1.5) for a, b in zip(n_linked, n_said, strict=True)]
            ),
            co_cited=room.rows_of_targets(room.columns(statistics.co_cited)),
            profiles=room.of_targets(statistics.profiles, np.zeros((len(targets), width), np.float32)),
            term_profiles=room.rows_of_targets(statistics.term_profiles),
            marked=room.columns(statistics.marked),
            n_linked_lately=room.of_targets(statistics.n_linked_lately, [unknown] * len(targets)),
            last_linked=room.of_targets(statistics.last_linked, [0] * len(targets)),
        ),
        linking=replace(knowledge.linking, starts=room.starts(knowledge.linking.starts)),
    )


def is_nameless(key: str) -> bool:
    """Whether it stands for a page whose title, if it has one, is another target's number."""
    return key.startswith("\0")


@dataclass(frozen=True, slots=True)
class _Room:
    """Where new pages and red links go among the numbers: n_new pages behind the n_pages, n_red targets at the end."""

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
