"""The machine's clock, as a test sets it."""

from __future__ import annotations

import pytest


class Clock:
    """What the machine takes for the time, in whole Unix seconds, until it is set to another."""

    def __init__(self, now: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = now
        monkeypatch.setattr("time.time", self.time)

    def time(self) -> float:
        return float(self.now)
