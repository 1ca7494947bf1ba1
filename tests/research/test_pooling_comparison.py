"""Poolings put to the test: vectors against the network itself, scores worked by hand, and the command."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import torch
from rich.console import Console
from support.paths import GOLDEN
from typer.testing import CliRunner

from linkassist.bert.checkpoint.open import Bert, open_bert
from linkassist.bert.forward import BertForward
from linkassist.bert.layer_pooling import LayerPooling
from linkassist.cli.app import app
from linkassist.evaluate.futures import AskedPage
from linkassist.progress import no_count
from linkassist.research.pooling.report import PoolingReport, Scored, compared
from linkassist.research.pooling.scores import Scores, score_vectors
from linkassist.research.pooling.vectors import PageTokens, page_vectors
from linkassist.suggest.corpus import Corpus, build_corpus
from linkassist.wiki import Reading

LONG = "長い文章は短く切って、書く。ノートにリンクを張ると、考えがつながる。検索は質問である。リンクは手紙である。"


@pytest.fixture(scope="module")
def bert() -> Bert:
    return open_bert(GOLDEN)


def hidden_states(bert: Bert, text: str) -> list[torch.Tensor]:
    """Of the embeddings and each layer, (tokens, width), from transformers itself."""
    pieces = bert.tokenizer.pieces(text)
    ids = [bert.tokenizer.cls_id, *bert.tokenizer.ids(pieces), bert.tokenizer.sep_id]
    with torch.inference_mode():
        found = bert.model(torch.tensor([ids]), output_hidden_states=True)
    return [layer[0] for layer in found.hidden_states]


def test_every_vector_comes_from_one_pass_over_each_text(bert: Bert, monkeypatch: pytest.MonkeyPatch) -> None:
    n_read: list[int] = []
    run = BertForward.run
    monkeypatch.setattr(
        BertForward, "run", lambda self, ids, types, layers: n_read.append(len(ids)) or run(self, ids, types, layers)
    )
    texts = ["検索は質問である", "", "リンクは手紙である。"]
    poolings = [LayerPooling("mean", (-1,)), LayerPooling("cls", (-3,)), LayerPooling("mean", (-4, -1), False)]
    counted: list[tuple[int, int]] = []
    forward = BertForward(bert.model, "float32")

    def on_text(done: int, total: int) -> None:
        counted.append((done, total))

    found = page_vectors(texts, bert.tokenizer, forward, poolings, PageTokens(32, None), on_text)
    assert sum(n_read) == len(texts)
    assert counted[-1] == (len(texts), len(texts))
    for i, text in enumerate(texts):
        states = hidden_states(bert, text)
        assert found[0, i] == pytest.approx(states[-1].mean(dim=0).numpy(), abs=1e-5)
        assert found[1, i] == pytest.approx(states[-3][0].numpy(), abs=1e-5)
        if text:
            both = (states[-4] + states[-1])[1:-1].mean(dim=0) / 2
            assert found[2, i] == pytest.approx(both.numpy(), abs=1e-5)


def test_a_long_page_has_the_mean_of_its_windows_by_their_tokens(bert: Bert) -> None:
    forward = BertForward(bert.model, "float32")
    poolings = [LayerPooling("cls")]

    def vector(texts: list[str], how: PageTokens) -> np.ndarray:
        return page_vectors(texts, bert.tokenizer, forward, poolings, how, no_count)[0]

    sentences = [sentence + "。" for sentence in LONG.split("。")[:-1]]
    n_tokens = [len(bert.tokenizer.pieces(sentence)) + 2 for sentence in sentences]
    how = PageTokens(max(n_tokens), 0)
    assert n_tokens[2] + n_tokens[3] - 2 > max(n_tokens)  # so that each sentence is a window
    parts = vector(sentences, how)
    expected = (parts * np.array(n_tokens)[:, None]).sum(axis=0) / sum(n_tokens)
    assert vector([LONG], how)[0] == pytest.approx(expected, abs=1e-5)
    beginning = vector([LONG], PageTokens(max(n_tokens), None))[0]
    assert np.abs(beginning - expected).max() > 1e-2


def wiki() -> Corpus:
    """Page d is asked about. Of the others a and b link the red link "red", c links a."""
    links = {"a": ("red",), "b": ("red", "c"), "c": ("a",), "d": ()}
    return build_corpus([Reading(title, (), targets) for title, targets in links.items()])


def test_scores_are_those_worked_by_hand() -> None:
    # cosines of d with a, b and c: 0.6, 0.8, 0
    vectors = np.array([[3, 0, 4], [4, 0, 3], [0, 5, 0], [5, 0, 0]], np.float32)
    asked = [AskedPage(3, "d", frozenset("a"), frozenset(["red"]), frozenset())]
    found = score_vectors(vectors, wiki(), asked)
    # nearest are b, a, c: the linked a is second
    assert found.nearest_recall_at_10.tolist() == [1.0]
    assert found.nearest_reciprocal_rank.tolist() == [0.5]
    # a and b say red by 0.36 + 0.64, b says c by 0.64, c says a by 0, which is no proposal: red is first, a not found
    assert found.links_reciprocal_rank.tolist() == [1.0]
    assert found.links_recall_at_10.tolist() == [0.5]


def test_pages_that_link_only_red_links_are_not_asked_for_their_nearest() -> None:
    asked = [AskedPage(3, "d", frozenset(), frozenset(["red"]), frozenset())]
    found = score_vectors(np.eye(4, dtype=np.float32), wiki(), asked)
    assert len(found.nearest_recall_at_10) == 0
    assert len(found.links_recall_at_10) == 1


def scored(name: str, values: list[float]) -> Scored:
    column = np.array(values, np.float32)
    return Scored(name, "raw", Scores(column, column, column, column))


def test_a_row_is_held_against_the_best_page_by_page() -> None:
    best, other, own = [1.0, 0.5, 1.0, 0.0], [0.5, 0.5, 0.0, 0.25], [1.0, 1.0, 1.0, 1.0]
    rows, beside = compared([scored("other", other), scored("best", best)], scored("own", own))
    assert [row.name for row in rows] == ["best", "other"]
    assert (rows[0].nearest_mrr.behind, rows[0].nearest_mrr.behind_error) == (0, 0)
    paired = scipy.stats.ttest_rel(best, other)  # its statistic is the mean difference over the standard error
    figure = rows[1].links_recall_at_10
    assert figure.mean == pytest.approx(0.3125)
    assert figure.behind == pytest.approx(0.3125)
    assert figure.behind / figure.behind_error == pytest.approx(paired.statistic)
    assert beside.nearest_recall_at_10.behind == pytest.approx(-0.375)


def printed(n_pages: int) -> str:
    rows, beside = compared([scored("mean -1", [0.5, 0.0]), scored("pooled", [1.0, 0.25])], scored("own", [1.0, 1.0]))
    of = ("niwa", "folder", "ad0b", "float32", 64, 8, True, "line times")
    report = PoolingReport(*of, n_pages, 48, n_nearest=2, n_links=2, encoding_s=3, rows=rows, beside=beside)
    console = Console(file=io.StringIO(), width=120)
    report.print_to(console)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_the_table_shows_the_best_first_and_our_own_encoder_last() -> None:
    lines = [line for line in printed(100).splitlines() if "raw" in line]
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines]
    assert cells[0] == ["pooled", "raw", "0.625", "best", "0.625", "0.625", "best", "0.625"]
    assert cells[1][:4] == ["mean -1", "raw", "0.250", "0.375 ± 0.125"]
    assert cells[2][:4] == ["own", "raw", "1.000", "-0.375 ± 0.375"]


def test_the_table_says_how_pages_were_read_and_when_whitening_is_void() -> None:
    assert "links of the asked ones taken out, with their words (line times)" in printed(100)
    assert "windows of 64 tokens that overlap by 8" in printed(100)
    assert "Whitening needs more pages than the vectors' 48 dimensions" in printed(48)
    assert "Whitening" not in printed(49)


def export(folder: Path) -> Path:
    """A wiki of two subjects whose pages link the next of the same subject."""
    pages = []
    for n in range(40):
        words = ("検索は質問である", "リンクは手紙である")[n % 2]
        links = f"[頁{(n + 2) % 40}] [頁{(n + 4) % 40}] [赤{n % 2}]"
        pages.append({"title": f"頁{n}", "lines": [f"頁{n}", f"{words}。{words}", links]})
    path = folder / "export.json"
    path.write_text(json.dumps({"name": "niwa", "exported": 1, "pages": pages}), "utf-8")
    return path


def test_the_command_compares_every_way_once(tmp_path: Path) -> None:
    arguments = ["bert", "compare-pooling", str(export(tmp_path)), "--model", str(GOLDEN), "--pages", "8"]
    arguments += ["--layers=-1", "--max-seq-length=32", "--overlap=4", "--precision=float32", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["n_pages"], found["origin"], found["width"]) == (40, "hidden links", 48)
    ways = [(row["name"], row["treatment"]) for row in found["rows"]]
    assert len(ways) == len(set(ways)) == 8 * 3
    recalls = [row["nearest_recall_at_10"]["mean"] for row in found["rows"]]
    assert recalls == sorted(recalls, reverse=True)
    assert found["rows"][0]["nearest_recall_at_10"]["behind"] == 0
    assert found["beside"]["name"] == "linkassist's own encoder"


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["--layers=-9"], "has no layer -9: -1 is its last"),
        (["--max-seq-length=65"], "takes from 3 to 64"),
        (["--max-seq-length=32", "--overlap=30"], "a window holds 30 beside"),
    ],
)
def test_what_the_bert_does_not_have_is_refused(tmp_path: Path, options: list[str], advice: str) -> None:
    arguments = ["bert", "compare-pooling", str(export(tmp_path)), "--model", str(GOLDEN), *options]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert advice in " ".join(result.output.split())


def test_an_export_and_a_library_exclude_each_other(tmp_path: Path) -> None:
    arguments = ["bert", "compare-pooling", "export.json", "--model", str(GOLDEN), "--library", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
