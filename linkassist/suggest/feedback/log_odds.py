"""The shift of log-odds that a reader's answers call for: maximum a posteriori estimates of a single intercept.

A shift of log-odds suits calibrated probabilities: it moves likely and unlikely ones by the same factor of their odds,
never beyond 0 or 1. `learn.py` chooses the answers and applies the shifts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_FURTHEST: Final = 8.0
_NARROW: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Trial:
    """A suggestion that the reader answered. logit: of its probability. weight: how many times the answer counts."""

    logit: float
    is_accepted: bool
    weight: int = 1


def gaussian_prior_shift(trials: Sequence[Trial], spread: float) -> float:
    """The most probable shift of log-odds under a Gaussian prior with standard deviation `spread`.

    The intercept b of a logistic regression with the log-odds l as its offset: sum(y - sigma(l + b)) = b / spread^2.
    With spread 2, two rejections at 0.7 give -1.97 (0.7 becomes 0.25), two at 0.15 give -0.67 (0.15 becomes 0.08).
    Source: MacKay 1992, The evidence framework applied to classification networks, section 2.
    """

    precision = 1 / spread**2

    def pull(shift: float) -> tuple[float, float]:
        surplus, slope = _surplus(trials, shift)
        return surplus - precision * shift, slope - precision

    return _falling_root(pull)


def laplace_prior_shift(trials: Sequence[Trial], slack: float) -> float:
    """The most probable shift of log-odds under a Laplace prior of scale 1 / slack; often exactly 0.0.

    It brings the expected number of acceptances to within `slack` of the actual one (Platt's bias). With slack 10, ten
    answers never move it; 93 acceptances of 200 at 0.7 give -0.79, where -0.99 would fit them without a prior.
    Source: Platt 1999, Probabilistic outputs for support vector machines; Tibshirani 1996, section 5 (Laplace prior).
    """
    surplus, _ = _surplus(trials, 0.0)
    if abs(surplus) <= slack:
        return 0.0
    allowed = math.copysign(slack, surplus)

    def pull(shift: float) -> tuple[float, float]:
        left, slope = _surplus(trials, shift)
        return left - allowed, slope

    return _falling_root(pull)


def logit(probability: float) -> float:
    """The log-odds of the probability, clipped to 0.0001 to 0.9999."""
    inside = min(max(probability, 0.0001), 0.9999)
    return math.log(inside / (1 - inside))


def shifted(probability: float, shift: float) -> float:
    """The probability with its log-odds shifted, to four digits, from 0.0001 to 0.9999; itself where shift is 0.0."""
    if shift == 0.0:
        return probability
    inside = min(max(probability, 0.0001), 0.9999)
    odds = math.exp(shift) * inside / (1 - inside)
    return min(max(round(odds / (1 + odds), 4), 0.0001), 0.9999)


def _surplus(trials: Sequence[Trial], shift: float) -> tuple[float, float]:
    """(accepted minus expected acceptances with the log-odds so shifted, its derivative)."""
    surplus = slope = 0.0
    for trial in trials:
        expected = 1 / (1 + math.exp(-trial.logit - shift))
        surplus += trial.weight * (trial.is_accepted - expected)
        slope -= trial.weight * expected * (1 - expected)
    return surplus, slope


def _falling_root(function: Callable[[float], tuple[float, float]]) -> float:
    """The root of a decreasing function within -8 to 8, or the nearer end. function: gives (value, slope).

    Newton's method with bisection where a step would leave the bracket.
    Source: Press et al., Numerical Recipes, 3rd edition, section 9.4 (rtsafe).
    """
    low, high, at = -_FURTHEST, _FURTHEST, 0.0
    while high - low > _NARROW:
        value, slope = function(at)
        low, high = (at, high) if value > 0 else (low, at)
        step = -value / slope
        if abs(step) < _NARROW:
            break
        at = at + step if low < at + step < high else (low + high) / 2
    return round(at, 5)
