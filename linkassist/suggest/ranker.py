"""Features to a calibrated probability: LightGBM models for targets that exist and for new ones.

Of the former there are two: one for pages without a link, learnt from new pages, and one for pages that have links,
learnt from links that were added to them. What such a page says without a link, its authors passed over.

The starting ranker ships with the program; its features mean the same in every wiki, and it was learnt from several.
A wiki's own model is boosted on from there: its trees correct the starting score on the wiki's holdout pages (Friedman
2001, gradient boosting from an offset), so that a small wiki relies on the start and a large one on itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from linkassist.errors import ModelError
from linkassist.suggest.corpus import BoolArray, FloatArray, IntArray
from linkassist.suggest.features import FEATURES
from linkassist.suggest.phrases.features import PHRASE_FEATURES

_STARTING = Path(__file__).with_name("starting_ranker")
_HALFWAY = 400  # answers at which the wiki's own calibration weighs as much as the starting one
_FEWEST = 60  # with fewer answers no model is trained
_FOLDS = 2
_N_KNOWN = FEATURES.index("n_known")
_N_MENTIONS = FEATURES.index("n_mentions")
_PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_child_samples": 40,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
_ROUNDS = 200
_ROUNDS_OF_OWN = 60
_DOUBT = 1000  # answers at which the wiki's own trees count half
_FIRST_TREES = 100
_FIRST_TREES_OF_PHRASES = 40
_PHRASE_PRIOR = 100.0  # rows' weight of the uncalibrated score of new links: the likeliest are on a few pages

Calibration = tuple[FloatArray, FloatArray]  # raw scores at ascending knots, and the probabilities there
_NOTHING_KNOWN: Calibration = (np.zeros(1, np.float32), np.full(1, 0.01, np.float32))


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Candidates to train a model on, a row each.

    features: (rows, features). is_answer: (rows,) bool, the label. page: (rows,). sort: (rows,) the number of the
    calibration that the row belongs to. is_lesson: (rows,) whether the trees learn from it. is_typical: (rows,) whether
    the calibration counts it: a blind holdout page is like no real page, and yet teaches what to suggest that no word
    says.
    """

    features: FloatArray
    is_answer: BoolArray
    page: IntArray
    sort: IntArray
    is_lesson: BoolArray
    is_typical: BoolArray


def training_set(features: FloatArray, is_answer: BoolArray, page: IntArray) -> TrainingSet:
    """Rows of one sort, all of them lessons and typical."""
    every = np.ones(len(page), np.bool_)
    return TrainingSet(features, is_answer, page, np.zeros(len(page), np.int64), every, every)


def joined_training_sets(parts: Sequence[TrainingSet]) -> TrainingSet:
    """The rows of all parts; pages of one number are one page."""
    return TrainingSet(*(np.concatenate([getattr(part, name) for part in parts]) for name in TrainingSet.__slots__))


@dataclass(frozen=True, slots=True)
class Model:
    """A boosted model: the sum of the boosters' raw scores, each times its share; and a calibration per sort of row."""

    boosters: tuple[lightgbm.Booster, ...]
    shares: tuple[float, ...]
    calibrations: tuple[Calibration, ...]
    n_positive: int

    def raw(self, features: FloatArray) -> npt.NDArray[np.float64]:
        """(rows,) uncalibrated log-odds."""
        total = np.zeros(len(features))
        for booster, share in zip(self.boosters, self.shares, strict=True):
            total += share * np.asarray(booster.predict(features, raw_score=True))
        return total

    def log_odds(self, raw: npt.NDArray[np.float64], sort: IntArray) -> FloatArray:
        """(rows,) calibrated log-odds of raw scores."""
        probability = np.zeros(len(raw))
        for number, (knots, values) in enumerate(self.calibrations):
            probability[sort == number] = np.interp(raw[sort == number], knots, values)
        return _log_odds(probability)


@dataclass(frozen=True, slots=True)
class Ranker:
    """`links` scores targets that exist, on pages without a link, `additions` on pages with links; `phrases` new ones.

    Each ends with the starting model.
    """

    links: tuple[Model, ...]
    phrases: tuple[Model, ...]
    additions: tuple[Model, ...]

    def score_links(self, features: FloatArray) -> FloatArray:
        """(rows,) probabilities for rows of `FEATURES`."""
        probability = np.zeros(len(features), np.float32)
        has_links, sort = has_links_already(features), sort_of_links(features)
        for models, rows in ((self.links, ~has_links), (self.additions, has_links)):
            probability[rows] = _blend(models, features[rows], sort[rows])
        return probability

    def hopeful_links(self, features: FloatArray, page: IntArray, n_per_page: int) -> IntArray:
        """The rows worth scoring, ascending: the best `n_per_page` of each page by the starting model's first trees."""
        return _hopeful(self.links[-1], features, page, n_per_page, _FIRST_TREES)

    def hopeful_phrases(self, features: FloatArray, page: IntArray, n_per_page: int) -> IntArray:
        """As `hopeful_links`, for rows of `PHRASE_FEATURES`."""
        return _hopeful(self.phrases[-1], features, page, n_per_page, _FIRST_TREES_OF_PHRASES)

    def score_phrases(self, features: FloatArray) -> FloatArray:
        """(rows,) probabilities for rows of `PHRASE_FEATURES`."""
        return _blend(self.phrases, features, np.zeros(len(features), np.int64))

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that differ for rankers that score differently."""
        return hashlib.sha256(to_json(self).encode()).hexdigest()[:12]


def _hopeful(start: Model, features: FloatArray, page: IntArray, n_per_page: int, n_trees: int) -> IntArray:
    if len(features) == 0:
        return np.zeros(0, np.int64)
    first = np.asarray(start.boosters[0].predict(features, raw_score=True, num_iteration=n_trees))
    order = np.lexsort((-first, page))
    place = np.arange(len(order)) - np.searchsorted(page[order], page[order], side="left")
    return np.sort(order[place < n_per_page])


def sort_of_links(features: FloatArray) -> IntArray:
    """(rows,) 1 where the text says the target, 0 where it does not."""
    return (features[:, _N_MENTIONS] > 0).astype(np.int64)


def has_links_already(features: FloatArray) -> BoolArray:
    """(rows,) whether the page has links."""
    return np.asarray(features[:, _N_KNOWN] > 0)


def _blend(models: tuple[Model, ...], features: FloatArray, sort: IntArray) -> FloatArray:
    """The first model's score in its own and in the starting calibration, averaged by the number of its answers."""
    if len(features) == 0:
        return np.zeros(0, np.float32)
    raw = models[0].raw(features)
    log_odds = models[0].log_odds(raw, sort)
    if len(models) > 1:
        own_share = models[0].n_positive / (models[0].n_positive + _HALFWAY)
        log_odds = own_share * log_odds + (1 - own_share) * models[1].log_odds(raw, sort)
    return np.asarray(1 / (1 + np.exp(-log_odds)), np.float32)


def _log_odds(probability: npt.NDArray[np.floating]) -> FloatArray:
    clipped = np.clip(probability, 1e-5, 1 - 1e-5)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float32)


def learn_model(rows: TrainingSet, *, start: Model | None = None, seed: int = 0, prior: float = 0.0) -> Model | None:
    """A model of these rows; None where there are too few answers or pages to learn from.

    start: the model to correct. prior: the weight, in rows, of the uncalibrated score in each step of the calibration.
    The calibration is fitted to scores of pages by a model that was trained on the other fold of the pages (isotonic
    regression, Zadrozny and Elkan 2002).
    """
    features, is_answer, is_lesson = rows.features, rows.is_answer, rows.is_lesson
    n_positive = int(is_answer[is_lesson].sum())
    fold = (rows.page * 2_654_435_761 % 2**32) % _FOLDS
    if n_positive < _FEWEST or len(np.unique(fold[is_lesson])) < _FOLDS:
        return None
    offset = start.raw(features) if start else np.zeros(len(features))
    rounds = _ROUNDS_OF_OWN if start else _ROUNDS
    share = n_positive / (n_positive + _DOUBT) if start else 1.0
    raw = offset.copy()
    for number in range(_FOLDS):
        seen, asked = is_lesson & (fold != number), fold == number
        booster = _boost(features[seen], is_answer[seen], offset[seen], rounds, seed)
        raw[asked] += share * np.asarray(booster.predict(features[asked], raw_score=True))
    booster = _boost(features[is_lesson], is_answer[is_lesson], offset[is_lesson], rounds, seed)
    n_sorts = len(start.calibrations) if start else int(rows.sort.max(initial=0)) + 1
    return Model(
        (*(start.boosters if start else ()), booster),
        (*(start.shares if start else ()), share),
        _calibrations(raw, rows, n_sorts, prior),
        n_positive,
    )


def _boost(
    features: FloatArray, is_answer: BoolArray, offset: npt.NDArray[np.float64], rounds: int, seed: int
) -> lightgbm.Booster:
    data = lightgbm.Dataset(features, is_answer.astype(np.int8), init_score=offset, free_raw_data=True)
    return lightgbm.train({**_PARAMETERS, "seed": seed}, data, rounds)


def _calibrations(
    raw: npt.NDArray[np.float64], rows: TrainingSet, n_sorts: int, prior: float
) -> tuple[Calibration, ...]:
    found = []
    for number in range(n_sorts):
        of_sort = rows.sort == number
        counted = of_sort & rows.is_typical
        if rows.is_answer[counted].sum() < _FEWEST:
            counted = of_sort
        found.append(_calibrate(raw[counted], rows.is_answer[counted], prior) if counted.any() else _NOTHING_KNOWN)
    return tuple(found)


def _calibrate(raw: npt.NDArray[np.float64], is_answer: BoolArray, prior: float) -> Calibration:
    """Knots of the isotonic fit, smoothed so that scores in one step keep their order."""
    order = np.argsort(raw, kind="stable")
    ascending = raw[order]
    fitted = isotonic_regression(is_answer[order].astype(np.float64)).x
    starts = np.concatenate([[0], np.flatnonzero(np.diff(fitted)) + 1])
    sizes = np.diff(np.append(starts, len(fitted)))
    centre = np.add.reduceat(ascending, starts) / sizes
    uncalibrated = np.add.reduceat(1 / (1 + np.exp(-ascending)), starts) / sizes
    smoothed = (fitted[starts] * sizes + prior * uncalibrated) / (sizes + prior)
    value = np.maximum.accumulate(np.clip(smoothed, 0.5 / (sizes + 1), 1 - 0.5 / (sizes + 1)))
    knots = np.concatenate([[ascending[0] - 1e-6], centre, [ascending[-1] + 1e-6]])
    values = np.concatenate([[value[0] * 0.5], value, [min(1.0, value[-1] + 1e-4)]])
    knots, kept = np.unique(knots, return_index=True)
    return knots.astype(np.float32), values[kept].astype(np.float32)


def learn_ranker(links: TrainingSet, phrases: TrainingSet, additions: TrainingSet, *, seed: int = 0) -> Ranker:
    """The ranker of a wiki, trained on the candidates of its holdout pages.

    additions: of the pages that keep their links but a few.
    """
    starting = starting_ranker()
    own_links = learn_model(links, start=starting.links[0], seed=seed)
    own_additions = learn_model(additions, start=starting.additions[0], seed=seed)
    own_phrases = learn_model(phrases, start=starting.phrases[0], seed=seed, prior=_PHRASE_PRIOR)
    return Ranker(
        links=(own_links, *starting.links) if own_links else starting.links,
        phrases=(own_phrases, *starting.phrases) if own_phrases else starting.phrases,
        additions=(own_additions, *starting.additions) if own_additions else starting.additions,
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
            "additions": [_model_to_dict(model) for model in ranker.additions],
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
            links=tuple(_model_from_dict(model, 2) for model in found["links"]),
            phrases=tuple(_model_from_dict(model, 1) for model in found["phrases"]),
            additions=tuple(_model_from_dict(model, 2) for model in found.get("additions", found["links"])),
        )
    except (ValueError, KeyError, TypeError, lightgbm.basic.LightGBMError) as error:
        raise ModelError(f"The ranker cannot be read ({error}). Run `linkassist reindex --full`.") from error


def _model_to_dict(model: Model) -> dict[str, object]:
    return {
        "boosters": [booster.model_to_string() for booster in model.boosters],
        "shares": list(model.shares),
        "calibrations": [[[float(x) for x in row] for row in calibration] for calibration in model.calibrations],
        "n_positive": model.n_positive,
    }


def _model_from_dict(found: dict[str, Any], n_sorts: int) -> Model:
    boosters = tuple(lightgbm.Booster(model_str=str(text)) for text in found["boosters"])
    calibrations = tuple(
        (np.array(knots, np.float32), np.array(values, np.float32)) for knots, values in found["calibrations"]
    )
    is_whole = all(
        knots.ndim == 1 and knots.shape == values.shape and len(knots) and np.isfinite([knots, values]).all()
        for knots, values in calibrations
    )
    shares = tuple(float(share) for share in found["shares"])
    if not boosters or len(shares) != len(boosters) or len(calibrations) != n_sorts or not is_whole:
        raise ValueError(f"a model of {len(boosters)} boosters and {len(calibrations)} calibrations")
    return Model(boosters, shares, calibrations, int(found["n_positive"]))
