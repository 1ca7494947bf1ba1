"""The steps after pooling that sentence-transformers calls Dense and Normalize, as functions of (texts, width)."""

from __future__ import annotations

from collections.abc import Callable

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
    path = step.folder / "model.safetensors"
    if not path.is_file() and (step.folder / "pytorch_model.bin").is_file():
        raise ModelError(
            f"{step.folder} holds a Dense layer as pytorch_model.bin, which can hold code and is not read. Save the"
            " model again with sentence-transformers of today, which writes model.safetensors."
        )
    try:
        return load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Download the model again.") from error
