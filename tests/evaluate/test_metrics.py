"""Every metric against a value worked by hand."""

from __future__ import annotations

from math import log2

import pytest

from linkassist.evaluate.metrics import (
    calibration_error,
    calibration_figures,
    capped_recall_at,
    ndcg_at,
    precision_at,
    precision_at_recall,
    ranking_figures,
    recall_at,
    reciprocal_rank,
    reliability_bins,
)

HITS = [False, True, True, False, True]


def test_recall_is_the_share_of_all_that_was_to_be_found() -> None:
    assert recall_at(HITS, 4, 3) == 2 / 4
    assert recall_at(HITS, 4, 50) == 3 / 4


def test_capped_recall_reaches_one_where_there_is_more_to_find_than_the_list_holds() -> None:
    assert capped_recall_at([True] * 10, 30, 10) == 1
    assert capped_recall_at(HITS, 4, 3) == 2 / 3
    assert capped_recall_at(HITS, 2, 3) == 2 / 2


def test_precision_counts_what_a_short_list_lacks_as_wrong() -> None:
    assert precision_at(HITS, 3) == 2 / 3
    assert precision_at([True], 3) == 1 / 3
    assert precision_at([], 1) == 0


def test_the_reciprocal_rank_is_that_of_the_first_right_one() -> None:
    assert reciprocal_rank(HITS) == 1 / 2
    assert reciprocal_rank([False]) == 0


def test_ndcg_discounts_by_rank_and_compares_with_a_perfect_list() -> None:
    # gains at ranks 2, 3, 5: 1/log2(3) + 1/log2(4) + 1/log2(6) = 0.6309 + 0.5 + 0.3869 = 1.5178
    # a perfect list of three: 1 + 0.6309 + 0.5 = 2.1309
    assert ndcg_at(HITS, 3, 10) == pytest.approx(1.5178 / 2.1309, abs=1e-4)
    assert ndcg_at([False, True], 1, 2) == 1 / log2(3)
    assert ndcg_at([True, False], 1, 10) == 1


def test_ranking_figures_are_means_over_lists_cut_at_fifty() -> None:
    late = [False] * 50 + [True]
    figures = ranking_figures([HITS, late], [4, 1])
    assert (figures.n_lists, figures.n_right) == (2, 5)
    assert figures.recall_at_10 == pytest.approx((3 / 4 + 0) / 2)
    assert figures.recall_at_50 == pytest.approx((3 / 4 + 0) / 2)
    assert figures.mrr == pytest.approx((1 / 2 + 0) / 2)
    assert figures.precision_at_1 == 0
    assert figures.precision_at_3 == pytest.approx((2 / 3 + 0) / 2)
    ideal = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5)
    assert figures.ndcg_at_10 == pytest.approx((1 / log2(3) + 1 / log2(4) + 1 / log2(6)) / ideal / 2)


def test_precision_at_recall_reads_as_few_suggestions_as_reach_it() -> None:
    probabilities = [0.1, 0.9, 0.8, 0.5]
    hits = [True, True, False, True]  # by probability: right, wrong, right, right
    assert precision_at_recall(probabilities, hits, 5, 0.2) == 1 / 1
    assert precision_at_recall(probabilities, hits, 5, 0.4) == 2 / 3
    assert precision_at_recall(probabilities, hits, 5, 0.6) == 3 / 4
    assert precision_at_recall(probabilities, hits, 5, 0.7) == 0


def test_of_equally_probable_suggestions_the_right_ones_are_counted_first() -> None:
    assert precision_at_recall([0.5, 0.5], [False, True], 1, 0.5) == 1


def test_reliability_bins_and_calibration_error() -> None:
    probabilities = [0.05, 0.05, 0.05, 0.05, 0.72, 0.78, 1.0]
    hits = [False, False, False, True, True, False, True]
    bins = reliability_bins(probabilities, hits)
    assert [b.n for b in bins] == [4, 0, 0, 0, 0, 0, 0, 2, 0, 1]
    assert (bins[7].low, bins[7].high, bins[7].share_right) == (0.7, 0.8, 0.5)
    assert bins[7].mean_probability == pytest.approx(0.75)
    # (4 * |0.05 - 0.25| + 2 * |0.75 - 0.5| + 1 * |1 - 1|) / 7 = 1.3 / 7
    assert calibration_error(bins) == pytest.approx(1.3 / 7)
    figures = calibration_figures(probabilities, hits, 4)
    assert figures.error == pytest.approx(1.3 / 7)
    assert figures.error_from_10 == pytest.approx(0.5 / 3)
    assert (figures.precision_at_recall_20, figures.precision_at_recall_50) == (1, 2 / 3)
    assert figures.precision_at_recall_70 == 3 / 4


def test_no_suggestions_have_no_calibration_error() -> None:
    assert calibration_error(reliability_bins([], [])) == 0
