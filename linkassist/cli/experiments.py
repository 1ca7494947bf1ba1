"""The command `experiments`: two old ideas, measured on a wiki beside linkassist."""

from __future__ import annotations

from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import (
    BlindOption,
    ConfigOption,
    LibraryOption,
    ProjectOption,
    SampleOption,
    VectorEncoderOption,
    WikiFile,
    read_wiki,
    require_one_wiki,
)
from linkassist.cli.output import print_utf8
from linkassist.cli.progress import progress
from linkassist.evaluate.run import EvaluationOptions
from linkassist.research.nearest_pages.run import run_experiments
from linkassist.settings import load_settings

_N_PAIRS = 20


@command(epilog="Example: linkassist experiments notes.json --nearest")
def experiments(
    export: WikiFile = None,
    is_nearest: Annotated[
        bool, typer.Option("--nearest", help="Pairs of a page and its nearest other page, by distance.")
    ] = False,
    is_buckets: Annotated[
        bool, typer.Option("--buckets", help="Pages with the same twelve-bit code, by signs and by a learnt code.")
    ] = False,
    is_blind: BlindOption = False,
    n_pairs: Annotated[
        int | None,
        typer.Option("--pairs", metavar="N", min=0, help="How many of the nearest pairs to print. [default: 20]"),
    ] = None,
    n_pages: SampleOption = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The random seed.")] = 0,
    is_json: Annotated[
        bool, typer.Option("--json", help="Print everything as one JSON object, with all pairs.")
    ] = False,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    encoder: VectorEncoderOption = None,
    config: ConfigOption = None,
) -> None:
    """Try two old ideas on a wiki and measure their worth.

    The nearest page by the distance of raw vectors, and buckets of pages whose vectors have the same signs. Both are
    measured on the links that people made, as in `evaluate`, along with linkassist and the baselines. Without --nearest
    and --buckets, both are tried. The vectors are those of the encoder alone: a model is not combined with the wiki's
    own encoder. The library is only read.
    """
    require_one_wiki(export, project_name, library)
    if n_pairs is not None and (is_json or (is_buckets and not is_nearest)):
        raise typer.BadParameter(
            "--pairs is for the text of --nearest; leave it out, or --json, or name --nearest too."
        )
    settings = load_settings(library, config=config, encoder=encoder)
    with progress() as on_progress:
        pages, name = read_wiki(export, project_name, library, config, on_progress)
        report = run_experiments(
            pages,
            name,
            EvaluationOptions(is_blind, settings.encoder, n_pages, seed),
            on_progress,
            has_nearest=is_nearest or not is_buckets,
            has_buckets=is_buckets or not is_nearest,
        )
    if is_json:
        print_utf8()
    print(report.as_json() if is_json else report.as_text(_N_PAIRS if n_pairs is None else n_pairs))
