"""Selecting the tokenizer by the files beside a model: SentencePiece with its vocabulary, or WordPiece.

    *.model and *.vocab              bert-japanese: lowercased by default
    *.model and *.vocab.to.bert      hottoSNS-BERT: tweets normalised, not lowercased
    vocab.txt                        google-research: lowercased unless the folder's name says "cased"

A folder that linkassist converted has a record, `linkassist_tokenizer.json`, instead.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentencepiece import SentencePieceProcessor

from linkassist.bert.tokenize.sentencepiece import SentencePieceTokenizer
from linkassist.bert.tokenize.tweets import normalised_tweet
from linkassist.bert.tokenize.wordpiece import UNKNOWN, WordPieceTokenizer
from linkassist.errors import ModelError
from linkassist.terminal_escape import quoted

RECORD = "linkassist_tokenizer.json"
_TWEETS = ".vocab.to.bert"
_CASED = re.compile(r"(?<!un)cased", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TokenizerFiles:
    """A vocabulary, a SentencePiece model, or both, and whether text is lowercased.

    Without a SentencePiece model, the vocabulary is for WordPiece. Without a vocabulary, pieces have SentencePiece's
    own ids. notes: what was unexpected, a sentence each.
    """

    vocabulary: Path | None
    sentencepiece: Path | None
    do_lower_case: bool
    notes: tuple[str, ...] = ()

    @property
    def is_for_tweets(self) -> bool:
        return self.vocabulary is not None and self.vocabulary.name.endswith(_TWEETS)


def find_tokenizer_files(
    folder: Path, vocabulary: Path | None, sentencepiece: Path | None, do_lower_case: bool | None
) -> TokenizerFiles:
    """The tokenizer files of a folder; arguments that are not None replace what is found.

    Raises ModelError where a file is missing, or several SentencePiece models are there.
    """
    for path in (vocabulary, sentencepiece):
        if path is not None and not path.is_file():
            raise ModelError(f"{path} is not a file. Check the name of the vocabulary or of the SentencePiece model.")
    if (folder / RECORD).is_file() and vocabulary is None and sentencepiece is None:
        return _recorded(folder, do_lower_case)
    if sentencepiece is None and not (vocabulary and vocabulary.suffix == ".txt"):
        sentencepiece = _only(folder, "*.model")
        if sentencepiece is None:
            _refuse_lone_vocabulary(folder, vocabulary)
    notes: tuple[str, ...] = ()
    if vocabulary is None and sentencepiece is not None:
        vocabulary = _vocabulary_of(sentencepiece)
        if vocabulary is None:
            notes = (f"{sentencepiece} has no .vocab beside it; it numbers its pieces itself.",)
    elif vocabulary is None:
        vocabulary = folder / "vocab.txt"
        if not vocabulary.is_file():
            there = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) if folder.is_dir() else ""
            raise ModelError(
                f"{folder} holds no vocabulary: a SentencePiece model (*.model) with its *.vocab is looked for, or"
                f" vocab.txt for word pieces (found: {there or 'nothing'}). Copy it there, or name the file."
            )
    if do_lower_case is None:
        do_lower_case, more = _usual_case(folder, vocabulary)
        notes += more
    return TokenizerFiles(vocabulary, sentencepiece, do_lower_case, notes)


def open_tokenizer(files: TokenizerFiles) -> SentencePieceTokenizer | WordPieceTokenizer:
    """The tokenizer of these files. Raises ModelError where one of them cannot be read or does not fit the other."""
    processor = _read_processor(files.sentencepiece) if files.sentencepiece else None
    pieces = [processor.IdToPiece(number) for number in range(processor.GetPieceSize())] if processor else []
    is_scored = processor is not None and not files.is_for_tweets
    vocabulary = _read_vocabulary(files.vocabulary, is_scored=is_scored) if files.vocabulary else pieces
    needed = ["[CLS]", "[SEP]"] if processor else ["[CLS]", "[SEP]", UNKNOWN]
    lacking = [piece for piece in needed if piece not in vocabulary]
    if lacking:
        raise ModelError(
            f"{files.vocabulary or files.sentencepiece} lacks {' and '.join(lacking)}, so it is not that of a BERT."
            " Take the vocabulary that came with the checkpoint."
        )
    if processor is None:
        return WordPieceTokenizer(vocabulary, do_lower_case=files.do_lower_case)
    _check_pieces(files, vocabulary, pieces, is_numbered=is_scored)
    return SentencePieceTokenizer(
        processor,
        vocabulary,
        do_lower_case=files.do_lower_case,
        unknown_id=vocabulary.index("<unk>") if files.is_for_tweets else 0,
        prepare=normalised_tweet if files.is_for_tweets else None,
    )


def _check_pieces(files: TokenizerFiles, vocabulary: list[str], pieces: list[str], *, is_numbered: bool) -> None:
    """Raises ModelError where the vocabulary is not that of the SentencePiece model.

    is_numbered: whether the vocabulary is the one that SentencePiece wrote, whose lines are in the order of its ids;
    else it must know half of the pieces.
    """
    together = "Take the .model and the vocabulary that were trained together."
    if not is_numbered:
        n_known = len(set(vocabulary).intersection(pieces))
        if 2 * n_known < len(pieces):
            raise ModelError(
                f"Of the {len(pieces):,} pieces of {files.sentencepiece} {files.vocabulary} knows {n_known:,} only."
                f" {together}"
            )
        return
    if len(vocabulary) != len(pieces):
        raise ModelError(
            f"{files.vocabulary} has {len(vocabulary):,} lines, but {files.sentencepiece} {len(pieces):,} pieces."
            f" {together}"
        )
    for number, (line, piece) in enumerate(zip(vocabulary, pieces, strict=True)):
        if line != piece.strip():
            raise ModelError(
                f"{files.vocabulary}, line {number + 1} is {quoted(line)}, but piece {number} of {files.sentencepiece}"
                f" is {quoted(piece)}, so that ids would be those of other pieces. {together}"
            )


def record_text(files: TokenizerFiles) -> str:
    """The content of `linkassist_tokenizer.json` for a folder with copies of these files."""
    found = {
        "vocabulary": files.vocabulary.name if files.vocabulary else None,
        "sentencepiece": files.sentencepiece.name if files.sentencepiece else None,
        "do_lower_case": files.do_lower_case,
    }
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def tokenizer_settings(folder: Path) -> dict[str, Any]:
    """The content of a folder's tokenizer_config.json, {} where there is none. Raises ModelError for a damaged one."""
    path = folder / "tokenizer_config.json"
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON ({error}). Download it again.") from error
    return found if isinstance(found, dict) else {}


def _recorded(folder: Path, do_lower_case: bool | None) -> TokenizerFiles:
    path = folder / RECORD
    try:
        found = json.loads(path.read_text("utf-8"))
        vocabulary, sentencepiece = (
            folder / name if name else None for name in (found["vocabulary"], found["sentencepiece"])
        )
        recorded_case = bool(found["do_lower_case"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} cannot be read ({error!r}). Convert the model again.") from error
    return TokenizerFiles(vocabulary, sentencepiece, recorded_case if do_lower_case is None else do_lower_case)


def _usual_case(folder: Path, vocabulary: Path | None) -> tuple[bool, tuple[str, ...]]:
    """(whether text is lowercased by default, notes about that)"""
    recorded = tokenizer_settings(folder).get("do_lower_case")
    if isinstance(recorded, bool):
        return recorded, ()
    if vocabulary is not None and vocabulary.name.endswith(_TWEETS):
        return False, ()
    if _CASED.search(folder.resolve().name):
        return False, (f'Text is not lowercased, because the folder {folder.resolve().name} calls itself "cased".',)
    return True, ()


def _only(folder: Path, pattern: str) -> Path | None:
    found = sorted(folder.glob(pattern))
    if len(found) > 1:
        raise ModelError(
            f"{folder} holds {len(found)} SentencePiece models: {', '.join(path.name for path in found)}. Name the one"
            " that the checkpoint was trained with."
        )
    return found[0] if found else None


def _refuse_lone_vocabulary(folder: Path, vocabulary: Path | None) -> None:
    """Raises ModelError where there is a vocabulary of SentencePiece, but not the .model that cuts texts by it."""
    if vocabulary is None and not (folder / "vocab.txt").is_file():
        vocabulary = next(iter(sorted(folder.glob("*.vocab*"))), None)
    if vocabulary is not None and vocabulary.name.endswith((".vocab", _TWEETS)):
        model = vocabulary.name.removesuffix(_TWEETS).removesuffix(".vocab") + ".model"
        raise ModelError(
            f"{vocabulary} is there, but not the SentencePiece model {model}, which cuts texts into these pieces. Copy"
            f" it into {folder}, or name it."
        )


def _vocabulary_of(sentencepiece: Path) -> Path | None:
    beside = (sentencepiece.with_suffix(suffix) for suffix in (_TWEETS, ".vocab"))
    return next((path for path in beside if path.is_file()), None)


def _read_vocabulary(path: Path, *, is_scored: bool) -> list[str]:
    """The piece of each line; if `is_scored`, a tab and a score follow it. Raises ModelError for other lines."""
    try:
        lines = path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as UTF-8 text ({error}). Download it again.") from error
    if not is_scored:
        return [line.strip() for line in lines]
    for number, line in enumerate(lines, 1):
        if line.count("\t") != 1:
            raise ModelError(
                f"{path}, line {number} is {line!r}; expected a piece, a tab and a score. Download it again."
            )
    return [line.partition("\t")[0].strip() for line in lines]


def _read_processor(path: Path) -> SentencePieceProcessor:
    try:
        return SentencePieceProcessor(model_file=str(path))
    except (RuntimeError, OSError) as error:
        raise ModelError(f"{path} is no SentencePiece model ({error}). Download it again.") from error
