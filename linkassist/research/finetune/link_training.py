"""The settings that both ways of learning from links share, and the identity of a training."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linkassist.bert.checkpoint.open import Bert, open_bert
from linkassist.bert.train.adam import schedule
from linkassist.bert.train.loop import TrainingSettings
from linkassist.errors import ModelError
from linkassist.research.finetune.link_examples import LinkedWiki
from linkassist.research.finetune.pairs import Pair


@dataclass(frozen=True, slots=True)
class LinkTraining:
    """The hyperparameters of a training on links.

    max_seq_length: tokens of a text, or of a pair in the cross-encoder, special tokens included; the rest is cut off.
    batch_size: pairs of a step. token_budget: tokens that the network holds at once, which bounds the memory.
    batch_size, n_epochs, learning_rate: the defaults suit a pretrained BERT.
    patience: training stops after so many epochs in a row without a better dev score. save_every: steps.
    Source: Devlin et al. 2019, appendix A.3, https://arxiv.org/abs/1810.04805
    """

    max_seq_length: int = 128
    batch_size: int = 32
    n_epochs: float = 4.0
    learning_rate: float = 5e-5
    patience: int = 3
    token_budget: int = 4096
    seed: int = 0
    save_every: int = 200

    def for_pairs(self, kind: str, bert: Bert, wiki: LinkedWiki, pairs: Sequence[Pair]) -> TrainingSettings:
        """The settings of one training of this kind on these pairs, evaluated on the dev set every epoch."""
        digest = hashlib.sha256(f"{kind} {bert.fingerprint} {self.max_seq_length} {self.token_budget}".encode())
        for text in wiki.texts:
            digest.update(f"{len(text)} {text}".encode())
        digest.update(repr([(pair.page, pair.other, pair.is_linked) for pair in pairs]).encode())
        batch_size = min(self.batch_size, len(pairs))
        return TrainingSettings(
            schedule=schedule(len(pairs), batch_size, self.n_epochs, self.learning_rate, warmup_proportion=0.1),
            batch_size=batch_size,
            identity=digest.hexdigest()[:16],
            seed=self.seed,
            save_every=self.save_every,
            evaluate_every=max(1, len(pairs) // batch_size),
            patience=self.patience,
        )


def open_to_train(name: Path, how: LinkTraining) -> Bert:
    """Opens the BERT. Raises ModelError if it takes fewer tokens than are asked for."""
    bert = open_bert(name)
    n_positions = int(bert.model.config.max_position_embeddings)
    if how.max_seq_length > n_positions:
        raise ModelError(
            f"{name} takes {n_positions} tokens, but {how.max_seq_length} are asked for. Set --max-seq-length to "
            f"{n_positions} or less."
        )
    return bert
