"""The layers of a BERT over packed tokens: sequences are concatenated, without padding.

Dense layers, normalisation and residual sums work token by token; attention alone splits tokens into sequences.
Source: Devlin et al. 2019, https://arxiv.org/abs/1810.04805, and transformers' BertModel, whose weights these are
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel
from transformers.models.bert.modeling_bert import BertLayer

from linkassist.bert.matmul import (
    Dense,
    Product,
    float_product,
    has_avx512_kernels,
    int8_by_range,
    int8_by_token,
)


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation in float32. weight, bias: (width,) float32."""

    weight: Tensor
    bias: Tensor
    epsilon: float

    def __call__(self, values: Tensor) -> Tensor:
        return functional.layer_norm(values, self.weight.shape, self.weight, self.bias, self.epsilon)


@dataclass(frozen=True, slots=True)
class Layer:
    """One transformer layer: attention, then two dense layers; each block has a residual sum and layer normalisation.

    Sums are float32.
    """

    queries_keys_values: Product
    mixed: Product
    attention_norm: Norm
    inner: Product
    outer: Product
    outer_norm: Norm
    n_heads: int

    def __call__(self, hidden: Tensor, lengths: Sequence[int]) -> Tensor:
        """(tokens, width) float32 of the same. lengths: tokens of each sequence, equal lengths adjacent."""
        context = attention(self.queries_keys_values(hidden), lengths, self.n_heads)
        hidden = self.attention_norm(hidden + self.mixed(context))
        return self.outer_norm(hidden + self.outer(self.inner(hidden)))


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The sum of three embeddings, normalised. words: (vocabulary, width); positions: (positions, width); types:
    (types, width); all float32.
    """

    words: Tensor
    positions: Tensor
    types: Tensor
    norm: Norm

    def __call__(self, ids: Tensor, types: Tensor, lengths: Sequence[int]) -> Tensor:
        """(tokens, width) float32. ids, types: (tokens,) int64."""
        positions = torch.cat([torch.arange(length) for length in lengths]).to(ids.device)
        return self.norm(self.words[ids] + self.types[types] + self.positions[positions])


def attention(queries_keys_values: Tensor, lengths: Sequence[int], n_heads: int) -> Tensor:
    """Multi-head scaled dot-product attention within each sequence.

    queries_keys_values: (tokens, 3 * width). Returns (tokens, width) of the same type.
    Source: Vaswani et al. 2017, section 3.2, https://arxiv.org/abs/1706.03762
    """
    dtype, width = queries_keys_values.dtype, queries_keys_values.shape[1] // 3
    if dtype == torch.bfloat16 and not queries_keys_values.is_cuda and not has_avx512_kernels():
        # torch's bfloat16 attention looks at the CPU, not at ATEN_CPU_CAPABILITY, and fails: "pack_vnni2 is only
        # supported when avx512 is".
        queries_keys_values = queries_keys_values.float()
    found, start = [], 0
    for length, equal in groupby(lengths):
        n_sequences = len(list(equal))
        end = start + n_sequences * length
        parts = queries_keys_values[start:end].view(n_sequences, length, 3, n_heads, width // n_heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = functional.scaled_dot_product_attention(queries, keys, values)
        found.append(mixed.transpose(1, 2).reshape(end - start, width))
        start = end
    return (found[0] if len(found) == 1 else torch.cat(found)).to(dtype)


def embeddings_of(model: BertModel, device: str) -> Embeddings:
    part = model.embeddings
    return Embeddings(
        part.word_embeddings.weight.detach().to(device),
        part.position_embeddings.weight.detach().to(device),
        part.token_type_embeddings.weight.detach().to(device),
        _norm(part.LayerNorm, device),
    )


def float_layers(model: BertModel, dtype: torch.dtype, device: str) -> list[Layer]:
    """The layers with matrix products in float32 or bfloat16."""
    return [
        _layer(part, *(float_product(dense, dtype, device) for dense in _dense_layers(part)), device=device)
        for part in _parts(model)
    ]


def int8_layers(model: BertModel, hidden: Tensor, lengths: Sequence[int], dtype: torch.dtype) -> list[Layer]:
    """The layers with int8 matrix products, on the CPU; attention is in `dtype`.

    Quantisation ranges are measured in a float32 pass over `hidden`, (tokens, width): the embeddings of a few sequences
    of these lengths.
    """
    found = []
    for part in _parts(model):
        exact = _layer(part, *_dense_layers(part), device="cpu")
        context = attention(exact.queries_keys_values(hidden), lengths, exact.n_heads)
        after_attention = exact.attention_norm(hidden + exact.mixed(context))
        inner = exact.inner(after_attention)
        queries_keys_values, mixed, dense_inner, outer = _dense_layers(part)
        products = (
            int8_by_token(queries_keys_values, hidden, dtype),
            int8_by_token(mixed, context, torch.float32),
            int8_by_range(dense_inner, after_attention),
            int8_by_token(outer, inner, torch.float32),
        )
        found.append(_layer(part, *products, device="cpu"))
        hidden = exact.outer_norm(after_attention + exact.outer(inner))
    return found


def _parts(model: BertModel) -> list[BertLayer]:
    return [cast(BertLayer, part) for part in model.encoder.layer]  # ModuleList is typed as of plain Modules


def _dense_layers(part: BertLayer) -> tuple[Dense, Dense, Dense, Dense]:
    """The dense layers: queries, keys and values as one; attention output; feed-forward in; feed-forward out."""
    attention = part.attention.self
    three = (attention.query, attention.key, attention.value)
    return (
        Dense(torch.cat([one.weight.detach() for one in three]), torch.cat([one.bias.detach() for one in three])),
        _dense(part.attention.output.dense),
        _dense(part.intermediate.dense, attention.config.hidden_act),
        _dense(part.output.dense),
    )


def _dense(linear: nn.Linear, activation: str | None = None) -> Dense:
    return Dense(linear.weight.detach(), linear.bias.detach(), activation)


def _norm(norm: nn.LayerNorm, device: str) -> Norm:
    return Norm(norm.weight.detach().to(device), norm.bias.detach().to(device), norm.eps)


def _layer(
    part: BertLayer, queries_keys_values: Product, mixed: Product, inner: Product, outer: Product, *, device: str
) -> Layer:
    return Layer(
        queries_keys_values,
        mixed,
        _norm(part.attention.output.LayerNorm, device),
        inner,
        outer,
        _norm(part.output.LayerNorm, device),
        part.attention.self.num_attention_heads,
    )
