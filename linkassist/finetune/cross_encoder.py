"""A BERT that reads both pages at once, `[CLS] a [SEP] b [SEP]`, and says whether they are linked.

Both see each other from the first layer on, which the towers do without; the price is one pass for each pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from torch import Tensor
from transformers import BertForSequenceClassification

from linkassist.embed.bert_japanese.classifier import BatchLoss, ClassedSequence, all_logits, with_head
from linkassist.embed.bert_japanese.classifier_folder import write_classifier
from linkassist.embed.bert_japanese.folder import Bert, BertFiles
from linkassist.embed.bert_japanese.sequences import TokenSequence, token_sequence
from linkassist.embed.bert_japanese.training import OnStep, TrainingReport, train
from linkassist.finetune.drawn_lines import drawn_texts
from linkassist.finetune.judging import FloatArray, Questions, pair_auc
from linkassist.finetune.link_examples import LinkedWiki
from linkassist.finetune.link_training import LinkTraining
from linkassist.finetune.pairs import Pair, balanced_pairs

LABELS: Final = ("not linked", "linked")


@dataclass(frozen=True, slots=True)
class CrossEncoder:
    """A BERT with a head over pairs of pages of a wiki."""

    bert: Bert
    network: BertForSequenceClassification
    wiki: LinkedWiki
    how: LinkTraining

    def scores(self, pairs: Sequence[Pair]) -> FloatArray:
        """(pairs,) log-odds of "linked"."""
        sequences = [self._sequence(self.wiki.texts[pair.page], self.wiki.texts[pair.other]) for pair in pairs]
        logits = all_logits(self.network, sequences, len(sequences), self.how.token_budget).numpy()
        return np.asarray(logits[:, 1] - logits[:, 0], np.float64)

    def losses(self, pairs: Sequence[Pair]) -> Iterator[Tensor]:
        """The cross-entropy of a batch, of each page most of its lines, in parts that fit into memory."""
        classed = [
            ClassedSequence(self._sequence(*drawn_texts(self.wiki, pair)), int(pair.is_linked)) for pair in pairs
        ]
        yield from BatchLoss(self.network, self.how.token_budget)(classed)

    def _sequence(self, page: str, other: str) -> TokenSequence:
        return token_sequence(self.bert.tokenizer, page, other, self.how.max_seq_length)


def cross_encoder(bert: Bert, wiki: LinkedWiki, how: LinkTraining) -> CrossEncoder:
    """The BERT, which is used and not copied, with a new head drawn by the seed."""
    return CrossEncoder(bert, with_head(bert.model, LABELS, how.seed), wiki, how)


def train_cross_encoder(
    cross: CrossEncoder, questions: Questions, checkpoints: Path, on_step: OnStep | None = None
) -> TrainingReport:
    """Trains BERT and head, in place, on pairs of the training part, half of them linked.

    checkpoints: the folder from which an interrupted training goes on. The weights with the best AUC on the dev pairs
    are those that stay.
    """
    pairs = balanced_pairs(cross.wiki, cross.wiki.train)
    return train(
        cross.network,
        pairs,
        cross.losses,
        cross.how.for_pairs("cross-encoder", cross.bert, cross.wiki, pairs),
        checkpoints,
        lambda: pair_auc(questions.dev_pairs, cross.scores),
        on_step,
    )


def write_cross_encoder(cross: CrossEncoder, n_steps: int, folder: Path) -> None:
    """Writes BERT, head and tokenizer, as transformers and `read_classifier` read them."""
    write_classifier(cross.network, n_steps, Path(cross.bert.name), BertFiles(), folder)
