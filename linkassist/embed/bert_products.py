"""The matrix products of a BERT in three precisions: weights laid out once, activation functions fused if possible.

The oneDNN operations are those that torch's own compiler emits for x86 processors; elsewhere torch's usual ones do.
How products become a network is left to `bert_layers.py`.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional
from transformers.activations import ACT2FN

# transformers' names of what oneDNN can apply to a product before it leaves the processor's cache. "gelu_new" and its
# kin are the approximation by tanh that Google's code calls "gelu".
_FUSED = {
    "gelu": ("gelu", "none"),
    "gelu_python": ("gelu", "none"),
    "gelu_new": ("gelu", "tanh"),
    "gelu_fast": ("gelu", "tanh"),
    "gelu_pytorch_tanh": ("gelu", "tanh"),
    "relu": ("relu", ""),
}
# Weights take -63 to 63 where a processor adds pairs of byte products in 16 bits: 2 * 255 * 63 is the most that fits.
_WEIGHT_STEPS, _WEIGHT_STEPS_IN_16_BITS = 127, 63


class Product(Protocol):
    """inputs @ weight.T + bias, then the activation function if there is one.

    inputs: (tokens, in), of any type that the product turns into its own. Returns (tokens, out).
    """

    def __call__(self, inputs: Tensor) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class Dense:
    """A dense layer as the model has it. weight: (out, in) float32; bias: (out,) float32.

    activation: transformers' name of a function, or None.
    """

    weight: Tensor
    bias: Tensor
    activation: str | None = None

    def __call__(self, inputs: Tensor) -> Tensor:
        return _activated(functional.linear(inputs, self.weight, self.bias), self.activation)


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the largest value that numbers are expected to take; 256 steps from one to the other."""

    least: float
    largest: float

    @property
    def step(self) -> float:
        return max(self.largest - self.least, 1e-6) / 255

    @property
    def zero(self) -> int:
        """The step that stands for 0.

        >>> Range(-1.0, 1.55).zero
        100
        """
        return round(-self.least / self.step)


def range_of(values: Tensor) -> Range:
    """From the least to the largest of the values, 0 included, for 0 must be a step by itself."""
    least, largest = values.aminmax()
    return Range(min(float(least), 0.0), max(float(largest), 0.0))


def has_onednn() -> bool:
    """Whether torch was built with oneDNN, on a processor for which its packed products are fast."""
    return bool(torch.backends.mkldnn.is_available()) and platform.machine() in ("x86_64", "AMD64")


def float_product(dense: Dense, dtype: torch.dtype, device: str) -> Product:
    """The dense layer with weights and inputs of `dtype`: float32, or bfloat16 with sums in float32."""
    if device == "cpu" and has_onednn():
        return _packed(dense, dtype)
    return _plain(dense, dtype, device)


def _plain(dense: Dense, dtype: torch.dtype, device: str) -> Product:
    copy = Dense(dense.weight.to(device, dtype), dense.bias.to(device, dtype), dense.activation)
    return lambda inputs: copy(inputs.to(dtype))


def _packed(dense: Dense, dtype: torch.dtype) -> Product:
    weight = torch.ops.mkldnn._reorder_linear_weight(dense.weight.to(dtype))
    bias = dense.bias.to(dtype)
    name, algorithm = _FUSED.get(dense.activation or "", ("none", ""))
    left = None if dense.activation in _FUSED else dense.activation

    def product(inputs: Tensor) -> Tensor:
        found = torch.ops.mkldnn._linear_pointwise(inputs.to(dtype), weight, bias, name, [], algorithm)
        return _activated(found, left)

    return product


def int8_product(dense: Dense, inputs: Range, outputs: Range | torch.dtype) -> Product:
    """The dense layer with whole numbers of eight bits: weights by a step per row, inputs by the one step of a range.

    The inputs are floats, or already steps of `inputs` as uint8. What comes back is of the type `outputs`, or steps of
    the range `outputs` as uint8. A value outside a range becomes its end.
    Source: Jacob et al. 2018, section 2, https://arxiv.org/abs/1712.05877
    """
    n_steps = _WEIGHT_STEPS if _sums_in_32_bits() else _WEIGHT_STEPS_IN_16_BITS
    weight_steps = dense.weight.abs().amax(dim=1).clamp(min=1e-12) / n_steps
    whole = (dense.weight / weight_steps.unsqueeze(1)).round_().to(torch.int8)
    weight = torch.ops.onednn.qlinear_prepack(whole, None)
    zeros = torch.zeros(len(whole), dtype=torch.long)
    bias = dense.bias.clone()
    name, algorithm = _FUSED.get(dense.activation or "", ("none", ""))
    left = None if dense.activation in _FUSED else dense.activation
    wanted = outputs if isinstance(outputs, Range) and left is None else None
    step, zero = (wanted.step, wanted.zero) if wanted else (1.0, 0)
    dtype = torch.uint8 if wanted else outputs if isinstance(outputs, torch.dtype) else torch.float32
    # Half a step more, for the conversion to whole numbers cuts off what is after the point.
    middle = torch.tensor(inputs.zero + 0.5)

    def product(given: Tensor) -> Tensor:
        if given.dtype != torch.uint8:
            given = torch.add(middle, given, alpha=1 / inputs.step).clamp_(0, 255).to(torch.uint8)
        found = torch.ops.onednn.qlinear_pointwise(
            given, inputs.step, inputs.zero, weight, weight_steps, zeros, bias, step, zero, dtype, name, [], algorithm
        )
        return _activated(found, left)

    return product


def _sums_in_32_bits() -> bool:
    """Whether the processor adds products of bytes in 32 bits: then none is ever too large."""
    return bool(torch.cpu._is_vnni_supported())


def _activated(values: Tensor, activation: str | None) -> Tensor:
    if activation is None:
        return values
    function: Callable[[Tensor], Tensor] = ACT2FN[activation]
    return function(values)
