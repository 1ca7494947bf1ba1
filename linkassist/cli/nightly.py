"""The commands `fetch` and `nightly`: pages from where they come from, and all that is done to a library in a night."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkassist.cli.options import ConfigOption, LibraryOption, print_utf8
from linkassist.cli.output import ingest_text
from linkassist.cli.progress import progress, say
from linkassist.errors import LinkAssistError, NotFoundError
from linkassist.nightly.actions import described, perform
from linkassist.nightly.clock import now
from linkassist.nightly.due import is_due
from linkassist.nightly.health import SCHEDULE_NAME
from linkassist.nightly.report import EXIT_BUSY
from linkassist.nightly.schedule import (
    SCHEDULERS,
    Scheduler,
    install_actions,
    night_command,
    uninstall_actions,
    usual_scheduler,
)
from linkassist.pipeline.ingest import ingest
from linkassist.settings import Settings, load_settings, remember_source, source_place
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import BusyError
from linkassist.store.pages import project
from linkassist.terminal_escape import visible

if TYPE_CHECKING:
    from linkassist.scrapbox.client import Throttle

# What brings requests or the models' libraries is imported inside the commands, so that the others start at once.

_USUAL_AT = "03:30"
_OF_THE_COMMAND_LINE = ("LINKASSIST_LIBRARY", "LINKASSIST_CONFIG", "LINKASSIST_CHROMIUM")


def fetch(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="The address of a Scrapbox project, or an export, a folder or a pattern of exports; the library "
            "remembers it. [default: what it remembers]",
        ),
    ] = None,
    project_name: Annotated[
        str | None,
        typer.Option("--project", metavar="NAME", help="The project. [default: as the source calls it, or every one]"),
    ] = None,
    is_reindexed: Annotated[
        bool, typer.Option("--reindex/--no-reindex", help="Whether to bring the suggestions up to date afterwards.")
    ] = True,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Take in the newest pages of a project from where they come from.

    Of a project in Scrapbox only the pages that have changed are fetched. A private one asks for a key: the value of
    the cookie connect.sid, as scrapbox_key in linkassist.toml or LINKASSIST_SCRAPBOX_KEY. Of exports the newest is
    taken.
    """
    from linkassist.pipeline.fetch import name_of_source
    from linkassist.scrapbox.client import Throttle

    settings = load_settings(library, config=config)
    if source:
        place = source_place(source, Path.cwd())
        sources = {project_name or name_of_source(place): place}
    else:
        sources = _remembered(settings, project_name)
    pace = Throttle()
    for name, place in sources.items():
        _take_in(settings, name, place, pace, is_any=source is not None)
        if source:
            remember_source(settings.library, name, place)
        if is_reindexed:
            _reindex(settings, name)


def _remembered(settings: Settings, project_name: str | None) -> dict[str, str]:
    found = {name: place for name, place in settings.sources.items() if project_name in (None, name)}
    if not found:
        of = f" of {project_name}" if project_name else ""
        raise NotFoundError(
            f"It is not known where the pages{of} come from. Run `linkassist fetch SOURCE` with the address of a "
            "Scrapbox project, or with an export, a folder or a pattern of exports."
        )
    return found


def _take_in(settings: Settings, name: str, place: str, pace: Throttle, *, is_any: bool) -> None:
    from linkassist.pipeline.fetch import discard, incoming_export

    with progress() as told:
        with Library.open(settings.library) as opened:
            found = incoming_export(opened, name, place, settings.scrapbox_key, pace, told, is_any=is_any)
        if found is None:
            print(f"{name}: nothing has changed")
            return
        report = ingest(settings.library, found.path, name, told, version=found.version)
    discard(found)
    for line in ingest_text(report):
        print(visible(line))


def _reindex(settings: Settings, name: str) -> None:
    from linkassist.pipeline.reindex import reindex

    with Library.open(settings.library) as opened, progress() as told:
        report = reindex(opened, project(opened, name), settings, told)
    for note in report.notes:
        say(f"linkassist: {note}")
    print(f"{name}: {report.n_suggestions:,} suggestions" if report.was_needed else f"{name}: up to date")


def nightly(
    project_names: Annotated[
        list[str] | None, typer.Option("--project", metavar="NAME", help="A project, or several. [default: every one]")
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print the report as a JSON object, not the line.")] = False,
    is_quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing of a night that did everything.")] = False,
    wait_minutes: Annotated[
        float, typer.Option("--wait", metavar="MINUTES", min=0, help="For another import or reindex to finish.")
    ] = 30,
    is_if_due: Annotated[
        bool, typer.Option("--if-due", help="Do nothing unless a night was missed, or failed some hours ago.")
    ] = False,
    is_install: Annotated[bool, typer.Option("--install", help="Let this machine do it every night.")] = False,
    is_uninstall: Annotated[bool, typer.Option("--uninstall", help="Take that back.")] = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="HH:MM", help=f"When, with --install. [default: {_USUAL_AT}]")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="|".join(SCHEDULERS), help="What starts it. [default: what this machine has]"
        ),
    ] = None,
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what --install or --uninstall would write and run.")
    ] = False,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Do all that a library needs in a night.

    For each project: fetch its pages, import, reindex, evaluate a sample. Then prune what grows without use, and back
    up. A step that fails does not stop the others. One line tells the night, nightly.json and nightly.log in the
    library's folder tell more. Exit codes: 0 all done, 1 nothing begun, 9 the library cannot be opened, 10 fetch, 11
    import, 12 reindex, 13 evaluate, 14 prune, 15 backup failed, 16 another import or reindex did not end.
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
    from linkassist.nightly.run import run_night

    try:
        with progress() as told:
            report = run_night(settings, project_names or [], told, wait_s=wait_minutes * 60)
    except BusyError as error:
        say(f"linkassist: {error}")
        raise typer.Exit(EXIT_BUSY) from error
    if is_json:
        print_utf8()
        print(report.as_json())
    elif report.exit_code or not is_quiet:
        print(visible(report.as_line()))
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
        for line in described(actions):
            print(line)
        return
    try:
        perform(actions)
    except LinkAssistError:
        (library / SCHEDULE_NAME).unlink(missing_ok=True)  # nothing starts the nights now
        raise
    if is_install:
        print(f"Every night at {at or _USUAL_AT}, by {chosen}; `linkassist status` tells how it goes.")
        for note in _notes(settings, chosen):
            say(f"linkassist: {note}")
    else:
        print("No more nights; what was written for them is gone.")


def _notes(settings: Settings, scheduler: Scheduler) -> list[str]:
    """What the person should know who relies on the nights from now on."""
    notes = []
    if not settings.sources:
        notes.append(
            "no project has a source yet, so the nights bring no new pages. Run `linkassist fetch SOURCE` once: the "
            "library remembers it."
        )
    unseen = [n for n, v in os.environ.items() if n.startswith("LINKASSIST_") and v and n not in _OF_THE_COMMAND_LINE]
    if unseen:
        notes.append(f"the nights do not see {', '.join(sorted(unseen))}. Set that in linkassist.toml instead.")
    if scheduler == "systemd":
        notes.append(
            "a night while you are logged out is caught up when you log in; `loginctl enable-linger` does it on time."
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
