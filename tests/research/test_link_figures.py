"""Figures and scores of pairs, each against a value worked by hand or a second way to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace

import numpy as np
import pytest
from support.wiki_of_synonyms import N_TOPICS, half_of, wiki_of_synonyms

from linkassist.research.finetune.judging import auc, best_threshold, hits_of, judge, list_auc, questions_of
from linkassist.research.finetune.link_examples import build_linked_wiki
from linkassist.research.finetune.pairs import AskedList, Pair, balanced_pairs
from linkassist.research.finetune.scores import VectorCache, learn_regression


def test_the_auc_counts_pairs_in_the_right_order_and_half_of_the_ties() -> None:
    scores, is_linked = np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True])
    # Of the four (linked, not linked) comparisons three are won and one is a tie.
    assert auc(scores, is_linked) == pytest.approx(3.5 / 4)
    assert auc(-scores, is_linked) == pytest.approx(0.5 / 4)


@pytest.mark.parametrize(
    ("scores", "is_linked", "threshold"),
    [
        ([0.1, 0.3, 0.6, 0.9], [False, False, True, True], 0.45),
        ([0.1, 0.3, 0.6, 0.9], [False, True, False, True], 0.75),
        ([0.5, 0.5], [False, True], np.inf),  # one score cannot tell them apart, and either side has one right
        ([0.2, 0.8], [True, True], -np.inf),
        ([0.2, 0.8], [False, False], np.inf),
    ],
)
def test_the_threshold_is_the_one_with_most_pairs_right(
    scores: list[float], is_linked: list[bool], threshold: float
) -> None:
    assert best_threshold(np.array(scores), np.array(is_linked)) == pytest.approx(threshold)


def test_the_candidates_stand_by_their_scores() -> None:
    asked = AskedList(9, (1, 2, 3), (False, True, False))
    assert hits_of(asked, np.array([0.2, 0.1, 0.3])) == [False, False, True]


def test_the_auc_of_lists_is_the_mean_of_theirs() -> None:
    lists = [AskedList(9, (1, 2, 3), (False, True, False)), AskedList(8, (1, 2), (False, True))]
    # The first list has one of two comparisons right, the second its only one.
    assert list_auc(lists, lambda pairs: np.array([float(pair.other) for pair in pairs])) == pytest.approx(0.75)


def test_one_who_knows_the_links_has_full_figures_and_one_who_knows_nothing_has_not() -> None:
    wiki = build_linked_wiki(wiki_of_synonyms(), is_blind=True)
    questions = questions_of(wiki)

    def knowing(pairs: Sequence[Pair]) -> np.ndarray:
        return np.array([float(pair.is_linked) for pair in pairs])

    def guessing(pairs: Sequence[Pair]) -> np.ndarray:
        return np.array([(7 * pair.page + 3 * pair.other) % 11 for pair in pairs], np.float64)

    best, worst = judge(questions, knowing), judge(questions, guessing)
    assert astuple(best) == (1, 1, 1, 1, 1)
    assert 0.3 < worst.auc < 0.7 and 0.3 < worst.hard_auc < 0.7
    assert worst.mrr < 0.3 and worst.recall_at_10 < 0.4


def test_a_page_is_encoded_once() -> None:
    asked: list[int] = []

    def encode(pages: Sequence[int]) -> np.ndarray:
        asked.extend(pages)
        return np.eye(5, dtype=np.float32)[list(pages)]

    vectors = VectorCache(encode)
    pairs = [Pair(3, 1, True), Pair(3, 2, False), Pair(2, 2, True)]
    assert vectors.cosines(pairs).tolist() == [0, 0, 1]
    assert vectors.cosines(pairs[:1]).tolist() == [0]
    assert sorted(asked) == [1, 2, 3]


def test_the_features_of_a_pair_are_product_and_distance() -> None:
    table = np.array([[0.6, 0.8], [1.0, 0.0]], np.float32)
    vectors = VectorCache(lambda pages: table[list(pages)])
    assert vectors.features([Pair(0, 1, True)])[0] == pytest.approx([0.6, 0.0, 0.4, 0.8])


def test_the_regression_finds_the_odds_that_the_pairs_were_drawn_from() -> None:
    random = np.random.default_rng(0)
    table = random.normal(size=(60, 1)).astype(np.float32)
    pairs = [Pair(*random.integers(60, size=2).tolist(), False) for _ in range(20_000)]
    products = np.array([float(table[pair.page, 0] * table[pair.other, 0]) for pair in pairs])
    is_linked = random.random(20_000) < 1 / (1 + np.exp(-(1.5 * products - 0.5)))
    pairs = [replace(pair, is_linked=bool(linked)) for pair, linked in zip(pairs, is_linked, strict=True)]
    score = learn_regression(VectorCache(lambda pages: table[list(pages)]), pairs)
    assert score(pairs[:50]) == pytest.approx(1.5 * products[:50] - 0.5, abs=0.4)


def test_a_regression_over_vectors_that_tell_the_topic_finds_its_links() -> None:
    wiki = build_linked_wiki(wiki_of_synonyms(), is_blind=True)
    halves = np.eye(2 * N_TOPICS, dtype=np.float32)
    vectors = VectorCache(lambda pages: halves[[half_of(wiki.titles[page]) for page in pages]])
    questions = questions_of(wiki)
    figures = judge(questions, learn_regression(vectors, balanced_pairs(wiki, wiki.train)))
    # Whatever is of one half is not linked, though it is the most alike.
    assert figures.hard_auc > 0.9 and judge(questions, vectors.cosines).hard_auc < 0.1
