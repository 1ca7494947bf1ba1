"""Killed at 300 moments, the library is whole each time, and no verdict is lost: `scripts/crash.py` does it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "crash.py"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells how much of its work a process has done")
def test_killed_at_300_moments_nothing_is_lost_and_the_next_run_completes() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--kills", "300"], capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr
    kills = dict(re.findall(r"(\w+): (\d+) kills", done.stdout))
    assert sum(map(int, kills.values())) == 300, done.stdout
    assert kills.keys() == {"accept", "import", "reindex", "learn"}
    for step in ("import", "reindex", "learn"):  # the first kill comes before any change, the last after all of them
        assert re.search(rf"{step}: .* times the new state, .* times the old state", done.stdout), done.stdout
