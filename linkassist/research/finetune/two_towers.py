"""Two towers over a BERT: their training on a wiki's links, and their scores of pairs of pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from linkassist.bert.checkpoint.open import Bert, BertFiles
from linkassist.bert.classify.folder import write_network
from linkassist.bert.tokenize.sequences import token_sequence
from linkassist.bert.train.loop import OnStep, TrainingReport, train
from linkassist.research.finetune.judging import FloatArray, Questions, list_auc
from linkassist.research.finetune.link_examples import LinkedWiki
from linkassist.research.finetune.link_training import LinkTraining
from linkassist.research.finetune.pairs import Pair, linked_pairs
from linkassist.research.finetune.sampled_lines import is_long, sampled_texts
from linkassist.research.finetune.scores import VectorCache
from linkassist.research.finetune.towers import contrastive_loss, false_negative_mask, tower_vectors


@dataclass(frozen=True, slots=True)
class Towers:
    """A BERT that encodes each page of a wiki by itself."""

    bert: Bert
    wiki: LinkedWiki
    how: LinkTraining

    def vectors(self, texts: Sequence[str]) -> Tensor:
        """(texts, width) unit rows, with a gradient if it is enabled."""
        sequences = [token_sequence(self.bert.tokenizer, text, None, self.how.max_seq_length) for text in texts]
        return tower_vectors(self.bert.model, sequences, self.how.token_budget)

    def encode(self, pages: Sequence[int]) -> NDArray[np.float32]:
        """(pages, width) float32 unit rows, without a gradient."""
        with torch.inference_mode():
            texts = [self.wiki.texts[page] for page in pages]
            parts = [self.vectors(texts[at : at + 512]) for at in range(0, len(texts), 512)]
            return torch.cat(parts).float().cpu().numpy()

    def losses(self, pairs: Sequence[Pair]) -> Iterator[Tensor]:
        """The contrastive loss of a batch of `training_pairs`, on sampled lines of each page."""
        n, related = len(pairs), self.wiki.train.are_related
        texts = [sampled_texts(self.wiki, pair) for pair in pairs]
        both = self.vectors([page for page, _ in texts] + [other for _, other in texts])
        yield contrastive_loss(both[:n], both[n:], false_negative_mask(pairs, related).to(both.device))

    def scores(self, pairs: Sequence[Pair]) -> FloatArray:
        """(pairs,) cosines."""
        return VectorCache(self.encode).cosines(pairs)

    def train(self, questions: Questions, checkpoints: Path, on_step: OnStep | None = None) -> TrainingReport:
        """Trains the BERT, in place, on `training_pairs`.

        checkpoints: the folder from which an interrupted training goes on. The weights with the best AUC within the
        dev lists are those that stay.
        """
        pairs = training_pairs(self.wiki)
        settings = self.how.for_pairs("two towers", self.bert, self.wiki, pairs)
        return train(
            self.bert.model,
            pairs,
            self.losses,
            settings,
            checkpoints,
            lambda: list_auc(questions.dev_lists, self.scores),
            on_step,
        )

    def write(self, n_steps: int, folder: Path) -> None:
        """Writes the BERT with its tokenizer, as `open_bert` and `bert-japanese:FOLDER?layer=-1` read it."""
        write_network(self.bert.model, Path(self.bert.name), BertFiles(), folder)


def training_pairs(wiki: LinkedWiki) -> list[Pair]:
    """The linked pairs of the training part, and each of its longer pages with itself, as two halves of its lines."""
    longer = [page for page in wiki.train.pages if is_long(wiki, page)]
    return linked_pairs(wiki.train) + [Pair(page, page, True) for page in longer]
