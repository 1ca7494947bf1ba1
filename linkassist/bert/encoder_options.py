"""How a Japanese BERT is used as an encoder, as its name says: `bert-japanese:FOLDER?pooling=cls&layer=-1`.

Whether the model's files are what they were is told here too. Nothing needs PyTorch.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast, get_args

from linkassist.errors import ModelError
from linkassist.files.errors import at_home
from linkassist.settings import BERT_JAPANESE, split_bert_name
from linkassist.terminal_escape import quoted

Pooling = Literal["cls", "pooled", "mean", "max"]
Tokens = Literal["all", "inner"]
Input = Literal["single", "pair"]
Precision = Literal["auto", "float32", "bfloat16", "int8"]

USAGE: Final = f"{BERT_JAPANESE}FOLDER?pooling=mean&layer=-2&precision=auto"
_OPTIONS: Final = ("pooling", "layer", "tokens", "window", "overlap", "input", "precision")
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
class Choices:
    """How texts become vectors.

    pooling, layers: of the mean of these layers, counted as extract_features does, -1 being the last. tokens: whether
    [CLS] and [SEP] count ("all") in a mean or maximum. window: the most tokens of a sequence, [CLS] and [SEP] included;
    0 is what the model takes. overlap: about how many tokens a window of a long text repeats of the one before, None is
    an eighth of the window.
    input: whether a text is one ("single"), or its first line and the rest are read as a pair. precision: of the pass.
    """

    pooling: Pooling = "mean"
    layers: tuple[int, ...] = (-2,)
    tokens: Tokens = "all"
    window: int = 0
    overlap: int | None = None
    input: Input = "single"
    precision: Precision = "auto"


@dataclass(frozen=True, slots=True)
class Named:
    """What an encoder's name says. path: of a folder or a checkpoint's prefix."""

    path: Path
    choices: Choices


def read_name(name: str) -> Named:
    """What the name of an encoder says that begins with "bert-japanese:".

    Raises ModelError for an option that is not known, given twice or without effect, and for a value that it does not
    take.
    """
    path, options = split_bert_name(name)
    given = _Given(name, {})
    for option in filter(None, options.split("&")):
        key, _, value = option.partition("=")
        if key not in _OPTIONS:
            raise ModelError(f"{name}: there is no option {quoted(key)}; expected {', '.join(_OPTIONS)}, as in {USAGE}")
        if key in given.values:
            raise ModelError(f"{name}: {key} is given twice. Leave one out.")
        given.values[key] = value
    pooling = cast(Pooling, given.one_of("pooling", get_args(Pooling), "mean"))
    if pooling == "pooled" and "layer" in given.values:
        raise ModelError(f"{name}: the pooled output is of the last layer. Leave out layer.")
    if pooling in ("cls", "pooled") and "tokens" in given.values:
        raise ModelError(f"{name}: {pooling} is of [CLS] alone. Leave out tokens.")
    choices = Choices(
        pooling=pooling,
        layers=(-1,) if pooling == "pooled" else given.layers((-2,)),
        tokens=cast(Tokens, given.one_of("tokens", get_args(Tokens), "all")),
        window=given.whole("window") or 0,
        overlap=given.whole("overlap"),
        input=cast(Input, given.one_of("input", get_args(Input), "single")),
        precision=cast(Precision, given.one_of("precision", get_args(Precision), "auto")),
    )
    return Named(at_home(path), choices)


def files_state(path: Path) -> str:
    """Twelve hex digits that differ when the model there may be another one: its files' names, sizes and times.

    path: of a folder or a checkpoint's prefix. "" where there is no such folder.
    """
    folder = path if path.is_dir() else path.parent
    if not folder.is_dir():
        return ""
    digest = hashlib.sha256()
    for file in sorted({file for pattern in _FILES for file in folder.glob(pattern)}):
        about = file.stat()
        digest.update(f"{file.name} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Given:
    """The values of the options by name, and the encoder's whole name for messages."""

    name: str
    values: dict[str, str]

    def one_of(self, key: str, known: Sequence[str], otherwise: str) -> str:
        value = self.values.get(key, otherwise)
        if value not in known:
            raise self._refusal(key, f"one of {', '.join(known)}")
        return value

    def whole(self, key: str) -> int | None:
        value = self.values.get(key)
        if value is None:
            return None
        if not re.fullmatch(r"\d{1,6}", value, re.ASCII):
            raise self._refusal(key, "a whole number of tokens")
        return int(value)

    def layers(self, otherwise: tuple[int, ...]) -> tuple[int, ...]:
        """Each layer once, the last first."""
        value = self.values.get("layer", ",".join(map(str, otherwise)))
        if not re.fullmatch(r"-\d{1,3}(,-\d{1,3})*", value, re.ASCII):
            raise self._refusal(
                "layer", "a layer such as -2, counted from the last, which is -1, or some, as in -12,-1"
            )
        return tuple(sorted({int(each) for each in value.split(",")}, reverse=True))

    def _refusal(self, key: str, expected: str) -> ModelError:
        return ModelError(f"{self.name}: {key} is {quoted(self.values[key])}; expected {expected}, as in {USAGE}")
