"""What fine-tuning adds: one test for chance, for methods without a BERT, and for a BERT before and after.

Training depends on a seed, so several runs show how much of a difference is chance.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from linkassist.bert.train.loop import OnStep
from linkassist.embed.wiki_encoder import learn_encoder
from linkassist.evaluate.baselines import bigram_vectors
from linkassist.research.finetune.cross_encoder import cross_encoder
from linkassist.research.finetune.judging import FloatArray, LinkFigures, Questions, ScorePairs, judge
from linkassist.research.finetune.link_examples import LinkedWiki
from linkassist.research.finetune.link_training import LinkTraining, open_to_train
from linkassist.research.finetune.pairs import Pair, balanced_pairs
from linkassist.research.finetune.scores import VectorCache, learn_regression
from linkassist.research.finetune.two_towers import Towers
from linkassist.wiki import title_key


@dataclass(frozen=True, slots=True)
class Method:
    """A way to score pairs, its figures, and the seconds of its training and scoring."""

    name: str
    figures: LinkFigures
    seconds: float


def compare_methods(
    model: Path, wiki: LinkedWiki, questions: Questions, how: LinkTraining, folder: Path, on_step: OnStep | None = None
) -> Iterator[Method]:
    """Yields each method when it is evaluated, the simplest first. folder: for the checkpoints of the trained ones."""
    frozen = Towers(open_to_train(model, how), wiki, how)
    vectors = VectorCache(frozen.encode)

    def trained_towers() -> ScorePairs:
        towers = Towers(open_to_train(model, how), wiki, how)
        towers.train(questions, folder / "two-towers", on_step)
        return VectorCache(towers.encode).cosines

    def untrained_cross_encoder() -> ScorePairs:
        return cross_encoder(open_to_train(model, how), wiki, how).scores

    def trained_cross_encoder() -> ScorePairs:
        cross = cross_encoder(open_to_train(model, how), wiki, how)
        cross.train(questions, folder / "cross-encoder", on_step)
        return cross.scores

    methods: Sequence[tuple[str, Callable[[], ScorePairs]]] = (
        ("chance", lambda: _chance(how.seed)),
        ("bigrams, no BERT", lambda: _cosines(bigram_vectors([text.lower() for text in wiki.texts]))),
        ("linkassist's own encoder, no BERT", lambda: _cosines(sp.csr_matrix(wiki_encoder_vectors(wiki, how.seed)))),
        ("frozen, cosine: two towers before", lambda: vectors.cosines),
        ("frozen, logistic regression", lambda: learn_regression(vectors, balanced_pairs(wiki, wiki.train))),
        ("cross-encoder before", untrained_cross_encoder),
        ("two towers after", trained_towers),
        ("cross-encoder after", trained_cross_encoder),
    )
    for name, new_scorer in methods:
        began_at = time.monotonic()
        yield Method(name, judge(questions, new_scorer()), time.monotonic() - began_at)


def table(runs: Sequence[Sequence[Method]]) -> str:
    """A Markdown table of the methods. runs: each of all methods; of several, mean and standard deviation are shown."""
    lines = [
        "| | accuracy | AUC | AUC, hard | recall@10 | MRR | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for same in zip(*runs, strict=True):
        cells = [_mean_and_spread(found) for found in zip(*(astuple(method.figures) for method in same), strict=True)]
        seconds = f"{np.mean([method.seconds for method in same]):.0f}"
        lines.append(f"| {' | '.join([same[0].name, *cells, seconds])} |")
    return "\n".join(lines)


def wiki_encoder_vectors(wiki: LinkedWiki, seed: int) -> NDArray[np.float32]:
    """(pages, width): vectors of linkassist's own encoder, trained on the texts and links of the training part."""
    n_pages = wiki.train.pages.stop
    column = {title_key(wiki.titles[page]): page for page in wiki.train.pages}
    cells = [
        (page, column.setdefault(key, len(column)))
        for page in wiki.train.pages
        for key in sorted(wiki.train.outlinks[page] - {title_key(wiki.titles[page])})
    ]
    links = sp.csr_matrix((np.ones(len(cells), np.float32), np.array(cells).T), shape=(n_pages, len(column)))
    return learn_encoder([wiki.texts[page] for page in wiki.train.pages], links, seed=seed).encode(wiki.texts)


def _mean_and_spread(found: Sequence[float]) -> str:
    spread = float(np.std(found, ddof=1)) if len(found) > 1 else 0.0
    return f"{np.mean(found):.3f}" + (f" ± {spread:.3f}" if spread else "")


def _chance(seed: int) -> ScorePairs:
    random = np.random.default_rng(seed)
    return lambda pairs: random.random(len(pairs))


def _cosines(vectors: sp.csr_matrix) -> ScorePairs:
    """vectors: (pages, features), unit rows."""

    def score(pairs: Sequence[Pair]) -> FloatArray:
        ones, others = vectors[[pair.page for pair in pairs]], vectors[[pair.other for pair in pairs]]
        return np.asarray(ones.multiply(others).sum(axis=1), np.float64).ravel()

    return score
