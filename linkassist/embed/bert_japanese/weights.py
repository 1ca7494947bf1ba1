"""The weights of a TensorFlow BERT as those of transformers' BertModel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_EMBEDDINGS = ("word_embeddings", "position_embeddings", "token_type_embeddings")
_IN_LAYER = {
    "attention/self/query": "attention.self.query",
    "attention/self/key": "attention.self.key",
    "attention/self/value": "attention.self.value",
    "attention/output/dense": "attention.output.dense",
    "attention/output/LayerNorm": "attention.output.LayerNorm",
    "intermediate/dense": "intermediate.dense",
    "output/dense": "output.dense",
    "output/LayerNorm": "output.LayerNorm",
}
_OURS = {"kernel": "weight", "gamma": "weight", "bias": "bias", "beta": "bias"}
_LAYER = re.compile(r"bert/encoder/layer_(\d+)/(.+)/(kernel|bias|gamma|beta)")


def parameter_of(variable: str) -> str | None:
    """The parameter of BertModel that a TensorFlow variable becomes, or None if it is none of BertModel's.

    >>> parameter_of("bert/encoder/layer_3/output/dense/kernel")
    'encoder.layer.3.output.dense.weight'
    """
    if variable.startswith("bert/embeddings/"):
        name = variable.removeprefix("bert/embeddings/")
        if name in _EMBEDDINGS:
            return f"embeddings.{name}.weight"
        return {"LayerNorm/gamma": "embeddings.LayerNorm.weight", "LayerNorm/beta": "embeddings.LayerNorm.bias"}.get(
            name
        )
    if variable in ("bert/pooler/dense/kernel", "bert/pooler/dense/bias"):
        return f"pooler.dense.{_OURS[variable.rsplit('/', 1)[1]]}"
    match = _LAYER.fullmatch(variable)
    if match is None or match[2] not in _IN_LAYER:
        return None
    return f"encoder.layer.{match[1]}.{_IN_LAYER[match[2]]}.{_OURS[match[3]]}"


def parameters_of(variables: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(parameter, variable) of those that BertModel has; optimiser slots, global_step and cls/... are left out."""
    for variable in variables:
        parameter = parameter_of(variable)
        if parameter is not None:
            yield parameter, variable
