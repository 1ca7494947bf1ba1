"""Commands that the screens show, to be typed in a terminal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from linkassist.settings import default_folder
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, project_names

_COMMAND: Final = re.compile(r"`(linkassist (?:import|reindex|fetch|nightly|restore|login|push|undo|export)\b[^`]*)`")


def with_library(message: str, folder: Path) -> str:
    """The message with `--library` in the commands that it names, which so reach this library from anywhere."""
    if folder == default_folder("library"):
        return message
    option = f" --library {shlex.quote(str(folder))}"
    return _COMMAND.sub(lambda found: found[0] if "--library" in found[1] else f"`{found[1]}{option}`", message)


def command_for(library: Library, project: ProjectName, words: Sequence[str]) -> str:
    """The command with the options that it needs for this project of this library, wherever it is typed."""
    options = ["--project", project.name] if len(project_names(library)) > 1 else []
    return shlex.join([*words, *options, *library_option(library)])


def import_command(library: Library) -> str:
    """The command that imports an export into this library."""
    return shlex.join(["linkassist", "import", "EXPORT.json", *library_option(library)])


def library_option(library: Library) -> list[str]:
    """The option that names the library, none for the one in the usual place."""
    return [] if library.folder == default_folder("library") else ["--library", str(library.folder)]
