"""The README says what is true: its command help is what the program prints. Run as a script, this file writes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.settings import Settings

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
LAYERS = ROOT / "tests" / "project" / "test_layers.py"
_HELP = re.compile(r"(?s)(?<=this part -->\n).*?(?=<!-- help ends -->)")
_WIDTH = "80"


def command_paths() -> list[tuple[str, ...]]:
    """The commands as they are typed, in the order in which `--help` lists them; a group comes before its own."""
    return list(_paths_within(get_command(app)))


def _paths_within(group: object) -> Iterator[tuple[str, ...]]:
    for name, command in getattr(group, "commands", {}).items():
        yield (name,)
        yield from ((name, *path) for path in _paths_within(command))


def generated_help() -> str:
    """What every `--help` says, as Markdown."""
    parts = [f"```\n{_help_of([])}```\n"]
    parts += [f"\n### linkassist {' '.join(path)}\n\n```\n{_help_of(path)}```\n" for path in command_paths()]
    return "".join(parts)


def _help_of(arguments: Sequence[str]) -> str:
    os.environ["COLUMNS"] = _WIDTH
    result = CliRunner().invoke(app, [*arguments, "--help"], prog_name="linkassist")
    assert result.exit_code == 0, result.output
    return re.sub(r"(?m)[ ]+$", "", result.stdout).strip() + "\n"


@pytest.fixture
def text(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", _WIDTH)
    return README.read_text("utf-8")


def test_the_command_help_in_the_readme_is_what_the_program_says(text: str) -> None:
    (found,) = _HELP.findall(text)
    assert found == generated_help(), "run `python tests/project/test_readme.py` to write it anew"


@pytest.mark.parametrize("path", command_paths(), ids=" ".join)
def test_every_help_ends_with_an_example(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", _WIDTH)
    last = re.split(r"\n\n", _help_of(path))[-1]
    assert " ".join(last.split()).startswith(f"Example: linkassist {' '.join(path)}")


def test_every_setting_is_in_the_readme_with_its_variable_and_default(text: str) -> None:
    defaults = Settings(Path())
    for field in fields(Settings):
        (row,) = re.findall(rf"(?m)^\| `{field.name}` \|.*$", text)
        assert f"`LINKASSIST_{field.name.upper()}`" in row
        if field.name != "library":
            default = getattr(defaults, field.name)
            assert f"`{default}`" in row.replace('"', "")


def test_every_file_that_the_readme_points_at_is_there(text: str) -> None:
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_readme_draws_the_layers_of_the_program(text: str) -> None:
    drawn = subprocess.run([sys.executable, str(LAYERS)], capture_output=True, text=True, check=True).stdout
    assert drawn in text


if __name__ == "__main__":
    README.write_text(_HELP.sub(lambda _: generated_help(), README.read_text("utf-8")), "utf-8")
