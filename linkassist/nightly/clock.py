"""Moments that can be compared though the clock was set in between.

The clock on the wall can jump: a flat battery, another system on the same machine, a correction by the network. Within
one start of the machine its uptime, sleep included, tells how much time has really passed. Across starts only the wall
clock is left, and of a moment that lies in its future nothing can be told.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_TOLERANCE_S: Final = 300.0  # clocks that are set by the network go back a little now and then


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment by two clocks. at: Unix seconds. boot: which start of the machine, "" where it does not tell;
    uptime_s: seconds since then, of which those asleep count too."""

    at: float
    boot: str = ""
    uptime_s: float = 0.0


def now() -> Moment:
    """This moment."""
    if not hasattr(time, "CLOCK_BOOTTIME") or not _BOOT_ID.is_file():
        return Moment(time.time())
    return Moment(time.time(), _BOOT_ID.read_text().strip(), time.clock_gettime(time.CLOCK_BOOTTIME))


def seconds_since(earlier: Moment, later: Moment) -> float | None:
    """How much time has passed between them, None where the clock was set back and nobody can tell."""
    if earlier.boot and earlier.boot == later.boot:
        return max(0.0, later.uptime_s - earlier.uptime_s)
    passed_s = later.at - earlier.at
    return max(0.0, passed_s) if passed_s > -_TOLERANCE_S else None
