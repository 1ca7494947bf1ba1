"""Reading a classification task: examples from train.tsv, dev.tsv and test.tsv, and the labels.

Columns are separated by tabs; quotes are ordinary text. The layouts are those of run_classifier.py in
https://github.com/google-research/bert (cola, mrpc, mnli) and https://github.com/yoheikikuta/bert-japanese (livedoor),
and `tsv` for other files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from linkassist.errors import LinkAssistError
from linkassist.terminal_escape import quoted

Split = Literal["train", "dev", "test"]


class DataError(LinkAssistError):
    """A file of examples that is missing or cannot be used."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text or a pair, and its label; "" in test.tsv, whose labels are not read."""

    text_a: str
    text_b: str | None
    label: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The column of each field, from 0, or from the end as -1; None where the file has none."""

    text_a: int
    text_b: int | None
    label: int | None
    has_header: bool

    @property
    def n_at_least(self) -> int:
        """The number of columns that a line must have."""
        return max(at + 1 if at >= 0 else -at for at in (self.text_a, self.text_b, self.label) if at is not None)


# Selects the columns by a file's first line. Raises ValueError for a missing column.
ColumnsOf: TypeAlias = Callable[[Sequence[str], Split], Columns]


@dataclass(frozen=True, slots=True)
class Task:
    """labels: None for those in train.tsv, sorted. suffix: follows the names of dev and test, as in MNLI."""

    name: str
    columns: ColumnsOf
    labels: tuple[str, ...] | None = None
    suffix: str = ""

    def file(self, data_dir: Path, split: Split) -> Path:
        """The file of a split."""
        return data_dir / f"{split}{'' if split == 'train' else self.suffix}.tsv"


def task_named(name: str) -> Task:
    """The task of this name, ignoring case. Raises DataError for an unknown one, with the names."""
    found = next((task for task in TASKS if task.name == name.lower()), None)
    if found is None:
        raise DataError(f"There is no task {quoted(name)}. The tasks are {', '.join(task.name for task in TASKS)}.")
    return found


def read_examples(task: Task, data_dir: Path, split: Split) -> list[Example]:
    """The examples of a split, in the order of its lines. Raises DataError with file and line."""
    path = task.file(data_dir, split)
    rows = _rows(path)
    try:
        columns = task.columns(rows[0], split)
    except ValueError as error:
        raise DataError(f"{path}, line 1: {error}.") from error
    examples = [_example(path, number, row, columns, split) for number, row in enumerate(rows, 1)]
    if not examples[columns.has_header :]:
        raise DataError(f"{path} holds a header and no examples. Add some.")
    return examples[columns.has_header :]


def labels_of(task: Task, data_dir: Path) -> tuple[str, ...]:
    """The labels of a task, in the order of the classifier's outputs."""
    if task.labels is not None:
        return task.labels
    found = sorted({example.label for example in read_examples(task, data_dir, "train")})
    if len(found) < 2:
        raise DataError(
            f"{task.file(data_dir, 'train')} has the label {quoted(found[0])} alone. A classifier needs two or more."
        )
    return tuple(found)


def label_ids(examples: Sequence[Example], labels: Sequence[str], path: Path) -> list[int]:
    """The index of each example's label. Raises DataError for an unknown one. path: their file, for messages."""
    ids = {label: place for place, label in enumerate(labels)}
    for example in examples:
        if example.label not in ids:
            raise DataError(
                f"{path} has the label {quoted(example.label)} of {quoted(example.text_a, 40)}; the labels are"
                f" {', '.join(labels)}. Mend the line, or add the label to train.tsv."
            )
    return [ids[example.label] for example in examples]


def _rows(path: Path) -> list[list[str]]:
    try:
        # As TensorFlow's GFile reads: only a line feed ends a line, and carriage returns are dropped.
        text = path.read_bytes().decode("utf-8-sig").replace("\r", "")
    except FileNotFoundError as error:
        raise DataError(f"There is no {path}. Put it there, or name another folder with --data_dir.") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line} is not UTF-8. Save the file as UTF-8.") from error
    lines = text.rstrip("\n").split("\n")
    if lines == [""]:
        raise DataError(f"{path} is empty. Put examples there, one a line.")
    return [line.split("\t") for line in lines]


def _example(path: Path, number: int, row: list[str], columns: Columns, split: Split) -> Example:
    if len(row) < columns.n_at_least:
        raise DataError(
            f"{path}, line {number} has {len(row)} columns; expected {columns.n_at_least}, separated by tabs."
        )
    return Example(
        row[columns.text_a],
        None if columns.text_b is None else row[columns.text_b],
        "" if columns.label is None or split == "test" else row[columns.label],
    )


def _livedoor(first: Sequence[str], split: Split) -> Columns:
    for name in ("text", "label"):
        if name not in first:
            raise ValueError(f"there is no column {name}; expected a header with text and label")
    return Columns(first.index("text"), None, first.index("label"), has_header=True)


def _cola(first: Sequence[str], split: Split) -> Columns:
    return Columns(1, None, None, has_header=True) if split == "test" else Columns(3, None, 1, has_header=False)


def _mrpc(first: Sequence[str], split: Split) -> Columns:
    return Columns(3, 4, None if split == "test" else 0, has_header=True)


def _mnli(first: Sequence[str], split: Split) -> Columns:
    return Columns(8, 9, None if split == "test" else -1, has_header=True)


def _tsv(first: Sequence[str], split: Split) -> Columns:
    """By a header with text or text_a, text_b for pairs, and label; without one, the columns label, text_a, text_b."""
    name = next((name for name in ("text_a", "text") if name in first), None)
    if name is None:
        if len(first) not in (2, 3):
            raise ValueError(
                f"there are {len(first)} columns; expected a label, a text and for pairs a second text, separated by"
                " tabs, or a header that names label, text_a and text_b"
            )
        return Columns(1, 2 if len(first) == 3 else None, 0, has_header=False)
    if "label" not in first and split != "test":
        raise ValueError("the header names no column label; only test.tsv may lack it")
    text_b = first.index("text_b") if "text_b" in first else None
    return Columns(first.index(name), text_b, first.index("label") if "label" in first else None, has_header=True)


_LIVEDOOR_LABELS = (
    "dokujo-tsushin",
    "it-life-hack",
    "kaden-channel",
    "livedoor-homme",
    "movie-enter",
    "peachy",
    "smax",
    "sports-watch",
    "topic-news",
)

TASKS = (
    Task("tsv", _tsv),
    Task("livedoor", _livedoor, _LIVEDOOR_LABELS),
    Task("cola", _cola, ("0", "1")),
    Task("mrpc", _mrpc, ("0", "1")),
    Task("mnli", _mnli, ("contradiction", "entailment", "neutral"), suffix="_matched"),
)
