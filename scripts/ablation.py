"""What each signal adds: `python scripts/ablation.py OLD.json NEW.json [--blind]`, two exports of one project.

The future-links test, with a ranker learnt from this wiki alone: once with every feature, then with one signal's
features blanked out at a time, and once with that signal alone beside what every ranker knows of page and target.
Candidates stay the same throughout, so what is measured is the ranking.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from linkassist.evaluate.futures import FuturesTest, build_futures_test
from linkassist.evaluate.metrics import precision_at_recall, ranking_figures
from linkassist.model.fit import candidate_features, choose_encoder, holdouts_of, link_training_set
from linkassist.model.scan import scan_texts
from linkassist.scrapbox.export import read_export
from linkassist.scrapbox.page_text import read_page
from linkassist.suggest.corpus import FloatArray, IntArray, build_corpus
from linkassist.suggest.features import FEATURES
from linkassist.suggest.holdout import pages_to_hold_out
from linkassist.suggest.ranker import TrainingSet, learn_model, training_set
from linkassist.wiki import Page, title_key

SIGNALS: dict[str, tuple[str, ...]] = {
    "text": ("n_mentions", "n_free", "edges", "in_title", "is_exact", "first_mention", "n_candidates_mentioned"),
    "place in its line": ("context", "context_rank", "cover"),
    "link probability": ("link_probability", "link_probability_rank", "link_probability_share"),
    "neighbours by vector": ("neighbours", "neighbours_rank", "closest", "neighbour_link_rate", "neighbours_density"),
    "neighbours by bigram": ("alike", "alike_rank"),
    "pages of like titles": ("namesakes", "namesakes_rank"),
    "co-citation": ("co_cited", "co_cited_rank", "co_cited_likely", "co_cited_likely_rank", "co_cited_self"),
    "links of links": ("seeds_link", "links_back"),
    "marks": ("marked", "marked_rank", "is_icon"),
    "page similarity": ("page_similarity", "page_similarity_rank", "titles", "titles_rank"),
    "backlink profiles": ("profile_similarity", "profile_similarity_rank", "term_profile", "term_profile_rank"),
    "time": ("linked_lately", "days_since_linked", "target_age"),
}


def main() -> None:
    """Prints a table: each signal left out, and each alone."""
    files = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("--")]
    test = build_futures_test(*(read(path) for path in files), is_blind="--blind" in sys.argv)
    examples, features, page, is_right = prepare(test)
    n_gold = [len(asked.gold) for asked in test.asked if asked.gold]
    in_a_signal = {name for names in SIGNALS.values() for name in names}

    def tell(name: str, blanked: Iterable[str]) -> None:
        seen = [FEATURES.index(feature) for feature in FEATURES if feature not in set(blanked)]
        score = scores(examples, features, seen)
        lists = hits_by_page(score, page, is_right)
        figures = ranking_figures([lists[number] for number in sorted(lists)], n_gold)
        at_half = precision_at_recall(score.tolist(), is_right.tolist(), sum(n_gold), 0.5)
        cells = (figures.recall_at_10, figures.mrr, figures.precision_at_1, at_half)
        print(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |", flush=True)

    print("| signals | recall@10 | MRR | precision@1 | precision at recall 0.5 |\n|---|---|---|---|---|")
    tell("all", ())
    for name, names in SIGNALS.items():
        tell(f"all but {name}", names)
    for name, names in SIGNALS.items():
        tell(f"{name} alone", in_a_signal - set(names))


def read(path: Path) -> list[Page]:
    """The pages of an export."""
    with read_export(path) as export:
        return list(export)


def prepare(test: FuturesTest) -> tuple[TrainingSet, FloatArray, IntArray, np.ndarray]:
    """The wiki's examples; and features, page and rightness of the candidates of the asked pages with answers."""
    readings = [read_page(page) for page in test.pages]
    corpus = build_corpus(readings)
    held_out = pages_to_hold_out(corpus)
    texts = [reading.text for reading in readings]
    encoder, vectors = choose_encoder("wiki", corpus, held_out, lambda encoder: encoder.encode(texts))
    scan = scan_texts(corpus, vectors)
    gold = {asked.number: asked.gold for asked in test.asked if asked.gold}
    features, page, target = candidate_features(scan, np.array(sorted(gold), np.int64))
    is_right = np.array(
        [title_key(corpus.names[t]) in gold[p] for p, t in zip(page.tolist(), target.tolist(), strict=True)], np.bool_
    )
    return link_training_set(scan, holdouts_of(corpus, held_out), encoder), features, page, is_right


def scores(examples: TrainingSet, features: FloatArray, seen: Sequence[int]) -> FloatArray:
    """Raw scores of a model that sees these features alone and is learnt from nothing but the examples."""

    def blanked(rows: FloatArray) -> FloatArray:
        out = np.full_like(rows, np.nan)
        out[:, seen] = rows[:, seen]
        return out

    model = learn_model(training_set(blanked(examples.features), examples.is_answer, examples.page))
    assert model is not None, "too few links to learn from"
    return model.raw(blanked(features)).astype(np.float32)


def hits_by_page(score: FloatArray, page: IntArray, is_right: np.ndarray) -> dict[int, list[bool]]:
    """Per page its candidates' rightness, best first."""
    order = np.lexsort((-score, page))
    groups = np.split(order, np.flatnonzero(np.diff(page[order])) + 1)
    return {int(page[rows[0]]): is_right[rows].tolist() for rows in groups}


if __name__ == "__main__":
    main()
