"""The command `evaluate`: how many of the links that people made would have been suggested."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import (
    BlindOption,
    ConfigOption,
    LibraryOption,
    ProjectOption,
    SampleOption,
    existing_library,
    export_pages,
)
from linkassist.cli.output import print_utf8
from linkassist.cli.progress import progress
from linkassist.evaluate.run import EvaluationOptions, evaluate_exports, evaluate_project, evaluate_wiki
from linkassist.settings import load_settings
from linkassist.store.pages import project


@command(epilog="Example: linkassist evaluate notes-may.json notes-november.json")
def evaluate(
    old: Annotated[
        Path | None, typer.Argument(metavar="OLD", help="An export. [default: the project in the library]")
    ] = None,
    new: Annotated[
        Path | None, typer.Argument(metavar="NEW", help="A later export of the same project, if any.")
    ] = None,
    is_blind: BlindOption = False,
    by_id: Annotated[
        bool | None,
        typer.Option(
            "--by-id/--by-title", help="How pages are matched between two exports. [default: by id if all have one]"
        ),
    ] = None,
    n_pages: SampleOption = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            metavar="N",
            min=0,
            help="The random seed of the choice of pages if there are no times. [default: 0]",
        ),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="NAME", help="The encoder to use. [default: the library's]"),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Measure the suggestions on links that people made.

    How many links of the newest pages would have been suggested if these pages had come without any? Simple baselines
    are measured on the same links. Two exports show exactly what was there before. For a single wiki, the times of its
    lines show it; without times, the links of random pages are hidden. The other half asks about pages that had links
    already, by the links that they gained later. The library keeps its last report for the browser, and shows
    suggestions from the probability on from which two of three were right; for files nothing is kept.
    """
    if old:
        _refuse(
            {"--project": project_name, "--library": library},
            "is for the library; leave out the exports, or the option",
        )
    if new:
        _refuse(
            {"--pages": n_pages, "--seed": seed},
            "is for a single wiki; with two exports, all new pages are asked about",
        )
    else:
        _refuse({"--by-id or --by-title": by_id}, "is for two exports; name OLD and NEW")
    settings = load_settings(library, config=config, encoder=encoder)
    with progress() as on_progress:
        how = EvaluationOptions(is_blind, settings.encoder, n_pages, seed or 0)
        if old and new:
            report = evaluate_exports(old, new, how, on_progress, by_id=by_id)
        elif old:
            report = evaluate_wiki(export_pages(old, on_progress), old.name, how, on_progress)
        else:
            with existing_library(settings) as opened:
                report = evaluate_project(opened, project(opened, project_name), how, on_progress)
    if is_json:
        print_utf8()
    print(report.as_json() if is_json else report.as_text())


def _refuse(options: Mapping[str, object], why: str) -> None:
    """Refuses options that would have no effect. options: by name, None where not given."""
    for name, value in options.items():
        if value is not None:
            raise typer.BadParameter(f"{name} {why}.")
