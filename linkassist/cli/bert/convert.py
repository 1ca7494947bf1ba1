"""The command `bert convert`: a TensorFlow BERT becomes a folder of transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkassist.bert.checkpoint.convert import convert as convert_checkpoint
from linkassist.bert.checkpoint.open import BertFiles
from linkassist.cli.bert.options import (
    CheckpointOption,
    ConfigFileOption,
    LowerCaseOption,
    SentencePieceOption,
    VocabularyOption,
)
from linkassist.cli.lazy_group import command
from linkassist.cli.output import say_notes


@command(epilog="Example: linkassist bert convert bert-wiki-ja bert-wiki-ja-hf")
def convert(
    model: Annotated[Path, typer.Argument(metavar="FOLDER", help="A TensorFlow BERT as downloaded.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The new folder.")],
    is_overwritten: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier conversion.")] = False,
    checkpoint: CheckpointOption = None,
    config: ConfigFileOption = None,
    vocabulary: VocabularyOption = None,
    sentencepiece: SentencePieceOption = None,
    do_lower_case: LowerCaseOption = None,
) -> None:
    """Convert a TensorFlow BERT to a transformers folder.

    AutoModel loads it and gives the same vectors. TensorFlow is not needed. The README.md in the folder explains the
    tokens.
    """
    files = BertFiles(checkpoint, config, vocabulary, sentencepiece, do_lower_case)
    done = convert_checkpoint(model, out, files, is_overwritten=is_overwritten)
    say_notes(done.notes)
    print(f"{done.folder}: written, fingerprint {done.fingerprint}")
