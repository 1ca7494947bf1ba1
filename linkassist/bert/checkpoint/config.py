"""The configuration of a TensorFlow BERT, from a JSON file or from [BERT-CONFIG] in bert-japanese's config.ini.

Source: BertConfig and get_activation in https://github.com/google-research/bert (modeling.py), str_to_value in
https://github.com/yoheikikuta/bert-japanese (src/utils.py).
"""

from __future__ import annotations

import configparser
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import BertConfig

from linkassist.errors import ModelError

_SECTION = "BERT-CONFIG"
_JSON_NAMES = ("bert_config.json", "config.json")
_WHOLE_NUMBERS = {  # each with the original's default; a vocabulary's size has none
    "vocab_size": None,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "type_vocab_size": 16,
}
_FRACTIONS = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "initializer_range": 0.02}
# "gelu" in these files is the tanh approximation: with the exact function, vectors differ in the third decimal.
_ACTIVATIONS = {"gelu": "gelu_pytorch_tanh", "relu": "relu", "tanh": "tanh", "linear": "linear"}
_LAYER_NORM_EPS = 1e-12  # that of tf.contrib.layers.layer_norm


@dataclass(frozen=True, slots=True)
class FoundConfig:
    """A configuration, its file, and notes on what was unexpected, a sentence each."""

    config: BertConfig
    path: Path
    notes: tuple[str, ...] = ()


def find_config(folder: Path, named: Path | None) -> FoundConfig:
    """The configuration in the folder, or in the file `named` in its place.

    Raises ModelError where there is none, or it is not that of a BERT.
    """
    if named is not None:
        if not named.is_file():
            raise ModelError(f"{named} is not a file. Name the model's config.json, or its config.ini.")
        return FoundConfig(_read_config(named), named)
    for name in _JSON_NAMES:
        if (folder / name).is_file():
            return FoundConfig(_read_config(folder / name), folder / name)
    path = folder / "config.ini"
    if not path.is_file():
        raise ModelError(
            f"{folder} holds neither bert_config.json nor config.json nor config.ini, one of which tells how large the"
            " network is. Copy it there from where the model came from, or name it as the configuration file."
        )
    note = f"{folder} holds no config.json; the section [{_SECTION}] of {path.name} is used."
    return FoundConfig(_read_config(path), path, (note,))


def _read_config(path: Path) -> BertConfig:
    found = _from_ini(path) if path.suffix == ".ini" else _from_json(path)
    values = {name: _whole_number(path, name, found.get(name, default)) for name, default in _WHOLE_NUMBERS.items()}
    fractions = {name: _fraction(path, name, found.get(name, default)) for name, default in _FRACTIONS.items()}
    if values["hidden_size"] % values["num_attention_heads"]:
        raise ModelError(
            f"{path}: hidden_size {values['hidden_size']} is no multiple of num_attention_heads"
            f" {values['num_attention_heads']}. Take the file that came with the checkpoint."
        )
    activation = found.get("hidden_act", "gelu")
    if activation not in _ACTIVATIONS:
        raise ModelError(f"{path}: hidden_act is {activation!r}; expected one of {', '.join(_ACTIVATIONS)}.")
    return BertConfig.from_dict(
        {**values, **fractions, "hidden_act": _ACTIVATIONS[activation], "layer_norm_eps": _LAYER_NORM_EPS}
    )


def _from_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON ({error}). Download it again.") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} holds a {type(found).__name__}; expected a JSON object. Download it again.")
    return found


def _from_ini(path: Path) -> dict[str, Any]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text("utf-8-sig"))
    except (OSError, ValueError, configparser.Error) as error:
        raise ModelError(f"{path} cannot be read as an INI file ({error}). Download it again.") from error
    if not parser.has_section(_SECTION):
        raise ModelError(f"{path} has no section [{_SECTION}]. Take the config.ini of bert-japanese, or a config.json.")
    return {name: _value(text) for name, text in parser.items(_SECTION)}


def _value(text: str) -> Any:
    """A number if the text is one, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _whole_number(path: Path, name: str, value: Any) -> int:
    if type(value) is not int or value < 1:
        found = "missing" if value is None else f"{value!r}"
        raise ModelError(f"{path}: {name} is {found}; expected a whole number above 0. Download the file again.")
    return value


def _fraction(path: Path, name: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 1:
        raise ModelError(f"{path}: {name} is {value!r}; expected a number from 0 to below 1. Download the file again.")
    return float(value)
