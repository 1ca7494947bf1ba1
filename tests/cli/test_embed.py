"""Vectors as a file: what is in it, in both formats, and a run that was cut off."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.paths import GOLDEN
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.errors import LinkAssistError
from linkassist.model.encoders import open_model
from linkassist.pipeline import embedding_file
from linkassist.pipeline.embedding_file import Text, texts_of, write_embeddings
from linkassist.progress import OnCount, no_count
from linkassist.scrapbox.page_text import read_page
from linkassist.wiki import Line, Page

PAGES = [
    Page("tea", (Line("tea"), Line("made in a [pot]"), Line(""), Line("`code`")), page_id="a1"),
    Page("ポット", (Line("ポット"), Line("お茶を入れる")), page_id="b2"),
]
ENCODER = f"bert-japanese:{GOLDEN}?precision=float32"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    pages = [{"id": each.page_id, "title": each.title, "lines": each.texts} for each in PAGES]
    path = tmp_path / "notes.json"
    path.write_text(json.dumps({"name": "notes", "pages": pages}), "utf-8")
    return path


def embed(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["embed", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_page_has_a_vector_with_its_id_title_and_hash(export: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    assert "2 vectors of 48 numbers, page by page" in embed(export, "--out", out, "--encoder", ENCODER)
    texts = [read_page(page).text for page in PAGES]
    with np.load(out) as found:
        assert found["ids"].tolist() == ["a1", "b2"]
        assert found["titles"].tolist() == ["tea", "ポット"]
        assert found["hashes"].tolist() == [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        np.testing.assert_allclose(found["vectors"], open_model(ENCODER).encode(texts), atol=1e-6)
        about = json.loads(str(found["about"]))
    assert about["encoder"] == ENCODER and about["by"] == "page" and about["n_rows"] == 2
    assert about["fingerprint"] == open_model(ENCODER).fingerprint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.json", "out.npz"]


def test_parquet_holds_the_same_by_line(export: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    for name in ("out.npz", "out.parquet"):
        embed(export, "--out", tmp_path / name, "--encoder", ENCODER, "--by", "line")
    table = parquet.read_table(tmp_path / "out.parquet")
    with np.load(tmp_path / "out.npz") as found:
        assert found["lines"].tolist() == table["line"].to_pylist() == [0, 1, 0, 1]
        assert found["titles"].tolist() == table["title"].to_pylist() == ["tea", "tea", "ポット", "ポット"]
        np.testing.assert_array_equal(np.array(table["vector"].to_pylist(), np.float32), found["vectors"])
        assert table.schema.metadata[b"linkassist"].decode() == str(found["about"])


def test_the_wikis_own_encoder_is_learnt_from_the_pages(export: Path, tmp_path: Path) -> None:
    embed(export, "--out", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as found:
        np.testing.assert_allclose(np.linalg.norm(found["vectors"], axis=1), 1, atol=1e-5)
        assert json.loads(str(found["about"]))["encoder"] == "wiki"


class Stopping:
    """An encoder by the length of texts that is cut off after so many calls."""

    fingerprint, width = "length", 1

    def __init__(self, n_calls: int) -> None:
        self.n_left = n_calls
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        if not self.n_left:
            raise KeyboardInterrupt
        self.n_left -= 1
        self.seen += texts
        return np.array([[len(text)] for text in texts], np.float32)


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_file, "_AT_ONCE", 2)
    texts = [Text(str(n), f"page {n}", 0, "x" * n) for n in range(7)]
    out = tmp_path / "out.npz"
    with pytest.raises(KeyboardInterrupt):
        write_embeddings(texts, Stopping(2), "length", "page", out)
    rest = Stopping(9)
    write_embeddings(texts, rest, "length", "page", out)
    assert rest.seen == [each.text for each in texts[4:]]
    with np.load(out) as found:
        assert found["vectors"].ravel().tolist() == list(range(7))


def test_an_unfinished_output_of_other_texts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_file, "_AT_ONCE", 1)
    with pytest.raises(KeyboardInterrupt):
        write_embeddings(
            list(texts_of(PAGES, list(map(read_page, PAGES)), "page")), Stopping(1), "l", "page", tmp_path / "o.npz"
        )
    with pytest.raises(LinkAssistError, match="unfinished output whose n_rows is 2, but now it is 0"):
        write_embeddings([], Stopping(1), "l", "page", tmp_path / "o.npz")


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LinkAssistError, match=r"ends with \.csv; expected \.npz or \.parquet"):
        write_embeddings([], Stopping(1), "l", "page", tmp_path / "o.csv")
