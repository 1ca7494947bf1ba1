"""`linkassist bert extract-features` and `bert compare-pooling`: a BERT's vectors, as a file and put to the test."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli_bert import bert
from linkassist.terminal import progress, say

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
    model: Annotated[
        Path | None,
        typer.Option(
            "--model", metavar="FOLDER", help="A BERT with all its files; then the next four may be left out."
        ),
    ] = None,
    init_checkpoint: Annotated[
        Path | None,
        typer.Option("--init_checkpoint", metavar="PREFIX", help="The checkpoint, as in model.ckpt-1400000."),
    ] = None,
    bert_config_file: Annotated[
        Path | None, typer.Option("--bert_config_file", metavar="FILE", help="config.json or config.ini.")
    ] = None,
    vocab_file: Annotated[Path | None, typer.Option("--vocab_file", metavar="FILE", help="The vocabulary.")] = None,
    model_file: Annotated[
        Path | None, typer.Option("--model_file", metavar="FILE", help="The SentencePiece model.")
    ] = None,
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
    from linkassist.embed.bert_japanese.feature_files import FeatureRequest, need_parquet, write_features
    from linkassist.embed.bert_japanese.features import survey
    from linkassist.embed.bert_japanese.folder import BertFiles, open_bert

    if form is FeatureFormat.parquet:
        need_parquet()
    lines = survey(input_file)
    files = BertFiles(init_checkpoint, bert_config_file, vocab_file, model_file, is_lower)
    opened = open_bert(model or init_checkpoint or "", files)
    for note in opened.notes:
        say(f"linkassist: {note}")
    request = FeatureRequest(indexes, max_seq_length, batch_size, precision.value, form.value)
    with progress() as told:
        write_features(opened, lines, output_file, request, lambda done: told("extract features", done, lines.n_lines))


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
