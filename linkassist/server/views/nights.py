"""The nightly runs: their state on the start of a project, and the trend of the quality figures.

The chart is `WIDTH` by `HEIGHT` units; time grows to the right, shares from 0 to 100 % upwards.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from linkassist.nightly.health import Failure, Health, HealthState
from linkassist.settings import default_folder
from linkassist.store.summaries.quality_samples import QualitySample

WIDTH: Final = 600
HEIGHT: Final = 120
_MOST: Final = 60  # samples: a year and some weeks


@dataclass(frozen=True, slots=True)
class NightView:
    """The state of the nightly runs. at: see `Health`. success_at: start of the last successful run, 0 for never.
    command: what to type to repair it."""

    state: HealthState
    is_alarm: bool
    at: int
    success_at: int
    failures: tuple[Failure, ...]
    command: str


@dataclass(frozen=True, slots=True)
class SampleView:
    """A sample in per cent, with the coordinates of its two dots."""

    at: int
    n_links: int
    found_in_10: int
    first_right: int
    x: float
    found_y: float
    first_y: float


@dataclass(frozen=True, slots=True)
class TrendView:
    """The samples, earliest first. found_line, first_line: points of the two lines, "" if there is one sample."""

    samples: tuple[SampleView, ...]
    found_line: str
    first_line: str


def night_view(health: Health, folder: Path) -> NightView:
    """The view for the library in `folder`."""
    words = ["linkassist", "nightly"]
    words += ["--install"] if health.state == "missed" else []
    words += ["--library", str(folder)] if folder != default_folder("library") else []
    return NightView(
        health.state, health.is_alarm, health.at, health.last_success_at, health.failures, shlex.join(words)
    )


def trend_view(samples: Sequence[QualitySample]) -> TrendView | None:
    """The trend of a project's latest samples; None if there are none."""
    if not samples:
        return None
    latest = samples[-_MOST:]
    begin, end = latest[0].measured_at, latest[-1].measured_at
    views = tuple(_sample_view(each, begin, end) for each in latest)
    if len(views) == 1:
        return TrendView(views, "", "")
    return TrendView(
        views,
        " ".join(f"{each.x},{each.found_y}" for each in views),
        " ".join(f"{each.x},{each.first_y}" for each in views),
    )


def _sample_view(sample: QualitySample, begin: int, end: int) -> SampleView:
    return SampleView(
        at=sample.measured_at,
        n_links=sample.n_links,
        found_in_10=round(100 * sample.found_in_10),
        first_right=round(100 * sample.first_right),
        x=round(WIDTH * (sample.measured_at - begin) / (end - begin), 1) if end > begin else 0.0,
        found_y=round(HEIGHT * (1 - sample.found_in_10), 1),
        first_y=round(HEIGHT * (1 - sample.first_right), 1),
    )
