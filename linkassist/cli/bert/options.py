"""What several commands of `linkassist bert` share: their options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Precision(StrEnum):
    """The arithmetic of the network."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"
    int8 = "int8"


PrecisionOption = Annotated[
    Precision,
    typer.Option(
        "--precision", help="The arithmetic; auto is the fastest whose vectors keep a cosine of 0.999 to float32."
    ),
]
CheckpointOption = Annotated[
    Path | None,
    typer.Option("--checkpoint", metavar="PREFIX", help="One of several checkpoints, such as model.ckpt-1400000."),
]
ConfigFileOption = Annotated[
    Path | None, typer.Option("--bert-config", metavar="FILE", help="A config.json or config.ini in another place.")
]
VocabularyOption = Annotated[
    Path | None, typer.Option("--vocab", metavar="FILE", help="A .vocab or vocab.txt in another place.")
]
SentencePieceOption = Annotated[
    Path | None, typer.Option("--sentencepiece", metavar="FILE", help="A .model file in another place.")
]
LowerCaseOption = Annotated[
    bool | None,
    typer.Option(
        "--lower-case/--no-lower-case", help="Whether to lowercase the text. [default: as the files say, else yes]"
    ),
]

# The files of a BERT, by the names that bert-japanese gave their flags.
BertFolderOption = Annotated[
    Path | None,
    typer.Option("--model", metavar="FOLDER", help="A BERT with all its files, instead of the next four options."),
]
InitCheckpointOption = Annotated[
    Path | None,
    typer.Option("--init_checkpoint", metavar="PREFIX", help="The checkpoint, such as model.ckpt-1400000."),
]
BertConfigOption = Annotated[
    Path | None, typer.Option("--bert_config_file", metavar="FILE", help="config.json or config.ini.")
]
VocabFileOption = Annotated[Path | None, typer.Option("--vocab_file", metavar="FILE", help="The vocabulary.")]
ModelFileOption = Annotated[Path | None, typer.Option("--model_file", metavar="FILE", help="The SentencePiece model.")]


def with_underscores(name: str) -> str:
    """The name of an option as bert-japanese spells it: its options are taken with hyphens too."""
    return name.replace("-", "_")


def precision_text(precision: str) -> str:
    """What a command says of the precision that the network ran in."""
    return f"Vectors computed in {precision}."


def layer_numbers(text: str) -> tuple[int, ...]:
    """The layers of `--layers`: `layer_numbers("-1,-2") == (-1, -2)`."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"--layers is {text!r}; expected whole numbers with commas, as in -1,-2.") from error
