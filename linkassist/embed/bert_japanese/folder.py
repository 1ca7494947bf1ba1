"""A BERT by the name of its folder, or of its checkpoint: tokenizer and network, ready to use."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import BertConfig, BertModel

from linkassist.embed.bert_japanese.bundle import Bundle
from linkassist.embed.bert_japanese.config import read_config
from linkassist.embed.bert_japanese.tokenizer import SentencePieceTokenizer, Tokenizer
from linkassist.embed.bert_japanese.weights import parameters_of
from linkassist.errors import ModelError


@dataclass(frozen=True, slots=True)
class BertFiles:
    """Files that are not where they usually are, and whether text is lowercased; None is what the folder says."""

    checkpoint: Path | None = None
    config: Path | None = None
    vocabulary: Path | None = None
    sentencepiece: Path | None = None
    do_lower_case: bool | None = None


@dataclass(frozen=True, slots=True)
class Bert:
    """A BERT: float32, in eval mode, with its pooler, on the CPU.

    fingerprint: 16 hex digits over weights, configuration, vocabulary and lowercasing.
    notes: what was found otherwise than expected, a sentence each.
    """

    name: str
    tokenizer: Tokenizer
    model: BertModel
    fingerprint: str
    notes: tuple[str, ...]


def open_bert(name: str | Path, files: BertFiles | None = None) -> Bert:
    """The BERT in a folder, or of a checkpoint prefix."""
    files = files or BertFiles()
    path = Path(name).expanduser()
    prefix = files.checkpoint or (_only(path, "*.index").with_suffix("") if path.is_dir() else path)
    folder = path if path.is_dir() else path.parent
    config_path = files.config or next(p for p in (folder / "config.json", folder / "config.ini") if p.is_file())
    do_lower_case = True if files.do_lower_case is None else files.do_lower_case
    vocabulary = files.vocabulary or _only(folder, "*.vocab")
    tokenizer = SentencePieceTokenizer(
        files.sentencepiece or _only(folder, "*.model"), vocabulary, do_lower_case=do_lower_case
    )
    model = _model(Bundle(prefix), read_config(config_path))
    digest = hashlib.sha256(f"{do_lower_case} {model.config.to_json_string()}".encode())
    digest.update(vocabulary.read_bytes())
    for tensor in model.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    return Bert(str(name), tokenizer, model, digest.hexdigest()[:16], ())


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise ModelError(f"{folder} holds {len(found)} files {pattern}; expected one.")
    return found[0]


def _model(bundle: Bundle, config: BertConfig) -> BertModel:
    model = BertModel(config)
    state = {}
    for parameter, variable in parameters_of(bundle.entries):
        tensor = torch.tensor(bundle.tensor(variable))
        state[parameter] = tensor.T.contiguous() if variable.endswith("/kernel") else tensor
    model.load_state_dict(state)
    model.eval()
    return model
