"""`linkassist bert convert` and `bert tokenize`, by the command line, and what transformers makes of the folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from click.testing import Result
from support.paths import GOLDEN, ROOT
from transformers import AutoModel, AutoTokenizer
from typer.testing import CliRunner

from linkassist.bert.checkpoint.convert import convert
from linkassist.bert.checkpoint.open import BertFiles, open_bert, open_bert_tokenizer
from linkassist.bert.tokenize.huggingface import as_transformers_tokenizer, n_equal
from linkassist.bert.tokenize.sentencepiece import SentencePieceTokenizer
from linkassist.bert.tokenize.sequences import split_pair, token_sequence
from linkassist.cli.app import app
from linkassist.errors import ModelError

SAMPLE = ROOT / "data" / "sample-2026-11-01.json"
LINES = (GOLDEN / "inputs.txt").read_text("utf-8").removesuffix("\n").split("\n")


def run(*arguments: str | Path, given: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["bert", *map(str, arguments)], input=given)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("convert") / "golden-hf"
    result = run("convert", GOLDEN, out)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{out}: written, fingerprint {open_bert(GOLDEN).fingerprint}\n"
    return out


def test_auto_model_gives_the_same_vectors(converted: Path) -> None:
    bert, model = open_bert(GOLDEN), AutoModel.from_pretrained(converted).eval()
    for line in LINES:
        found = token_sequence(bert.tokenizer, *split_pair(line), 48)
        ids, types = torch.tensor([found.ids]), torch.tensor([found.types])
        with torch.inference_mode():
            expected = bert.model(input_ids=ids, token_type_ids=types)
            out = model(input_ids=ids, token_type_ids=types)
        # The same weights lie elsewhere in memory, so a product may be added up in another order: some last bits of
        # numbers around 1. Another weight, or one missing, moves them by more than 1e-2.
        for name in ("last_hidden_state", "pooler_output"):
            torch.testing.assert_close(getattr(out, name), getattr(expected, name), atol=1e-5, rtol=0)


def test_the_converted_folder_opens_as_the_same_bert(converted: Path) -> None:
    bert = open_bert(converted)
    assert (bert.fingerprint, bert.notes) == (open_bert(GOLDEN).fingerprint, ())
    assert isinstance(bert.tokenizer, SentencePieceTokenizer)


def test_auto_tokenizer_gives_the_same_ids_for_the_golden_lines(converted: Path) -> None:
    own, theirs = open_bert_tokenizer(GOLDEN), AutoTokenizer.from_pretrained(converted)
    for line in LINES:
        text_a, text_b = split_pair(line)
        found = theirs(text_a, text_b)
        expected = token_sequence(own, text_a, text_b, 64)
        if len(found["input_ids"]) <= 64:  # which of the two texts is cut is another question
            assert (found["input_ids"], found["token_type_ids"]) == (expected.ids, expected.types)


def test_auto_tokenizer_gives_the_same_ids_for_every_line_of_the_sample_wiki(converted: Path) -> None:
    own, theirs = open_bert_tokenizer(GOLDEN), AutoTokenizer.from_pretrained(converted, model_max_length=10**6)
    pages = json.loads(SAMPLE.read_text("utf-8"))["pages"]
    lines = [line if isinstance(line, str) else line["text"] for page in pages for line in page["lines"]]
    found = theirs(lines, add_special_tokens=False)["input_ids"]
    assert len(lines) > 2000 and sum("[CLS]" in line for line in lines) > 2
    assert [line for line, ids in zip(lines, found, strict=True) if ids != own.ids(own.pieces(line))] == []


def test_the_readme_counts_the_lines_that_are_equal(converted: Path) -> None:
    own = open_bert_tokenizer(GOLDEN)
    assert isinstance(own, SentencePieceTokenizer)
    other = as_transformers_tokenizer(own, 64)
    assert other is not None
    assert n_equal(own, other) == (327, 327)
    text = (converted / "README.md").read_text("utf-8")
    assert "Of 327 lines made of the vocabulary, 327 get the\noriginal's ids" in text
    other.backend_tokenizer.normalizer = None
    n_same, n_lines = n_equal(own, other)
    assert n_same < n_lines == 327


def test_a_folder_in_use_is_not_overwritten_unless_it_was_converted(converted: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("kept")
    result = run("convert", GOLDEN, mine)
    assert result.exit_code == 1 and "is not empty. Name another folder, or say --overwrite" in result.stderr
    result = run("convert", GOLDEN, mine, "--overwrite")
    assert result.exit_code == 1 and "holds no model that `linkassist bert convert` wrote" in result.stderr
    assert (mine / "notes.txt").read_text() == "kept"
    again = Path(shutil.copytree(converted, tmp_path / "again"))
    (again / "model.safetensors").write_bytes(b"old")
    assert run("convert", GOLDEN, again, "--overwrite").exit_code == 0
    assert open_bert(again).fingerprint == open_bert(GOLDEN).fingerprint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "mine"]


def test_an_empty_folder_is_filled_and_a_file_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "empty"
    out.mkdir()
    assert convert(GOLDEN, out, BertFiles()).folder == out
    with pytest.raises(ModelError, match="is a file; expected a folder that is new or empty"):
        convert(GOLDEN, out / "config.json", BertFiles())


def test_a_hugging_face_folder_is_not_converted_again(converted: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is a Hugging Face folder already. Copy it"):
        convert(converted, tmp_path / "out", BertFiles())


def test_nothing_is_left_where_a_conversion_fails(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        convert(GOLDEN, tmp_path / "out", BertFiles(config=GOLDEN / "tiny-ja.vocab"))
    assert list(tmp_path.iterdir()) == []


def test_lowercasing_that_was_switched_off_is_remembered(tmp_path: Path) -> None:
    convert(GOLDEN, tmp_path / "out", BertFiles(do_lower_case=False))
    own = open_bert_tokenizer(tmp_path / "out")
    assert own.pieces("Server") == ["▁", "S", "er", "ve", "r"]
    theirs = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert theirs("Server", add_special_tokens=False)["input_ids"] == own.ids(own.pieces("Server"))
    lower = open_bert_tokenizer(tmp_path / "out", BertFiles(do_lower_case=True))
    assert lower.pieces("Server") == ["▁se", "r", "ve", "r"]


def test_what_transformers_cannot_do_is_said_and_still_opens(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "hotto"))
    lines = (folder / "tiny-ja.vocab").read_text("utf-8").removesuffix("\n").split("\n")
    (folder / "tiny-ja.vocab.to.bert").write_text("".join(f"{line.partition(chr(9))[0]}\n" for line in lines), "utf-8")
    done = convert(folder, tmp_path / "out", BertFiles())
    assert open_bert(tmp_path / "out").fingerprint == done.fingerprint == open_bert(folder).fingerprint
    assert "transformers has no tokenizer for these files" in (tmp_path / "out" / "README.md").read_text("utf-8")
    assert not (tmp_path / "out" / "tokenizer.json").exists()


def test_a_name_of_nothing_is_blamed_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("tokenize", "--model", "nosuch", given="a\n")
    assert result.exit_code == 1
    assert "There is no folder and no checkpoint nosuch: nosuch.index is missing" in result.stderr


def test_tokens_are_printed_as_pieces_and_ids() -> None:
    result = run("tokenize", "--model", GOLDEN, given="a ||| ＡＢＣ\n\n")
    assert result.stdout == "[CLS] ▁a [SEP] ▁a b c [SEP]\t4 25 5 25 138 51 5\n[CLS] [SEP]\t4 5\n"


def test_tokens_are_printed_as_json_and_cut_as_the_original_cuts(tmp_path: Path) -> None:
    result = run("tokenize", GOLDEN / "inputs.txt", "--model", GOLDEN, "--max-seq-length", "48", "--format", "jsonl")
    tokenizer = open_bert_tokenizer(GOLDEN)
    for line, printed in zip(LINES, result.stdout.splitlines(), strict=True):
        expected = token_sequence(tokenizer, *split_pair(line), 48)
        assert json.loads(printed) == {"pieces": expected.pieces, "ids": expected.ids, "types": expected.types}


def test_without_a_limit_nothing_is_cut() -> None:
    result = run("tokenize", "--model", GOLDEN, "--no-lower-case", given="に" * 1000)
    assert len(result.stdout.split("\t")[1].split()) == 1003


def test_tokenize_reads_past_a_byte_order_mark() -> None:
    marked = run("tokenize", "--model", GOLDEN, given=b"\xef\xbb\xbfa ||| b\n")
    assert marked.stdout == run("tokenize", "--model", GOLDEN, given=b"a ||| b\n").stdout != ""


def test_what_is_no_text_is_told_with_its_line(tmp_path: Path) -> None:
    result = run("tokenize", "--model", GOLDEN, given=b"a\n\xff\n")
    assert result.exit_code == 1 and "-, line 2 is not UTF-8 (byte 0 of it). Save the file as UTF-8." in result.stderr
    assert result.stdout.startswith("[CLS] ▁a [SEP]")
    result = run("tokenize", tmp_path / "no.txt", "--model", GOLDEN)
    assert result.exit_code == 1 and "no.txt cannot be read (No such file or directory)" in result.stderr
