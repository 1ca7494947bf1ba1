"""extract_features: the golden output, its three formats, and runs that are cut off."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from support.paths import GOLDEN
from typer.testing import CliRunner

from linkassist.bert.checkpoint.open import Bert, open_bert
from linkassist.bert.features import extract as features
from linkassist.bert.features import files as feature_files
from linkassist.bert.features.extract import blocks, survey
from linkassist.bert.features.files import FeatureRequest, write_features
from linkassist.bert.features.jsonl import rounded_rows
from linkassist.cli.app import app
from linkassist.errors import LinkAssistError

INPUTS = GOLDEN / "inputs.txt"
N_LINES = 9


@pytest.fixture(scope="module")
def bert() -> Bert:
    return open_bert(GOLDEN)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few lines, so that a short file has several."""
    monkeypatch.setattr(feature_files, "tokens_at_once", lambda batch_tokens, n_layers, width: 50)


def request(form: feature_files.FeatureFormat = "jsonl", layers: tuple[int, ...] = (-1, -2)) -> FeatureRequest:
    return FeatureRequest(layers, 48, 2, "float32", form)


def expected() -> list[dict[str, object]]:
    return [json.loads(line) for line in (GOLDEN / "expected.jsonl").read_text("utf-8").splitlines()]


def shape_of(line: str) -> str:
    """The line with every number that has a point replaced: what must be equal to the character."""
    found = json.loads(line, parse_float=lambda _: "number")
    return json.dumps(found)


def values_of(line: dict[str, object]) -> np.ndarray:
    tokens = line["features"]
    assert isinstance(tokens, list)
    return np.array([[layer["values"] for layer in token["layers"]] for token in tokens])


class Cut(Exception):
    """What ends a run in a test."""


def cut_after(n_lines: int):  # type: ignore[no-untyped-def]
    def on_progress(n_done: int, n_all: int) -> None:
        if n_done >= n_lines:
            raise Cut

    return on_progress


@pytest.mark.usefixtures("small_blocks")
def test_the_output_is_the_originals(bert: Bert, tmp_path: Path) -> None:
    write_features(bert, survey(INPUTS), tmp_path / "out.jsonl", request())
    written = (tmp_path / "out.jsonl").read_text("ascii").split("\n")
    original = (GOLDEN / "expected.jsonl").read_text("ascii").split("\n")
    assert [shape_of(line) for line in written[:-1]] == [shape_of(line) for line in original[:-1]]
    assert written[-1] == original[-1] == ""
    for line, wanted in zip(written[:-1], expected(), strict=True):
        assert np.abs(values_of(json.loads(line)) - values_of(wanted)).max() < 1e-5
        assert json.dumps(json.loads(line)) == line  # blanks, escapes and digits as json.dumps writes them
    assert list(tmp_path.iterdir()) == [tmp_path / "out.jsonl"]


@pytest.mark.usefixtures("small_blocks")
def test_npz_holds_the_same_vectors(bert: Bert, tmp_path: Path) -> None:
    write_features(bert, survey(INPUTS), tmp_path / "out.npz", request("npz"))
    with np.load(tmp_path / "out.npz") as found:
        assert sorted(found) == ["-1", "-2", "starts", "token_bytes", "token_ends", "tokens"]
        assert found["-1"].dtype == np.float32
        for i, wanted in enumerate(expected()):
            own = slice(found["starts"][i], found["starts"][i + 1])
            values = np.stack([found["-1"][own], found["-2"][own]], axis=1)
            assert np.abs(values - values_of(wanted)).max() < 1e-5
            assert found["tokens"][own].tolist() == [token["token"] for token in wanted["features"]]  # type: ignore[attr-defined]


@pytest.mark.usefixtures("small_blocks")
def test_parquet_holds_the_same_vectors(bert: Bert, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    write_features(bert, survey(INPUTS), tmp_path / "out.parquet", replace(request("parquet"), row_group=30))
    rows = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    wanted = [
        (line["linex_index"], position, token["token"], token["layers"][0]["values"], token["layers"][1]["values"])
        for line in expected()
        for position, token in enumerate(line["features"])  # type: ignore[arg-type, var-annotated]
    ]
    assert [(row["line"], row["position"], row["token"]) for row in rows] == [each[:3] for each in wanted]
    assert np.abs(np.array([row["-1"] for row in rows]) - np.array([each[3] for each in wanted])).max() < 1e-5
    assert np.abs(np.array([row["-2"] for row in rows]) - np.array([each[4] for each in wanted])).max() < 1e-5


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("form", ["jsonl", "npz", "parquet"])
@pytest.mark.parametrize("n_before", [0, 3, 6, N_LINES])
def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(
    bert: Bert, tmp_path: Path, form: feature_files.FeatureFormat, n_before: int
) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    write_features(bert, survey(INPUTS), whole, request(form))
    with pytest.raises(Cut):
        write_features(bert, survey(INPUTS), cut, request(form), cut_after(n_before))
    assert not cut.exists()
    for path in (tmp_path / "cut.part").iterdir():
        if path.name != "progress.json":
            path.write_bytes(path.read_bytes() + b"half a block: the kill came here")
    counts: list[tuple[int, int]] = []
    write_features(bert, survey(INPUTS), cut, request(form), lambda done, total: counts.append((done, total)))
    assert counts[-1] == (survey(INPUTS).n_lines,) * 2
    assert counts[0][0] >= n_before  # what was done is not done again
    assert cut.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "cut.part").exists()


def test_what_was_cut_off_is_not_continued_with_other_settings_or_input(bert: Bert, tmp_path: Path) -> None:
    output, other = tmp_path / "out", tmp_path / "other.txt"
    with pytest.raises(Cut):
        write_features(bert, survey(INPUTS), output, request(), cut_after(0))
    with pytest.raises(LinkAssistError, match=r"layers is -1,-2, but now it is -1.*delete .*out\.part"):
        write_features(bert, survey(INPUTS), output, request(layers=(-1,)))
    other.write_bytes(INPUTS.read_bytes() + b"more\n")
    with pytest.raises(LinkAssistError, match="input_sha256 is"):
        write_features(bert, survey(other), output, request())


def test_a_run_goes_on_with_the_precision_that_the_first_one_chose(bert: Bert, tmp_path: Path) -> None:
    asked = FeatureRequest((-1,), 48, 2, "auto", "jsonl")
    with pytest.raises(Cut):
        write_features(bert, survey(INPUTS), tmp_path / "out", asked, cut_after(0))
    note = tmp_path / "out.part" / "progress.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"precision": "int8"}))
    write_features(bert, survey(INPUTS), tmp_path / "out", asked)
    write_features(bert, survey(INPUTS), tmp_path / "int8", FeatureRequest((-1,), 48, 2, "int8", "jsonl"))
    assert (tmp_path / "out").read_bytes() == (tmp_path / "int8").read_bytes()


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 4), st.integers(1, 5)),
        elements=st.floats(-1100, 1100, width=32)
        | st.floats(-(2**-10), 2**-10, width=32)
        | st.sampled_from([0.0, -0.0, 1e-4, 9.9e-5, 0.5, 10.0, 100.0, 999.9999, 8.5e-6, 1e20, float("nan")]),
    )
)
def test_numbers_are_written_as_python_rounds_and_prints_them(vectors: np.ndarray) -> None:
    assert rounded_rows(vectors) == [json.dumps([round(float(x), 6) for x in row]) for row in vectors]


def test_halves_are_rounded_as_python_rounds_them() -> None:
    halves = (np.arange(-4001, 4001, 2, dtype=np.float64) / 2**13).astype(np.float32)[None, :]
    assert rounded_rows(halves) == [json.dumps([round(float(x), 6) for x in halves[0]])]


@pytest.mark.parametrize(
    ("content", "n_lines"), [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\n\n", 2), (b"a\r\nb\x0bc\xe2\x80\xa8d\n", 2)]
)
def test_only_a_line_feed_ends_a_line(bert: Bert, tmp_path: Path, content: bytes, n_lines: int) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(content)
    assert survey(path).n_lines == n_lines
    assert sum(len(block.sequences) for block in blocks(path, bert.tokenizer, 16, 3)) == n_lines


def test_a_byte_order_mark_is_no_part_of_the_first_line(bert: Bert, tmp_path: Path) -> None:
    plain, marked = tmp_path / "plain.txt", tmp_path / "marked.txt"
    plain.write_bytes("猫\n犬\n".encode())
    marked.write_bytes("\ufeff猫\n犬\n".encode())
    found, wanted = (list(blocks(path, bert.tokenizer, 16, 3)) for path in (marked, plain))
    assert [block.sequences for block in found] == [block.sequences for block in wanted]
    assert found[-1].end == marked.stat().st_size


def test_blocks_begin_where_the_one_before_ended(bert: Bert) -> None:
    whole = list(blocks(INPUTS, bert.tokenizer, 48, 50))
    assert len(whole) > 2
    again = list(blocks(INPUTS, bert.tokenizer, 48, 50, whole[1].first, whole[0].end))
    assert again == whole[1:]
    assert whole[-1].end == INPUTS.stat().st_size


def test_a_line_that_is_not_utf_8_is_named(bert: Bert, tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(b"a\n\x93\xfa\n")
    with pytest.raises(LinkAssistError, match=r"lines\.txt, line 2 is not UTF-8.*Save the file as UTF-8"):
        list(blocks(path, bert.tokenizer, 16, 100))


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        (FeatureRequest((-6,), 48, 2, "float32", "jsonl"), "has no layer -6: -1 is its last, -4 its first, -5 the emb"),
        (FeatureRequest((0,), 48, 2, "float32", "jsonl"), "has no layer 0"),
        (FeatureRequest((-1, -1), 48, 2, "float32", "jsonl"), "Name each once"),
        (FeatureRequest((-1,), 128, 2, "float32", "jsonl"), "max_seq_length is 128; .* takes from 3 to 64"),
    ],
)
def test_what_the_model_does_not_have_is_refused(
    bert: Bert, tmp_path: Path, asked: FeatureRequest, advice: str
) -> None:
    with pytest.raises(LinkAssistError, match=advice):
        write_features(bert, survey(INPUTS), tmp_path / "out", asked)
    assert list(tmp_path.iterdir()) == []


def test_a_block_holds_a_batch_at_least_and_128_mib_otherwise() -> None:
    assert features.tokens_at_once(32 * 128, 4, 768) == 128 * 2**20 // (4 * 4 * 768)
    assert features.tokens_at_once(64 * 512, 12, 768) == 64 * 512


def test_the_command_takes_the_originals_options(tmp_path: Path) -> None:
    arguments = [
        f"--input_file={INPUTS}",
        f"--output-file={tmp_path / 'out.jsonl'}",  # hyphens will do as well
        f"--init_checkpoint={GOLDEN / 'model.ckpt-1400000'}",
        f"--bert_config_file={GOLDEN / 'config.json'}",
        f"--vocab_file={GOLDEN / 'tiny-ja.vocab'}",
        f"--model_file={GOLDEN / 'tiny-ja.model'}",
        "--do_lower_case=True",
        "--max_seq_length=48",
        "--layers=-1,-2",
        "--batch_size=4",
        "--use_tpu=False",
        "--master=local",
        "--use_one_hot_embeddings",
    ]
    result = CliRunner().invoke(app, ["bert", "extract-features", *arguments])
    assert result.exit_code == 0, result.output
    assert "--use_tpu has no effect: there is no TPU here" in result.output
    assert "--use_one_hot_embeddings has no effect" in result.output
    assert "Vectors computed in float32." in result.output
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("ascii").splitlines()]
    assert max(np.abs(values_of(a) - values_of(b)).max() for a, b in zip(written, expected(), strict=True)) < 1e-5


def test_the_command_says_which_precision_it_used(tmp_path: Path) -> None:
    options = [f"--input_file={INPUTS}", f"--output_file={tmp_path / 'out'}", "--model", str(GOLDEN)]
    result = CliRunner().invoke(
        app, ["bert", "extract-features", *options, "--max_seq_length=48", "--precision", "bfloat16"]
    )
    assert result.exit_code == 0, result.output
    assert "Vectors computed in bfloat16." in result.output


def test_carriage_returns_are_dropped_as_the_originals_reader_does(bert: Bert, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes("ウ\rィキ\r\nリ\r\rンク\n".encode())
    (tmp_path / "plain.txt").write_text("ウィキ\nリンク\n", "utf-8")
    for name in ("in", "plain"):
        write_features(bert, survey(tmp_path / f"{name}.txt"), tmp_path / name, request("jsonl"))
    assert (tmp_path / "in").read_bytes() == (tmp_path / "plain").read_bytes()


def test_an_npz_keeps_every_token_to_the_letter(bert: Bert, tmp_path: Path) -> None:
    """NumPy drops NULs from the end of a text; the bytes beside keep them."""
    (tmp_path / "in.txt").write_bytes(b"a\x00 b\n")
    write_features(bert, survey(tmp_path / "in.txt"), tmp_path / "out.jsonl", request("jsonl"))
    write_features(bert, survey(tmp_path / "in.txt"), tmp_path / "out.npz", request("npz"))
    wanted = [each["token"] for each in json.loads((tmp_path / "out.jsonl").read_text())["features"]]
    with np.load(tmp_path / "out.npz") as found:
        ends, text = found["token_ends"], found["token_bytes"].tobytes()
        tokens = [text[start:end].decode() for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    assert tokens == wanted
    assert any("\0" in token for token in wanted)


@pytest.mark.parametrize(("lower", "token"), [("True", "error"), ("False", "ERROR")])
def test_the_command_keeps_case_where_it_is_told_to(tmp_path: Path, lower: str, token: str) -> None:
    (tmp_path / "in.txt").write_text("ERROR", "utf-8")
    options = [f"--input_file={tmp_path / 'in.txt'}", f"--output_file={tmp_path / 'out'}", f"--do_lower_case={lower}"]
    options += ["--model", str(GOLDEN), "--max_seq_length=16", "--layers=-1"]
    result = CliRunner().invoke(app, ["bert", "extract-features", *options])
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "out").read_text())["features"]
    assert token in "".join(each["token"] for each in found)


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ([], "Name the BERT: --model FOLDER"),
        (["--model", str(GOLDEN), "--layers", "last"], "expected whole numbers with commas"),
        (["--model", str(GOLDEN), "--do_lower_case", "perhaps"], "expected True or False"),
    ],
)
def test_wrong_usage_says_what_is_right(options: list[str], advice: str) -> None:
    result = CliRunner().invoke(app, ["bert", "extract-features", "--input_file=a", "--output_file=b", *options])
    assert result.exit_code == 2
    assert advice in result.output


def test_without_pyarrow_parquet_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LinkAssistError, match=r"linkassist\[parquet\].*--format npz"):
        feature_files.need_parquet()


@pytest.mark.parametrize("form", ["jsonl", "npz", "parquet"])
def test_an_empty_file_has_no_features(bert: Bert, tmp_path: Path, form: feature_files.FeatureFormat) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    output = tmp_path / "out"
    write_features(bert, survey(tmp_path / "empty.txt"), output, request(form))
    if form == "jsonl":
        assert output.read_bytes() == b""
    elif form == "npz":
        with np.load(output) as found:
            assert found["-1"].shape == (0, 48)
            assert found["starts"].tolist() == [0]
    else:
        parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
        assert parquet.read_table(output).num_rows == 0


def test_a_folder_is_no_place_for_the_output(bert: Bert, tmp_path: Path) -> None:
    with pytest.raises(LinkAssistError, match="is a folder. Name a file"):
        write_features(bert, survey(INPUTS), tmp_path, request())
    with pytest.raises(LinkAssistError, match="Name an output in a folder that exists"):
        write_features(bert, survey(INPUTS), tmp_path / "nowhere" / "out", request())


def test_a_full_disk_says_how_to_go_on(bert: Bert, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def on_progress(n_done: int, n_all: int) -> None:  # from the first block on
        monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(LinkAssistError, match="No space left on device.*run the same command to go on"):
        write_features(bert, survey(INPUTS), tmp_path / "out", request(), on_progress)
    monkeypatch.undo()
    write_features(bert, survey(INPUTS), tmp_path / "out", request())
    write_features(bert, survey(INPUTS), tmp_path / "whole", request())
    assert (tmp_path / "out").read_bytes() == (tmp_path / "whole").read_bytes()
