"""The ranker: a toy task is learnt, probabilities are calibrated, and what is written is read again."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from linkassist.errors import ModelError
from linkassist.suggest.corpus import BoolArray, FloatArray, IntArray
from linkassist.suggest.evidence import FEATURES
from linkassist.suggest.phrases import PHRASE_FEATURES
from linkassist.suggest.ranker import Model, Ranker, from_json, learn_model, learn_ranker, starting_ranker, to_json

Lessons = tuple[FloatArray, BoolArray, IntArray]
N_PAGES, N_PER_PAGE = 60, 20


def lessons(n_features: int, seed: int = 0) -> Lessons:
    """A toy task: the chance of an answer follows the first feature alone, from 0 to 0.6; the others are noise."""
    random = np.random.default_rng(seed)
    features = random.random((N_PAGES * N_PER_PAGE, n_features)).astype(np.float32)
    is_answer = random.random(len(features)) < 0.6 * features[:, 0] ** 2
    return features, is_answer, np.repeat(np.arange(N_PAGES, dtype=np.int64), N_PER_PAGE)


@pytest.fixture(scope="module")
def model() -> Model:
    learnt = learn_model(*lessons(4))
    assert learnt is not None
    return learnt


def probabilities(model: Model, features: FloatArray) -> NDArray[np.float64]:
    return Ranker((model,), ()).score_links(features).astype(np.float64)


def rows(first: FloatArray, n_features: int) -> FloatArray:
    """Rows that differ in the first feature only."""
    made = np.full((len(first), n_features), 0.5, np.float32)
    made[:, 0] = first
    return made


def test_a_toy_task_is_learnt(model: Model) -> None:
    low, high = probabilities(model, rows(np.array([0.05, 0.98], np.float32), 4))

    assert low < 0.1
    assert 0.35 < high < 0.85


def test_probabilities_are_those_of_rows_never_seen(model: Model) -> None:
    """Of rows shown at about p, about p are answers: over all, and over the upper half."""
    features, is_answer, _ = lessons(4, seed=1)
    found = probabilities(model, features)
    upper = found > np.median(found)

    assert found.mean() == pytest.approx(is_answer.mean(), abs=0.04)
    assert found[upper].mean() == pytest.approx(is_answer[upper].mean(), abs=0.06)
    assert is_answer[upper].mean() > 3 * is_answer[~upper].mean()


def test_the_calibration_is_monotone_and_its_values_are_probabilities(model: Model) -> None:
    assert np.all(np.diff(model.knots) > 0)
    assert np.all(np.diff(model.values) >= 0)
    assert np.all((model.values >= 0) & (model.values <= 1))
    assert model.n_positive == lessons(4)[1].sum()


def test_scores_keep_the_order_of_the_raw_scores(model: Model) -> None:
    features = lessons(4, seed=2)[0]
    raw = np.asarray(model.booster.predict(features, raw_score=True))

    assert np.all(np.diff(probabilities(model, features)[np.argsort(raw)]) >= 0)


def test_no_probability_is_0_or_1(model: Model) -> None:
    extremes = np.array([[-1e9] * 4, [1e9] * 4, [np.nan] * 4], np.float32)
    found = probabilities(model, extremes)

    assert np.all((found > 0) & (found < 1))


@pytest.mark.parametrize("is_answer", [np.zeros(1200, np.bool_), np.arange(1200) < 59], ids=["none", "59"])
def test_too_few_answers_teach_nothing(is_answer: BoolArray) -> None:
    features, _, page = lessons(4)

    assert learn_model(features, is_answer, page) is None


def test_one_page_alone_teaches_nothing() -> None:
    features, is_answer, page = lessons(4)

    assert learn_model(features, is_answer, np.zeros_like(page)) is None


def test_answers_that_all_stand_on_one_page_are_learnt_from() -> None:
    """The fold that is tested on that page has no answer to learn from."""
    features, is_answer, page = lessons(4)
    page[is_answer] = 0

    learnt = learn_model(features, is_answer, page)

    assert learnt is not None
    assert np.all((probabilities(learnt, features) > 0) & (probabilities(learnt, features) < 1))


def test_where_every_candidate_is_an_answer_scores_are_still_probabilities() -> None:
    features, is_answer, page = lessons(4)

    learnt = learn_model(features, np.ones_like(is_answer), page)

    assert learnt is not None
    assert np.all((probabilities(learnt, features) > 0) & (probabilities(learnt, features) < 1))


def test_equal_seeds_learn_equal_models(model: Model) -> None:
    again = learn_model(*lessons(4))

    assert again is not None
    assert Ranker((again,), ()).fingerprint == Ranker((model,), ()).fingerprint


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    """With an own model for links, and with too few answers for one of phrases."""
    features, _, page = lessons(len(PHRASE_FEATURES))
    return learn_ranker(lessons(len(FEATURES)), (features, np.zeros(len(page), np.bool_), page))


def test_too_few_answers_leave_the_starting_ranker_alone(ranker: Ranker) -> None:
    assert ranker.phrases == starting_ranker().phrases
    assert len(ranker.links) == 1 + len(starting_ranker().links)


def test_a_wiki_without_lessons_gets_the_starting_ranker() -> None:
    nothing = (np.zeros((0, 1), np.float32), np.zeros(0, np.bool_), np.zeros(0, np.int64))

    assert learn_ranker(nothing, nothing).fingerprint == starting_ranker().fingerprint


def test_own_and_starting_model_are_averaged_by_the_answers_learnt_from(ranker: Ranker) -> None:
    own, starting = ranker.links
    features = lessons(len(FEATURES))[0][:50]
    share = own.n_positive / (own.n_positive + 400)
    odds = share * own.log_odds(features) + (1 - share) * starting.log_odds(features)

    assert ranker.score_links(features) == pytest.approx(1 / (1 + np.exp(-odds)), rel=1e-5)


def test_the_starting_ranker_scores_both_kinds() -> None:
    starting = starting_ranker()
    links = starting.score_links(lessons(len(FEATURES))[0])
    phrases = starting.score_phrases(lessons(len(PHRASE_FEATURES))[0])

    assert np.all((links > 0) & (links < 1))
    assert np.all((phrases > 0) & (phrases < 1))


def test_no_rows_have_no_scores() -> None:
    assert starting_ranker().score_links(np.zeros((0, len(FEATURES)), np.float32)).shape == (0,)


def test_a_ranker_read_again_scores_equally(ranker: Ranker) -> None:
    again = from_json(to_json(ranker))
    features = lessons(len(FEATURES), seed=3)[0]
    phrases = lessons(len(PHRASE_FEATURES), seed=3)[0]

    assert np.array_equal(again.score_links(features), ranker.score_links(features))
    assert np.array_equal(again.score_phrases(phrases), ranker.score_phrases(phrases))
    assert again.fingerprint == ranker.fingerprint
    assert ranker.fingerprint != starting_ranker().fingerprint


def test_hopeful_rows_are_the_best_of_each_page(ranker: Ranker) -> None:
    features, _, page = lessons(len(FEATURES))
    page = page[::-1].copy()  # not in ascending order

    found = ranker.hopeful_links(features, page, 5)

    assert np.all(np.diff(found) > 0)
    assert np.bincount(page[found]).tolist() == [5] * N_PAGES
    left = np.setdiff1d(np.arange(len(page)), found)
    assert features[found, 0].mean() > features[left, 0].mean()
    assert len(ranker.hopeful_links(features, page, N_PER_PAGE)) == len(page)


def damaged(change: dict[str, object]) -> str:
    return json.dumps({**json.loads(to_json(starting_ranker())), **change})


DAMAGED = {
    "empty": "",
    "cut off": to_json(starting_ranker())[:5000],
    "not an object": "[1, 2]",
    "no models": json.dumps({"features": FEATURES, "phrase_features": PHRASE_FEATURES}),
    "a model that is text": damaged({"links": ["model"]}),
    "no trees": damaged({"links": [{"booster": "", "knots": [0, 1], "values": [0, 1], "n_positive": 1}]}),
    "trees that are none": damaged({"links": [{"booster": "x", "knots": [0, 1], "values": [0, 1], "n_positive": 1}]}),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_ranker_says_what_to_do(text: str) -> None:
    with pytest.raises(ModelError, match="Run `linkassist reindex --full`"):
        from_json(text)


def test_a_ranker_of_other_features_says_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"other features .* Run `linkassist reindex --full`"):
        from_json(damaged({"features": ["n_mentions"]}))
