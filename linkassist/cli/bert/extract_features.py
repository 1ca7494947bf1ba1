"""The command `bert extract-features`: a BERT's vectors as a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linkassist.bert.checkpoint.open import BertFiles, open_bert
from linkassist.bert.features.extract import survey
from linkassist.bert.features.files import FeatureRequest, need_parquet, write_features
from linkassist.cli.bert.options import (
    BertConfigOption,
    BertFolderOption,
    InitCheckpointOption,
    ModelFileOption,
    Precision,
    PrecisionOption,
    VocabFileOption,
    layer_numbers,
    precision_text,
    with_underscores,
)
from linkassist.cli.bert.original_flags import OriginalFlags
from linkassist.cli.lazy_group import command
from linkassist.cli.output import say, say_notes
from linkassist.cli.progress import progress
from linkassist.progress import counting


class FeatureFormat(StrEnum):
    """How features are written."""

    jsonl = "jsonl"
    npz = "npz"
    parquet = "parquet"


@command(
    cls=OriginalFlags,
    context_settings={"token_normalize_func": with_underscores},
    epilog="Example: linkassist bert extract-features --input_file=lines.txt --output_file=features.jsonl "
    "--model bert-wiki-ja --layers=-2",
)
def extract_features(
    input_file: Annotated[
        Path, typer.Option("--input_file", metavar="FILE", help="One text, or one pair a ||| b, per line.")
    ],
    output_file: Annotated[Path, typer.Option("--output_file", metavar="FILE", help="The file to write.")],
    model: BertFolderOption = None,
    init_checkpoint: InitCheckpointOption = None,
    bert_config_file: BertConfigOption = None,
    vocab_file: VocabFileOption = None,
    model_file: ModelFileOption = None,
    layers: Annotated[
        str, typer.Option("--layers", metavar="N,N...", help="The layers; -1 is the last.")
    ] = "-1,-2,-3,-4",
    max_seq_length: Annotated[
        int,
        typer.Option("--max_seq_length", metavar="N", min=3, help="The most tokens per line, with [CLS] and [SEP]."),
    ] = 128,
    do_lower_case: Annotated[
        str | None,
        typer.Option(
            "--do_lower_case",
            metavar="True|False",
            help="Whether to lowercase the text. [default: as the model says, else True]",
        ),
    ] = None,
    batch_size: Annotated[
        int,
        typer.Option(
            "--batch_size",
            metavar="N",
            min=1,
            help="Lines of full length per batch; more of shorter ones.",
        ),
    ] = 32,
    form: Annotated[
        FeatureFormat, typer.Option("--format", help="JSON lines as in the original, or float32 arrays.")
    ] = FeatureFormat.jsonl,
    precision: PrecisionOption = Precision.float32,
) -> None:
    """Write the vector of every token, layer by layer.

    The options and the JSON lines are those of bert-japanese's extract_features.py; hyphens work too. An interrupted
    output stays as OUTPUT.part, and the same command continues it.
    """
    if model is None and init_checkpoint is None:
        raise typer.BadParameter("Name the BERT: --model FOLDER, or --init_checkpoint PREFIX.")
    indexes = layer_numbers(layers)
    is_lower = _truth("--do_lower_case", do_lower_case)
    if form is FeatureFormat.parquet:
        need_parquet()
    lines = survey(input_file)
    files = BertFiles(init_checkpoint, bert_config_file, vocab_file, model_file, is_lower)
    opened = open_bert(model or init_checkpoint or "", files)
    say_notes(opened.notes)
    request = FeatureRequest(indexes, max_seq_length, batch_size, precision.value, form.value)
    with progress() as on_progress:
        used = write_features(opened, lines, output_file, request, counting(on_progress, "extract features"))
    say(precision_text(used))


def _truth(option: str, value: str | None) -> bool | None:
    words = {"true": True, "t": True, "1": True, "yes": True, "false": False, "f": False, "0": False, "no": False}
    if value is None:
        return None
    if value.lower() not in words:
        raise typer.BadParameter(f"{option} is {value!r}; expected True or False.")
    return words[value.lower()]
