"""The command `bert tokenize`: how a BERT cuts lines of text into tokens."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated

import typer

from linkassist.bert.checkpoint.open import BertFiles, open_bert_tokenizer
from linkassist.bert.tokenize.sequences import TokenSequence, split_pair, token_sequence
from linkassist.cli.bert.options import LowerCaseOption, SentencePieceOption, VocabularyOption
from linkassist.cli.lazy_group import command
from linkassist.cli.output import print_utf8
from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be, open_plain


class TokenFormat(StrEnum):
    """How tokens are printed."""

    text = "text"
    jsonl = "jsonl"


@command(epilog="Example: linkassist bert tokenize notes.txt --model bert-wiki-ja --format jsonl")
def tokenize(
    model: Annotated[
        Path, typer.Option("--model", metavar="FOLDER", help="A BERT, as a TensorFlow or transformers folder.")
    ],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="One text, or one pair a ||| b, per line; - is standard input.")
    ] = Path("-"),
    max_seq_length: Annotated[
        int | None,
        typer.Option(
            "--max-seq-length",
            metavar="N",
            min=3,
            help="The most tokens per line, with [CLS] and [SEP]. [default: no limit]",
        ),
    ] = None,
    form: Annotated[
        TokenFormat, typer.Option("--format", help="Pieces, a tab and ids; or one JSON object per line.")
    ] = TokenFormat.text,
    vocabulary: VocabularyOption = None,
    sentencepiece: SentencePieceOption = None,
    do_lower_case: LowerCaseOption = None,
) -> None:
    """Print the tokens of a text.

    One line for each line of text, as it is read: the pieces with [CLS] and [SEP], and their ids.
    """
    files = BertFiles(vocabulary=vocabulary, sentencepiece=sentencepiece, do_lower_case=do_lower_case)
    tokenizer = open_bert_tokenizer(model, files)
    print_utf8()
    with _opened(file) as lines:
        for line in _decoded(lines, file):
            found = token_sequence(tokenizer, *split_pair(line), max_seq_length or sys.maxsize)
            print(_tokens_json(found) if form is TokenFormat.jsonl else _tokens_text(found), flush=file == Path("-"))


def _tokens_text(found: TokenSequence) -> str:
    return f"{' '.join(found.pieces)}\t{' '.join(str(number) for number in found.ids)}"


def _tokens_json(found: TokenSequence) -> str:
    return json.dumps({"pieces": found.pieces, "ids": found.ids, "types": found.types}, ensure_ascii=False)


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    if file == Path("-"):
        yield sys.stdin.buffer
        return
    try:
        opened = open_plain(file)
    except OSError as error:
        raise LinkAssistError(cannot_be("read", file, error)) from error
    with opened:
        yield opened


def _decoded(lines: IO[bytes], file: Path) -> Iterator[str]:
    """The lines as text, without a byte-order mark and carriage returns; only a line feed ends one."""
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").replace("\r", "")
        except UnicodeDecodeError as error:
            raise LinkAssistError(
                f"{file}, line {number} is not UTF-8 (byte {error.start} of it). Save the file as UTF-8."
            ) from error
