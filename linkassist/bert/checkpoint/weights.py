"""Loading a TensorFlow BERT's weights into transformers' BertModel: names, transposition, and completeness.

Optimiser slots (`adam_m`, `adam_v`), `global_step` and the heads for training (`cls/...`) are ignored.
Source: modeling.py in https://github.com/google-research/bert
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor
from transformers import BertConfig, BertModel

from linkassist.bert.checkpoint.tensor_bundle import Bundle
from linkassist.embed.quiet import quiet_transformers
from linkassist.errors import ModelError

WORD_EMBEDDINGS = "bert/embeddings/word_embeddings"
_LAYER = re.compile(r"bert/encoder/layer_(\d+)/.+")
_KERNEL = "/kernel"
_RENAMED = {
    "/kernel": ".weight",
    "/gamma": ".weight",
    "/beta": ".bias",
    "/bias": ".bias",
    "_embeddings": "_embeddings.weight",
}
_ENDING = re.compile(f"({'|'.join(_RENAMED)})$")


def parameter_of(variable: str) -> str:
    """The name of BertModel's parameter for a TensorFlow variable.

    >>> parameter_of("bert/encoder/layer_3/output/dense/kernel")
    'encoder.layer.3.output.dense.weight'
    """
    name = _ENDING.sub(lambda match: _RENAMED[match[1]], variable.removeprefix("bert/"))
    return name.replace("/layer_", "/layer/").replace("/", ".")


def read_model(bundle: Bundle, config: BertConfig, config_path: Path) -> BertModel:
    """The network of a checkpoint: float32, in eval mode, on the CPU.

    Raises ModelError where a variable is missing, damaged, or of another shape than `config`, read from `config_path`,
    says.
    """
    with torch.device("meta"):
        expected = BertModel(config).state_dict()
    variables = {parameter_of(name): name for name in bundle.names if name.startswith("bert/")}
    missing = [name for name in expected if name not in variables]
    if missing:
        raise ModelError(_missing_text(bundle, missing[0], len(missing), config_path))
    state = {name: _oriented(bundle, variables[name]) for name in expected}
    for name, weight in state.items():
        if weight.shape != expected[name].shape:
            raise ModelError(
                f"{bundle.prefix}: {variables[name]} has the shape {list(bundle.shape(variables[name]))}, which does"
                f" not fit {config_path}. Take the configuration that came with the checkpoint."
            )
    with quiet_transformers():
        model: BertModel = BertModel.from_pretrained(None, config=config, state_dict=state, dtype=torch.float32)
    model.eval()
    return model


def n_layers(bundle: Bundle) -> int:
    """The number of layers in the checkpoint."""
    return len({match[1] for name in bundle.names if (match := _LAYER.fullmatch(name))})


def _oriented(bundle: Bundle, variable: str) -> Tensor:
    """The variable as torch stores it: kernels are transposed."""
    weight = torch.tensor(bundle.tensor(variable), dtype=torch.float32)
    return weight.T.contiguous() if variable.endswith(_KERNEL) else weight


def _missing_text(bundle: Bundle, first: str, n_missing: int, config_path: Path) -> str:
    if WORD_EMBEDDINGS not in bundle.names:
        some = ", ".join(bundle.names[:3])
        return (
            f"{bundle.prefix} is no BERT: it has no variable {WORD_EMBEDDINGS} (it begins with {some or 'nothing'})."
            " Give the checkpoint of a BERT."
        )
    return (
        f"{bundle.prefix} lacks {n_missing} of the weights of the network in {config_path}, of which {first} is one; it"
        f" holds {n_layers(bundle)} layers. Take the configuration that came with the checkpoint."
    )
