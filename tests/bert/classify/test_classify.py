"""run_classifier as it was: the layouts of its data, what it writes, and that it learns."""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import Result
from support.paths import GOLDEN
from transformers import AutoModelForSequenceClassification
from typer.testing import CliRunner

from linkassist.bert.checkpoint.open import open_bert
from linkassist.bert.classify.datasets import DataError, Example, labels_of, read_examples, task_named
from linkassist.bert.classify.linear_probe import LogisticRegression
from linkassist.bert.classify.model import evaluation, with_head
from linkassist.bert.classify.run import (
    eval_text,
)
from linkassist.cli.app import app
from linkassist.embed.quiet import quiet_transformers

GLUE = "\t".join(f"c{column}" for column in range(8))


@pytest.mark.parametrize(
    ("task", "part", "name", "text", "expected"),
    [
        ("tsv", "train", "train.tsv", "a\tone\nb\ttwo\n", Example("one", None, "a")),
        ("tsv", "dev", "dev.tsv", "a\tone\ttwo\n", Example("one", "two", "a")),
        ("tsv", "train", "train.tsv", "text_b\tlabel\ttext_a\ntwo\ta\tone\n", Example("one", "two", "a")),
        ("tsv", "test", "test.tsv", "text\none\n", Example("one", None, "")),
        ("tsv", "test", "test.tsv", "\ufefflabel\ttext\r\nx\tone".replace("\r", ""), Example("one", None, "")),
        ("livedoor", "train", "train.tsv", "text\tlabel\none\tsmax\n", Example("one", None, "smax")),
        ("CoLA", "train", "train.tsv", "gj04\t1\t\tone\n", Example("one", None, "1")),
        ("cola", "test", "test.tsv", "index\tsentence\n0\tone\n", Example("one", None, "")),
        ("mrpc", "dev", "dev.tsv", "Quality\t#1\t#2\tA\tB\n1\t7\t8\tone\ttwo\n", Example("one", "two", "1")),
        ("mrpc", "test", "test.tsv", "index\t#1\t#2\tA\tB\n1\t7\t8\tone\ttwo\n", Example("one", "two", "")),
        ("mnli", "dev", "dev_matched.tsv", f"{GLUE}\tA\tB\tg\n{GLUE}\tone\ttwo\tneutral\n", Example("one", "two", "neutral")),  # noqa: E501
        ("mnli", "test", "test_matched.tsv", f"{GLUE}\tA\tB\n{GLUE}\tone\ttwo\n", Example("one", "two", "")),
        ("tsv", "train", "train.tsv", 'a\t"one" said\n', Example('"one" said', None, "a")),
    ],
)  # fmt: skip
def test_a_layout_is_read(tmp_path: Path, task: str, part: str, name: str, text: str, expected: Example) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert read_examples(task_named(task), tmp_path, part)[0] == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tone\nb\n", r"train\.tsv, line 2 has 1 columns; expected 2"),
        ("one\n", r"train\.tsv, line 1: there are 1 columns; expected a label"),
        ("text\none\n", "the header names no column label"),
        ("", "is empty"),
        ("label\ttext\n", "a header and no examples"),
        ("a\tone\na\ttwo\n", 'has the label "a" alone'),
    ],
)
def test_bad_data_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "train.tsv").write_text(text, "utf-8")
    with pytest.raises(DataError, match=message):
        labels_of(task_named("tsv"), tmp_path)


def test_what_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_bytes(b"a\tone\nb\t" + "二".encode("euc-jp"))
    with pytest.raises(DataError, match="line 2 is not UTF-8"):
        labels_of(task_named("tsv"), tmp_path)


def test_missing_files_and_tasks_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no .*train\.tsv.*--data_dir"):
        labels_of(task_named("tsv"), tmp_path)
    with pytest.raises(DataError, match="The tasks are tsv, livedoor, cola, mrpc, mnli"):
        task_named("sst")


def test_labels_are_those_of_training_in_order(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("b\tone\na\ttwo\nb\tthree\n", "utf-8")
    assert labels_of(task_named("tsv"), tmp_path) == ("a", "b")
    assert labels_of(task_named("mrpc"), tmp_path) == ("0", "1")


def test_the_head_is_drawn_by_the_seed_within_two_deviations() -> None:
    heads = [with_head(open_bert(GOLDEN).model, ["a", "b", "c"], seed).classifier for seed in (1, 1, 2)]
    assert torch.equal(heads[0].weight, heads[1].weight)
    assert not torch.equal(heads[0].weight, heads[2].weight)
    assert 0.01 < float(heads[0].weight.detach().abs().max()) <= 0.04
    assert float(heads[0].bias.detach().abs().max()) == 0


def test_an_evaluation_by_hand() -> None:
    """The mean of the means of batches: the last, smaller one counts as much as the others."""
    logits = torch.tensor([[0.0, 0.0], [0.0, math.log(3)], [math.log(4), 0.0]])
    found = evaluation(logits, [0, 1, 1], batch_size=2, global_step=7)
    losses = [math.log(2), math.log(4 / 3), math.log(5)]
    assert found.eval_accuracy == pytest.approx(2 / 3)
    assert found.eval_loss == pytest.approx(sum(losses) / 3)
    assert found.loss == pytest.approx(((losses[0] + losses[1]) / 2 + losses[2]) / 2)
    assert eval_text(replace(found, eval_accuracy=0.363636364)).splitlines()[0] == "eval_accuracy = 0.36363637"
    assert [line.split(" = ")[0] for line in eval_text(found).splitlines()] == [
        "eval_accuracy",
        "eval_loss",
        "global_step",
        "loss",
    ]


def test_the_logistic_regression_is_at_the_least_of_its_loss() -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(30, 4)), rng.integers(0, 3, size=30)
    found = LogisticRegression(features, list(labels), 3)
    weights = torch.tensor(found.weights, requires_grad=True)
    scaled = torch.tensor(np.column_stack([(features - features.mean(0)) / features.std(0), np.ones(30)]))
    loss = torch.nn.functional.cross_entropy(scaled @ weights, torch.tensor(labels), reduction="sum")
    (loss + weights[:-1].square().sum() / 2).backward()  # type: ignore[no-untyped-call]
    assert weights.grad is not None
    assert float(weights.grad.abs().max()) < 1e-3


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs of topics that lie far apart, some lines longer than the model reads."""
    folder = tmp_path_factory.mktemp("topics")
    about = {"link": "リンクを張ると考えがつながる", "server": "The Server returns an ERROR 500"}
    for part, n_lines in (("train", 24), ("dev", 10), ("test", 6)):
        lines = [
            f"{label}\t{text * (1 + row % 3)}\t{row}" for row in range(n_lines // 2) for label, text in about.items()
        ]
        (folder / f"{part}.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def run(data_dir: Path, output_dir: Path, *more: str) -> Result:
    command = ["bert", "finetune", "classifier", "--task_name=tsv", f"--data_dir={data_dir}", "--max_seq_length=32"]
    return CliRunner().invoke(app, [*command, f"--output_dir={output_dir}", *more])


@pytest.fixture(scope="module")
def trained(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output_dir = tmp_path_factory.mktemp("trained")
    options = ["--do_train=true", "--do-eval", "--do_predict=True", "--train_batch_size=8", "--learning-rate=3e-4"]
    result = run(data_dir, output_dir, "--model", str(GOLDEN), "--num_train_epochs=8", *options)
    assert result.exit_code == 0, result.output
    return output_dir


def test_a_fine_tuned_classifier_tells_what_it_was_shown(trained: Path) -> None:
    told = dict(line.split(" = ") for line in (trained / "eval_results.txt").read_text("utf-8").splitlines())
    assert list(told) == ["eval_accuracy", "eval_loss", "global_step", "loss"]
    assert told["global_step"] == "24"
    assert float(told["eval_accuracy"]) == 1


def test_fine_tuning_learns_an_order_of_words_that_the_frozen_vectors_do_not_tell(tmp_path: Path) -> None:
    """Both classes hold the same words at places drawn alike; which of two comes first is all that tells them apart."""
    draw = random.Random(0)

    def phrases(fewest: int, most: int) -> str:
        said = ("を張る", "をつなぐ", "を書く", "を読む", "を探す", "が増える")
        return "".join(draw.choices(said, k=draw.randint(fewest, most)))

    orders = {"link first": ("リンク", "ノート"), "note first": ("ノート", "リンク")}
    for part, n_lines in (("train", 64), ("dev", 100)):
        lines = [
            f"{label}\t{phrases(0, 3)}{one}{phrases(1, 2)}{other}{phrases(0, 2)}"
            for _ in range(n_lines // 2)
            for label, (one, other) in orders.items()
        ]
        (tmp_path / f"{part}.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    options = ["--train_batch_size=16", "--num_train_epochs=20", "--learning-rate=3e-4", "--model", str(GOLDEN)]
    result = run(tmp_path, tmp_path / "out", "--do_train", "--do_eval", "--do_frozen", *options)
    assert result.exit_code == 0, result.output
    tuned = re.search(r"eval_accuracy = ([\d.]+)", result.output)
    frozen = re.search(r"accuracy ([01]\.\d+) \(pooled\), ([01]\.\d+) \(\[CLS\]\)", result.output)
    assert tuned and frozen
    assert max(map(float, frozen.groups())) < 0.7
    assert float(tuned[1]) > max(map(float, frozen.groups())) + 0.1


def test_predictions_are_a_line_for_each_text_and_a_column_for_each_label(trained: Path) -> None:
    rows = [line.split("\t") for line in (trained / "test_results.tsv").read_text("utf-8").splitlines()]
    assert len(rows) == 6
    for at, row in enumerate(rows):
        link, server = map(float, row)
        assert link + server == pytest.approx(1, abs=1e-6)
        assert (link > server) == (at % 2 == 0)


def test_the_folder_is_a_bert_like_any_other(trained: Path) -> None:
    bert, start = open_bert(trained), open_bert(GOLDEN)
    text = "ノートにリンクを張ると"
    assert bert.tokenizer.ids(bert.tokenizer.pieces(text)) == start.tokenizer.ids(start.tokenizer.pieces(text))
    assert bert.fingerprint != start.fingerprint
    assert not list(trained.rglob("*.bin"))
    with quiet_transformers():
        network = AutoModelForSequenceClassification.from_pretrained(trained)
    assert network.config.id2label == {0: "link", 1: "server"}
    assert network.config.classifier_dropout == 0.1


def test_a_finished_classifier_is_used_again_without_its_start(data_dir: Path, trained: Path, tmp_path: Path) -> None:
    result = run(data_dir, tmp_path, "--do_eval", "--do_predict", "--model", str(trained))
    assert result.exit_code == 0, result.output
    for name in ("eval_results.txt", "test_results.tsv"):
        assert (tmp_path / name).read_text("utf-8") == (trained / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "Say what to do"),
        (["--do_eval", "--model", str(GOLDEN)], "There is no fine-tuned classifier in .* Train one with --do_train"),
        (["--do_train"], "No BERT is named"),
        (["--do_train", "--model", str(GOLDEN), "--max_seq_length=999"], "takes 64 tokens at most"),
        (["--do_train", "--model", str(GOLDEN), "--task_name=sst"], 'no task "sst"'),
    ],
)
def test_what_cannot_be_done_is_told(data_dir: Path, tmp_path: Path, options: list[str], message: str) -> None:
    result = run(data_dir, tmp_path, *options)
    assert result.exit_code in (1, 2)
    assert re.search(message, " ".join(result.output.replace("│", " ").split()))


def test_the_vectors_as_they_are_can_be_scored(data_dir: Path, tmp_path: Path) -> None:
    result = run(data_dir, tmp_path, "--do_frozen", "--model", str(GOLDEN))
    assert re.search(r"accuracy [01]\.\d{3} \(pooled\), [01]\.\d{3} \(\[CLS\]\)", result.output)
