"""The command `bert compare-pooling`: which way to make a vector of a page finds the pages that people link."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from linkassist.bert.checkpoint.open import open_bert
from linkassist.cli.bert.options import Precision, PrecisionOption, layer_numbers
from linkassist.cli.lazy_group import command
from linkassist.cli.options import (
    BlindOption,
    ConfigOption,
    LibraryOption,
    ProjectOption,
    SampleOption,
    WikiFile,
    read_wiki,
    require_one_wiki,
)
from linkassist.cli.output import print_utf8, say_notes
from linkassist.cli.progress import progress
from linkassist.research.pooling.run import Comparison
from linkassist.research.pooling.run import compare_pooling as compare
from linkassist.research.pooling.vectors import PageTokens

_TABLE_WIDTH = 120  # where there is no terminal to fit into


@command(epilog="Example: linkassist bert compare-pooling --model bert-wiki-ja notes.json")
def compare_pooling(
    model: Annotated[Path, typer.Option("--model", metavar="FOLDER", help="A BERT with all its files.")],
    export: WikiFile = None,
    layers: Annotated[str, typer.Option("--layers", metavar="N,N...", help="The layers; -1 is the last.")] = "-1,-2",
    max_seq_length: Annotated[
        int,
        typer.Option(
            "--max-seq-length",
            metavar="N",
            min=3,
            help="The most tokens of a page, or of a window, with [CLS] and [SEP].",
        ),
    ] = 128,
    overlap: Annotated[
        int | None,
        typer.Option(
            "--overlap",
            metavar="N",
            min=0,
            help="Read long pages in windows that overlap by N tokens. [default: only the beginning]",
        ),
    ] = None,
    is_blind: BlindOption = False,
    n_pages: SampleOption = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="N", min=0, help="The random seed of the choice of pages if there are no times."
        ),
    ] = 0,
    precision: PrecisionOption = Precision.auto,
    is_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Measure which pooling finds the pages that people link.

    The links of the newest pages are hidden, as in `evaluate`. Each page is encoded once, and every pooling of its
    layers is scored: is a linked page among the nearest, or among those that the nearest pages link? linkassist's own
    encoder is the reference. The library is only read.
    """
    require_one_wiki(export, project_name, library)
    indexes = layer_numbers(layers)
    opened = open_bert(model)
    say_notes(opened.notes)
    how = PageTokens(max_seq_length, overlap)
    asked_for = Comparison(indexes, how, precision.value, is_blind, n_pages, seed)
    with progress() as on_progress:
        pages, name = read_wiki(export, project_name, library, config, on_progress)
        report = compare(pages, name, opened, asked_for, on_progress)
    print_utf8()
    if is_json:
        print(report.as_json())
    else:
        report.print_to(Console(width=None if sys.stdout.isatty() else _TABLE_WIDTH))
