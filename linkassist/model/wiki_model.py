"""What is learnt of a wiki's texts, links and phrases; with a ranker, all that a page's suggestions are made from.

So the list of a page that has changed since is made as it would have been when the wiki was learnt, and lists of pages
that have not changed need not be made again. It is kept in one file (`array_file.py`); `grow.py` adds rows to it for
pages and red links that came since.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from linkassist.model.array_file import load_arrays, save_arrays
from linkassist.model.scan import Scan
from linkassist.progress import OnProgress, no_progress
from linkassist.spelling import spelling_key
from linkassist.suggest.corpus import Corpus, all_known, mark_numbers
from linkassist.suggest.explain.similar_lines import LinkingLines, read_linking_lines
from linkassist.suggest.link_budget import LinkBudgets
from linkassist.suggest.link_contexts import CategoryLogOdds, ContextLogOdds
from linkassist.suggest.phrases.boundary_rates import LinkRates, Rate
from linkassist.suggest.phrases.extraction import PhraseCounts, PhrasePostings, not_new
from linkassist.suggest.phrases.features import PhraseStatistics
from linkassist.suggest.phrases.fragments import Endings
from linkassist.suggest.phrases.title_similarity import TitleLikeness
from linkassist.suggest.statistics import Bigrams, Statistics, Texts, learn_statistics
from linkassist.wiki import Passage, Reading


@dataclass(frozen=True, slots=True)
class TargetPostings:
    """An inverted index from suggested targets to the pages whose lists hold them: parallel arrays.

    hashes: of the targets' keys, ascending, one per posting. pages: the page of each.
    """

    hashes: npt.NDArray[np.uint64]
    pages: npt.NDArray[np.int32]

    @staticmethod
    def of(found: Sequence[tuple[int, int]]) -> TargetPostings:
        """found: (`target_hash` of the target's key, number of the page), in any order."""
        hashes = np.array([key_hash for key_hash, _ in found], np.uint64)
        order = np.argsort(hashes, kind="stable")
        return TargetPostings(hashes[order], np.array([page for _, page in found], np.int32)[order])

    def pages_with(self, key_hashes: Sequence[int]) -> set[int]:
        """The pages whose lists hold one of these targets."""
        wanted = np.array(key_hashes, np.uint64)
        low, high = (np.searchsorted(self.hashes, wanted, side=side) for side in ("left", "right"))
        return {int(page) for a, b in zip(low, high, strict=True) for page in self.pages[a:b]}


def target_hash(key: str) -> int:
    """The 64-bit hash under which a target's key stands in the postings, the same for all its spellings."""
    spelling = spelling_key(key).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(spelling, digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class WikiModel:
    """What suggestions are made from, beside the ranker. Pages are numbered as in the corpus.

    made_with: the fingerprint of the encoder and the ranker. hashes: of the texts of the pages. marks: the columns of
    `corpus.marks`. odds: what the contexts of mentions tell of links. budgets: how many links pages of a length have.
    linking: the lines that link. templates: the lines that stand on many pages alike, ascending. use, habits,
    phrase_postings: the wiki's phrases, how they are linked, and the pages that say them. target_postings: of the lists
    that the pages had then.
    Of the readings of a `corpus` that was loaded, only titles and passages are known.
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
    templates: Sequence[str]
    use: PhraseCounts
    habits: PhraseStatistics
    phrase_postings: PhrasePostings
    target_postings: TargetPostings


_CLASSES: Final = (
    WikiModel,
    TargetPostings,
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


# What classes and fields were called in files of linkassist 0.1.
_FORMER: Final = {
    "ContextOdds": "ContextLogOdds",
    "Holders": "TargetPostings",
    "Knowledge": "WikiModel",
    "Odds": "CategoryLogOdds",
    "PhraseHabits": "PhraseStatistics",
    "PhraseUse": "PhraseCounts",
    "Sayers": "PhrasePostings",
    "holders": "target_postings",
    "sayers": "phrase_postings",
}


def fit_wiki_model(
    scan: Scan, made_with: str = "", hashes: Sequence[str] = (), on_progress: OnProgress = no_progress
) -> WikiModel:
    """The model of the scanned pages. made_with, hashes: as `WikiModel` has them, where it is to be kept."""
    corpus, texts = scan.corpus, scan.texts
    on_progress("statistics", 0, 3)
    n_links = np.diff(corpus.links.indptr).astype(np.int64)
    statistics = learn_statistics(corpus, texts, n_links > 0)
    on_progress("statistics", 1, 3)
    lengths = np.array([len(reading.text) for reading in corpus.readings], np.int64)
    linking = read_linking_lines(corpus, texts.bigrams, statistics.is_teacher)
    on_progress("statistics", 2, 3)
    is_linking = np.diff(all_known(corpus).indptr) > 0
    habits = PhraseStatistics(corpus, scan.phrases, not_new(corpus, scan.phrases), is_linking)
    on_progress("statistics", 3, 3)
    return WikiModel(
        made_with=made_with,
        hashes=hashes,
        corpus=corpus,
        texts=texts,
        statistics=statistics,
        marks=list(mark_numbers(corpus.readings)),
        odds=ContextLogOdds(scan.mentions, statistics.is_teacher),
        budgets=LinkBudgets(lengths, n_links),
        linking=linking,
        templates=sorted(scan.templates),
        use=scan.use,
        habits=habits,
        phrase_postings=PhrasePostings(scan.phrases),
        target_postings=TargetPostings.of([]),
    )


def save_wiki_model(model: WikiModel, path: Path) -> str:
    """Writes it into a file, whole or not at all; returns the file's id."""
    readings: Any = [
        json.dumps([reading.title, *(p.text for p in reading.passages)]) for reading in model.corpus.readings
    ]
    corpus = replace(model.corpus, readings=readings)
    return save_arrays(replace(model, corpus=corpus, linking=replace(model.linking, readings=())), path, _CLASSES)


def load_wiki_model(path: Path) -> WikiModel:
    """What `save_wiki_model` wrote. Raises ModelError where it is missing or damaged."""
    model: WikiModel = load_arrays(path, _CLASSES, _FORMER)
    corpus: Any = model.corpus
    readings = StoredReadings(corpus.readings)
    return replace(
        model,
        hashes=list(model.hashes),
        marks=list(model.marks),
        templates=list(model.templates),
        linking=replace(model.linking, readings=readings),
        corpus=replace(
            corpus,
            readings=readings,
            keys=list(corpus.keys),
            names=list(corpus.names),
            points_to=list(corpus.points_to),
        ),
    )


class StoredReadings(Sequence[Reading]):
    """Titles and passages of pages, decoded from JSON when they are asked for."""

    def __init__(self, kept: Sequence[str]) -> None:
        self._kept = kept

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, page: Any) -> Any:
        title, *passages = json.loads(self._kept[int(page)])
        return Reading(title, tuple(Passage(number, text, ()) for number, text in enumerate(passages)), ())
