"""The floor that a wiki's own examination tells: from which probability on two of three suggestions were made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LEAST_RIGHT: Final = 2 / 3
_FEWEST: Final = 50  # suggestions from the floor on: fewer tell too little
_LOWEST, _HIGHEST = 0.10, 0.60


def measured_floor(judged: Sequence[tuple[float, bool]]) -> float | None:
    """The lowest whole per cent from which on two of three suggestions were right, from .10 to .60; None where fewer
    than 50 were examined, or two of three are never reached.

    judged: (probability, whether it is right).
    """
    for percent in range(round(100 * _LOWEST), round(100 * _HIGHEST) + 1):
        shown = [is_right for probability, is_right in judged if probability >= percent / 100]
        if len(shown) < _FEWEST:
            return None
        if sum(shown) >= LEAST_RIGHT * len(shown):
            return percent / 100
    return None
