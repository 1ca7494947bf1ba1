"""`scripts/audit` as `make check` runs it: what it makes of what pip-audit says, which stands for the network here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.paths import SCRIPTS

SCRIPT = SCRIPTS / "audit"
SOUND = {"name": "sound", "version": "1", "vulns": []}
UNKNOWN = {"name": "unknown", "version": "1", "skip_reason": "not found"}
FAULTY = {"name": "faulty", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}


def audited(folder: Path, said: str, *, is_ci: bool = False) -> tuple[int, list[str]]:
    (folder / "pip_audit.py").write_text(f"import sys; sys.stdout.write({said!r}); print('no route', file=sys.stderr)")
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"PYTHONPATH": str(folder)}
    environment |= {"CI": "true"} if is_ci else {}
    done = subprocess.run([sys.executable, SCRIPT], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def told(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.mark.parametrize("is_ci", [False, True])
def test_a_package_with_a_known_fault_is_a_failure_that_names_the_cure(tmp_path: Path, is_ci: bool) -> None:
    code, lines = audited(tmp_path, told(SOUND, FAULTY), is_ci=is_ci)
    assert code == 1
    assert "faulty 1: CVE-1; take 2" in lines


def test_sound_packages_pass_and_unknown_ones_are_counted(tmp_path: Path) -> None:
    assert audited(tmp_path, told(SOUND, UNKNOWN)) == (
        0,
        ["audit: 1 packages asked for, 0 with known faults, 1 are unknown to the registry"],
    )


@pytest.mark.parametrize("is_ci", [False, True])
def test_a_registry_without_advisories_is_told_in_one_line_that_stands_out_in_ci(tmp_path: Path, is_ci: bool) -> None:
    code, (line,) = audited(tmp_path, told(UNKNOWN, UNKNOWN), is_ci=is_ci)
    assert code == 0
    assert line.startswith("::warning::audit: NOT DONE" if is_ci else "audit: NOT DONE")


def test_without_a_network_a_developer_is_not_held_up_and_ci_is_not_green(tmp_path: Path) -> None:
    assert audited(tmp_path, "")[0] == 0
    code, (line,) = audited(tmp_path, "", is_ci=True)
    assert code == 1 and "the registry cannot be reached (no route)" in line
