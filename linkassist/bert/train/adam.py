"""BERT's optimiser for fine-tuning: learning rate schedule, gradient clipping and Adam, exactly as in the original.

Source of all formulas: optimization.py and run_classifier.py of https://github.com/google-research/bert, and for the
clipping tf.clip_by_global_norm of TensorFlow 1.15, which they call.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import torch
from torch import Tensor, nn

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-6
_WEIGHT_DECAY = 0.01
_NOT_DECAYED = re.compile("LayerNorm|layer_norm|bias")
_MAX_NORM = 1.0
# The only embedding that the original reads by tf.gather: positions are a slice, token types a matrix product.
_GATHERED = "word_embeddings"


@dataclass(frozen=True, slots=True)
class LearningRateSchedule:
    """The learning rate at each step; the first step is 0."""

    n_steps: int
    n_warmup_steps: int
    learning_rate: float

    def at(self, step: int) -> float:
        """Linear warm-up from 0, then linear decay from `learning_rate` at step 0 to 0 at the end.

        As in the original the decay counts from step 0, so that the rate drops where the warm-up ends.

        >>> [round(LearningRateSchedule(10, 2, 1.0).at(step), 3) for step in (0, 1, 2, 9, 10)]
        [0.0, 0.5, 0.8, 0.1, 0.0]
        """
        if step < self.n_warmup_steps:
            return self.learning_rate * step / self.n_warmup_steps
        return self.learning_rate * (1 - min(step, self.n_steps) / self.n_steps)


def schedule(
    n_examples: int, batch_size: int, n_epochs: float, learning_rate: float, warmup_proportion: float
) -> LearningRateSchedule:
    """The schedule of run_classifier, which counts whole batches, across epochs.

    >>> schedule(n_examples=100, batch_size=32, n_epochs=3.0, learning_rate=5e-5, warmup_proportion=0.1)
    LearningRateSchedule(n_steps=9, n_warmup_steps=0, learning_rate=5e-05)
    """
    n_steps = int(n_examples / batch_size * n_epochs)
    return LearningRateSchedule(n_steps, int(n_steps * warmup_proportion), learning_rate)


class GlobalNorm:
    """The global gradient norm as tf.clip_by_global_norm computes it in the original.

    TensorFlow keeps the gradient of an embedding read by tf.gather as one row per token, and takes the norm before rows
    of equal tokens are summed: [CLS] in 32 texts counts as 32 rows. So, as a context, this hooks the word embeddings
    and sums the squares of their output gradients during the backward pass.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._tables = [each for name, each in model.named_modules() if name.split(".")[-1] == _GATHERED]
        self._handles = [each.register_forward_hook(self._watch) for each in self._tables]
        self._squares: list[Tensor] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for handle in self._handles:
            handle.remove()

    def take(self) -> float:
        """The norm of the gradients since the last call."""
        gathered = {id(table.weight) for table in self._tables}
        squares = self._squares + [
            each.grad.square().sum()
            for each in self._model.parameters()
            if each.grad is not None and id(each) not in gathered
        ]
        self._squares = []
        return math.sqrt(sum(float(each) for each in squares))

    def _watch(self, _module: nn.Module, _inputs: object, output: Tensor) -> None:
        if output.requires_grad:
            output.register_hook(self._add)  # type: ignore[no-untyped-call]

    def _add(self, gradient: Tensor) -> None:
        self._squares.append(gradient.square().sum())


class AdamWeightDecay:
    """Adam with decoupled weight decay and without bias correction.

    For each weight w with gradient g, scaled by min(1, 1 / norm):
    m = 0.9 m + 0.1 g; v = 0.999 v + 0.001 g²; w = w - rate (m / (√v + 1e-6) + 0.01 w),
    the last term not for LayerNorm and biases. Without the correction the first steps are about 3 times as long:
    0.1 / √0.001.
    """

    def __init__(self, model: nn.Module) -> None:
        """m and v start at 0, as in the original, which does not read those of the checkpoint."""
        self._weights = {name: each for name, each in model.named_parameters() if each.requires_grad}
        self.m = {name: torch.zeros_like(each) for name, each in self._weights.items()}
        self.v = {name: torch.zeros_like(each) for name, each in self._weights.items()}

    def restore(self, m: Mapping[str, Tensor], v: Mapping[str, Tensor]) -> None:
        """Copies the moments of an earlier run, by the names of the weights."""
        for name in self._weights:
            self.m[name].copy_(m[name])
            self.v[name].copy_(v[name])

    @torch.no_grad()
    def step(self, learning_rate: float, norm: float) -> None:
        """Updates every weight that has a gradient. norm: the global gradient norm."""
        scale = min(1.0, _MAX_NORM / norm) if norm > 0 else 1.0
        for name, weight in self._weights.items():
            if weight.grad is None:
                continue
            gradient = weight.grad * scale
            m = self.m[name].mul_(_BETA_1).add_(gradient, alpha=1 - _BETA_1)
            v = self.v[name].mul_(_BETA_2).addcmul_(gradient, gradient, value=1 - _BETA_2)
            update = m / v.sqrt().add_(_EPSILON)
            if not _NOT_DECAYED.search(name):
                update.add_(weight, alpha=_WEIGHT_DECAY)
            weight.sub_(update, alpha=learning_rate)
