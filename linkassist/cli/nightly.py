"""The command `nightly`: the nightly work of a library, now or on a schedule."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption
from linkassist.cli.output import print_lines, print_utf8, say, say_notes
from linkassist.cli.progress import progress
from linkassist.errors import LinkAssistError, NotFoundError
from linkassist.nightly.actions import described, perform
from linkassist.nightly.clock import now
from linkassist.nightly.due import is_due
from linkassist.nightly.health import SCHEDULE_NAME
from linkassist.nightly.report import EXIT_BUSY
from linkassist.nightly.run import run_night
from linkassist.nightly.schedule import (
    SCHEDULERS,
    Scheduler,
    install_actions,
    night_command,
    uninstall_actions,
    usual_scheduler,
)
from linkassist.settings import Settings, load_settings
from linkassist.store.library import DATABASE_NAME
from linkassist.store.locks import BusyError

_USUAL_AT = "03:30"
_OF_THE_COMMAND_LINE = ("LINKASSIST_LIBRARY", "LINKASSIST_CONFIG", "LINKASSIST_CHROMIUM")


@command(epilog="Example: linkassist nightly --install --at 03:30")
def nightly(
    project_names: Annotated[
        list[str] | None, typer.Option("--project", metavar="NAME", help="A project; may be repeated. [default: all]")
    ] = None,
    is_json: Annotated[
        bool, typer.Option("--json", help="Print the report as one JSON object instead of the line.")
    ] = False,
    is_quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing if everything succeeded.")] = False,
    wait_minutes: Annotated[
        float, typer.Option("--wait", metavar="MINUTES", min=0, help="How long to wait for another import or reindex.")
    ] = 30,
    is_if_due: Annotated[
        bool, typer.Option("--if-due", help="Do nothing unless a night was missed, or failed some hours ago.")
    ] = False,
    is_install: Annotated[bool, typer.Option("--install", help="Schedule it every night on this machine.")] = False,
    is_uninstall: Annotated[bool, typer.Option("--uninstall", help="Remove the schedule.")] = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="HH:MM", help=f"The time, with --install. [default: {_USUAL_AT}]")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="|".join(SCHEDULERS), help="The scheduler. [default: the one of this machine]"
        ),
    ] = None,
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what --install or --uninstall would do.")
    ] = False,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Do the nightly work of a library.

    For each project: fetch its pages, import, reindex, evaluate a sample. Then delete old records and back up. A failed
    step does not stop the others. One line sums up the night; nightly.json and nightly.log in the library's folder have
    the details. Exit codes: 0 success, 1 nothing started, 9 the library cannot be opened, 10 fetch, 11 import, 12
    reindex, 13 evaluate, 14 prune, 15 backup failed, 16 another import or reindex did not finish.
    """
    settings = load_settings(library, config=config)
    if is_install or is_uninstall:
        if is_install and is_uninstall:
            raise typer.BadParameter("Choose one of --install and --uninstall.")
        if is_uninstall and (at or scheduler):
            raise typer.BadParameter("--at and --scheduler are for --install.")
        _schedule(settings, config, project_names or [], at, scheduler, is_install=is_install, is_dry_run=is_dry_run)
        return
    if at or scheduler or is_dry_run:
        raise typer.BadParameter("--at, --scheduler and --dry-run are for --install and --uninstall.")
    if is_if_due and not is_due(settings.library, now()):
        return
    try:
        with progress() as on_progress:
            report = run_night(settings, project_names or [], on_progress, wait_s=wait_minutes * 60)
    except BusyError as error:
        say(f"linkassist: {error}")
        raise typer.Exit(EXIT_BUSY) from error
    if is_json:
        print_utf8()
        print(report.as_json())
    elif report.exit_code or not is_quiet:
        print_lines([report.as_line()])
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _schedule(
    settings: Settings,
    config: Path | None,
    project_names: list[str],
    at: str | None,
    scheduler: str | None,
    *,
    is_install: bool,
    is_dry_run: bool,
) -> None:
    library = settings.library.absolute()
    if is_install:
        minute = _minute(at or _USUAL_AT)
        chosen = _scheduler(scheduler)
        if not (library / DATABASE_NAME).is_file() and not settings.sources:
            raise NotFoundError(
                f"There is no library in {library}. Run `linkassist fetch SOURCE` first, with the address of a "
                "Scrapbox project or with an export; or name another folder with --library."
            )
        actions = install_actions(chosen, library, night_command(library, config, project_names), minute)
    else:
        actions = uninstall_actions(library)
    if is_dry_run:
        print("\n".join(described(actions)))
        return
    try:
        perform(actions)
    except LinkAssistError:
        (library / SCHEDULE_NAME).unlink(missing_ok=True)  # nothing is scheduled now
        raise
    if is_install:
        print(f"Every night at {at or _USUAL_AT}, by {chosen}; `linkassist status` shows the results.")
        say_notes(_notes(settings, chosen))
    else:
        print("The nightly runs are no longer scheduled.")


def _notes(settings: Settings, scheduler: Scheduler) -> list[str]:
    """What to know about the schedule that was installed."""
    notes = []
    if not settings.sources:
        notes.append(
            "no project has a source yet, so the nightly runs fetch no pages. Run `linkassist fetch SOURCE` once: the "
            "library remembers it."
        )
    unseen = [n for n, v in os.environ.items() if n.startswith("LINKASSIST_") and v and n not in _OF_THE_COMMAND_LINE]
    if unseen:
        notes.append(f"the nights do not see {', '.join(sorted(unseen))}. Set that in linkassist.toml instead.")
    if scheduler == "systemd":
        notes.append(
            "a night missed while you are logged out runs when you log in; `loginctl enable-linger` runs it on time."
        )
    return notes


def _minute(at: str) -> int:
    """The minute of the day: `_minute("03:30") == 210`."""
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", at, re.ASCII)
    if match is None:
        raise typer.BadParameter(f"--at is {at!r}; expected a time such as {_USUAL_AT}.")
    return int(match[1]) * 60 + int(match[2])


def _scheduler(name: str | None) -> Scheduler:
    for known in SCHEDULERS:
        if name == known:
            return known
    if name is not None:
        raise typer.BadParameter(f"--scheduler is {name!r}; expected {', '.join(SCHEDULERS)}.")
    return usual_scheduler()
