"""How much a reader's answers say: from suggestions answered with yes or no to a shift of log-odds.

A shift of log-odds suits probabilities that a ranker has calibrated: it moves a likely and an unlikely one alike, never
beyond 0 or 1. What is asked about, and what the shift is applied to, is `learn.py`'s to say.
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
    """A suggestion that was put before the reader; `weight` is how many times its answer counts."""

    logit: float
    is_accepted: bool
    weight: int = 1


def gaussian_prior_shift(trials: Sequence[Trial], spread: float) -> float:
    """The shift of log-odds under which the answers are likeliest, a small shift being likelier from the start.

    The intercept b of a logistic regression with the log-odds l as its offset and a Gaussian prior of that standard
    deviation: sum(y - sigma(l + b)) = b / spread^2. It asks how surprising the answers were: with spread 2, two
    rejections at 0.7 give -1.97 (0.7 becomes 0.25), two at 0.15 give -0.67 (0.15 becomes 0.08).
    Source: MacKay 1992, The evidence framework applied to classification networks, section 2.
    """

    precision = 1 / spread**2

    def pull(shift: float) -> tuple[float, float]:
        surplus, slope = _surplus(trials, shift)
        return surplus - precision * shift, slope - precision

    return _falling_root(pull)


def laplace_prior_shift(trials: Sequence[Trial], slack: float) -> float:
    """The shift of log-odds that brings the expected acceptances to within `slack` of those there were; often 0.0.

    Platt's bias with a Laplace prior of scale 1 / slack, which lets it be exactly 0. With slack 10, ten answers can
    never move it; 93 acceptances of 200 at 0.7 give -0.79, where -0.99 would fit them without a prior.
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
    """The log-odds, of probabilities from 0.0001 to 0.9999; what lies outside counts as the nearest of these."""
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
    """(how many more were accepted than expected with the log-odds so shifted, the slope of that)."""
    surplus = slope = 0.0
    for trial in trials:
        expected = 1 / (1 + math.exp(-trial.logit - shift))
        surplus += trial.weight * (trial.is_accepted - expected)
        slope -= trial.weight * expected * (1 - expected)
    return surplus, slope


def _falling_root(function: Callable[[float], tuple[float, float]]) -> float:
    """Where a falling function is 0; where that is outside -8 to 8, the nearest end. function: to (value, slope).

    Newton's steps, and halves of what is left where a step would leave it: from a flat place it would leap away.
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
