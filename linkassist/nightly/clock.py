"""Timestamps of two clocks, wall time and uptime, so that an age is right even if the wall clock was set meanwhile.

The wall clock can jump: after a flat battery, by another system on the same machine, by the network. Between two
timestamps of one boot the uptime, sleep included, gives the time that has passed. Across boots only the wall clock is
left, and the age of a timestamp in its future is unknown.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_TOLERANCE_S: Final = 300.0  # the network sets clocks back a little now and then


@dataclass(frozen=True, slots=True)
class Timestamp:
    """at: Unix seconds. boot: the id of the boot, "" where the platform has none; uptime_s: since then, with sleep."""

    at: float
    boot: str = ""
    uptime_s: float = 0.0


def now() -> Timestamp:
    """The current time."""
    if not hasattr(time, "CLOCK_BOOTTIME") or not _BOOT_ID.is_file():
        return Timestamp(time.time())
    return Timestamp(time.time(), _BOOT_ID.read_text().strip(), time.clock_gettime(time.CLOCK_BOOTTIME))


def seconds_since(earlier: Timestamp, later: Timestamp) -> float | None:
    """The time between them; None if the clock was set back, so that it is unknown."""
    if earlier.boot and earlier.boot == later.boot:
        return max(0.0, later.uptime_s - earlier.uptime_s)
    passed_s = later.at - earlier.at
    return max(0.0, passed_s) if passed_s > -_TOLERANCE_S else None
