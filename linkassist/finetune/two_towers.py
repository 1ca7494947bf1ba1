"""A BERT learns two towers from a wiki's links, and how they score pairs of pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from linkassist.embed.bert_japanese.folder import Bert
from linkassist.embed.bert_japanese.sequences import token_sequence
from linkassist.embed.bert_japanese.training import OnStep, TrainingReport, train
from linkassist.finetune.judging import FloatArray, Questions, pair_auc
from linkassist.finetune.link_examples import LinkedWiki
from linkassist.finetune.link_training import LinkTraining
from linkassist.finetune.pairs import Pair, linked_pairs
from linkassist.finetune.scores import PageVectors
from linkassist.finetune.towers import contrastive_loss, left_out, tower_vectors


@dataclass(frozen=True, slots=True)
class Towers:
    """A BERT over the pages of a wiki, each to a vector of its own."""

    bert: Bert
    wiki: LinkedWiki
    how: LinkTraining

    def vectors(self, pages: Sequence[int]) -> Tensor:
        """(pages, width) unit rows, with a gradient where one is wanted."""
        sequences = [
            token_sequence(self.bert.tokenizer, self.wiki.texts[page], None, self.how.max_seq_length) for page in pages
        ]
        return tower_vectors(self.bert.model, sequences, self.how.token_budget)

    def encode(self, pages: Sequence[int]) -> NDArray[np.float32]:
        """(pages, width) float32 unit rows, without a gradient."""
        with torch.inference_mode():
            return np.concatenate(
                [self.vectors(pages[at : at + 512]).float().cpu().numpy() for at in range(0, len(pages), 512)]
            )

    def losses(self, pairs: Sequence[Pair]) -> Iterator[Tensor]:
        """The contrastive loss of a batch of linked pairs of the training part."""
        n = len(pairs)
        both = self.vectors([pair.page for pair in pairs] + [pair.other for pair in pairs])
        yield contrastive_loss(both[:n], both[n:], left_out(pairs, self.wiki.train.are_related).to(both.device))

    def dev_auc(self, questions: Questions) -> float:
        """How well the cosines tell the dev pairs apart."""
        return pair_auc(questions.dev_pairs, PageVectors(self.encode).cosines)

    def scores(self, pairs: Sequence[Pair]) -> FloatArray:
        """(pairs,) cosines."""
        return PageVectors(self.encode).cosines(pairs)


def train_towers(
    towers: Towers, questions: Questions, checkpoints: Path, on_step: OnStep | None = None
) -> TrainingReport:
    """Trains the towers' BERT, in place, on the linked pairs of the training part.

    checkpoints: the folder from which an interrupted training goes on. The weights with the best AUC on the dev pairs
    are those that stay.
    """
    pairs = linked_pairs(towers.wiki.train)
    return train(
        towers.bert.model,
        pairs,
        towers.losses,
        towers.how.for_pairs("two towers", towers.bert, towers.wiki, pairs),
        checkpoints,
        lambda: towers.dev_auc(questions),
        on_step,
    )
