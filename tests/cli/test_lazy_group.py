"""Commands are listed without their modules, and each list says what the command itself says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer import Context
from typer.main import get_command

from linkassist.cli.app import app
from linkassist.cli.lazy_group import LazyGroup

HEAVY = ("torch", "faiss", "transformers", "lightgbm", "sentencepiece", "scipy", "numpy", "uvicorn", "starlette")
SAMPLE = Path(__file__).parents[2] / "data" / "sample-2026-05-01.json"


def linkassist() -> LazyGroup:
    group = get_command(app)
    assert isinstance(group, LazyGroup)
    return group


def groups_within(group: LazyGroup) -> Iterator[LazyGroup]:
    yield group
    for command in group.commands.values():
        if isinstance(command, LazyGroup):
            yield from groups_within(command)


def test_a_list_says_of_each_command_what_its_own_help_says() -> None:
    groups = list(groups_within(linkassist()))
    assert len(groups) == 3  # linkassist, bert, finetune
    for group in groups:
        context = Context(group)
        listed = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
        found = [(name, command.get_short_help_str(1000)) for name, command in listed]
        assert found == [(name, command.get_short_help_str(1000)) for name, command in group.commands.items()]


def test_a_shell_completes_commands_with_their_help() -> None:
    group = linkassist()
    (found,) = group.shell_complete(Context(group), "nig")
    assert (found.value, found.help) == ("nightly", "Do the nightly work of a library.")


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        pytest.param(["--help"], (), id="help"),
        pytest.param(["bert", "--help"], (), id="help of a group"),
        pytest.param(["stauts"], (), id="a command that does not exist"),
        pytest.param(["status", "--library", "none"], (), id="status"),
        pytest.param(["links", str(SAMPLE)], (), id="links"),
        pytest.param(["suggest", "--all", "--library", "none"], (), id="suggest"),
        pytest.param(["serve", "--port", "x"], ("uvicorn", "starlette"), id="serve"),
        pytest.param(["demo", "--help"], ("uvicorn", "starlette"), id="demo"),
        pytest.param(["nightly", "--if-due", "--at", "x"], ("numpy",), id="nightly"),
    ],
)
def test_a_command_loads_only_what_it_needs(arguments: list[str], allowed: tuple[str, ...], tmp_path: Path) -> None:
    program = (
        "import atexit, sys; from linkassist.cli.app import main\n"
        f"atexit.register(lambda: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr))\n"
        "main()"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stderr.splitlines()[-1] == str([name for name in HEAVY if name in allowed])


def test_a_misspelt_command_is_answered_with_the_nearest(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "linkassist", "stauts"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert "Did you mean 'status'?" in done.stderr
