"""Conversion of a TensorFlow BERT to a transformers folder: configuration, safetensors, tokenizer and a README."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from linkassist.bert.checkpoint.huggingface import is_hugging_face
from linkassist.bert.checkpoint.open import Bert, BertFiles, open_bert
from linkassist.bert.tokenize.files import RECORD, TokenizerFiles, find_tokenizer_files, record_text
from linkassist.bert.tokenize.huggingface import as_transformers_tokenizer, n_equal
from linkassist.bert.tokenize.sentencepiece import SentencePieceTokenizer
from linkassist.embed.quiet import quiet_transformers
from linkassist.errors import ModelError
from linkassist.files.errors import at_home

_LOADED_BY_TRANSFORMERS = (
    "`AutoTokenizer` reads `tokenizer.json`. Of {n_lines:,} lines made of the vocabulary, {n_equal:,} get the\n"
    "original's ids. Others may get different ones where `<s>` or `<unk>` stands in the text itself, in a Greek\n"
    "final sigma, and in combining marks on letters that have none."
)
_WORD_PIECES = (
    "`AutoTokenizer` reads `vocab.txt` as a BertTokenizer. It differs from the original code in words of more than\n"
    "100 characters, and where a special symbol such as `[SEP]` stands in the text itself."
)
_LINKASSIST_ALONE = (
    "transformers has no tokenizer for these files, so `AutoTokenizer` cannot be used. linkassist reads them."
)


@dataclass(frozen=True, slots=True)
class Converted:
    """The folder that was written, and notes for the user, a sentence each."""

    folder: Path
    fingerprint: str
    notes: tuple[str, ...]


def convert(name: str | Path, out: Path, files: BertFiles, *, is_overwritten: bool = False) -> Converted:
    """Writes the BERT of a TensorFlow folder or checkpoint as the folder `out`, which appears when it is complete.

    `AutoModel.from_pretrained(out)` gives the same vectors; `open_bert(out)` the same tokens and fingerprint too.
    Raises ModelError where `out` is not free, or the BERT cannot be read or is a transformers folder already.
    """
    source = at_home(name)
    if files.checkpoint is None and is_hugging_face(source):
        raise ModelError(f"{source} is a Hugging Face folder already. Copy it, or use it as it is.")
    _check_free(out, source, is_overwritten=is_overwritten)
    bert = open_bert(source, files)
    tokenizer_files = find_tokenizer_files(
        source if source.is_dir() else source.parent, files.vocabulary, files.sentencepiece, files.do_lower_case
    )
    beside = out.with_name(f".{out.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        _write(bert, tokenizer_files, beside)
        _replace(beside, out)
    except OSError as error:
        raise ModelError(f"{out} cannot be written ({error}). Make room there, or name another folder.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Converted(out, bert.fingerprint, bert.notes)


def _check_free(out: Path, source: Path, *, is_overwritten: bool) -> None:
    if out.exists() and not out.is_dir():
        raise ModelError(f"{out} is a file; expected a folder that is new or empty.")
    if out.is_dir() and any(out.iterdir()):
        if not is_overwritten:
            raise ModelError(f"{out} is not empty. Name another folder, or say --overwrite to replace what is in it.")
        made, read = (Path(os.path.realpath(each)) for each in (out, source))
        if made in (read, *read.parents) or not (out / RECORD).is_file():
            raise ModelError(
                f"{out} holds no model that `linkassist bert convert` wrote, and is not replaced. Name another folder."
            )


def _write(bert: Bert, files: TokenizerFiles, folder: Path) -> None:
    with quiet_transformers():
        bert.model.save_pretrained(folder)
    for path in (files.vocabulary, files.sentencepiece):
        if path is not None:
            shutil.copyfile(path, folder / path.name)
    (folder / RECORD).write_text(record_text(files), "utf-8")
    how = _write_transformers_tokenizer(bert, folder)
    (folder / "README.md").write_text(_readme(bert, files, how), "utf-8")


def _write_transformers_tokenizer(bert: Bert, folder: Path) -> str:
    """Writes a tokenizer for transformers where one exists; returns what the README says about it."""
    max_tokens, own = bert.model.config.max_position_embeddings, bert.tokenizer
    if isinstance(own, SentencePieceTokenizer):
        other = as_transformers_tokenizer(own, max_tokens)
        if other is None:
            return _LINKASSIST_ALONE
        other.save_pretrained(folder)
        n_same, n_lines = n_equal(own, other)
        return _LOADED_BY_TRANSFORMERS.format(n_equal=n_same, n_lines=n_lines)
    settings = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": getattr(own, "do_lower_case", True),
        "model_max_length": max_tokens,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
    return _WORD_PIECES


def _readme(bert: Bert, files: TokenizerFiles, how: str) -> str:
    cut = "SentencePiece" if files.sentencepiece else "word pieces"
    case = "lowercased and then cut" if files.do_lower_case else "cut"
    return (
        f"# {Path(bert.name).name}\n\n"
        f"Converted by `linkassist bert convert` from the TensorFlow checkpoint {Path(bert.name).name}; fingerprint"
        f" {bert.fingerprint}.\n\n"
        "`AutoModel.from_pretrained` loads the network: float32, the same vectors. `gelu` is the approximation with\n"
        "tanh, as in TensorFlow, and the layer norm's epsilon is 1e-12; both are in `config.json`.\n\n"
        f"Text is {case} by {cut}; `{RECORD}` says so to linkassist, which gives the\noriginal's ids exactly.\n"
        f"{how}\n\n"
        f"The network takes at most {bert.model.config.max_position_embeddings} tokens, [CLS] and [SEP] included, as"
        " `[CLS] a [SEP]` or `[CLS] a [SEP] b [SEP]`.\nA longer text is cut at its end; of a pair, the longer text"
        " loses tokens first. `AutoTokenizer` truncates only\nwith `truncation=True`. To linkassist, `[CLS]` or `[SEP]`"
        " in a text is ordinary text, as to the original.\n"
    )


def _replace(beside: Path, out: Path) -> None:
    """Renames the new folder to `out`; an old one is moved aside before and deleted after."""
    old = out.with_name(f".{out.name}.old")
    if out.is_dir():
        shutil.rmtree(old, ignore_errors=True)
        os.replace(out, old)
    os.replace(beside, out)
    shutil.rmtree(old, ignore_errors=True)
