"""From an export to suggestions through the commands: import, reindex, suggest.

Each is a process of its own once; where a command learns all anew to show one thing more, it does so in this process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from linkassist.cli.app import app

COMMAND = [sys.executable, "-m", "linkassist"]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Names one library, and none of the machine's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINKASSIST_")}
    return kept | {"LINKASSIST_LIBRARY": str(tmp_path_factory.mktemp("library"))}


@pytest.fixture(scope="module")
def run(environment: dict[str, str]) -> Run:
    """The program on the library, in a process of its own: models leave threads and warnings behind."""

    def started(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, *(str(argument) for argument in arguments)]
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == code, done.stderr
        return done

    return started


@pytest.fixture
def call(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The program on the library, in this process."""
    for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
        monkeypatch.delenv(name)

    def called(*arguments: str, code: int = 0) -> Result:
        result = CliRunner(env=environment).invoke(app, arguments, prog_name="linkassist")
        assert result.exit_code == code, result.output
        return result

    return called


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pages about ten things; every fourth page names a thing and does not link it."""
    things = ["庭仕事", "万年筆", "索引カード", "付箋", "散歩道", "図書館", "読書会", "年表", "地図帳", "観察記録"]
    pages = [{"title": thing, "created": 1, "updated": 1, "lines": [thing, "道具のひとつ"]} for thing in things]
    for n in range(40):
        thing, title = things[n % 10], f"覚え書き {n}"
        line = f"{thing}について書いた" if n % 4 == 3 else f"[{thing}]について書いた"
        pages.append({"title": title, "created": 100 + n, "updated": 100 + n, "lines": [title, line]})
    path = tmp_path_factory.mktemp("export") / "niwa.json"
    path.write_text(json.dumps({"name": "niwa", "exported": 1000, "pages": pages}), "utf-8")
    return path


@pytest.fixture(scope="module")
def imported(run: Run, source: Path) -> str:
    """What the import said."""
    return run("import", source).stdout


def test_an_import_ends_with_suggestions(run: Run, imported: str) -> None:
    assert imported.splitlines()[0].startswith("niwa: 50 pages (50 new")
    assert " suggestions for 50 pages" in imported.splitlines()[1]
    found = json.loads(run("suggest", "--page", "覚え書き 3", "--format", "jsonl").stdout)
    (named,) = (each for each in found["suggestions"] if each["target"] == "付箋")
    assert named["kind"] == "page"
    assert named["mentions"] == [{"line": 1, "start": 0, "end": 2, "surface": "付箋"}]
    assert named["reasons"]


def test_nothing_changed_is_nothing_to_do(run: Run, imported: str, source: Path) -> None:
    assert run("reindex").stdout == "niwa: the suggestions are up to date\n"
    again = run("import", source).stdout
    assert again.splitlines()[0].startswith("niwa: 50 pages (0 new, 0 changed, 50 unchanged")
    assert again.splitlines()[1] == "niwa: the suggestions are up to date"


def test_a_model_that_is_not_there_is_told_and_not_remembered(call: Callable[..., Result], imported: str) -> None:
    assert "/nowhere/model does not exist" in call("reindex", "--encoder", "/nowhere/model", code=1).stderr
    assert json.loads(call("status", "--json").stdout)["encoder"] == "wiki"


def test_progress_is_told_on_standard_error_alone(call: Callable[..., Result], imported: str) -> None:
    done = call("reindex", "--full")
    assert len(done.stdout.splitlines()) == 1
    assert "Reading the pages: 50, " in done.stderr


def test_what_was_damaged_is_learnt_anew_and_told(call: Callable[..., Result], imported: str) -> None:
    library = Path(json.loads(call("status", "--json").stdout)["library"])
    ranker = max(library.glob("models/*/*/ranker.json"))
    ranker.write_bytes(ranker.read_bytes()[:100])
    done = call("reindex")
    assert "linkassist: " in done.stderr and "is damaged or incomplete, so it was learnt anew" in done.stderr
    assert "0 of them new or changed" in done.stdout
    assert call("reindex").stdout == "niwa: the suggestions are up to date\n"
