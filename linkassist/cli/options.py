"""What several commands share: their options, and the library or the export that they name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkassist.errors import NotFoundError
from linkassist.progress import OnProgress, counting
from linkassist.scrapbox.export import read_export
from linkassist.settings import Settings, load_settings
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.pages import project, read_pages
from linkassist.wiki import Page

ExportFile = Annotated[
    Path, typer.Argument(metavar="EXPORT", help="The export: .json, .json.gz or .json.xz; - is standard input.")
]
WikiFile = Annotated[
    Path | None, typer.Argument(metavar="EXPORT", help="An export. [default: the project in the library]")
]
LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", metavar="DIR", help="The library's folder. [default: in the platform's data folder]"),
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="A settings file that overrides the library's own.")
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="The server. [default: the project's source, or scrapbox.io]"),
]
EncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        metavar="NAME",
        help='"wiki", learnt from the wiki itself, or a model to add to it: '
        "bert-japanese:FOLDER, or a transformers model by folder or hub name. The library remembers it. "
        "[default: wiki]",
    ),
]
VectorEncoderOption = Annotated[
    str | None, typer.Option("--encoder", metavar="NAME", help="The encoder of the vectors. [default: the library's]")
]
ProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="NAME", help="The project. [default: the only one]")
]
ReindexOption = Annotated[
    bool, typer.Option("--reindex/--no-reindex", help="Whether to update the suggestions afterwards.")
]
BlindOption = Annotated[
    bool, typer.Option("--blind", help="Remove the words of the links too, not only their brackets.")
]
SampleOption = Annotated[
    int | None,
    typer.Option(
        "--pages",
        metavar="N",
        min=1,
        help="How many pages of a single wiki to test. [default: about an eighth, from 30 to 500]",
    ),
]


def existing_library(settings: Settings) -> Library:
    """The library that the settings name; NotFoundError where there is none yet."""
    require_library(settings.library)
    return Library.open(settings.library)


def require_library(folder: Path) -> None:
    """Raises NotFoundError where no library is in `folder`."""
    if not (folder / DATABASE_NAME).is_file():
        raise NotFoundError(
            f"There is no library in {folder}. Run `linkassist import EXPORT.json` to make one, "
            "or name another folder with --library."
        )


def require_one_wiki(export: Path | None, project_name: str | None, library: Path | None) -> None:
    """Refuses an export together with an option that names a project of the library."""
    if export and (project_name is not None or library is not None):
        raise typer.BadParameter("--project and --library are for the library; leave out the export, or the option.")


def read_wiki(
    export: Path | None, project_name: str | None, library: Path | None, config: Path | None, on_progress: OnProgress
) -> tuple[list[Page], str]:
    """(the pages of the export, or of the project in the library; what it is called)."""
    if export:
        return export_pages(export, on_progress), export.name
    with existing_library(load_settings(library, config=config)) as opened:
        of = project(opened, project_name)
        return [stored.page for stored in read_pages(opened, of.id)], of.name


def export_pages(export: Path, on_progress: OnProgress) -> list[Page]:
    """The pages of the export. Raises ExportError where it cannot be read."""
    with read_export(export, on_progress=counting(on_progress, f"read exports: {export.name}")) as opened:
        return list(opened)
