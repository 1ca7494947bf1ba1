"""How a transformers model is used as a sentence encoder: pooling, prefix and length, read from its folder.

sentence-transformers keeps these in small JSON files; for other folders they go by the model's family. Unknown settings
are refused: a wrong pooling gives vectors that look right and are not.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkassist.embed.pooling import Pooling
from linkassist.errors import ModelError

_POOLING_FLAGS: dict[str, Pooling] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "last",
}
_POOLING_NAMES: dict[str, Pooling] = {"cls": "cls", "mean": "mean", "max": "max", "lasttoken": "last"}

# Model types of decoders, in which only the last token attends to the whole text.
_DECODERS = re.compile(r"gpt|llama|mistral|mixtral|qwen|gemma|phi|bloom|falcon|opt$|olmo|granite|smollm")
_E5 = re.compile(r"(?<![a-z0-9])e5(?![a-z0-9])", re.IGNORECASE)
_FIRST_TOKEN = re.compile(r"(?<![a-z0-9])(bge|simcse)(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelRecipe:
    """What to do around the network. max_tokens: special tokens included; None where only the network limits it."""

    pooling: Pooling
    prefix: str
    max_tokens: int | None


def read_recipe(folder: Path, name: str) -> ModelRecipe:
    """How the model in `folder` is used. name: the user's name for it, by which e5 and bge models are recognised.

    Raises ModelError if the folder asks for something that linkassist cannot do.
    """
    config = _read_object(folder / "config.json")
    known_as = f"{name} {config.get('_name_or_path', '')}"
    family = str(config.get("model_type", ""))
    return ModelRecipe(
        pooling=_pooling_from_files(folder) or _pooling_of_family(family, known_as),
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
    """The (class name, folder) of each module of sentence-transformers; [] without a modules.json."""
    path = folder / "modules.json"
    if not path.is_file():
        return []
    try:
        return [(str(step["type"]).rsplit(".", 1)[-1], folder / step["path"]) for step in _read_json(path)]
    except (TypeError, KeyError) as error:
        raise ModelError(f"{path} does not list modules with type and path. Download the model again.") from error


def _pooling_from_files(folder: Path) -> Pooling | None:
    """The pooling that modules.json leads to, None if there is none."""
    modules = _modules(folder)
    for position, (kind, _) in enumerate(modules):
        if kind not in ("Transformer", "Pooling", "Normalize") or (kind == "Transformer") != (position == 0):
            raise ModelError(
                f"{folder / 'modules.json'} asks for a module {kind} at place {position}, which linkassist cannot do;"
                " it knows a Transformer, then Pooling and Normalize. Choose another model."
            )
    place = next((place for kind, place in modules if kind == "Pooling"), None)
    return _pooling_from_config(place / "config.json") if place else None


def _pooling_from_config(path: Path) -> Pooling:
    config = _read_object(path)
    named = config.get("pooling_mode")
    asked = [named] if isinstance(named, str) else list(named or ())
    asked += [flag for flag, is_set in config.items() if flag.startswith("pooling_mode_") and is_set is True]
    names = _POOLING_NAMES | _POOLING_FLAGS
    if len(asked) != 1 or asked[0] not in names:
        raise ModelError(
            f"{path} asks for the pooling {' and '.join(map(str, asked)) or 'of no name'}; linkassist can do one of"
            f" {', '.join(_POOLING_FLAGS)}. Choose another model."
        )
    return names[asked[0]]


def _pooling_of_family(family: str, known_as: str) -> Pooling:
    if _DECODERS.search(family):
        return "last"
    return "cls" if _FIRST_TOKEN.search(known_as) else "mean"


def _prefix(folder: Path, known_as: str) -> str:
    """The prefix of each text: the folder's default prompt, else e5's.

    e5 was trained with "query: " or "passage: " before every text; its authors advise "query: " on both sides of
    symmetric tasks, such as comparing pages. Source: https://huggingface.co/intfloat/e5-base-v2
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
