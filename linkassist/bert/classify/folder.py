"""Saving and loading a fine-tuned classifier as a folder that `open_bert` and transformers read; nothing is pickled.

The folder holds transformers' files and copies of the tokenizer's. The head of a classifier that the original code
fine-tuned is read from its checkpoint.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import BertForSequenceClassification, PreTrainedModel

from linkassist.bert.checkpoint.find import find_prefix
from linkassist.bert.checkpoint.huggingface import TOKENIZER_FILES, has_transformers_tokenizer, is_hugging_face
from linkassist.bert.checkpoint.open import Bert, BertFiles, open_bert
from linkassist.bert.checkpoint.tensor_bundle import Bundle
from linkassist.bert.classify.model import with_head
from linkassist.bert.tokenize.files import RECORD, find_tokenizer_files, record_text
from linkassist.embed.quiet import quiet_transformers
from linkassist.errors import ModelError
from linkassist.files.errors import at_home

_ARCHITECTURE = "BertForSequenceClassification"

_STEPS = "global_step"


@dataclass(frozen=True, slots=True)
class Classifier:
    """A network with its head, the BERT inside it, and its number of training steps."""

    bert: Bert
    network: BertForSequenceClassification
    global_step: int


def is_classifier(folder: Path) -> bool:
    """Whether the folder holds a classifier that was fine-tuned here or by transformers."""
    try:
        found = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return is_hugging_face(folder) and _ARCHITECTURE in (found.get("architectures") or ())


def write_classifier(
    classifier: BertForSequenceClassification, global_step: int, name: Path, files: BertFiles, folder: Path
) -> None:
    """Writes the folder. name, files: by which the BERT was opened, for its tokenizer."""
    setattr(classifier.config, _STEPS, global_step)
    write_network(classifier, name, files, folder)


def write_network(network: PreTrainedModel, name: Path, files: BertFiles, folder: Path) -> None:
    """Writes a network, and the tokenizer of the BERT that was opened by `name` and `files`."""
    source = name if name.is_dir() else name.parent
    folder.mkdir(parents=True, exist_ok=True)
    is_named = files.vocabulary is not None or files.sentencepiece is not None
    if not is_named and is_hugging_face(source) and has_transformers_tokenizer(source):
        copied = [path for pattern in TOKENIZER_FILES for path in source.glob(pattern)]
    else:
        found = find_tokenizer_files(source, files.vocabulary, files.sentencepiece, files.do_lower_case)
        copied = [path for path in (found.vocabulary, found.sentencepiece) if path]
        (folder / RECORD).write_text(record_text(found), "utf-8")
    for path in copied:
        if path.resolve().parent != folder.resolve():
            shutil.copyfile(path, folder / path.name)
    with quiet_transformers():
        network.save_pretrained(folder)


def read_classifier(folder: Path) -> Classifier:
    """The classifier in a folder, in evaluation mode. Raises ModelError where there is none."""
    bert = open_bert(folder)
    try:
        with quiet_transformers():
            loaded: Any = BertForSequenceClassification.from_pretrained(
                folder, dtype=torch.float32, output_loading_info=True, local_files_only=True
            )
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"{folder} cannot be read as a classifier ({error}). Fine-tune it again.") from error
    network, report = loaded
    lacking = sorted(report["missing_keys"])
    if lacking:
        raise ModelError(f"{folder} lacks {lacking[0]}, so it is no classifier. Fine-tune it again.")
    return Classifier(bert, network.eval(), int(getattr(network.config, _STEPS, 0)))


def read_original_classifier(bert: Bert, name: Path, files: BertFiles, labels: Sequence[str]) -> Classifier | None:
    """The classifier in a checkpoint that the original code fine-tuned; None where the checkpoint has no head.

    Raises ModelError where the head is for another number of labels.
    """
    if files.checkpoint is None and is_hugging_face(name):
        return None
    bundle = Bundle(find_prefix(at_home(files.checkpoint or name)))
    if "output_weights" not in bundle.names:
        return None
    weight, bias = (torch.tensor(bundle.tensor(each)) for each in ("output_weights", "output_bias"))
    if len(weight) != len(labels):
        raise ModelError(
            f"{bundle.prefix} tells {len(weight)} classes apart, but the task has the {len(labels)} labels"
            f" {', '.join(labels)}. Name the task that it was fine-tuned for with --task_name."
        )
    network = with_head(bert.model, labels, seed=0)
    with torch.no_grad():
        network.classifier.weight.copy_(weight)
        network.classifier.bias.copy_(bias)
    steps = int(bundle.tensor("global_step")) if "global_step" in bundle.names else 0
    return Classifier(bert, network, steps)
