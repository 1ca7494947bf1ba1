"""The command `backup`: a verified copy of the library."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption, existing_library
from linkassist.cli.output import say
from linkassist.errors import StoreError
from linkassist.files.errors import at_home, file_errors_as
from linkassist.settings import load_settings
from linkassist.store.backup.copy import complaints, copy_whole
from linkassist.store.backup.restore import KEPT, Contents, contents, make_backup
from linkassist.store.database_file import database_files, identity
from linkassist.store.integrity.damage import require_undamaged
from linkassist.store.navigation import project_names
from linkassist.store.suggestions import damaged_lists
from linkassist.terminal_escape import shown


@command(epilog="Example: linkassist backup --to /media/usb/wiki.sqlite3")
def backup(
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="A file elsewhere than in the library's folder of backups."),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option("--keep", metavar="N", min=1, help=f"How many backups to keep, the newest. [default: {KEPT}]"),
    ] = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Copy the library to a single verified file.

    The library may be in use meanwhile. The file holds the pages, the suggestions and your decisions; it does not hold
    the learnt models, which a reindex builds again.
    """
    if to and keep:
        raise typer.BadParameter("--keep counts what is in the library's folder of backups; leave out --to, or --keep.")
    settings = load_settings(library, config=config)
    with existing_library(settings) as opened:
        if to is None:
            made = make_backup(opened, keep or KEPT)
        else:
            made = at_home(to)
            _require_replaceable(made, opened.path)
            copy_whole(opened.path, made)
            require_undamaged(made, opened.path)
        n_damaged = sum(len(damaged_lists(opened, each.id)) for each in project_names(opened))
    print(f"{shown(made)}: {held(contents(made))}, {made.stat().st_size / 1e6:,.1f} MB")
    if n_damaged:
        say(
            f"linkassist: The stored suggestions of {n_damaged:,} pages are damaged. "
            "Run `linkassist reindex` to rebuild them."
        )


def _require_replaceable(path: Path, own: Path) -> None:
    """Refuses a path that exists and is no backup: a backup replaces only an earlier one."""
    own_files = {identity(file) for file in database_files(own)} - {None}
    with file_errors_as(StoreError, "written", path):
        if os.path.lexists(path) and (not path.is_file() or identity(path) in own_files or complaints(path)):
            raise StoreError(f"{path} is there already and is no backup of a library. Name another file.")
        if not path.absolute().parent.is_dir():
            raise StoreError(f"{path.absolute().parent} is no folder. Name a file in a folder that exists.")


def held(found: Contents | None) -> str:
    """The contents of a library file in words: its pages, and its decisions with the time of the last."""
    if found is None:
        return "cannot be read"
    pages = f"{found.n_pages:,} pages"
    if found.imported_at:
        pages += f" as imported {_moment(found.imported_at)}"
    decisions = f"{found.n_verdicts:,} decisions"
    if found.last_decided_at:
        decisions += f", the last of {_moment(found.last_decided_at)}"
    return f"{pages}, {decisions}"


def _moment(time_s: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(time_s))
