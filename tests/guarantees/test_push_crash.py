"""However pushes and undos are killed, no link stands twice, none is lost, and none stands unrecorded."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from support.paths import ROOT, TESTS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes are forked, or each would take seconds to begin")
def test_killed_at_40_moments_every_link_is_where_it_is_recorded_to_be() -> None:
    command = [sys.executable, "-m", "scripts.crash_push", "--kills", "40"]
    environment = os.environ | {"PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stdout + done.stderr
    kills = dict(re.findall(r"(\w+) kills: (\d+)", done.stdout))
    assert kills.keys() == {"push", "undo"} and sum(map(int, kills.values())) >= 40, done.stdout
