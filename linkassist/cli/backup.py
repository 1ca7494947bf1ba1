"""The commands `backup` and `restore`: a copy of the library that is known to be good, and the way back to it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.options import ConfigOption, LibraryOption, existing_library, require_library
from linkassist.cli.progress import say
from linkassist.errors import StoreError
from linkassist.files.errors import at_home, file_errors_as
from linkassist.settings import load_settings
from linkassist.store.backup.copy import complaints, copy_whole
from linkassist.store.backup.files import BackupFile, backup_files
from linkassist.store.backup.mend import MendedRow, mend
from linkassist.store.backup.restore import KEPT, Contents, Restored, contents, latest_good, make_backup
from linkassist.store.backup.restore import restore as restore_library
from linkassist.store.database_file import database_files, identity
from linkassist.store.integrity.damage import require_undamaged
from linkassist.store.library import DATABASE_NAME
from linkassist.store.navigation import project_names
from linkassist.store.suggestions import damaged_lists
from linkassist.terminal_escape import shown, visible


def backup(
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Another place than the library's folder of backups."),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option("--keep", metavar="N", min=1, help=f"How many backups stay, the newest. [default: {KEPT}]"),
    ] = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Copy the library to one checked file.

    The library may be in use meanwhile. What was imported, suggested and decided is in the file; what is learnt from
    it is not, for a reindex learns it again.
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
    print(f"{shown(made)}: {_held(contents(made))}, {made.stat().st_size / 1e6:,.1f} MB")
    if n_damaged:
        say(
            f"linkassist: Of {n_damaged:,} pages the stored suggestions are damaged. "
            "Run `linkassist reindex` to make them anew."
        )


def restore(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A backup.")] = None,
    is_latest: Annotated[bool, typer.Option("--latest", help="Go back to the newest backup that is good.")] = False,
    is_list: Annotated[bool, typer.Option("--list", help="Show the backups there are, the newest first.")] = False,
    is_damaged: Annotated[
        bool, typer.Option("--damaged", help="Bring back single decisions, choices and texts that are damaged.")
    ] = False,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Make the library what a backup holds.

    The backup is checked first. What the library was is kept among the backups. End the server before. With --damaged,
    each row that is damaged comes from the newest backup that has it whole, and all else stays.
    """
    if (file is not None) + is_latest + is_list + is_damaged != 1:
        raise typer.BadParameter(
            "Name one backup FILE, or the newest with --latest, or see them all with --list, or bring back what is "
            "damaged alone with --damaged."
        )
    folder = load_settings(library, config=config).library
    if is_list:
        for line in [_listed(each) for each in backup_files(folder)] or [f"There are no backups in {shown(folder)}."]:
            print(line)
        return
    if is_damaged:
        _mend(folder)
        return
    if file is None:
        file, passed_over = latest_good(folder)
        for each in passed_over:
            say(f"linkassist: {each}")
    done = restore_library(folder, at_home(file))
    for line in _restored(done):
        print(visible(line))
    if done.damage:
        say(f"linkassist: {done.damage}")


def _mend(folder: Path) -> None:
    require_library(folder)
    done = mend(folder)
    for each in done.rows:
        print(visible(_mended(each, folder)))
    if done.kept is None:
        print("Nothing that you decided or chose is damaged, and no text.")
        return
    print(f"As it was, the library is kept: {shown(done.kept)}")
    print("Run `linkassist reindex` to bring the suggestions up to date.")


def _mended(row: MendedRow, folder: Path) -> str:
    if row.source is None:
        return f"LOST: {row.what}. It is in no backup. {row.instead}"
    if row.source == folder / DATABASE_NAME:
        return f"mended: {row.what}, from the log of decisions"
    return f"mended: {row.what}, from {row.source.name}"


def _require_replaceable(path: Path, own: Path) -> None:
    """A backup may take the place of an earlier one, and of nothing else."""
    own_files = {identity(file) for file in database_files(own)} - {None}
    with file_errors_as(StoreError, "written", path):
        if os.path.lexists(path) and (not path.is_file() or identity(path) in own_files or complaints(path)):
            raise StoreError(f"{path} is there already and is no backup of a library. Name another file.")
        if not path.absolute().parent.is_dir():
            raise StoreError(f"{path.absolute().parent} is no folder. Name a file in a folder that exists.")


def _listed(each: BackupFile) -> str:
    size = f"{each.path.stat().st_size / 1e6:,.1f} MB"
    day, clock = each.date[:10], f"{each.date[11:13]}:{each.date[13:15]}"
    occasion = f", {each.occasion.replace('-', ' ')}" if each.occasion else ""
    return f"{day} {clock}{occasion}: {_held(contents(each.path))}, {size}\n    {shown(each.path)}"


def _restored(done: Restored) -> list[str]:
    lines = [f"{done.source} is restored: {_held(done.now)}."]
    if done.before is not None:
        lines.append(f"Before, the library held {_held(done.before)}.")
    elif done.kept is not None:
        lines.append("What the library held before cannot be read any more.")
    if done.kept is not None:
        lines.append(f"As it was, it is kept: {done.kept}")
    return [*lines, "Run `linkassist reindex` to learn from these pages again, or import a newer export."]


def _held(found: Contents | None) -> str:
    """In words what a file holds: pages, and decisions with the time of the last."""
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
