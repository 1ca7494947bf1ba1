"""`linkassist bert extract-features` and `bert compare-pooling`: a BERT's vectors, as a file and put to the test."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.bert import bert
from linkassist.cli.options import (
    BertConfigOption,
    BertFolderOption,
    BlindOption,
    CheckpointOption,
    ConfigOption,
    LibraryOption,
    ProjectOption,
    SampleOption,
    SentencePieceOption,
    VocabularyOption,
    existing_library,
    print_utf8,
)
from linkassist.cli.progress import OnProgress, progress, say
from linkassist.progress import counting
from linkassist.scrapbox.export import read_export
from linkassist.settings import load_settings
from linkassist.store.pages import project, read_pages
from linkassist.wiki import Page

_TABLE_WIDTH = 120  # where there is no terminal to fit into

# What needs PyTorch is imported inside the commands, so that the others start at once.


class FeatureFormat(StrEnum):
    """How features are written."""

    jsonl = "jsonl"
    npz = "npz"
    parquet = "parquet"


class Precision(StrEnum):
    """The arithmetic of the network."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"
    int8 = "int8"


PrecisionOption = Annotated[
    Precision,
    typer.Option("--precision", help="Of the arithmetic; auto is the fastest that is near enough to float32."),
]


def _with_underscores(name: str) -> str:
    return name.replace("-", "_")


@bert.command(
    "extract-features",
    context_settings={"token_normalize_func": _with_underscores},
    epilog="Example: linkassist bert extract-features --input_file=lines.txt --output_file=features.jsonl "
    "--model bert-wiki-ja --layers=-2",
)
def extract_features(
    input_file: Annotated[Path, typer.Option("--input_file", metavar="FILE", help="A text a line, or a pair a ||| b.")],
    output_file: Annotated[Path, typer.Option("--output_file", metavar="FILE", help="Where the features go.")],
    model: BertFolderOption = None,
    init_checkpoint: CheckpointOption = None,
    bert_config_file: BertConfigOption = None,
    vocab_file: VocabularyOption = None,
    model_file: SentencePieceOption = None,
    layers: Annotated[
        str, typer.Option("--layers", metavar="N,N...", help="Which ones; -1 is the last.")
    ] = "-1,-2,-3,-4",
    max_seq_length: Annotated[
        int, typer.Option("--max_seq_length", metavar="N", min=3, help="Tokens of a line at most, [CLS] and [SEP] too.")
    ] = 128,
    do_lower_case: Annotated[
        str | None,
        typer.Option(
            "--do_lower_case",
            metavar="True|False",
            help="Whether to lowercase. [default: as the model says, else True]",
        ),
    ] = None,
    batch_size: Annotated[
        int,
        typer.Option(
            "--batch_size",
            metavar="N",
            min=1,
            help="Lines of full length in the network at a time; of shorter ones more.",
        ),
    ] = 32,
    form: Annotated[
        FeatureFormat, typer.Option("--format", help="The original's JSON lines, or the same as float32.")
    ] = FeatureFormat.jsonl,
    precision: PrecisionOption = Precision.auto,
) -> None:
    """Write the vector of every token, layer by layer.

    The options are those of bert-japanese's extract_features.py, also with hyphens, and so are the JSON lines. An
    output that was interrupted lies beside as OUTPUT.part; the same command goes on with it.
    """
    if model is None and init_checkpoint is None:
        raise typer.BadParameter("Name the BERT: --model FOLDER, or --init_checkpoint PREFIX.")
    indexes = _layers(layers)
    is_lower = _truth("--do_lower_case", do_lower_case)
    from linkassist.bert.checkpoint.open import BertFiles, open_bert
    from linkassist.bert.features.extract import survey
    from linkassist.bert.features.files import FeatureRequest, need_parquet, write_features

    if form is FeatureFormat.parquet:
        need_parquet()
    lines = survey(input_file)
    files = BertFiles(init_checkpoint, bert_config_file, vocab_file, model_file, is_lower)
    opened = open_bert(model or init_checkpoint or "", files)
    for note in opened.notes:
        say(f"linkassist: {note}")
    request = FeatureRequest(indexes, max_seq_length, batch_size, precision.value, form.value)
    with progress() as told:
        write_features(opened, lines, output_file, request, counting(told, "extract features"))


@bert.command("compare-pooling", epilog="Example: linkassist bert compare-pooling --model bert-wiki-ja notes.json")
def compare_pooling(
    model: Annotated[Path, typer.Option("--model", metavar="FOLDER", help="A BERT with all its files.")],
    export: Annotated[
        Path | None, typer.Argument(metavar="EXPORT", help="An export. [default: the project in the library]")
    ] = None,
    layers: Annotated[str, typer.Option("--layers", metavar="N,N...", help="Which ones; -1 is the last.")] = "-1,-2",
    max_seq_length: Annotated[
        int,
        typer.Option(
            "--max-seq-length", metavar="N", min=3, help="Tokens of a page, or of a window, [CLS] and [SEP] too."
        ),
    ] = 128,
    overlap: Annotated[
        int | None,
        typer.Option(
            "--overlap",
            metavar="N",
            min=0,
            help="Read long pages to the end, in windows that share so many tokens. [default: the beginning alone]",
        ),
    ] = None,
    is_blind: BlindOption = False,
    n_pages: SampleOption = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Chooses the pages where times do not tell them.")
    ] = 0,
    precision: PrecisionOption = Precision.auto,
    is_json: Annotated[bool, typer.Option("--json", help="Print the figures as a JSON object.")] = False,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Tell which pooling finds the pages that people link.

    The links of the newest pages are hidden, as in `evaluate`. Each page is read once, and every way to make a vector
    of it is scored: is a linked page among the nearest, or among what the nearest pages link? linkassist's own encoder
    stands beside. The library is only read.
    """
    if export and (project_name is not None or library is not None):
        raise typer.BadParameter("--project and --library are for the library; leave out the export, or the option.")
    indexes = _layers(layers)
    from rich.console import Console

    from linkassist.bert.checkpoint.open import open_bert
    from linkassist.evaluate.run import Sample
    from linkassist.research.pooling.run import Comparison, compare_pooling
    from linkassist.research.pooling.vectors import PageTokens

    opened = open_bert(model)
    for note in opened.notes:
        say(f"linkassist: {note}")
    how = PageTokens(max_seq_length, overlap)
    asked_for = Comparison(indexes, how, precision.value, Sample(n_pages, seed), is_blind)
    with progress() as told:
        pages, name = _pages(export, project_name, library, config, told)
        report = compare_pooling(pages, name, opened, asked_for, told)
    print_utf8()
    if is_json:
        print(report.as_json())
    else:
        report.print_to(Console(width=None if sys.stdout.isatty() else _TABLE_WIDTH))


def _pages(
    export: Path | None, project_name: str | None, library: Path | None, config: Path | None, on_progress: OnProgress
) -> tuple[list[Page], str]:
    """(the pages of the export, or of the project in the library; what it is called)."""
    if export:
        with read_export(export, on_progress=lambda n, total: on_progress("read exports", n, total)) as read:
            return list(read), export.name
    with existing_library(load_settings(library, config=config)) as opened:
        of = project(opened, project_name)
        return [stored.page for stored in read_pages(opened, of.id)], of.name


def _layers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"--layers is {text!r}; expected whole numbers with commas, as in -1,-2.") from error


def _truth(option: str, value: str | None) -> bool | None:
    words = {"true": True, "t": True, "1": True, "yes": True, "false": False, "f": False, "0": False, "no": False}
    if value is None:
        return None
    if value.lower() not in words:
        raise typer.BadParameter(f"{option} is {value!r}; expected True or False.")
    return words[value.lower()]
