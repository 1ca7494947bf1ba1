"""The steps after pooling that sentence-transformers calls Dense and Normalize, as functions of (texts, width)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from linkassist.embed.model_folder import DenseStep, NormalizeStep
from linkassist.errors import ModelError

Step = Callable[[Tensor], Tensor]


def read_step(step: DenseStep | NormalizeStep) -> Step:
    """The function of a step. Raises ModelError where the weights of a Dense layer are missing or do not fit."""
    if isinstance(step, NormalizeStep):
        return nn.functional.normalize
    weights = _weights(step)
    wanted = {"linear.weight": (step.n_out, step.n_in)} | ({"linear.bias": (step.n_out,)} if step.has_bias else {})
    found = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    if found != wanted:
        raise ModelError(f"{step.folder} holds {found}; its config.json asks for {wanted}. Download the model again.")
    layer = nn.Linear(step.n_in, step.n_out, bias=step.has_bias)
    layer.load_state_dict({name.removeprefix("linear."): tensor.float() for name, tensor in weights.items()})
    activation: nn.Module = getattr(nn, step.activation)()
    return nn.Sequential(layer, activation).eval()


def _weights(step: DenseStep) -> dict[str, Tensor]:
    safe, pickled = step.folder / "model.safetensors", step.folder / "pytorch_model.bin"
    try:
        if safe.is_file():
            return load_file(safe)
        loaded: dict[str, Tensor] = torch.load(pickled, map_location="cpu", weights_only=True)
        return loaded
    except (OSError, SafetensorError, RuntimeError, ValueError, EOFError) as error:
        raise ModelError(f"{step.folder}: the weights cannot be read ({error}). Download the model again.") from error
    except Exception as error:  # what the weights-only reader raises for a pickle that would run code
        raise ModelError(f"{pickled} cannot be read as weights alone. Choose another model.") from error
