"""A BERT classifier of texts or pairs: the pooled output, dropout, and a linear layer; its loss and evaluation.

Datasets and files are left to `run.py`, the training loop to `bert/train/loop.py`.
Source: create_model and metric_fn in run_classifier.py of https://github.com/google-research/bert
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertForSequenceClassification, BertModel

from linkassist.bert.tokenize.sequences import TokenSequence
from linkassist.bert.train.padding import padded
from linkassist.embed.encoder import batches_by_length
from linkassist.progress import OnCount, no_count

_DROPOUT = 0.1
_INIT_STD = 0.02


@dataclass(frozen=True, slots=True)
class LabelledSequence:
    """A token sequence and the index of its label."""

    sequence: TokenSequence
    label: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of eval_results.txt. eval_loss: the mean over examples; loss: the mean of batch means."""

    eval_accuracy: float
    eval_loss: float
    global_step: int
    loss: float


def with_head(model: BertModel, labels: Sequence[str], seed: int) -> BertForSequenceClassification:
    """The network with a randomly initialised head for these labels; `model` is used, not copied."""
    config = copy.deepcopy(model.config)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: place for place, label in enumerate(labels)}
    config.classifier_dropout = _DROPOUT
    with torch.device("meta"):
        classifier = BertForSequenceClassification(config)
    classifier.bert = model
    classifier.classifier.to_empty(device="cpu")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        # As tf.truncated_normal: values beyond two standard deviations are sampled again.
        torch.nn.init.trunc_normal_(classifier.classifier.weight, std=_INIT_STD, a=-2 * _INIT_STD, b=2 * _INIT_STD)
    torch.nn.init.zeros_(classifier.classifier.bias)
    classifier.eval()
    return classifier


def labels_in(classifier: BertForSequenceClassification) -> tuple[str, ...]:
    """The labels, in the order of the classifier's outputs."""
    named: Any = classifier.config.id2label
    return tuple(named[place] for place in range(len(named)))


@dataclass(frozen=True, slots=True)
class BatchLoss:
    """The mean cross-entropy of a batch, as a sum of losses of micro-batches that fit into memory.

    token_budget: tokens of a micro-batch, padding included; the sum does not depend on it.
    """

    classifier: BertForSequenceClassification
    token_budget: int

    def __call__(self, batch: Sequence[LabelledSequence]) -> Iterator[Tensor]:
        for part in batches_by_length([len(each.sequence.ids) for each in batch], self.token_budget):
            members = [batch[at] for at in part]
            logits = logits_of(self.classifier, [each.sequence for each in members])
            labels = torch.tensor([each.label for each in members], device=logits.device)
            yield functional.cross_entropy(logits, labels, reduction="sum") / len(batch)


def logits_of(classifier: BertForSequenceClassification, sequences: Sequence[TokenSequence]) -> Tensor:
    """(sequences, labels) float32."""
    ids, types, is_token = (each.to(classifier.device) for each in padded(sequences))
    found: Tensor = classifier(input_ids=ids, attention_mask=is_token.long(), token_type_ids=types).logits
    return found


@torch.inference_mode()
def all_logits(
    classifier: BertForSequenceClassification,
    sequences: Sequence[TokenSequence],
    batch_size: int,
    token_budget: int,
    on_progress: OnCount = no_count,
) -> Tensor:
    """(sequences, labels) float32 on the CPU, in the order given; for a network in evaluation mode.

    A batch has at most `batch_size` sequences and `token_budget` tokens.
    """
    found = torch.zeros((len(sequences), len(labels_in(classifier))))
    n_done = 0
    for batch in batches_by_length([len(each.ids) for each in sequences], token_budget):
        for start in range(0, len(batch), batch_size):
            members = batch[start : start + batch_size]
            found[members] = logits_of(classifier, [sequences[at] for at in members]).float().cpu()
            n_done += len(members)
            on_progress(n_done, len(sequences))
    return found


def evaluation(logits: Tensor, labels: Sequence[int], batch_size: int, global_step: int) -> Evaluation:
    """The original's figures for logits (texts, classes), in batches of `batch_size` in the order given."""
    right = torch.tensor(labels)
    losses = functional.cross_entropy(logits.double(), right, reduction="none")
    of_batches = [each.mean() for each in torch.split(losses, batch_size)]
    accuracy = (logits.argmax(dim=1) == right).double().mean()
    return Evaluation(float(accuracy), float(losses.mean()), global_step, float(torch.stack(of_batches).mean()))
