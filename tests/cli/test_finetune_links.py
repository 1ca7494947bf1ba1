"""`linkassist bert finetune two-towers`, `cross-encoder` and `compare`: from an export to what serves afterwards."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from support.wiki_of_synonyms import wiki_of_synonyms
from typer.testing import CliRunner, Result

from linkassist.bert.checkpoint.open import open_bert
from linkassist.bert.encoder import BertJapaneseEncoder
from linkassist.cli.app import app
from linkassist.research.finetune.cross_encoder import CrossEncoder, cross_encoder
from linkassist.research.finetune.judging import judge, questions_of
from linkassist.research.finetune.link_examples import LinkedWiki, build_linked_wiki
from linkassist.research.finetune.link_training import LinkTraining
from linkassist.research.finetune.pair_head import PairBert
from linkassist.research.finetune.pairs import linked_pairs
from linkassist.research.finetune.small_bert import write_small_bert
from linkassist.research.finetune.two_towers import Towers

SHORT = ("--max-seq-length", "24", "--batch-size", "24", "--epochs", "2", "--learning-rate", "5e-3")


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wiki") / "toy.json"
    pages = [{**asdict(page), "id": page.page_id} for page in wiki_of_synonyms(80)]
    path.write_text(json.dumps({"name": "toy", "pages": pages}), "utf-8")
    return path


@pytest.fixture(scope="module")
def wiki() -> LinkedWiki:
    return build_linked_wiki(wiki_of_synonyms(80), is_blind=True)


@pytest.fixture(scope="module")
def model(wiki: LinkedWiki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert") / "small"
    write_small_bert(folder, wiki.texts, n_layers=1, width=32)
    return folder


def finetune(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["bert", "finetune", *map(str, arguments)], prog_name="linkassist")


def succeed(*arguments: object) -> Result:
    result = finetune(*arguments)
    assert result.exit_code == 0, result.output
    return result


def test_two_towers_serve_as_an_encoder_by_the_name_that_is_printed(
    export: Path, model: Path, wiki: LinkedWiki, tmp_path: Path
) -> None:
    folder = tmp_path / "towers"
    said = succeed("two-towers", export, "--model", model, "--output", folder, *SHORT)
    assert "blind, split by their times; linked pairs:" in said.stderr
    assert re.search(r"before: accuracy 0\.\d{3}.*\n +after: accuracy 0\.\d{3}", said.stdout)
    name = re.search(r"--encoder '(.+)'", said.stdout)
    assert name
    texts = [" ".join(text.split()[:4]) for text in wiki.texts[:5]]  # short enough for one window
    vectors = BertJapaneseEncoder(name[1]).encode(texts)
    how = LinkTraining(max_seq_length=24)
    with torch.no_grad():
        learnt = Towers(open_bert(folder), wiki, how).vectors(texts).numpy()
        begun = Towers(open_bert(model), wiki, how).vectors(texts).numpy()
    assert (vectors * learnt).sum(axis=1).min() > 0.998  # what the encoder's precision "auto" keeps
    assert (vectors * begun).sum(axis=1).max() < 0.99


def test_the_same_command_again_does_nothing_twice(export: Path, model: Path, tmp_path: Path) -> None:
    command = ("two-towers", export, "--model", model, "--output", tmp_path / "towers", *SHORT)
    first = succeed(*command)
    again = succeed(*command)
    assert "had been done before" not in first.stderr
    assert re.search(r"\d+ steps had been done before", again.stderr)
    assert again.stdout == first.stdout


def test_a_cross_encoder_is_written_with_its_head(export: Path, model: Path, wiki: LinkedWiki, tmp_path: Path) -> None:
    folder = tmp_path / "linked-or-not"
    said = succeed("cross-encoder", export, "--model", model, "--output", folder, *SHORT).stdout
    how = LinkTraining(max_seq_length=24)
    network = PairBert.from_pretrained(folder).eval()
    figures = judge(questions_of(wiki), CrossEncoder(open_bert(folder), network, wiki, how).scores)
    assert f"after: accuracy {figures.accuracy:.3f}, AUC {figures.auc:.3f} (hard {figures.hard_auc:.3f})" in said
    pairs = linked_pairs(wiki.test)
    learnt = CrossEncoder(open_bert(folder), network, wiki, how).scores(pairs)
    assert np.abs(learnt - cross_encoder(open_bert(model), wiki, how).scores(pairs)).max() > 0.1


def test_the_comparison_is_a_table_in_which_the_towers_rise_above_their_start(export: Path) -> None:
    lines = succeed("compare", export, *SHORT[:4]).stdout.strip().split("\n")
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "chance",
        "bigrams, no BERT",
        "linkassist's own encoder, no BERT",
        "frozen, cosine: two towers before",
        "frozen, logistic regression",
        "cross-encoder before",
        "two towers after",
        "cross-encoder after",
    ]
    assert all(re.fullmatch(r"\|[^|]+(\| [01]\.\d{3} ){5}\| \d+ \|", line) for line in lines[2:])
    chance, _, _, towers_before, _, cross_before, towers, cross = (
        [float(cell) for cell in line.split("|")[2:7]] for line in lines[2:]
    )
    assert chance[1] == pytest.approx(0.5, abs=0.2)
    for before, after in ((towers_before, towers), (cross_before, cross)):
        assert all(high > low + 0.1 for low, high in zip(before, after, strict=True))


def test_more_tokens_than_the_model_takes_are_refused(export: Path, model: Path, tmp_path: Path) -> None:
    result = finetune("two-towers", export, "--model", model, "--output", tmp_path / "x", "--max-seq-length", "600")
    assert result.exit_code == 1
    assert "takes 512 tokens, but 600 are asked for. Set --max-seq-length to 512 or less" in result.stderr


def test_a_model_is_not_written_over(export: Path, model: Path) -> None:
    result = finetune("cross-encoder", export, "--model", model, "--output", model)
    assert result.exit_code == 2
    assert "Name another one" in re.sub(r"[\s│]+", " ", result.stderr)


def test_an_export_and_a_project_of_the_library_are_not_named_together(export: Path) -> None:
    result = finetune("compare", export, "--project", "toy")
    assert result.exit_code == 2
    assert "leave out the export" in re.sub(r"[\s│]+", " ", result.stderr)
