"""The command `restore`: restores the library from a backup, or only its damaged rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.backup import held
from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption, require_library
from linkassist.cli.output import print_lines, say, say_notes
from linkassist.files.errors import at_home
from linkassist.settings import load_settings
from linkassist.store.backup.files import BackupFile, backup_files
from linkassist.store.backup.mend import MendedRow, mend
from linkassist.store.backup.restore import Restored, contents, latest_good
from linkassist.store.backup.restore import restore as restore_library
from linkassist.store.library import DATABASE_NAME
from linkassist.terminal_escape import shown


@command(epilog="Example: linkassist restore --latest")
def restore(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A backup.")] = None,
    is_latest: Annotated[bool, typer.Option("--latest", help="Restore the newest intact backup.")] = False,
    is_list: Annotated[bool, typer.Option("--list", help="List the backups, newest first.")] = False,
    is_damaged: Annotated[
        bool, typer.Option("--damaged", help="Repair only damaged decisions, choices and texts.")
    ] = False,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Restore the library from a backup.

    The backup is verified first, and the present library is kept among the backups. Stop the server before. With
    --damaged, each damaged row comes from the newest backup that has it intact, and everything else stays.
    """
    if (file is not None) + is_latest + is_list + is_damaged != 1:
        raise typer.BadParameter(
            "Name one backup FILE, or the newest with --latest, or list them with --list, or repair only what is "
            "damaged with --damaged."
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
        say_notes(passed_over)
    done = restore_library(folder, at_home(file))
    print_lines(_restored(done))
    if done.damage:
        say(f"linkassist: {done.damage}")


def _mend(folder: Path) -> None:
    require_library(folder)
    done = mend(folder)
    print_lines(_mended(each, folder) for each in done.rows)
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


def _listed(each: BackupFile) -> str:
    size = f"{each.path.stat().st_size / 1e6:,.1f} MB"
    day, clock = each.date[:10], f"{each.date[11:13]}:{each.date[13:15]}"
    occasion = f", {each.occasion.replace('-', ' ')}" if each.occasion else ""
    return f"{day} {clock}{occasion}: {held(contents(each.path))}, {size}\n    {shown(each.path)}"


def _restored(done: Restored) -> list[str]:
    lines = [f"{done.source} is restored: {held(done.now)}."]
    if done.before is not None:
        lines.append(f"Before, the library held {held(done.before)}.")
    elif done.kept is not None:
        lines.append("What the library held before cannot be read any more.")
    if done.kept is not None:
        lines.append(f"As it was, it is kept: {done.kept}")
    return [*lines, "Run `linkassist reindex` to learn from these pages again, or import a newer export."]
