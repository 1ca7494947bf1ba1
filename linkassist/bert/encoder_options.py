"""The options in the name of a Japanese BERT encoder, as in `bert-japanese:FOLDER?pooling=cls&layer=-1`.

Also a digest of the model's files, which tells when they change. Nothing here imports PyTorch.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from linkassist.embed.model_name import Treatment
from linkassist.errors import ModelError
from linkassist.files.errors import at_home
from linkassist.settings import BERT_JAPANESE, split_bert_name
from linkassist.terminal_escape import quoted

BertPooling = Literal["cls", "pooled", "mean", "max"]
Tokens = Literal["all", "inner"]
Input = Literal["single", "pair"]
Precision = Literal["auto", "float32", "bfloat16", "int8"]

USAGE: Final = f"{BERT_JAPANESE}FOLDER?pooling=mean&layer=-2&precision=auto"
_LAYERS: Final = "a layer such as -2, counted from the last, which is -1, or some, as in -12,-1"
# Option to (regular expression of its values, these in words), in the order of messages.
_OPTIONS: Final = {
    "pooling": ("|".join(get_args(BertPooling)), f"one of {', '.join(get_args(BertPooling))}"),
    "layer": (r"-\d{1,3}(,-\d{1,3})*", _LAYERS),
    "tokens": ("|".join(get_args(Tokens)), f"one of {', '.join(get_args(Tokens))}"),
    "window": (r"\d{1,6}", "a whole number of tokens"),
    "overlap": (r"\d{1,6}", "a whole number of tokens"),
    "input": ("|".join(get_args(Input)), f"one of {', '.join(get_args(Input))}"),
    "precision": ("|".join(get_args(Precision)), f"one of {', '.join(get_args(Precision))}"),
    "treatment": ("|".join(get_args(Treatment)), f"one of {', '.join(get_args(Treatment))}"),
}
_FILES: Final = (
    "*.index",
    "*.data-*",
    "*.json",
    "*.ini",
    "*.model",
    "*.vocab",
    "*.txt",
    "*.safetensors",
    "pytorch_model*.bin",
)


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """How texts become vectors.

    pooling: over the tokens of the mean of `layers`, which count from the last, -1. tokens: whether a mean or maximum
    includes [CLS] and [SEP] ("all") or not ("inner"). window: tokens of a sequence at most, [CLS] and [SEP] included;
    0 for what the model takes. overlap: tokens, about, that two windows of a long text share; None for an eighth of the
    window. input: whether a text is one sequence ("single"), or its first line and the rest are a pair. precision: of
    the forward pass. treatment: of the vectors of all pages, before they are joined with the wiki's own encoder's.
    """

    pooling: BertPooling = "mean"
    layers: tuple[int, ...] = (-2,)
    tokens: Tokens = "all"
    window: int = 0
    overlap: int | None = None
    input: Input = "single"
    precision: Precision = "auto"
    treatment: Treatment = "centred"


@dataclass(frozen=True, slots=True)
class EncoderName:
    """A parsed encoder name. path: a folder, or the prefix of a checkpoint."""

    path: Path
    options: EncoderOptions


def parse_encoder_name(name: str) -> EncoderName:
    """The path and the options of an encoder's name that begins with "bert-japanese:".

    Raises ModelError for an unknown option, one given twice or without effect, and a value that it does not take.
    """
    path, query = split_bert_name(name)
    given: dict[str, Any] = {}
    for option in filter(None, query.split("&")):
        key, _, value = option.partition("=")
        if key not in _OPTIONS:
            raise ModelError(f"{name}: there is no option {quoted(key)}; expected {', '.join(_OPTIONS)}, as in {USAGE}")
        if key in given:
            raise ModelError(f"{name}: {key} is given twice. Leave one out.")
        pattern, expected = _OPTIONS[key]
        if not re.fullmatch(pattern, value, re.ASCII):
            raise ModelError(f"{name}: {key} is {quoted(value)}; expected {expected}, as in {USAGE}")
        given[key] = int(value) if key in ("window", "overlap") else value
    pooling = given.get("pooling")
    if pooling == "pooled" and "layer" in given:
        raise ModelError(f"{name}: the pooled output is of the last layer. Leave out layer.")
    if pooling in ("cls", "pooled") and "tokens" in given:
        raise ModelError(f"{name}: {pooling} is of [CLS] alone. Leave out tokens.")
    layers = given.pop("layer", "-1" if pooling == "pooled" else "-2")
    given["layers"] = tuple(sorted({int(layer) for layer in layers.split(",")}, reverse=True))
    return EncoderName(at_home(path), EncoderOptions(**given))


def bert_files_state(path: Path) -> str:
    """Twelve hex digits of a digest over the names, sizes and times of the model's files.

    path: a folder, or the prefix of a checkpoint. "" where there is no such folder.
    """
    folder = path if path.is_dir() else path.parent
    if not folder.is_dir():
        return ""
    digest = hashlib.sha256()
    for file in sorted({file for pattern in _FILES for file in folder.glob(pattern)}):
        about = file.stat()
        digest.update(f"{file.name} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:12]
