"""The command `reindex`; `import` and `fetch` end with the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, EncoderOption, LibraryOption, existing_library
from linkassist.cli.output import say_notes
from linkassist.cli.progress import progress
from linkassist.pipeline.reindex import reindex as bring_up_to_date
from linkassist.settings import Settings, load_settings, remember_encoder
from linkassist.store.pages import project, projects


@command(epilog="Example: linkassist reindex --library ~/wiki")
def reindex(
    is_full: Annotated[bool, typer.Option("--full", help="Rebuild everything, even what has not changed.")] = False,
    project_name: Annotated[
        str | None, typer.Option("--project", metavar="NAME", help="The project. [default: all]")
    ] = None,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    config: ConfigOption = None,
) -> None:
    """Bring embeddings, index and suggestions up to date."""
    settings = load_settings(library, config=config, encoder=encoder)
    with existing_library(settings) as opened:
        # Where there is none, `project` says so and what to do.
        names = [] if project_name else [each.name for each in projects(opened)]
        names = names or [project(opened, project_name).name]
    for name in names:
        reindex_project(settings, name, is_full=is_full)
    keep_encoder(encoder, library, config, settings)


def reindex_project(
    settings: Settings, project_name: str, *, is_full: bool = False, tell: Callable[[str], None] = print
) -> None:
    """Brings the project's suggestions up to date, and tells how many there are."""
    with existing_library(settings) as opened, progress() as on_progress:
        report = bring_up_to_date(opened, project(opened, project_name), settings, on_progress, is_full=is_full)
    say_notes(report.notes)
    if report.was_needed:
        tell(
            f"{project_name}: {report.n_suggestions:,} suggestions for {report.n_pages:,} pages, "
            f"{report.n_pages_rewritten:,} of them new or changed, in {report.seconds:.1f} s"
        )
    else:
        tell(f"{project_name}: the suggestions are up to date")


def keep_encoder(encoder: str | None, library: Path | None, config: Path | None, settings: Settings) -> None:
    """Lets the library remember an encoder that was named, unless it would be used without being named."""
    if encoder is not None and load_settings(library, config=config).encoder != settings.encoder:
        remember_encoder(settings.library, settings.encoder)
