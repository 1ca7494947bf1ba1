"""Readers during a reindex: none sees an error, and the server stays small. The real load is scripts/load.py's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.little_wiki import write_little_wiki
from support.paths import SCRIPTS

SCRIPT = SCRIPTS / "load.py"
_MOST_MB = 200  # of the server without the model's process


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is told by Linux alone")
def test_readers_see_no_error_while_the_wiki_is_reindexed(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    command = [sys.executable, str(SCRIPT), str(tmp_path), "--readers", "30", "--seconds", "5", "--pause", "0.5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    n_requests = int(re.search(r"^all +([\d,]+)", done.stdout, re.MULTILINE)[1].replace(",", ""))  # type: ignore[index]
    megabytes = int(re.search(r"took (\d+) MB", done.stdout)[1])  # type: ignore[index]
    assert n_requests >= 30  # at least one of each reader
    assert 20 < megabytes < _MOST_MB
