"""A BERT that reads both pages at once, `[CLS] a [SEP] b [SEP]`, and says whether they are linked.

Unlike the towers, it attends across both pages from the first layer on, at the price of one pass per pair. Its head is
in `pair_head.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from linkassist.bert.checkpoint.open import Bert, BertFiles
from linkassist.bert.classify.folder import write_classifier
from linkassist.bert.classify.model import BatchLoss, LabelledSequence, all_logits
from linkassist.bert.tokenize.sequences import TokenSequence, token_sequence
from linkassist.bert.train.loop import OnStep, TrainingReport, train
from linkassist.research.finetune.judging import FloatArray, Questions, pair_auc
from linkassist.research.finetune.link_examples import LinkedWiki
from linkassist.research.finetune.link_training import LinkTraining
from linkassist.research.finetune.pair_head import PairBert, with_pair_head
from linkassist.research.finetune.pairs import Pair
from linkassist.research.finetune.sampled_lines import sampled_texts
from linkassist.research.finetune.towers import false_negative_mask
from linkassist.research.finetune.two_towers import training_pairs


@dataclass(frozen=True, slots=True)
class CrossEncoder:
    """A BERT with a head over pairs of pages of a wiki."""

    bert: Bert
    network: PairBert
    wiki: LinkedWiki
    how: LinkTraining

    def scores(self, pairs: Sequence[Pair]) -> FloatArray:
        """(pairs,) log-odds of "linked"."""
        sequences = [self._sequence(self.wiki.texts[pair.page], self.wiki.texts[pair.other]) for pair in pairs]
        logits = all_logits(self.network, sequences, len(sequences), self.how.token_budget).numpy()
        return np.asarray(logits[:, 1] - logits[:, 0], np.float64)

    def losses(self, pairs: Sequence[Pair]) -> Iterator[Tensor]:
        """The cross-entropy of a batch of `training_pairs`, in parts that fit into memory.

        In-batch negatives: as many pairs of a page with the partner of another pair.
        """
        texts = [sampled_texts(self.wiki, pair) for pair in pairs]
        classed = [LabelledSequence(self._sequence(*both), 1) for both in texts]
        is_masked = false_negative_mask(pairs, self.wiki.train.are_related).tolist()
        for at, (page, _) in enumerate(texts):
            # The partner of the next pair that is not related.
            others = ((at + step) % len(pairs) for step in range(1, len(pairs)))
            other = next((to for to in others if not is_masked[at][to]), None)
            if other is not None:
                classed.append(LabelledSequence(self._sequence(page, texts[other][1]), 0))
        yield from BatchLoss(self.network, self.how.token_budget)(classed)

    def _sequence(self, page: str, other: str) -> TokenSequence:
        return token_sequence(self.bert.tokenizer, page, other, self.how.max_seq_length)

    def train(self, questions: Questions, checkpoints: Path, on_step: OnStep | None = None) -> TrainingReport:
        """Trains BERT and head, in place, on `training_pairs` and as many that are not linked.

        checkpoints: the folder from which an interrupted training goes on. The weights with the best AUC on the dev
        pairs are those that stay.
        """
        pairs = training_pairs(self.wiki)
        settings = self.how.for_pairs("cross-encoder", self.bert, self.wiki, pairs)
        return train(
            self.network,
            pairs,
            self.losses,
            settings,
            checkpoints,
            lambda: pair_auc(questions.dev_pairs, self.scores),
            on_step,
        )

    def write(self, n_steps: int, folder: Path) -> None:
        """Writes BERT, head and tokenizer, as `PairBert` and `open_bert` read them."""
        write_classifier(self.network, n_steps, Path(self.bert.name), BertFiles(), folder)


def cross_encoder(bert: Bert, wiki: LinkedWiki, how: LinkTraining) -> CrossEncoder:
    """The BERT, which is used and not copied, with a new head."""
    return CrossEncoder(bert, with_pair_head(bert.model), wiki, how)
