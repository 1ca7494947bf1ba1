"""The command `fetch`: imports the newest pages of a project from its source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.import_export import ingest_text
from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption, ReindexOption
from linkassist.cli.output import print_lines
from linkassist.cli.progress import progress
from linkassist.cli.reindex import reindex_project
from linkassist.errors import NotFoundError
from linkassist.pipeline.fetch import discard, incoming_export, name_of_source
from linkassist.pipeline.ingest import ingest
from linkassist.pipeline.reindex import check_encoder
from linkassist.scrapbox.client.throttle import Throttle
from linkassist.settings import Settings, load_settings, remember_source, source_place
from linkassist.store.library import Library


@command(epilog="Example: linkassist fetch https://scrapbox.io/help-jp")
def fetch(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="The address of a Scrapbox project, or an export, a folder or a pattern of exports; the library "
            "remembers it. [default: the remembered one]",
        ),
    ] = None,
    project_name: Annotated[
        str | None,
        typer.Option("--project", metavar="NAME", help="The project. [default: the one of the source, or all]"),
    ] = None,
    is_reindexed: ReindexOption = True,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Import the newest pages of a project from its source.

    From a Scrapbox project only the changed pages are fetched. A private project needs a key: `linkassist login` asks
    for it, or it is in LINKASSIST_SCRAPBOX_KEY. Of several exports the newest is imported.
    """
    settings = load_settings(library, config=config)
    if source:
        place = source_place(source, Path.cwd())
        sources = {project_name or name_of_source(place): place}
    else:
        sources = _remembered(settings, project_name)
    if is_reindexed:
        check_encoder(settings.encoder)
    pace = Throttle()
    for name, place in sources.items():
        _import(settings, name, place, pace, is_any=source is not None)
        if source:
            remember_source(settings.library, name, place)
        if is_reindexed:
            reindex_project(settings, name)


def _remembered(settings: Settings, project_name: str | None) -> dict[str, str]:
    found = {name: place for name, place in settings.sources.items() if project_name in (None, name)}
    if not found:
        of = f" of {project_name}" if project_name else ""
        raise NotFoundError(
            f"No source of the pages{of} is known. Run `linkassist fetch SOURCE` with the address of a "
            "Scrapbox project, or with an export, a folder or a pattern of exports."
        )
    return found


def _import(settings: Settings, name: str, place: str, pace: Throttle, *, is_any: bool) -> None:
    with progress() as on_progress:
        with Library.open(settings.library) as opened:
            found = incoming_export(opened, name, place, settings.scrapbox_key, pace, on_progress, is_any=is_any)
        if found is None:
            print(f"{name}: nothing has changed")
            return
        report = ingest(settings.library, found.path, name, on_progress, version=found.version)
    discard(found)
    print_lines(ingest_text(report))
