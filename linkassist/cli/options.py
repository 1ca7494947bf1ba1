"""What several commands of the command line share: their options, and the library that they name."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from linkassist.errors import NotFoundError
from linkassist.settings import Settings
from linkassist.store.library import DATABASE_NAME, Library

ExportFile = Annotated[
    Path, typer.Argument(metavar="EXPORT", help="The export: .json, .json.gz or .json.xz; - is standard input.")
]
LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", metavar="DIR", help="The library's folder. [default: the platform's place for data]"),
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="A file of settings beside the library's own.")
]
EncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        metavar="NAME",
        help='"wiki", learnt from the wiki itself, or a model to join it: '
        "bert-japanese:FOLDER, or a transformers model by folder or hub name. The library remembers it. "
        "[default: wiki]",
    ),
]
ProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="NAME", help="The project. [default: the only one]")
]
BlindOption = Annotated[
    bool, typer.Option("--blind", help="Take the linked words out too, and not their brackets alone.")
]
SampleOption = Annotated[
    int | None,
    typer.Option(
        "--pages",
        metavar="N",
        min=1,
        help="How many pages of a single wiki to ask about. [default: an eighth or so, from 30 to 500]",
    ),
]

# The files of a BERT, by the names that bert-japanese gave their flags.
BertFolderOption = Annotated[
    Path | None,
    typer.Option("--model", metavar="FOLDER", help="A BERT with all its files; then the next four may be left out."),
]
CheckpointOption = Annotated[
    Path | None,
    typer.Option("--init_checkpoint", metavar="PREFIX", help="The checkpoint, as in model.ckpt-1400000."),
]
BertConfigOption = Annotated[
    Path | None, typer.Option("--bert_config_file", metavar="FILE", help="config.json or config.ini.")
]
VocabularyOption = Annotated[Path | None, typer.Option("--vocab_file", metavar="FILE", help="The vocabulary.")]
SentencePieceOption = Annotated[
    Path | None, typer.Option("--model_file", metavar="FILE", help="The SentencePiece model.")
]


def existing_library(settings: Settings) -> Library:
    """The library that the settings name; NotFoundError where there is none yet."""
    require_library(settings.library)
    return Library.open(settings.library)


def require_library(folder: Path) -> None:
    """Raises NotFoundError where no library is in `folder`."""
    if not (folder / DATABASE_NAME).is_file():
        raise NotFoundError(
            f"There is no library in {folder}. Run `linkassist import EXPORT.json` to make one, "
            "or name another folder with --library."
        )


def print_utf8() -> None:
    """JSON lines are UTF-8 with plain line feeds, whatever the locale and the platform.

    A lone surrogate, as of a path that is no UTF-8, is spelled as JSON spells it.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
