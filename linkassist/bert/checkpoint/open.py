"""Opening a BERT, tokenizer and network, by its folder or the prefix of its checkpoint.

The files are read by `find.py`, `tensor_bundle.py`, `config.py`, `weights.py` and `bert/tokenize/files.py`, and by
`huggingface.py` for folders of transformers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from transformers import BertModel

from linkassist.bert.checkpoint.config import FoundConfig, find_config
from linkassist.bert.checkpoint.find import find_prefix
from linkassist.bert.checkpoint.huggingface import (
    HuggingFaceTokenizer,
    has_transformers_tokenizer,
    is_hugging_face,
    read_hugging_face_model,
)
from linkassist.bert.checkpoint.tensor_bundle import Bundle
from linkassist.bert.checkpoint.weights import n_layers, read_model
from linkassist.bert.tokenize.files import find_tokenizer_files, open_tokenizer
from linkassist.bert.tokenize.sentencepiece import SentencePieceTokenizer, Tokenizer
from linkassist.bert.tokenize.wordpiece import WordPieceTokenizer
from linkassist.embed.voiced_kana import check_voiced_kana
from linkassist.errors import ModelError
from linkassist.files.errors import at_home

# Some models pad the rows of the embedding to a round number beyond the vocabulary.
_MOST_SPARE_ROWS = 127

FoundTokenizer = SentencePieceTokenizer | WordPieceTokenizer | HuggingFaceTokenizer


@dataclass(frozen=True, slots=True)
class BertFiles:
    """Files outside of their usual place, and whether text is lowercased; None for what the folder says.

    checkpoint: a TensorFlow checkpoint's prefix. vocabulary: .vocab, or vocab.txt. sentencepiece: .model.
    """

    checkpoint: Path | None = None
    config: Path | None = None
    vocabulary: Path | None = None
    sentencepiece: Path | None = None
    do_lower_case: bool | None = None


@dataclass(frozen=True, slots=True)
class Bert:
    """A BERT: float32, in eval mode, with its pooler, on the CPU.

    fingerprint: 16 hex digits of a hash of weights, configuration, vocabulary and lowercasing; conversion keeps it.
    notes: what was unexpected, a sentence each.
    """

    name: str
    tokenizer: Tokenizer
    model: BertModel
    fingerprint: str
    notes: tuple[str, ...]


_AS_FOUND = BertFiles()


def open_bert(name: str | Path, files: BertFiles = _AS_FOUND) -> Bert:
    """The BERT of a TensorFlow folder, of a checkpoint's prefix, or of a Hugging Face folder.

    Raises ModelError where files are missing, damaged or do not fit each other.
    """
    path = at_home(name)
    is_ours = files.checkpoint is None and is_hugging_face(path)
    if is_ours and files.config is not None:
        raise ModelError(f"{path} is a Hugging Face folder with a config.json of its own. Leave {files.config} out.")
    folder = path if path.is_dir() else path.parent
    model, notes = read_hugging_face_model(path) if is_ours else _tensorflow_model(path, files)
    tokenizer, more_notes = _tokenizer(folder, files)
    notes += more_notes + _check_fit(tokenizer.n_pieces, model, folder, None if is_ours else _MOST_SPARE_ROWS)
    return Bert(str(name), tokenizer, model, _fingerprint(model, tokenizer.fingerprint), notes)


def open_bert_tokenizer(name: str | Path, files: BertFiles = _AS_FOUND) -> FoundTokenizer:
    """The tokenizer alone, without loading the network. Raises ModelError as `open_bert` does."""
    path = at_home(name)
    return _tokenizer(path if path.is_dir() else find_prefix(path).parent, files)[0]


def _tensorflow_model(path: Path, files: BertFiles) -> tuple[BertModel, tuple[str, ...]]:
    prefix = find_prefix(at_home(files.checkpoint or path))
    found = find_config(path if path.is_dir() else prefix.parent, files.config)
    bundle = Bundle(prefix)
    notes = found.notes + _extra_layers(bundle, found)
    if files.checkpoint is not None and files.checkpoint.is_dir():
        notes += (f"{files.checkpoint} is a folder; the only checkpoint in it, {prefix.name}, is used.",)
    return read_model(bundle, found.config, found.path), notes


def _extra_layers(bundle: Bundle, found: FoundConfig) -> tuple[str, ...]:
    n_read, n_there = found.config.num_hidden_layers, n_layers(bundle)
    if n_there <= n_read:
        return ()
    return (f"{bundle.prefix} holds {n_there} layers; the first {n_read} are used, as {found.path} says.",)


def _tokenizer(folder: Path, files: BertFiles) -> tuple[FoundTokenizer, tuple[str, ...]]:
    is_named = files.vocabulary is not None or files.sentencepiece is not None
    is_theirs = not is_named and is_hugging_face(folder) and has_transformers_tokenizer(folder)
    if is_theirs and files.do_lower_case is not None:
        _refuse_case(folder)
    notes: tuple[str, ...] = ()
    found: FoundTokenizer
    if is_theirs and files.do_lower_case is None:
        found = HuggingFaceTokenizer(folder)
    else:
        named = find_tokenizer_files(folder, files.vocabulary, files.sentencepiece, files.do_lower_case)
        found, notes = open_tokenizer(named), named.notes
    if not isinstance(found, SentencePieceTokenizer):
        check_voiced_kana(folder, found.vocabulary, found.pieces)
    return found, notes


def _refuse_case(folder: Path) -> None:
    """Raises ModelError where files of transformers say how texts are cut, and not vocab.txt alone."""
    if (folder / "tokenizer.json").is_file() or not (folder / "vocab.txt").is_file():
        raise ModelError(
            f"Whether text is lowercased is said by the tokenizer's own files in {folder}. Leave the option out, or"
            " name a vocabulary too."
        )


def _check_fit(n_pieces: int, model: BertModel, folder: Path, n_spare: int | None) -> tuple[str, ...]:
    """A note where the embedding has spare rows. ModelError for too few, or more than `n_spare` where that is given."""
    n_rows = int(model.config.vocab_size)
    if n_pieces > n_rows or (n_spare is not None and n_rows - n_pieces > n_spare):
        raise ModelError(
            f"The vocabulary of {folder} has {n_pieces:,} pieces, but the embedding of the network {n_rows:,} rows."
            " Take the vocabulary that came with the checkpoint."
        )
    return (
        (f"The embedding has {n_rows - n_pieces:,} rows more than the vocabulary pieces.",) if n_pieces < n_rows else ()
    )


def _fingerprint(model: BertModel, of_tokenizer: str) -> str:
    config = model.config
    about = f"{config.num_attention_heads} {config.hidden_act} {config.layer_norm_eps} {of_tokenizer}"
    digest = hashlib.sha256(about.encode())
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.contiguous().numpy().data)
    return digest.hexdigest()[:16]
