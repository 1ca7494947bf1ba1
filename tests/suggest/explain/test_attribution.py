"""What carried a score: a model's contributions, by group of features."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from linkassist.suggest.corpus import FloatArray
from linkassist.suggest.explain.attribution import FEATURE_GROUPS, Contributions
from linkassist.suggest.features import FEATURES
from linkassist.suggest.ranker import Model, Ranker, starting_ranker

RNG = np.random.default_rng(7)


def rows(n: int) -> FloatArray:
    """Features of n candidates, all of them noise."""
    return RNG.random((n, len(FEATURES))).astype(np.float32)


def model_of(features: FloatArray, names: tuple[str, ...]) -> Model:
    """Two boosters that were taught to look at these features alone."""
    answer = sum(features[:, FEATURES.index(name)] for name in names) > 0.6 * len(names)
    others = [i for i, name in enumerate(FEATURES) if name not in names]
    seen = features.copy()
    seen[:, others] = 0  # a column without a difference is never asked about
    boosters = [
        lightgbm.train({"objective": "binary", "verbose": -1, "seed": seed}, lightgbm.Dataset(seen, answer), 12)
        for seed in (1, 2)
    ]
    return Model(tuple(boosters), (1.0,) * len(boosters), (), int(np.sum(answer)))


def ranker_of(model: Model) -> Ranker:
    """One that scores all links by this model."""
    return Ranker((model,), (), (model,))


def test_they_add_up_to_the_score() -> None:
    features = rows(400)
    model = model_of(features, ("link_probability", "closest", "titles"))

    found = Contributions(ranker_of(model)).of(features)

    rest = model.raw(features) - found.sum(axis=1)
    assert rest == pytest.approx(np.full(len(rest), rest.mean()), abs=1e-3)  # the mean score, the same for every row


def test_what_the_model_looks_at_is_what_carries() -> None:
    features = rows(400)

    found = Contributions(ranker_of(model_of(features, ("links_back",)))).of(features)

    assert [FEATURE_GROUPS[i] for i in np.flatnonzero(np.abs(found).max(axis=0))] == ["backlink"]
    value, carried = features[:, FEATURES.index("links_back")], found[:, FEATURE_GROUPS.index("backlink")]
    assert carried[value > 0.7].min() > 0 > carried[value < 0.5].max()


def test_most_first_groups_are_those_of_shapley_values() -> None:
    """TreeSHAP, as LightGBM works it out, is the second witness."""
    features = rows(300)
    model = model_of(features, ("link_probability", "closest", "titles", "marked"))
    shares = sum(np.asarray(booster.predict(features, pred_contrib=True)) for booster in model.boosters)
    columns = [FEATURES.index(name) for name in ("link_probability", "closest", "titles", "marked")]
    by_shapley = np.asarray(shares)[:, columns]

    groups = [FEATURE_GROUPS.index(name) for name in ("text", "neighbours", "titles", "marked")]
    found = Contributions(ranker_of(model)).of(features)[:, groups]

    assert np.corrcoef(found.ravel(), by_shapley.ravel())[0, 1] > 0.9


def test_a_page_with_links_is_explained_by_the_model_that_scores_it() -> None:
    features = rows(400)
    new, old = model_of(features, ("links_back",)), model_of(features, ("co_cited_self",))
    features[:200, FEATURES.index("n_known")] = 0

    found = Contributions(Ranker((new,), (), (old,))).of(features)

    without, with_links = (np.flatnonzero(np.abs(part).max(axis=0)) for part in (found[:200], found[200:]))
    assert [FEATURE_GROUPS[i] for i in without] == ["backlink"]
    assert [FEATURE_GROUPS[i] for i in with_links] == ["co_cited_self"]


def test_no_rows_have_no_contributions() -> None:
    assert Contributions(starting_ranker()).of(rows(0)).shape == (0, len(FEATURE_GROUPS))
