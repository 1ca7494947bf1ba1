"""How a transformers model is used as a sentence encoder: pooling, prefix, length and steps, read from its folder.

sentence-transformers keeps these in small JSON files; a folder without them is recognised by what its config.json says
of it (`known_models.py`), never by the name of a folder. Unknown settings are refused: a wrong pooling gives vectors
that look right and are not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkassist.embed.known_models import KnownModel, known_model
from linkassist.embed.model_name import ModelOptions, Pooling
from linkassist.errors import ModelError

# In the order in which sentence-transformers joins several.
_POOLING_FLAGS: dict[str, Pooling] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean",  # of another length alone, and vectors are scaled to length 1
    "pooling_mode_weightedmean_tokens": "weighted",
    "pooling_mode_lasttoken": "last",
}
_POOLING_NAMES: dict[str, Pooling] = {
    "cls": "cls",
    "max": "max",
    "mean": "mean",
    "mean_sqrt_len_tokens": "mean",
    "weightedmean": "weighted",
    "lasttoken": "last",
}


@dataclass(frozen=True, slots=True)
class DenseStep:
    """A linear layer over the pooled vector. folder: of its config.json and its weights."""

    folder: Path
    n_in: int
    n_out: int
    has_bias: bool
    activation: str


@dataclass(frozen=True, slots=True)
class NormalizeStep:
    """Scaling to length 1 between other steps."""


@dataclass(frozen=True, slots=True)
class ModelRecipe:
    """What to do around the network.

    poolings: their vectors are joined. is_prefix_pooled: whether the tokens of the prefix are. max_tokens: special
    tokens included; None where only the network limits it. steps: after the pooling. notes: a sentence each.
    """

    poolings: tuple[Pooling, ...]
    prefix: str
    is_prefix_pooled: bool = True
    max_tokens: int | None = None
    is_lowercased: bool = False
    steps: tuple[DenseStep | NormalizeStep, ...] = ()
    notes: tuple[str, ...] = ()


def read_recipe(folder: Path, hub_name: str, options: ModelOptions) -> ModelRecipe:
    """How the model in `folder` is used. hub_name: its name on the hub, "" where it was named by its folder.

    Raises ModelError if the folder, or the options, ask for something that linkassist cannot do.
    """
    config = read_object(folder / "config.json")
    modules = read_modules(folder)
    known = known_model(config, hub_name, read_object(folder / "tokenizer_config.json"), [kind for kind, _ in modules])
    place, steps = _steps(folder, modules)
    poolings, is_prefix_pooled = _poolings(place / "config.json") if place else ((known.pooling,), True)
    prefix, notes = _prefix(folder, known, options)
    limits = read_object(folder / "sentence_bert_config.json")
    return ModelRecipe(
        poolings=(options.pooling,) if options.pooling else poolings,
        prefix=prefix,
        is_prefix_pooled=is_prefix_pooled,
        max_tokens=options.window or _max_tokens(folder, limits),
        is_lowercased=limits.get("do_lower_case") is True,
        steps=steps,
        notes=notes,
    )


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, {} if there is no such file. Raises ModelError for another content."""
    if not path.is_file():
        return {}
    found = _read_json(path)
    if not isinstance(found, dict):
        raise ModelError(f"{path} holds a {type(found).__name__}; expected a JSON object. Download the model again.")
    return found


def read_modules(folder: Path) -> list[tuple[str, Path]]:
    """The (class name, folder) of each module of sentence-transformers; [] without a modules.json."""
    path = folder / "modules.json"
    if not path.is_file():
        return []
    try:
        return [(str(step["type"]).rsplit(".", 1)[-1], folder / step["path"]) for step in _read_json(path)]
    except (TypeError, KeyError) as error:
        raise ModelError(f"{path} does not list modules with type and path. Download the model again.") from error


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ModelError(f"{path} is not JSON ({error}). Download the model again.") from error


def _steps(folder: Path, modules: list[tuple[str, Path]]) -> tuple[Path | None, tuple[DenseStep | NormalizeStep, ...]]:
    """(the folder of the Pooling, what comes after it); None and nothing without a modules.json."""
    steps: list[DenseStep | NormalizeStep] = []
    pooling: Path | None = None
    for position, (kind, place) in enumerate(modules):
        if kind == "Transformer" and position == 0:
            continue
        if kind == "Pooling" and position == 1:
            pooling = place
        elif kind == "Dense" and pooling:
            steps.append(_dense(place))
        elif kind == "Normalize" and pooling:
            steps.append(NormalizeStep())
        else:
            raise ModelError(
                f"{folder / 'modules.json'} asks for a module {kind} at place {position}, which linkassist cannot do;"
                " it knows a Transformer, a Pooling, then Dense and Normalize. Choose another model."
            )
    while steps and isinstance(steps[-1], NormalizeStep):  # every vector is scaled at the end
        steps.pop()
    return pooling, tuple(steps)


def _dense(place: Path) -> DenseStep:
    config = read_object(place / "config.json")
    activation = str(config.get("activation_function", "torch.nn.modules.activation.Tanh")).rpartition(".")[2]
    n_in, n_out = config.get("in_features"), config.get("out_features")
    if not isinstance(n_in, int) or not isinstance(n_out, int) or activation not in DENSE_ACTIVATIONS:
        raise ModelError(
            f"{place / 'config.json'} asks for a Dense layer from {n_in!r} to {n_out!r} with {activation}; linkassist"
            f" can do whole numbers and one of {', '.join(DENSE_ACTIVATIONS)}. Choose another model."
        )
    return DenseStep(place, n_in, n_out, config.get("bias") is not False, activation)


DENSE_ACTIVATIONS = ("Identity", "Tanh", "ReLU", "GELU", "Sigmoid", "SiLU")


def _poolings(path: Path) -> tuple[tuple[Pooling, ...], bool]:
    """(the poolings whose vectors are joined, whether the prefix is pooled too)"""
    config = read_object(path)
    named = config.get("pooling_mode")
    asked = [named] if isinstance(named, str) else list(named or ())
    flags = [flag for flag, is_set in config.items() if flag.startswith("pooling_mode_") and is_set is True]
    asked += sorted(flags, key=lambda flag: list(_POOLING_FLAGS).index(flag) if flag in _POOLING_FLAGS else -1)
    names = _POOLING_NAMES | _POOLING_FLAGS
    if not asked or not all(name in names for name in asked):
        raise ModelError(
            f"{path} asks for the pooling {' and '.join(map(str, asked)) or 'of no name'}; linkassist can do"
            f" {', '.join(_POOLING_FLAGS)}. Choose another model, or say it: NAME?pooling=mean."
        )
    return tuple(names[name] for name in asked), config.get("include_prompt") is not False


def _prefix(folder: Path, known: KnownModel, options: ModelOptions) -> tuple[str, tuple[str, ...]]:
    """(the prefix of each text, notes): the reader's, the one the folder names by default, or a known model's."""
    if options.prefix is not None:
        return options.prefix, ()
    path = folder / "config_sentence_transformers.json"
    config = read_object(path)
    prompts = config.get("prompts") or {}
    wanted = options.prompt or config.get("default_prompt_name")
    if wanted is not None:
        if not isinstance(prompts, dict) or not isinstance(prompts.get(wanted), str):
            there = ", ".join(map(str, prompts)) if isinstance(prompts, dict) and prompts else "none"
            raise ModelError(
                f'{path} does not give the prompt "{wanted}" (it has {there}). Say the prefix: NAME?prefix=...'
            )
        return str(prompts[wanted]), ()
    notes = (f"{folder} is taken for {known.name}{known.reason}.",) if known.reason else ()
    return known.prefix, notes


def _max_tokens(folder: Path, limits: dict[str, Any]) -> int | None:
    found = limits.get("max_seq_length")
    if found is None:
        return None
    if not isinstance(found, int) or found < 1:
        raise ModelError(
            f"{folder / 'sentence_bert_config.json'} has max_seq_length {found!r}; expected a whole number above 0."
            " Download the model again."
        )
    return found
