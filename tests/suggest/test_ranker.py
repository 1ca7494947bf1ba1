"""The ranker: a toy task is learnt, probabilities are calibrated, and what is written is read again."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from linkassist.errors import ModelError
from linkassist.suggest.corpus import BoolArray, FloatArray
from linkassist.suggest.features import FEATURES
from linkassist.suggest.phrases.features import PHRASE_FEATURES
from linkassist.suggest.ranker import (
    Model,
    Ranker,
    TrainingSet,
    from_json,
    joined_training_sets,
    learn_model,
    learn_ranker,
    sort_of_links,
    starting_ranker,
    to_json,
    training_set,
)

N_PAGES, N_PER_PAGE = 60, 20


def lessons(n_features: int, seed: int = 0) -> TrainingSet:
    """A toy task: the chance of an answer follows the first feature alone, from 0 to 0.6; the others are noise."""
    random = np.random.default_rng(seed)
    features = random.random((N_PAGES * N_PER_PAGE, n_features)).astype(np.float32)
    is_answer = random.random(len(features)) < 0.6 * features[:, 0] ** 2
    return training_set(features, is_answer, np.repeat(np.arange(N_PAGES, dtype=np.int64), N_PER_PAGE))


def link_lessons(seed: int = 0) -> TrainingSet:
    """The toy task for links: what is said (the first feature) is answered as above, and the lower half is not said."""
    plain = lessons(len(FEATURES), seed)
    features = np.where(plain.features < 0.5, 0, plain.features).astype(np.float32)
    return replace(plain, features=features, sort=sort_of_links(features))


@pytest.fixture(scope="module")
def model() -> Model:
    learnt = learn_model(lessons(4))
    assert learnt is not None
    return learnt


def probabilities(model: Model, features: FloatArray) -> NDArray[np.float64]:
    """The model's own, of rows of one sort."""
    return Ranker((), (model,), ()).score_phrases(features).astype(np.float64)


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
    unseen = lessons(4, seed=1)
    features, is_answer = unseen.features, unseen.is_answer
    found = probabilities(model, features)
    upper = found > np.median(found)

    assert found.mean() == pytest.approx(is_answer.mean(), abs=0.04)
    assert found[upper].mean() == pytest.approx(is_answer[upper].mean(), abs=0.06)
    assert is_answer[upper].mean() > 3 * is_answer[~upper].mean()


def test_the_calibration_is_monotone_and_its_values_are_probabilities(model: Model) -> None:
    ((knots, values),) = model.calibrations

    assert np.all(np.diff(knots) > 0)
    assert np.all(np.diff(values) >= 0)
    assert np.all((values >= 0) & (values <= 1))
    assert model.n_positive == lessons(4).is_answer.sum()


def test_scores_keep_the_order_of_the_raw_scores(model: Model) -> None:
    features = lessons(4, seed=2).features

    assert np.all(np.diff(probabilities(model, features)[np.argsort(model.raw(features))]) >= 0)


def test_no_probability_is_0_or_1(model: Model) -> None:
    extremes = np.array([[-1e9] * 4, [1e9] * 4, [np.nan] * 4], np.float32)
    found = probabilities(model, extremes)

    assert np.all((found > 0) & (found < 1))


@pytest.mark.parametrize("is_answer", [np.zeros(1200, np.bool_), np.arange(1200) < 59], ids=["none", "59"])
def test_too_few_answers_teach_nothing(is_answer: BoolArray) -> None:
    assert learn_model(replace(lessons(4), is_answer=is_answer)) is None


def test_one_page_alone_teaches_nothing() -> None:
    assert learn_model(replace(lessons(4), page=np.zeros(N_PAGES * N_PER_PAGE, np.int64))) is None


def test_answers_that_all_stand_on_one_page_are_learnt_from() -> None:
    """The fold that is tested on that page has no answer to learn from."""
    toy = lessons(4)

    learnt = learn_model(replace(toy, page=np.where(toy.is_answer, 0, toy.page)))

    assert learnt is not None
    assert np.all((probabilities(learnt, toy.features) > 0) & (probabilities(learnt, toy.features) < 1))


def test_where_every_candidate_is_an_answer_scores_are_still_probabilities() -> None:
    toy = lessons(4)

    learnt = learn_model(replace(toy, is_answer=np.ones_like(toy.is_answer)))

    assert learnt is not None
    assert np.all((probabilities(learnt, toy.features) > 0) & (probabilities(learnt, toy.features) < 1))


def test_equal_seeds_learn_equal_models(model: Model) -> None:
    again = learn_model(lessons(4))

    assert again is not None
    assert Ranker((again,), (), ()).fingerprint == Ranker((model,), (), ()).fingerprint


def test_plain_lessons_are_of_one_sort_and_all_count() -> None:
    plain = training_set(np.ones((3, 2), np.float32), np.array([True, False, True]), np.array([4, 4, 9]))

    assert plain.sort.tolist() == [0, 0, 0]
    assert plain.is_lesson.tolist() == plain.is_typical.tolist() == [True, True, True]


def test_joined_lessons_keep_every_column_in_order() -> None:
    one, other = link_lessons(0), replace(link_lessons(1), is_typical=np.zeros(N_PAGES * N_PER_PAGE, np.bool_))

    joined = joined_training_sets([one, other])

    for field in fields(TrainingSet):
        first, second = getattr(one, field.name), getattr(other, field.name)
        assert np.array_equal(getattr(joined, field.name)[: len(first)], first), field.name
        assert np.array_equal(getattr(joined, field.name)[len(first) :], second), field.name


def test_what_the_text_says_is_of_another_sort_than_what_it_does_not() -> None:
    features = np.ones((3, len(FEATURES)), np.float32)
    features[:, FEATURES.index("n_mentions")] = [0, np.log1p(1), np.log1p(3)]

    assert sort_of_links(features).tolist() == [0, 1, 1]


def loss(model: Model, of: TrainingSet) -> float:
    """The mean log-loss of the model's probabilities, in nats."""
    found = probabilities(model, of.features)
    return float(-np.log(np.where(of.is_answer, found, 1 - found)).mean())


def half_known(seed: int) -> TrainingSet:
    """The toy task, but that an answer also needs the second feature to be above one half."""
    toy = lessons(4, seed)
    return replace(toy, is_answer=toy.is_answer & (toy.features[:, 1] > 0.5))


def test_a_wikis_own_trees_correct_a_start_that_is_half_right(model: Model) -> None:
    own = learn_model(joined_training_sets([half_known(11), half_known(12)]), start=model)
    unseen = half_known(13)

    assert own is not None
    assert loss(own, unseen) < 0.9 * loss(model, unseen)
    low, high = probabilities(own, np.array([[0.95, 0.1, 0.5, 0.5], [0.95, 0.9, 0.5, 0.5]], np.float32))
    assert low < 0.3 < 0.35 < high


def test_a_start_that_is_right_is_left_as_it_is(model: Model) -> None:
    own = learn_model(lessons(4, seed=21), start=model)
    unseen = lessons(4, seed=22)

    assert own is not None
    assert own.boosters[:-1] == model.boosters
    assert loss(own, unseen) == pytest.approx(loss(model, unseen), rel=0.03)


@pytest.mark.parametrize("seed", [31, 41, 51])
def test_a_small_wiki_leans_on_the_start(model: Model, seed: int) -> None:
    """Some eighty answers alone teach less than they do beside what was learnt elsewhere."""
    toy, unseen = lessons(4, seed), lessons(4, seed + 1)
    few = training_set(toy.features[:400], toy.is_answer[:400], toy.page[:400])
    corrected, alone = learn_model(few, start=model), learn_model(few)

    assert corrected is not None and alone is not None
    assert loss(corrected, unseen) < loss(alone, unseen)


def test_a_model_without_a_start_has_one_booster_and_with_one_its_trees_add_up(model: Model) -> None:
    own = learn_model(lessons(4, seed=21), start=model)
    features = lessons(4, seed=22).features

    assert own is not None
    assert (len(model.boosters), len(own.boosters)) == (1, 2)
    added = own.boosters[1].predict(features, raw_score=True)
    assert 0 < own.shares[1] < 1 == own.shares[0]
    assert own.raw(features) == pytest.approx(model.raw(features) + own.shares[1] * np.asarray(added))


def two_sorts(seed: int = 0) -> TrainingSet:
    """No feature tells anything; of the first sort 10 % are answers, of the second 50 %."""
    random = np.random.default_rng(seed)
    toy = lessons(4, seed)
    sort = random.integers(0, 2, len(toy.page))
    return replace(toy, sort=sort, is_answer=random.random(len(sort)) < np.where(sort == 1, 0.5, 0.1))


def mean_probability(model: Model, of: TrainingSet, sort: int) -> float:
    """What rows of this sort are given on average."""
    odds = model.log_odds(model.raw(of.features), np.full(len(of.page), sort, np.int64))
    return float((1 / (1 + np.exp(-odds))).mean())


def test_each_sort_has_its_own_calibration() -> None:
    learnt, unseen = learn_model(two_sorts()), two_sorts(1)

    assert learnt is not None
    assert len(learnt.calibrations) == 2
    assert mean_probability(learnt, unseen, 0) == pytest.approx(0.1, abs=0.04)
    assert mean_probability(learnt, unseen, 1) == pytest.approx(0.5, abs=0.06)


def test_only_typical_rows_count_for_the_calibration() -> None:
    """Of the typical rows of the second sort a quarter are answers, of the others three quarters."""
    toy = two_sorts()
    random = np.random.default_rng(5)
    is_typical = random.random(len(toy.page)) < 0.5
    share = np.where(toy.sort == 0, 0.1, np.where(is_typical, 0.25, 0.75))
    mixed = replace(toy, is_typical=is_typical, is_answer=random.random(len(share)) < share)
    all_typical = replace(mixed, is_typical=np.ones_like(is_typical))
    counted, uncounted = learn_model(mixed), learn_model(all_typical)

    assert counted is not None and uncounted is not None
    assert mean_probability(counted, toy, 1) == pytest.approx(0.25, abs=0.06)
    assert mean_probability(uncounted, toy, 1) == pytest.approx(0.5, abs=0.06)
    assert np.array_equal(counted.raw(toy.features), uncounted.raw(toy.features))  # all rows teach the trees


def test_the_trees_learn_from_lessons_alone_and_the_calibration_from_typical_rows() -> None:
    """Rows whose answers say the opposite of the lessons move the probabilities, and no tree."""
    toy, opposite = lessons(4), lessons(4, seed=1)
    opposite = replace(opposite, is_answer=opposite.features[:, 0] < 0.2, page=opposite.page + N_PAGES)
    lesson = replace(toy, is_typical=np.zeros_like(toy.is_typical))
    counted = replace(opposite, is_lesson=np.zeros_like(opposite.is_lesson))

    alone, both = learn_model(toy), learn_model(joined_training_sets([lesson, counted]))

    assert alone is not None
    assert both is not None
    assert np.array_equal(alone.raw(toy.features), both.raw(toy.features))
    assert both.n_positive == alone.n_positive
    assert probabilities(both, opposite.features).mean() == pytest.approx(opposite.is_answer.mean(), abs=0.03)


def test_where_too_few_answers_are_typical_all_rows_count() -> None:
    toy = two_sorts()
    is_typical = np.zeros(len(toy.page), np.bool_)
    is_typical[np.flatnonzero(toy.is_answer & (toy.sort == 1))[:59]] = True  # all of them answers
    learnt, expected = learn_model(replace(toy, is_typical=is_typical)), learn_model(toy)

    assert learnt is not None and expected is not None
    assert mean_probability(learnt, toy, 1) == pytest.approx(mean_probability(expected, toy, 1))


def test_a_sort_never_seen_is_unlikely_but_not_impossible() -> None:
    toy = lessons(4)
    learnt = learn_model(replace(toy, sort=np.ones_like(toy.sort)))

    assert learnt is not None
    assert mean_probability(learnt, toy, 0) == pytest.approx(0.01)


N_KNOWN = FEATURES.index("n_known")


def without_links(rows: TrainingSet) -> TrainingSet:
    """The same on pages that link nothing."""
    features = rows.features.copy()
    features[:, N_KNOWN] = 0
    return replace(rows, features=features)


def linking(rows: TrainingSet) -> TrainingSet:
    """The same on pages that link something."""
    features = rows.features.copy()
    features[:, N_KNOWN] = 1
    return replace(rows, features=features)


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    """With an own model for links, and with too few answers for one of phrases."""
    phrases = lessons(len(PHRASE_FEATURES))
    without_answers = replace(phrases, is_answer=np.zeros_like(phrases.is_answer))
    return learn_ranker(without_links(link_lessons()), without_answers, linking(link_lessons(seed=5)))


def test_too_few_answers_leave_the_starting_ranker_alone(ranker: Ranker) -> None:
    assert ranker.phrases == starting_ranker().phrases
    assert len(ranker.links) == 1 + len(starting_ranker().links)


def test_a_wiki_without_lessons_gets_the_starting_ranker() -> None:
    nothing = training_set(np.zeros((0, 1), np.float32), np.zeros(0, np.bool_), np.zeros(0, np.int64))

    assert learn_ranker(nothing, nothing, nothing).fingerprint == starting_ranker().fingerprint


def test_own_and_starting_calibration_are_averaged_by_the_answers_learnt_from(ranker: Ranker) -> None:
    own, starting = ranker.links
    features = without_links(link_lessons()).features[:50]
    raw, sort = own.raw(features), sort_of_links(features)
    share = own.n_positive / (own.n_positive + 400)
    odds = share * own.log_odds(raw, sort) + (1 - share) * starting.log_odds(raw, sort)

    assert ranker.score_links(features) == pytest.approx(1 / (1 + np.exp(-odds)), rel=1e-5)


def test_what_authors_passed_over_on_pages_with_links_is_unlikely_there_and_nowhere_else() -> None:
    """On new pages what is said is linked; on pages that have links the same is what was left unlinked."""
    parts = [link_lessons(seed) for seed in range(8)]
    rows = joined_training_sets([replace(part, page=part.page + N_PAGES * i) for i, part in enumerate(parts)])
    passed_over = replace(linking(rows), is_answer=rows.is_answer & (rows.page % 8 == 0))
    learnt = learn_ranker(without_links(rows), training_set(*nothing_of(PHRASE_FEATURES)), passed_over)
    asked = rows.features[rows.is_answer]

    on_new = learnt.score_links(without_links(replace(rows, features=asked)).features)
    on_old = learnt.score_links(linking(replace(rows, features=asked)).features)

    assert on_new.mean() > 2 * on_old.mean()


def nothing_of(names: tuple[str, ...]) -> tuple[FloatArray, NDArray[np.bool_], NDArray[np.int64]]:
    return np.zeros((0, len(names)), np.float32), np.zeros(0, np.bool_), np.zeros(0, np.int64)


def test_the_starting_ranker_scores_both_kinds() -> None:
    starting = starting_ranker()
    links = starting.score_links(link_lessons().features)
    phrases = starting.score_phrases(lessons(len(PHRASE_FEATURES)).features)

    assert np.all((links > 0) & (links < 1))
    assert np.all((phrases > 0) & (phrases < 1))


def test_no_rows_have_no_scores() -> None:
    assert starting_ranker().score_links(np.zeros((0, len(FEATURES)), np.float32)).shape == (0,)


def test_a_ranker_read_again_scores_equally(ranker: Ranker) -> None:
    again = from_json(to_json(ranker))
    features = link_lessons(seed=3).features
    phrases = lessons(len(PHRASE_FEATURES), seed=3).features

    assert np.array_equal(again.score_links(features), ranker.score_links(features))
    assert np.array_equal(again.score_phrases(phrases), ranker.score_phrases(phrases))
    assert again.fingerprint == ranker.fingerprint
    assert ranker.fingerprint != starting_ranker().fingerprint


def test_hopeful_rows_are_the_best_of_each_page(ranker: Ranker) -> None:
    features = link_lessons().features
    page = link_lessons().page[::-1].copy()  # not in ascending order
    first = starting_ranker().links[0].boosters[0].predict(features, raw_score=True, num_iteration=100)

    found = ranker.hopeful_links(features, page, 5)

    assert np.all(np.diff(found) > 0)
    assert np.bincount(page[found]).tolist() == [5] * N_PAGES
    for number in range(N_PAGES):
        best = np.sort(first[page == number])[-5:]
        assert np.sort(first[found[page[found] == number]]).tolist() == best.tolist()
    assert len(ranker.hopeful_links(features, page, N_PER_PAGE)) == len(page)


def test_a_rankers_file_has_a_list_of_boosters_and_a_calibration_a_sort(ranker: Ranker) -> None:
    own, starting = json.loads(to_json(ranker))["links"]

    assert own["boosters"][:-1] == starting["boosters"]
    assert [len(model["calibrations"]) for model in (own, starting)] == [2, 2]
    for knots, values in own["calibrations"] + starting["calibrations"]:
        assert len(knots) == len(values) > 1
        assert knots == sorted(knots)


def damaged(change: dict[str, object]) -> str:
    return json.dumps({**json.loads(to_json(starting_ranker())), **change})


SOUND = json.loads(to_json(starting_ranker()))["links"][0]
DAMAGED = {
    "empty": "",
    "cut off": to_json(starting_ranker())[:5000],
    "not an object": "[1, 2]",
    "no models": json.dumps({"features": FEATURES, "phrase_features": PHRASE_FEATURES}),
    "a model that is text": damaged({"links": ["model"]}),
    "no trees": damaged({"links": [{**SOUND, "boosters": [""]}]}),
    "trees that are none": damaged({"links": [{**SOUND, "boosters": ["x"]}]}),
    "trees that are no text": damaged({"links": [{**SOUND, "boosters": 7}]}),
    "a model with one booster and no sorts": damaged(
        {"links": [{"booster": "x", "knots": [0, 1], "values": [0, 1], "n_positive": 1}]}
    ),
    "a calibration without values": damaged({"links": [{**SOUND, "calibrations": [[[0, 1]]]}]}),
    "a calibration that is text": damaged({"links": [{**SOUND, "calibrations": [["low", "high"]]}]}),
    "no number of answers": damaged({"links": [{**SOUND, "n_positive": None}]}),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_ranker_says_what_to_do(text: str) -> None:
    with pytest.raises(ModelError, match="Run `linkassist reindex --full`"):
        from_json(text)


def test_a_ranker_of_other_features_says_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"other features .* Run `linkassist reindex --full`"):
        from_json(damaged({"features": ["n_mentions"]}))
