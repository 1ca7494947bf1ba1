"""A network of three layers that learns in a moment, for the tests of the training; a killed child trains it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from linkassist.bert.train.adam import LearningRateSchedule
from linkassist.bert.train.loop import TrainingSettings, train

SETTINGS = TrainingSettings(
    LearningRateSchedule(20, 4, 0.01), batch_size=4, identity="toy", seed=3, save_every=5, evaluate_every=4
)


class Toy(nn.Module):
    """Words to classes: the names are those that the optimiser looks at. Word 0 may be a word like any other."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.word_embeddings = nn.Embedding(7, 5, padding_idx=0)
        self.LayerNorm = nn.LayerNorm(5)
        self.dense = nn.Linear(5, 3)
        nn.init.normal_(self.dense.weight, std=3)

    def forward(self, words: Tensor) -> Tensor:
        hidden = functional.dropout(self.word_embeddings(words).sum(dim=1), 0.2, self.training)
        return self.dense(self.LayerNorm(hidden))

    def losses(self, batch: Sequence[tuple[int, ...]]) -> Iterator[Tensor]:
        words = torch.tensor(batch)
        yield functional.cross_entropy(self(words[:, :-1]), words[:, -1])


def toy_examples() -> list[tuple[int, ...]]:
    """Four words, of which some are the same, and a class that depends on the first."""
    words = np.random.default_rng(5).integers(0, 7, size=(22, 4))
    words[:, 1] = words[:, 0]
    return [(*map(int, row), int(row[0]) % 3) for row in words]


def train_toy(
    folder: Path, settings: TrainingSettings = SETTINGS, score: Callable[[Toy], float] | None = None
) -> tuple[Toy, tuple[float, ...]]:
    toy = Toy()
    asked = (lambda: score(toy)) if score else None
    report = train(toy, toy_examples(), toy.losses, settings, folder, asked)
    return toy, report.losses
