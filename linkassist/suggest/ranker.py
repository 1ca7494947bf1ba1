"""Features to a calibrated probability: two LightGBM models, one for targets that exist and one for new ones.

A wiki's own ranker is learnt from its examination. A wiki with few links leans on the starting ranker that ships with
the program, whose features mean the same in every wiki: their log-odds are averaged, the wiki's own share growing with
the number of hidden links that it was learnt from.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from linkassist.errors import ModelError
from linkassist.suggest.corpus import BoolArray, FloatArray, IntArray
from linkassist.suggest.evidence import FEATURES
from linkassist.suggest.phrases import PHRASE_FEATURES

_STARTING = Path(__file__).with_name("starting_ranker")
_HALFWAY = 400  # hidden links found at which the wiki's own model weighs as much as the starting one
_ALONE = 0.85  # share above which the starting model is not asked
_FEWEST = 60  # fewer teach nothing of their own
_FOLDS = 2
_PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_child_samples": 40,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
_ROUNDS = 200
_FIRST_TREES = 30


@dataclass(frozen=True, slots=True)
class Model:
    """One boosted model and its calibration: log-odds at `knots` are mapped to probabilities at `values`."""

    booster: lightgbm.Booster
    knots: FloatArray
    values: FloatArray
    n_positive: int

    def log_odds(self, features: FloatArray) -> FloatArray:
        """(rows,) calibrated log-odds."""
        raw = np.asarray(self.booster.predict(features, raw_score=True), np.float64)
        return _log_odds(np.interp(raw, self.knots, self.values))


@dataclass(frozen=True, slots=True)
class Ranker:
    """`links` scores targets that exist, `phrases` new ones; each may have an own model, a starting one, or both."""

    links: tuple[Model, ...]
    phrases: tuple[Model, ...]

    def score_links(self, features: FloatArray) -> FloatArray:
        """(rows,) probabilities for rows of `evidence.FEATURES`."""
        return _blend(self.links, features)

    def hopeful_links(self, features: FloatArray, page: IntArray, n_per_page: int) -> IntArray:
        """The rows worth scoring, ascending: each page's `n_per_page` best by the first trees of the first model."""
        first = np.asarray(self.links[0].booster.predict(features, raw_score=True, num_iteration=_FIRST_TREES))
        order = np.lexsort((-first, page))
        place = np.arange(len(order)) - np.searchsorted(page[order], page[order], side="left")
        return np.sort(order[place < n_per_page])

    def score_phrases(self, features: FloatArray) -> FloatArray:
        """(rows,) probabilities for rows of `phrases.PHRASE_FEATURES`."""
        return _blend(self.phrases, features)

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that differ for rankers that score differently."""
        return hashlib.sha256(to_json(self).encode()).hexdigest()[:12]


def _blend(models: tuple[Model, ...], features: FloatArray) -> FloatArray:
    if len(features) == 0:
        return np.zeros(0, np.float32)
    own_share = models[0].n_positive / (models[0].n_positive + _HALFWAY) if len(models) > 1 else 1.0
    if own_share > _ALONE:
        own_share, models = 1.0, models[:1]
    odds = own_share * models[0].log_odds(features)
    for model in models[1:]:
        odds = odds + (1 - own_share) * model.log_odds(features)
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def _log_odds(probability: npt.NDArray[np.floating]) -> FloatArray:
    clipped = np.clip(probability, 1e-5, 1 - 1e-5)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float32)


def learn_model(features: FloatArray, is_answer: BoolArray, page: IntArray, *, seed: int = 0) -> Model | None:
    """A model of these candidates; None where there are too few answers or pages to learn from.

    features: (candidates, features). is_answer, page: (candidates,). The calibration comes from folds of pages that
    the scoring model did not see (isotonic regression, Zadrozny and Elkan 2002).
    """
    n_positive = int(is_answer.sum())
    fold = (page * 2_654_435_761 % 2**32) % _FOLDS
    if n_positive < _FEWEST or len(np.unique(fold)) < _FOLDS:
        return None
    raw = np.zeros(len(page))
    for number in range(_FOLDS):
        booster = _boost(features[fold != number], is_answer[fold != number], seed)
        raw[fold == number] = booster.predict(features[fold == number], raw_score=True)
    knots, values = _calibrate(raw, is_answer)
    return Model(_boost(features, is_answer, seed), knots, values, n_positive)


def _boost(features: FloatArray, is_answer: BoolArray, seed: int) -> lightgbm.Booster:
    data = lightgbm.Dataset(features, is_answer.astype(np.int8), free_raw_data=True)
    return lightgbm.train({**_PARAMETERS, "seed": seed}, data, _ROUNDS)


def _calibrate(raw: np.ndarray, is_answer: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Knots of the isotonic fit, a little smoothed so that equal steps keep the order of the raw scores."""
    order = np.argsort(raw, kind="stable")
    ascending = raw[order]
    fitted = isotonic_regression(is_answer[order].astype(np.float64)).x
    starts = np.concatenate([[0], np.flatnonzero(np.diff(fitted)) + 1])
    sizes = np.diff(np.append(starts, len(fitted)))
    centre = np.add.reduceat(ascending, starts) / sizes
    value = np.maximum.accumulate(np.clip(fitted[starts], 0.5 / (sizes + 1), 1 - 0.5 / (sizes + 1)))
    knots = np.concatenate([[ascending[0] - 1e-6], centre, [ascending[-1] + 1e-6]])
    values = np.concatenate([[value[0] * 0.5], value, [min(1.0, value[-1] + 1e-4)]])
    knots, kept = np.unique(knots, return_index=True)
    return knots.astype(np.float32), values[kept].astype(np.float32)


def learn_ranker(
    links: tuple[FloatArray, BoolArray, IntArray], phrases: tuple[FloatArray, BoolArray, IntArray], *, seed: int = 0
) -> Ranker:
    """The ranker of a wiki from its examination: (features, is_answer, page) of the candidates of each model."""
    starting = starting_ranker()
    own_links, own_phrases = learn_model(*links, seed=seed), learn_model(*phrases, seed=seed)
    return Ranker(
        links=(own_links, *starting.links) if own_links else starting.links,
        phrases=(own_phrases, *starting.phrases) if own_phrases else starting.phrases,
    )


@cache
def starting_ranker() -> Ranker:
    """The ranker that ships with the program."""
    try:
        return from_json(_STARTING.with_suffix(".json").read_text())
    except OSError as error:
        raise ModelError(f"{_STARTING}.json is missing ({error}). Install linkassist again.") from error


def to_json(ranker: Ranker) -> str:
    """The ranker as text; `from_json` gives an equal one."""
    return json.dumps(
        {
            "features": FEATURES,
            "phrase_features": PHRASE_FEATURES,
            "links": [_model_to_dict(model) for model in ranker.links],
            "phrases": [_model_to_dict(model) for model in ranker.phrases],
        }
    )


def from_json(text: str) -> Ranker:
    """The ranker that `to_json` wrote; ModelError where it is damaged or was made for other features."""
    try:
        found = json.loads(text)
        if tuple(found["features"]) != FEATURES or tuple(found["phrase_features"]) != PHRASE_FEATURES:
            raise ModelError(
                "The ranker was learnt for other features than this version's. Run `linkassist reindex --full`."
            )
        return Ranker(
            links=tuple(_model_from_dict(model) for model in found["links"]),
            phrases=tuple(_model_from_dict(model) for model in found["phrases"]),
        )
    except (ValueError, KeyError, TypeError, lightgbm.basic.LightGBMError) as error:
        raise ModelError(f"The ranker cannot be read ({error}). Run `linkassist reindex --full`.") from error


def _model_to_dict(model: Model) -> dict[str, object]:
    return {
        "booster": model.booster.model_to_string(),
        "knots": [float(x) for x in model.knots],
        "values": [float(x) for x in model.values],
        "n_positive": model.n_positive,
    }


def _model_from_dict(found: dict[str, object]) -> Model:
    return Model(
        booster=lightgbm.Booster(model_str=str(found["booster"])),
        knots=np.array(found["knots"], np.float32),
        values=np.array(found["values"], np.float32),
        n_positive=int(str(found["n_positive"])),
    )
