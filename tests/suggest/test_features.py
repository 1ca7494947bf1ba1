"""Candidates to features, against values worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from support.wiki_by_hand import Found, corpus_of, features_of, find, number_of

from linkassist.suggest.features import FEATURES
from linkassist.suggest.link_contexts import ContextLogOdds

WIKI = {
    "道具": "[検索]の[道具箱]",
    "検索": "[道具]と[赤い糸]",
    "読書": "[道具]と[検索]と[赤い糸]",
    "散歩": "検索をBERTで",
    "BERT": "[検索]",
    "手帖の道具": "[読書]のとき\n道具と道具箱と検索、ＢＥＲＴ\n[検索]より検索 [赤い糸.icon]",
}


@pytest.fixture(scope="module")
def found() -> Found:
    return find(corpus_of(WIKI))


@pytest.fixture(scope="module")
def features(found: Found) -> dict[str, dict[str, float]]:
    """Per candidate of 手帖の道具, its features."""
    rows = np.flatnonzero(found.pairs.page == number_of(found.corpus, "手帖の道具"))
    values = features_of(found)[rows]
    names = [found.corpus.names[target] for target in found.pairs.target[rows].tolist()]
    return {name: dict(zip(FEATURES, row.tolist(), strict=True)) for name, row in zip(names, values, strict=True)}


def test_mentions_are_summed_up(features: dict[str, dict[str, float]]) -> None:
    tool, box, bert = features["道具"], features["道具箱"], features["BERT"]

    # 道具 is inside the page's own title and on its own; what is inside 道具箱 is no mention
    assert tool["n_mentions"] == pytest.approx(math.log1p(2))
    assert tool["n_free"] == pytest.approx(math.log1p(1))
    assert (tool["in_title"], box["in_title"]) == (1, 0)
    assert (tool["first_mention"], box["first_mention"]) == (1, 1)
    assert (box["is_exact"], bert["is_exact"]) == (1, 0)
    assert box["edges"] == pytest.approx(2.5)  # two word boundaries, and free


def test_a_target_that_the_page_does_not_say_has_no_mentions(features: dict[str, dict[str, float]]) -> None:
    thread = features["赤い糸"]

    assert (thread["n_mentions"], thread["n_free"], thread["link_probability"]) == (0, 0, 0)
    assert math.isnan(thread["first_mention"])


def test_link_probability_is_ranked_and_shared_within_the_page(features: dict[str, dict[str, float]]) -> None:
    # teachers that say them: 道具 in 3 others and here, 道具箱 in 道具 and here, BERT in its own title and here
    tool, box, bert = features["道具"], features["道具箱"], features["BERT"]

    assert tool["link_probability"] == pytest.approx(2 / (4 + 1.5))
    assert box["link_probability"] == pytest.approx(1 / (2 + 1.5))
    assert bert["link_probability"] == 0
    assert [f["link_probability_rank"] for f in (tool, box, bert)] == [0, 1, 99]
    assert tool["link_probability_share"] == pytest.approx(1)
    assert box["link_probability_share"] == pytest.approx((1 / 3.5) / (2 / 5.5), rel=1e-5)


def test_traits_come_from_the_title(features: dict[str, dict[str, float]]) -> None:
    assert features["BERT"]["share_latin"] == 1
    assert features["BERT"]["title_length"] == 4
    assert features["赤い糸"]["share_kanji"] == pytest.approx(2 / 3)
    assert features["赤い糸"]["share_hiragana"] == pytest.approx(1 / 3)
    assert [features[name]["is_page"] for name in ("BERT", "赤い糸")] == [1, 0]


def test_a_red_link_has_no_size_and_no_age(features: dict[str, dict[str, float]]) -> None:
    thread, bert = features["赤い糸"], features["BERT"]

    assert all(math.isnan(thread[name]) for name in ("target_size", "target_links", "page_similarity", "target_age"))
    assert bert["target_size"] == pytest.approx(math.log1p(len("BERT\n検索")))
    assert bert["target_links"] == pytest.approx(math.log1p(1))


def test_times_are_in_days_before_the_page(features: dict[str, dict[str, float]]) -> None:
    """手帖の道具 is the sixth page, and the pages are a day apart."""
    assert features["道具"]["target_age"] == 5
    assert features["道具"]["days_since_linked"] == 3  # 読書, the third page, was the last to link it
    assert math.isnan(features["散歩"]["days_since_linked"])


def test_an_icon_speaks_for_its_page(features: dict[str, dict[str, float]]) -> None:
    assert features["赤い糸"]["is_icon"] == 1
    assert features["道具"]["is_icon"] == 0


def test_the_pages_own_figures_are_the_same_for_all_its_candidates(
    found: Found, features: dict[str, dict[str, float]]
) -> None:
    page = found.corpus.readings[number_of(found.corpus, "手帖の道具")]
    for row in features.values():
        assert row["page_size"] == pytest.approx(math.log1p(len(page.text)), rel=1e-5)
        assert row["n_known"] == pytest.approx(math.log1p(2), rel=1e-5)  # 読書 and 検索
        assert row["n_candidates_mentioned"] == pytest.approx(math.log1p(3), rel=1e-5)


def test_the_best_context_and_the_largest_share_of_a_line_count(
    found: Found, features: dict[str, dict[str, float]]
) -> None:
    odds = ContextLogOdds(found.mentions, found.statistics.is_teacher).of(found.mentions)
    mentions, page = found.mentions, number_of(found.corpus, "手帖の道具")
    for name in ("道具", "道具箱", "BERT"):
        is_here = (mentions.page == page) & (mentions.target == number_of(found.corpus, name)) & (mentions.passage >= 0)
        assert features[name]["context"] == pytest.approx(odds[is_here].max(), rel=1e-6), name

    # of the 14 characters of 道具と道具箱と検索、ＢＥＲＴ; 手帖の道具, the title, does not count
    assert features["道具"]["cover"] == pytest.approx(2 / 14)
    assert features["道具箱"]["cover"] == pytest.approx(3 / 14)
    assert features["赤い糸"]["cover"] == 0
    assert math.isnan(features["赤い糸"]["context"])


def test_contexts_are_ranked_within_the_page(features: dict[str, dict[str, float]]) -> None:
    said = sorted((f for f in features.values() if not math.isnan(f["context"])), key=lambda f: -f["context"])

    assert [f["context_rank"] for f in said] == [sum(other["context"] > f["context"] for other in said) for f in said]
    assert features["赤い糸"]["context_rank"] == 99


def test_linked_lately_is_a_share_and_unknown_without_times(found: Found) -> None:
    """手帖の道具, the newest page, links 読書; of all other targets none is linked lately."""
    corpus = replace(found.corpus, created=np.zeros(6, np.int64))
    column = FEATURES.index("linked_lately")
    values = dict(zip(found.pairs.target.tolist(), features_of(found)[:, column].tolist(), strict=True))

    assert values[number_of(found.corpus, "読書")] == pytest.approx(1 / 2)
    assert values[number_of(found.corpus, "道具箱")] == 0
    assert np.isnan(features_of(find(corpus))[:, column]).all()


def test_ranks_and_shares_agree_with_a_plain_loop(found: Found) -> None:
    values = features_of(found)
    column = FEATURES.index
    for page in np.unique(found.pairs.page).tolist():
        rows = np.flatnonzero(found.pairs.page == page)
        scores = found.pairs.scores["neighbours"][rows]
        ranks = [99 if score <= 0 else int((scores > score).sum()) for score in scores.tolist()]

        assert values[rows, column("neighbours_rank")].tolist() == ranks
        assert values[rows, column("neighbours")] == pytest.approx(scores / (scores.max() + 1e-9), rel=1e-5)


def test_a_chunk_of_later_pages_gets_the_features_it_gets_among_all(found: Found) -> None:
    page = number_of(found.corpus, "手帖の道具")
    alone = features_of(find(found.corpus, pages=np.array([page]), known=found.corpus.links))
    among = features_of(found)[found.pairs.page == page]

    assert alone == pytest.approx(among, rel=1e-5, nan_ok=True)


def test_a_wiki_without_candidates_has_no_features() -> None:
    assert features_of(find(corpus_of({"猫": "x", "犬": "y"}), pages=np.array([0]))).shape[1] == len(FEATURES)
