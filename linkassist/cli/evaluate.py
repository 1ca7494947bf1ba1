"""The command `evaluate`: how many of the links that people made would have been suggested."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.lazy_group import new_app
from linkassist.cli.options import (
    BlindOption,
    ConfigOption,
    LibraryOption,
    ProjectOption,
    SampleOption,
    existing_library,
)
from linkassist.cli.output import print_utf8
from linkassist.cli.progress import progress
from linkassist.evaluate.run import Sample, evaluate_file, evaluate_files, evaluate_project
from linkassist.settings import load_settings
from linkassist.store.pages import project

app = new_app()


@app.command(epilog="Example: linkassist evaluate notes-may.json notes-november.json")
def evaluate(
    old: Annotated[
        Path | None, typer.Argument(metavar="OLD", help="An export. [default: the project in the library]")
    ] = None,
    new: Annotated[
        Path | None, typer.Argument(metavar="NEW", help="A later export of the same project, if there is one.")
    ] = None,
    is_blind: BlindOption = False,
    by_id: Annotated[
        bool | None,
        typer.Option(
            "--by-id/--by-title", help="How pages of two exports are recognised. [default: by id where all have one]"
        ),
    ] = None,
    n_pages: SampleOption = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, help="Chooses the pages where times do not tell them. [default: 0]"),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print the figures as a JSON object.")] = False,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="NAME", help="The encoder to measure with. [default: the library's]"),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Measure suggestions by the links that people made.

    How many of the links of the newest pages would have been suggested, had these pages come without any? Simple
    suggesters answer the same questions, for comparison. Two exports tell the past exactly. A wiki alone tells it by
    the times of its lines, or else random pages have their links hidden. The library keeps its last report for the
    browser; of files nothing is kept.
    """
    _refuse_what_does_not_fit(
        old,
        new,
        {"--project": project_name, "--library": library},
        {"--pages": n_pages, "--seed": seed},
        {"--by-id or --by-title": by_id},
    )
    settings = load_settings(library, config=config, encoder=encoder)
    sample = Sample(n_pages, seed or 0)
    with progress() as on_progress:
        if old and new:
            report = evaluate_files(
                old, new, is_blind=is_blind, by_id=by_id, encoder=settings.encoder, on_progress=on_progress
            )
        elif old:
            report = evaluate_file(old, sample, is_blind=is_blind, encoder=settings.encoder, on_progress=on_progress)
        else:
            with existing_library(settings) as opened:
                of = project(opened, project_name)
                report = evaluate_project(
                    opened, of, sample, is_blind=is_blind, encoder=settings.encoder, on_progress=on_progress
                )
    if is_json:
        print_utf8()
    print(report.as_json() if is_json else report.as_text())


def _refuse_what_does_not_fit(
    old: Path | None,
    new: Path | None,
    of_a_library: Mapping[str, object],
    of_one_wiki: Mapping[str, object],
    of_two_exports: Mapping[str, object],
) -> None:
    """Options of `evaluate` by name, None where not given; one that would be without effect is wrong usage."""
    refused = [
        (of_a_library if old else {}, "is for the library; leave out the exports, or the option"),
        (of_one_wiki if new else {}, "is for a single wiki; with two exports, all new pages are asked about"),
        ({} if new else of_two_exports, "is for two exports; name OLD and NEW"),
    ]
    for options, why in refused:
        for name, value in options.items():
            if value is not None:
                raise typer.BadParameter(f"{name} {why}.")
