"""How a transformers model wants to be used as a sentence encoder, read from its folder.

A folder made by sentence-transformers says it in small JSON files; for others the model's family tells.
What is not understood is refused: a wrong pooling gives vectors that look right and are not.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from linkassist.embed.pooling import Pooling
from linkassist.errors import ModelError

_POOLING_FLAGS: dict[str, Pooling] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "last",
}
_POOLING_NAMES: dict[str, Pooling] = {"cls": "cls", "mean": "mean", "max": "max", "lasttoken": "last"}

# Decoders: only the last token has seen the whole text.
_DECODERS = re.compile(r"gpt|llama|mistral|mixtral|qwen|gemma|phi|bloom|falcon|opt$|olmo|granite|smollm")
_E5 = re.compile(r"(?<![a-z0-9])e5(?![a-z0-9])", re.IGNORECASE)
_FIRST_TOKEN = re.compile(r"(?<![a-z0-9])(bge|simcse)(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelRecipe:
    """What to do around the network. `max_tokens` includes [CLS] and [SEP], None where only the network limits it."""

    pooling: Pooling
    prefix: str
    max_tokens: int | None


def read_recipe(folder: Path, name: str, pooling: Pooling | None = None) -> ModelRecipe:
    """How the model in `folder` wants to be used. `name` is what the reader called it: e5's and bge's kin go by name.

    `pooling` takes the place of the model's own.
    Raises ModelError if the folder asks for something that linkassist cannot do.
    """
    config = _read_object(folder / "config.json")
    known_as = f"{name} {config.get('_name_or_path', '')}"
    family = str(config.get("model_type", ""))
    return ModelRecipe(
        pooling=_pooling_from_files(folder, pooling) or _pooling_of_family(family, known_as),
        prefix=_prefix(folder, known_as),
        max_tokens=_max_tokens(folder),
    )


def _read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, {} if there is no such file."""
    if not path.is_file():
        return {}
    found = _read_json(path)
    if not isinstance(found, dict):
        raise ModelError(f"{path} holds a {type(found).__name__}; expected a JSON object. Download the model again.")
    return found


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ModelError(f"{path} is not JSON ({error}). Download the model again.") from error


def _modules(folder: Path) -> list[tuple[str, Path]]:
    """The steps that sentence-transformers would take, as class names and folders; none if it did not make this."""
    path = folder / "modules.json"
    if not path.is_file():
        return []
    try:
        return [(str(step["type"]).rsplit(".", 1)[-1], folder / step["path"]) for step in _read_json(path)]
    except (TypeError, KeyError) as error:
        raise ModelError(f"{path} does not list modules with type and path. Download the model again.") from error


def _pooling_from_files(folder: Path, pooling: Pooling | None) -> Pooling | None:
    """What modules.json leads to, or `pooling` in its place; None if neither says."""
    modules = _modules(folder)
    for position, (kind, _) in enumerate(modules):
        if kind not in ("Transformer", "Pooling", "Normalize") or (kind == "Transformer") != (position == 0):
            raise ModelError(
                f"{folder / 'modules.json'} asks for a module {kind} at place {position}, which linkassist cannot do;"
                " it knows a Transformer, then Pooling and Normalize. Choose another model."
            )
    for kind, place in modules:
        if kind == "Pooling" and pooling is None:
            return _pooling_from_config(place / "config.json")
    return pooling


def _pooling_from_config(path: Path) -> Pooling:
    config = _read_object(path)
    named = config.get("pooling_mode")
    asked = [named] if isinstance(named, str) else list(named or ())
    asked += [flag for flag, is_set in config.items() if flag.startswith("pooling_mode_") and is_set is True]
    names = _POOLING_NAMES | _POOLING_FLAGS
    if len(asked) != 1 or asked[0] not in names:
        raise ModelError(
            f"{path} asks for the pooling {' and '.join(map(str, asked)) or 'of no name'}; linkassist can do one of"
            f" {', '.join(_POOLING_FLAGS)}. Choose another model, or set the pooling yourself:"
            f" {', '.join(get_args(Pooling))}."
        )
    return names[asked[0]]


def _pooling_of_family(family: str, known_as: str) -> Pooling:
    if _DECODERS.search(family):
        return "last"
    return "cls" if _FIRST_TOKEN.search(known_as) else "mean"


def _prefix(folder: Path, known_as: str) -> str:
    """What goes before each text: the folder's default prompt, else e5's.

    e5 was trained with "query: " or "passage: " before every text, and its authors advise "query: " on both sides
    where, as between pages, neither side is the question. Source: https://huggingface.co/intfloat/e5-base-v2
    """
    config = _read_object(folder / "config_sentence_transformers.json")
    default, prompts = config.get("default_prompt_name"), config.get("prompts") or {}
    if default is not None:
        if not isinstance(prompts, dict) or not isinstance(prompts.get(default), str):
            raise ModelError(
                f'{folder / "config_sentence_transformers.json"} names the prompt "{default}" but does not give it.'
                " Download the model again."
            )
        return str(prompts[default])
    if _E5.search(known_as):
        if "instruct" in known_as.lower():
            return "Instruct: Retrieve semantically similar text.\nQuery: "
        return "query: "
    return ""


def _max_tokens(folder: Path) -> int | None:
    found = _read_object(folder / "sentence_bert_config.json").get("max_seq_length")
    if found is None:
        return None
    if not isinstance(found, int) or found < 1:
        raise ModelError(
            f"{folder / 'sentence_bert_config.json'} has max_seq_length {found!r}; expected a whole number above 0."
            " Download the model again."
        )
    return found
