"""Writes the parts of docs/ that the program knows best: `python scripts/generated_docs.py`.

They are the help of every command, in cli.md, and the drawing of the layers, in design.md. Each stands between two
comments, `<!-- NAME begins: ... -->` and `<!-- NAME ends -->`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from typer.main import get_command
from typer.testing import CliRunner

from linkassist.cli.app import app

ROOT: Final = Path(__file__).parents[1]
DOCS: Final = ROOT / "docs"
WIDTH: Final = "80"  # columns of a help text


def command_paths() -> list[tuple[str, ...]]:
    """The commands as they are typed, in the order in which `--help` lists them; a group comes before its own."""
    return list(_paths_within(get_command(app)))


def _paths_within(command: object) -> Iterator[tuple[str, ...]]:
    for name, inner in getattr(command, "commands", {}).items():  # a command that is no group has none
        yield (name,)
        yield from ((name, *path) for path in _paths_within(inner))


def help_of(path: Sequence[str]) -> str:
    """What `--help` of the command prints at 80 columns."""
    os.environ["COLUMNS"] = WIDTH
    result = CliRunner().invoke(app, [*path, "--help"], prog_name="linkassist")
    if result.exit_code:
        raise RuntimeError(f"linkassist {' '.join(path)} --help ended with {result.exit_code}:\n{result.output}")
    return re.sub(r"(?m)[ ]+$", "", result.stdout).strip() + "\n"


def help_of_all() -> str:
    """What every `--help` says, as Markdown."""
    sections = [f"\n### linkassist {' '.join(path)}\n\n```text\n{help_of(path)}```\n" for path in command_paths()]
    return f"```text\n{help_of([])}```\n" + "".join(sections)


def drawing_of_the_layers() -> str:
    """The layers as tests/project/test_layers.py draws them, as Markdown."""
    command = [sys.executable, str(ROOT / "tests" / "project" / "test_layers.py")]
    return f"```text\n{subprocess.run(command, capture_output=True, text=True, check=True).stdout}```\n"


PARTS: Final[dict[str, tuple[Path, Callable[[], str]]]] = {
    "help": (DOCS / "cli.md", help_of_all),
    "layers": (DOCS / "design.md", drawing_of_the_layers),
}


def between_comments(name: str) -> re.Pattern[str]:
    """Finds what stands between the two comments of a part."""
    return re.compile(rf"(?s)(?<=<!-- {name} begins: `python scripts/generated_docs.py` writes this part -->\n).*?"
                      rf"(?=<!-- {name} ends -->)")  # fmt: skip


def main() -> None:
    """Writes each part anew."""
    for name, (path, generated) in PARTS.items():
        text = path.read_text("utf-8")
        places = list(between_comments(name).finditer(text))
        if len(places) != 1:
            raise SystemExit(f"{path} has {len(places)} places for {name}; expected one, between its two comments.")
        path.write_text(text[: places[0].start()] + generated() + text[places[0].end() :], "utf-8")


if __name__ == "__main__":
    main()
