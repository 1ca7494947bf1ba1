"""The program killed in the middle of an import, a reindex and of taking verdicts: scripts/crash.py does it."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from scripts.hostile.outcome import ROOT, Budget, Outcome

PROMISE: Final = "Killed at any moment, the old state or the new one is there, and the next run completes"
_KILLS: Final = 100  # in one round


def run(budget: Budget, seed: int) -> Outcome:
    """Rounds of a hundred kills until the budget is used up."""
    failures: list[str] = []
    for number in budget.rounds():
        command = [sys.executable, "scripts/crash.py", "--kills", str(_KILLS), "--seed", str(seed + number)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            failures.append(done.stderr.strip())
    return Outcome("kills", PROMISE, f"{budget.n_done * _KILLS:,} kills of one process at a time", tuple(failures))
