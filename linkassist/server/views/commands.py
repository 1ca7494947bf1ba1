"""Commands that the screens show, to be typed in a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from linkassist.settings import default_folder
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, project_names


def command_for(library: Library, project: ProjectName, words: Sequence[str]) -> str:
    """The command with the options that it needs for this project of this library, wherever it is typed."""
    options = ["--project", project.name] if len(project_names(library)) > 1 else []
    if library.folder != default_folder("library"):
        options += ["--library", str(library.folder)]
    return shlex.join([*words, *options])
