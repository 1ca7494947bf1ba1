"""The name of a transformers model with options behind it, as in `FOLDER?prefix=query: &pooling=mean&window=256`.

Nothing here imports PyTorch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args
from urllib.parse import unquote

from linkassist.errors import ModelError
from linkassist.files.errors import at_home
from linkassist.terminal_escape import quoted

Pooling = Literal["cls", "mean", "max", "last", "weighted"]
Treatment = Literal["raw", "centred", "whitened"]

USAGE: Final = "NAME?prefix=query: &pooling=mean&window=512&treatment=centred"
_OPTIONS: Final = {
    "prefix": (r".*", "a text; %26 stands for &"),
    "prompt": (r".+", "the name of a prompt in config_sentence_transformers.json"),
    "pooling": (rf"({'|'.join(get_args(Pooling))})", f"one of {', '.join(get_args(Pooling))}"),
    "window": (r"[1-9]\d{0,5}", "a whole number of tokens"),
    "treatment": ("|".join(get_args(Treatment)), f"one of {', '.join(get_args(Treatment))}"),
}


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How to use a model, where its reader says so; None for what its files say.

    prefix: before each text. prompt: the name of a prefix in the model's files. window: tokens of a window at most,
    special ones included. treatment: of the vectors of all pages, where the model is joined with the wiki's own
    encoder.
    """

    prefix: str | None = None
    prompt: str | None = None
    pooling: Pooling | None = None
    window: int | None = None
    treatment: Treatment = "centred"


@dataclass(frozen=True, slots=True)
class ModelName:
    """A parsed name. place: a folder, or a name on the hub."""

    place: str
    options: ModelOptions


def split_model_name(name: str) -> tuple[str, str]:
    """(the place, the options) of a name; a folder may have a question mark in its own name.

    >>> split_model_name("intfloat/e5-small?pooling=mean")
    ('intfloat/e5-small', 'pooling=mean')
    """
    if "?" not in name or at_home(name).exists():
        return name, ""
    place, _, query = name.partition("?") if not at_home(name.rpartition("?")[0]).exists() else name.rpartition("?")
    return place, query


def parse_model_name(name: str) -> ModelName:
    """The place and the options. Raises ModelError for an unknown option, a value it does not take, or one twice."""
    place, query = split_model_name(name)
    given: dict[str, Any] = {}
    for option in filter(None, query.split("&")):
        key, _, value = option.partition("=")
        value = unquote(value)
        if key not in _OPTIONS:
            raise ModelError(f"{name}: there is no option {quoted(key)}; expected {', '.join(_OPTIONS)}, as in {USAGE}")
        if key in given:
            raise ModelError(f"{name}: {key} is given twice. Leave one out.")
        pattern, expected = _OPTIONS[key]
        if not re.fullmatch(pattern, value, re.ASCII | re.DOTALL):
            raise ModelError(f"{name}: {key} is {quoted(value)}; expected {expected}, as in {USAGE}")
        given[key] = int(value) if key == "window" else value
    if "prefix" in given and "prompt" in given:
        raise ModelError(f"{name}: a prompt is a prefix. Leave prefix or prompt out.")
    return ModelName(place, ModelOptions(**given))
