"""run_classifier: fine-tune on train.tsv, evaluate on dev.tsv, predict test.tsv; and a linear probe for comparison.

The output folder holds eval_results.txt and test_results.tsv as the original writes them, the classifier (`folder.py`),
and in `training/` the checkpoint from which training resumes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import nn

from linkassist.bert.checkpoint.open import Bert, BertFiles, open_bert
from linkassist.bert.classify.datasets import Example, Split, Task, label_ids, labels_of, read_examples
from linkassist.bert.classify.folder import (
    Classifier,
    is_classifier,
    read_classifier,
    read_original_classifier,
    write_classifier,
)
from linkassist.bert.classify.linear_probe import LogisticRegression, frozen_vectors
from linkassist.bert.classify.model import (
    BatchLoss,
    Evaluation,
    LabelledSequence,
    all_logits,
    evaluation,
    labels_in,
    with_head,
)
from linkassist.bert.tokenize.sequences import TokenSequence, token_sequence
from linkassist.bert.train.adam import schedule
from linkassist.bert.train.loop import OnStep, TrainingReport, TrainingSettings, train
from linkassist.errors import ModelError
from linkassist.progress import OnProgress, counting, no_progress

EVAL_RESULTS = "eval_results.txt"
TEST_RESULTS = "test_results.tsv"
TRAINING = "training"


@dataclass(frozen=True, slots=True)
class ClassifierSettings:
    """The original's flags by their names; model, files: the pre-trained BERT.

    patience: early stopping after so many epochs without a better accuracy on dev.tsv; None for never. token_budget:
    tokens of a micro-batch, padding included; it bounds memory and does not change the batches.
    """

    task: Task
    data_dir: Path
    output_dir: Path
    model: Path | None
    files: BertFiles = BertFiles()
    max_seq_length: int = 128
    train_batch_size: int = 32
    eval_batch_size: int = 8
    predict_batch_size: int = 8
    learning_rate: float = 5e-5
    num_train_epochs: float = 3.0
    warmup_proportion: float = 0.1
    save_checkpoints_steps: int = 1000
    seed: int = 0
    patience: int | None = None
    token_budget: int = 4096


@dataclass(frozen=True, slots=True)
class FrozenScores:
    """Accuracy on dev.tsv of a logistic regression over vectors that were not fine-tuned."""

    cls: float
    pooled: float


def fine_tune(settings: ClassifierSettings, on_step: OnStep | None = None) -> TrainingReport:
    """Trains on train.tsv and writes the classifier; resumes where an earlier call was interrupted."""
    if settings.model is not None and os.path.realpath(settings.model) == os.path.realpath(settings.output_dir):
        raise ModelError(
            f"{settings.output_dir} holds the BERT to begin with, and training would overwrite it. Name another"
            " --output_dir."
        )
    labels = labels_of(settings.task, settings.data_dir)
    bert = _open(settings)
    examples = _labelled(settings, bert, labels, "train")
    dev = _labelled(settings, bert, labels, "dev") if settings.patience is not None else []
    network = with_head(bert.model, labels, settings.seed)
    _to_device(network)

    def dev_accuracy() -> float:
        logits = all_logits(network, [each.sequence for each in dev], settings.eval_batch_size, settings.token_budget)
        return evaluation(logits, [each.label for each in dev], settings.eval_batch_size, 0).eval_accuracy

    report = train(
        network,
        examples,
        BatchLoss(network, settings.token_budget),
        _training(settings, bert, labels, examples, dev),
        settings.output_dir / TRAINING,
        dev_accuracy if dev else None,
        on_step,
    )
    write_classifier(network, report.n_steps, _source(settings), settings.files, settings.output_dir)
    return report


def evaluate(settings: ClassifierSettings, classifier: Classifier, on_progress: OnProgress = no_progress) -> Evaluation:
    """The classifier's figures on dev.tsv, also written to eval_results.txt."""
    dev = _labelled(settings, classifier.bert, labels_in(classifier.network), "dev")
    sequences = [each.sequence for each in dev]
    on_count = counting(on_progress, "evaluate")
    logits = all_logits(classifier.network, sequences, settings.eval_batch_size, settings.token_budget, on_count)
    found = evaluation(logits, [each.label for each in dev], settings.eval_batch_size, classifier.global_step)
    settings.output_dir.mkdir(parents=True, exist_ok=True)
    (settings.output_dir / EVAL_RESULTS).write_text(eval_text(found), "utf-8")
    return found


def predict(settings: ClassifierSettings, classifier: Classifier, on_progress: OnProgress = no_progress) -> int:
    """Writes each label's probability for each line of test.tsv to test_results.tsv; returns the number of lines."""
    examples = read_examples(settings.task, settings.data_dir, "test")
    sequences = _sequences(settings, classifier.bert, examples)
    on_count = counting(on_progress, "predict")
    logits = all_logits(classifier.network, sequences, settings.predict_batch_size, settings.token_budget, on_count)
    settings.output_dir.mkdir(parents=True, exist_ok=True)
    rows = torch.softmax(logits, dim=1).numpy()
    text = "".join("\t".join(str(each) for each in row) + "\n" for row in rows)
    (settings.output_dir / TEST_RESULTS).write_text(text, "utf-8")
    return len(rows)


def score_frozen(settings: ClassifierSettings) -> FrozenScores:
    """The accuracy of a linear probe over the BERT without fine-tuning: fitted on train.tsv, scored on dev.tsv."""
    labels = labels_of(settings.task, settings.data_dir)
    bert = _open(settings)
    _to_device(bert.model)
    train_, dev = (_labelled(settings, bert, labels, split) for split in ("train", "dev"))
    of_train, of_dev = (
        frozen_vectors(bert.model, [each.sequence for each in some], settings.token_budget) for some in (train_, dev)
    )
    cls, pooled = (
        LogisticRegression(fit_on, [each.label for each in train_], len(labels)).accuracy(
            score_on, [each.label for each in dev]
        )
        for fit_on, score_on in zip(of_train, of_dev, strict=True)
    )
    return FrozenScores(cls, pooled)


def open_classifier(settings: ClassifierSettings) -> Classifier:
    """The classifier in output_dir, else the one in `model`. Raises ModelError where there is neither."""
    for folder in (settings.output_dir, settings.model):
        if folder is not None and is_classifier(folder):
            found = read_classifier(folder)
            break
    else:
        labels = labels_of(settings.task, settings.data_dir)
        original = read_original_classifier(_open(settings), _source(settings), settings.files, labels)
        if original is None:
            raise ModelError(
                f"There is no fine-tuned classifier in {settings.output_dir}. Train one with --do_train, or name the"
                " folder of one with --model."
            )
        found = original
    if settings.task.labels is not None and labels_in(found.network) != settings.task.labels:
        raise ModelError(
            f"The classifier tells {', '.join(labels_in(found.network))} apart, but the task {settings.task.name} has"
            f" {', '.join(settings.task.labels)}. Name the task that it was trained for, or train another."
        )
    _to_device(found.network)
    return found


def eval_text(found: Evaluation) -> str:
    """The text of eval_results.txt: a line per figure, numbers as NumPy prints a float32."""
    values = [value if isinstance(value, int) else np.float32(value) for value in astuple(found)]
    return "".join(f"{field.name} = {value!s}\n" for field, value in zip(fields(found), values, strict=True))


def _open(settings: ClassifierSettings) -> Bert:
    bert = open_bert(_source(settings), settings.files)
    most = int(bert.model.config.max_position_embeddings)
    if settings.max_seq_length > most:
        raise ModelError(f"max_seq_length is {settings.max_seq_length}, but {bert.name} takes {most} tokens at most.")
    return bert


def _source(settings: ClassifierSettings) -> Path:
    found = settings.model or settings.files.checkpoint
    if found is None:
        raise ModelError("No BERT is named. Name one with --model FOLDER, or with --init_checkpoint PREFIX.")
    return found


def _sequences(settings: ClassifierSettings, bert: Bert, examples: Sequence[Example]) -> list[TokenSequence]:
    return [token_sequence(bert.tokenizer, each.text_a, each.text_b, settings.max_seq_length) for each in examples]


def _labelled(settings: ClassifierSettings, bert: Bert, labels: Sequence[str], split: Split) -> list[LabelledSequence]:
    examples = read_examples(settings.task, settings.data_dir, split)
    ids = label_ids(examples, labels, settings.task.file(settings.data_dir, split))
    sequences = _sequences(settings, bert, examples)
    return [LabelledSequence(sequence, label) for sequence, label in zip(sequences, ids, strict=True)]


def _training(
    settings: ClassifierSettings,
    bert: Bert,
    labels: Sequence[str],
    examples: Sequence[LabelledSequence],
    dev: Sequence[LabelledSequence],
) -> TrainingSettings:
    digest = hashlib.sha256(f"{bert.fingerprint} {list(labels)} {settings.token_budget}".encode())
    for each in (*examples, *dev):
        digest.update(f"{each.label} {each.sequence.ids} {each.sequence.types}".encode())
    return TrainingSettings(
        schedule(
            len(examples),
            settings.train_batch_size,
            settings.num_train_epochs,
            settings.learning_rate,
            settings.warmup_proportion,
        ),
        settings.train_batch_size,
        digest.hexdigest()[:16],
        settings.seed,
        settings.save_checkpoints_steps,
        evaluate_every=max(1, len(examples) // settings.train_batch_size),
        patience=settings.patience,
    )


def _to_device(network: nn.Module) -> None:
    """Moves the network to the GPU where there is one."""
    network.to("cuda" if torch.cuda.is_available() else "cpu")
