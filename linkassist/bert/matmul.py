"""Dense layers in float32, bfloat16 and int8: weights are packed once, and activation functions fused if possible.

On x86 these are the oneDNN operators that torch.compile emits; elsewhere torch's usual ones. The network is built of
them in `layers.py`.
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

# Activation functions that oneDNN fuses with a matrix product, by transformers' names. "gelu_new" and the two below are
# the tanh approximation that Google's code calls "gelu".
_FUSED = {
    "gelu": ("gelu", "none"),
    "gelu_python": ("gelu", "none"),
    "gelu_new": ("gelu", "tanh"),
    "gelu_fast": ("gelu", "tanh"),
    "gelu_pytorch_tanh": ("gelu", "tanh"),
    "relu": ("relu", ""),
}
# Quantised weights are at most 63 on CPUs that accumulate pairs of byte products in 16 bits: 2 * 255 * 63 just fits.
_WEIGHT_STEPS, _WEIGHT_STEPS_IN_16_BITS = 127, 63


class Product(Protocol):
    """A dense layer as a function: inputs @ weight.T + bias, then the activation function if there is one.

    inputs: (tokens, in), converted to the type of the product. Returns (tokens, out).
    """

    def __call__(self, inputs: Tensor) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class Dense:
    """A dense layer with the model's own weights. weight: (out, in) float32; bias: (out,) float32.

    activation: transformers' name of a function, or None.
    """

    weight: Tensor
    bias: Tensor
    activation: str | None = None

    def __call__(self, inputs: Tensor) -> Tensor:
        return _activated(functional.linear(inputs, self.weight, self.bias), self.activation)


def has_onednn() -> bool:
    """Whether torch was built with oneDNN and the CPU is x86, for which its packed products are fast."""
    is_there: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return is_there and platform.machine() in ("x86_64", "AMD64")


def has_avx512_kernels() -> bool:
    """Whether torch runs its AVX-512 kernels: the CPU has it, and ATEN_CPU_CAPABILITY does not disable it."""
    return torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def float_product(dense: Dense, dtype: torch.dtype, device: str) -> Product:
    """The dense layer with weights and inputs in `dtype`: float32, or bfloat16 with float32 accumulation."""
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


def int8_by_token(dense: Dense, sample: Tensor, dtype: torch.dtype) -> Product:
    """The dense layer in int8 with dynamic per-token quantisation of the inputs.

    Each token has its own scale, because a few tokens have outliers; so the activation function cannot be fused.
    sample: (tokens, in), typical inputs. Returns `dtype`.
    Source: Yao et al. 2022, section 4, https://arxiv.org/abs/2206.01861
    """
    factors = _smoothing(dense.weight, sample)
    multiply = _bytes_product(dense.weight * factors)

    def product(inputs: Tensor) -> Tensor:
        smooth = inputs / factors
        steps = torch.maximum(smooth.amax(dim=1), -smooth.amin(dim=1)).clamp_(min=1e-12).div_(127).unsqueeze(1)
        # 128.5: the zero point, and 0.5 since the conversion to uint8 truncates.
        whole = smooth.div_(steps).add_(128.5).to(torch.uint8)
        found = multiply(whole, 1.0, 128, None, None).mul_(steps).add_(dense.bias)
        return _activated(found, dense.activation).to(dtype)

    return product


def int8_by_range(dense: Dense, sample: Tensor) -> Product:
    """The dense layer in int8 with static quantisation: one scale, from the range of `sample`, (tokens, in).

    Inputs outside the range are clamped. The activation function is fused. For normalised inputs, whose range is alike
    from token to token. Returns float32.
    Source: Jacob et al. 2018, section 2, https://arxiv.org/abs/1712.05877
    """
    factors = _smoothing(dense.weight, sample)
    multiply = _bytes_product(dense.weight * factors)
    least, largest = (float(number) for number in (sample / factors).aminmax())
    step = max(max(largest, 0.0) - min(least, 0.0), 1e-12) / 255
    zero = round(-min(least, 0.0) / step)
    middle, steps_each = torch.tensor(zero + 0.5), 1 / (factors * step)

    def product(inputs: Tensor) -> Tensor:
        whole = torch.addcmul(middle, inputs, steps_each).clamp_(0, 255).to(torch.uint8)
        return multiply(whole, step, zero, dense.bias, dense.activation)

    return product


def _smoothing(weight: Tensor, sample: Tensor) -> Tensor:
    """(in,): SmoothQuant's factors, by which inputs are divided and weights multiplied to balance their ranges.

    Source: Xiao et al. 2023, equation 4 with alpha = 0.5, https://arxiv.org/abs/2211.10438
    """
    inputs, weights = sample.float().abs().amax(dim=0), weight.abs().amax(dim=0)
    return (inputs.clamp(min=1e-5) / weights.clamp(min=1e-5)).sqrt_()


def _bytes_product(weight: Tensor) -> Callable[[Tensor, float, int, Tensor | None, str | None], Tensor]:
    """The int8 product with these weights, quantised with a scale per output row.

    Its arguments: inputs, (tokens, in) uint8; their scale; their zero point; bias; activation function.
    """
    n_steps = _WEIGHT_STEPS if _sums_in_32_bits() else _WEIGHT_STEPS_IN_16_BITS
    steps = weight.abs().amax(dim=1).clamp_(min=1e-12) / n_steps
    packed = torch.ops.onednn.qlinear_prepack((weight / steps.unsqueeze(1)).round_().to(torch.int8), None)
    zeros = torch.zeros(len(steps), dtype=torch.long)

    def multiply(whole: Tensor, step: float, zero: int, bias: Tensor | None, activation: str | None) -> Tensor:
        name, algorithm = _FUSED.get(activation or "", ("none", ""))
        found = torch.ops.onednn.qlinear_pointwise(
            whole, step, zero, packed, steps, zeros, bias, 1.0, 0, torch.float32, name, [], algorithm
        )
        return _activated(found, None if activation in _FUSED else activation)

    return multiply


def _sums_in_32_bits() -> bool:
    """Whether the CPU accumulates byte products in 32 bits (VNNI), which cannot overflow."""
    return bool(torch.cpu._is_vnni_supported())


def _activated(values: Tensor, activation: str | None) -> Tensor:
    if activation is None:
        return values
    function: Callable[[Tensor], Tensor] = ACT2FN[activation]
    return function(values)
