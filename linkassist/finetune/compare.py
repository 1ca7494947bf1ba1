"""What fine-tuning adds: the same questions asked of a BERT as it is, of a cross-encoder, and of two towers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linkassist.embed.bert_japanese.training import OnStep
from linkassist.evaluate.peers import bigram_vectors
from linkassist.finetune.cross_encoder import cross_encoder, train_cross_encoder
from linkassist.finetune.judging import FloatArray, LinkFigures, Questions, ScorePairs, judge
from linkassist.finetune.link_examples import LinkedWiki
from linkassist.finetune.link_training import LinkTraining, open_to_train
from linkassist.finetune.pairs import Pair, balanced_pairs
from linkassist.finetune.scores import PageVectors, learn_regression
from linkassist.finetune.two_towers import Towers, train_towers


@dataclass(frozen=True, slots=True)
class Way:
    """One way to score pairs, its figures, and the seconds that it took to learn and to answer."""

    name: str
    figures: LinkFigures
    seconds: float


def compare_ways(
    model: Path, wiki: LinkedWiki, questions: Questions, how: LinkTraining, folder: Path, on_step: OnStep | None = None
) -> Iterator[Way]:
    """Each way as it is done, the simplest first; `folder` gets the checkpoints of the two that are trained."""
    frozen = Towers(open_to_train(model, how), wiki, how)
    vectors = PageVectors(frozen.encode)

    def trained_cross_encoder() -> ScorePairs:
        cross = cross_encoder(open_to_train(model, how), wiki, how)
        train_cross_encoder(cross, questions, folder / "cross-encoder", on_step)
        return cross.scores

    def trained_towers() -> ScorePairs:
        towers = Towers(open_to_train(model, how), wiki, how)
        train_towers(towers, questions, folder / "two-towers", on_step)
        return PageVectors(towers.encode).cosines

    ways: Sequence[tuple[str, Callable[[], ScorePairs]]] = (
        ("bigrams, no BERT", lambda: _bigram_cosines(wiki)),
        ("frozen, cosine", lambda: vectors.cosines),
        ("frozen, logistic regression", lambda: learn_regression(vectors, balanced_pairs(wiki, wiki.train))),
        ("two towers", trained_towers),
        ("cross-encoder", trained_cross_encoder),
    )
    for name, prepared in ways:
        began_at = time.monotonic()
        yield Way(name, judge(questions, prepared()), time.monotonic() - began_at)


def table_head() -> str:
    """The first two lines of a Markdown table of ways."""
    return "| | accuracy | AUC | recall@10 | MRR | seconds |\n|---|---|---|---|---|---|"


def table_row(way: Way) -> str:
    """The way's line of the table."""
    figures = (way.figures.accuracy, way.figures.auc, way.figures.recall_at_10, way.figures.mrr)
    return f"| {way.name} | {' | '.join(f'{each:.3f}' for each in figures)} | {way.seconds:.0f} |"


def _bigram_cosines(wiki: LinkedWiki) -> ScorePairs:
    vectors = bigram_vectors([text.lower() for text in wiki.texts])

    def score(pairs: Sequence[Pair]) -> FloatArray:
        ones, others = vectors[[pair.page for pair in pairs]], vectors[[pair.other for pair in pairs]]
        return np.asarray(ones.multiply(others).sum(axis=1), np.float64).ravel()

    return score
