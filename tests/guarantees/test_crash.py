"""However its processes end, the library is whole each time, and no verdict is lost.

`scripts/hostile` plays rounds of several processes, `scripts/crash.py` kills a single one in the middle of its work.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from support.paths import ROOT


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes are forked, or each would take seconds to begin")
def test_in_300_rounds_of_several_processes_no_acknowledged_verdict_is_lost() -> None:
    command = [sys.executable, "-m", "scripts.hostile", "--only", "processes", "--rounds", "300"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "300 rounds" in done.stdout and "nothing" in done.stdout, done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells how much of its work a process has done")
def test_killed_at_40_moments_nothing_is_lost_and_the_next_run_completes() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "crash.py", "--kills", "40"], capture_output=True, text=True, timeout=1500
    )
    assert done.returncode == 0, done.stderr
    kills = dict(re.findall(r"(\w+): (\d+) kills", done.stdout))
    assert sum(map(int, kills.values())) == 40, done.stdout
    assert kills.keys() == {"accept", "import", "reindex", "learn"}
    for step in ("import", "reindex", "learn"):  # the first kill comes before any change, the last after all of them
        assert re.search(rf"{step}: .* times the new state, .* times the old state", done.stdout), done.stdout
