"""Single bits of the database flipped: scripts/hostile_flips.py does it."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from scripts.hostile.outcome import ROOT, Budget, Outcome

PROMISE: Final = "A flipped bit is told, mended or harmless; what the reader decided is never silently another"
_FLIPS: Final = 50  # in one round


def run(budget: Budget, seed: int) -> Outcome:
    """Rounds of fifty flips until the budget is used up."""
    failures: list[str] = []
    for number in budget.rounds():
        command = [sys.executable, "scripts/hostile_flips.py", "--flips", str(_FLIPS), "--seed", str(seed + number)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            failures.append(f"{done.stderr.strip()[-3000:]} (`{' '.join(command[1:])}`)")
    return Outcome("flips", PROMISE, f"{budget.n_done * _FLIPS:,} flipped bits", tuple(failures))
