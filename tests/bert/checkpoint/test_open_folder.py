"""A BERT by its folder: the golden set's vectors, folders of other makers, and what is said of each likely mistake."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from support.paths import GOLDEN
from support.tensor_bundle import BundleWriter
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, BertModel, RobertaConfig, RobertaModel

from linkassist.bert.checkpoint.open import Bert, BertFiles, open_bert, open_bert_tokenizer
from linkassist.bert.checkpoint.tensor_bundle import Bundle
from linkassist.bert.tokenize.sequences import split_pair, token_sequence
from linkassist.errors import ModelError

PREFIX = "model.ckpt-1400000"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "東", "京", "a", "b", "c"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The golden model as it is downloaded, to be spoilt."""
    there = tmp_path / "bert-wiki-ja"
    there.mkdir()
    for path in GOLDEN.iterdir():
        if path.name.startswith(("model.ckpt", "tiny-ja", "config")):
            shutil.copyfile(path, there / path.name)
    return there


def golden_tensors() -> dict[str, NDArray[np.generic]]:
    bundle = Bundle(GOLDEN / PREFIX)
    return {name: bundle.tensor(name) for name in bundle.names}


def first_vectors(bert: Bert, text: str = "リンク") -> torch.Tensor:
    found = token_sequence(bert.tokenizer, text, None, 48)
    with torch.inference_mode():
        ids, types = torch.tensor([found.ids]), torch.tensor([found.types])
        hidden: torch.Tensor = bert.model(input_ids=ids, token_type_ids=types).last_hidden_state
    return hidden


def test_every_layer_the_pooler_and_the_embedding_are_those_of_the_golden_set() -> None:
    bert, reference = open_bert(GOLDEN), np.load(GOLDEN / "reference.npz")
    lines = (GOLDEN / "inputs.txt").read_text("utf-8").removesuffix("\n").split("\n")
    assert f"pooled/{len(lines) - 1}" in reference and f"pooled/{len(lines)}" not in reference
    for number, line in enumerate(lines):
        found = token_sequence(bert.tokenizer, *split_pair(line), 48)
        with torch.inference_mode():
            out = bert.model(
                input_ids=torch.tensor([found.ids]),
                token_type_ids=torch.tensor([found.types]),
                output_hidden_states=True,
            )
        expected = {f"layer_output_{back}": out.hidden_states[-1 - back][0] for back in range(4)}
        expected |= {"emb": out.hidden_states[0][0], "pooled": out.pooler_output[0]}
        for name, vectors in expected.items():
            wanted = reference[f"{name}/{number}"]
            assert vectors.shape == wanted.shape
            np.testing.assert_allclose(vectors.numpy(), wanted, atol=1e-5, rtol=0, err_msg=f"{name}/{number}")


def test_a_bert_is_ready_to_use() -> None:
    bert = open_bert(GOLDEN)
    assert bert.notes == () and bert.name == str(GOLDEN) and re.fullmatch("[0-9a-f]{16}", bert.fingerprint)
    assert not bert.model.training and {weight.dtype for weight in bert.model.parameters()} == {torch.float32}
    assert bert.model.config.hidden_act == "gelu_pytorch_tanh" and bert.model.config.layer_norm_eps == 1e-12
    assert (bert.tokenizer.cls_id, bert.tokenizer.sep_id, bert.tokenizer.pad_id) == (4, 5, 0)


@pytest.mark.parametrize("name", [PREFIX, f"{PREFIX}.index", f"{PREFIX}.meta", f"{PREFIX}.data-00000-of-00001"])
def test_a_prefix_and_any_file_of_it_name_the_checkpoint(folder: Path, name: str) -> None:
    assert open_bert(folder / name).fingerprint == open_bert(GOLDEN).fingerprint


def test_slots_steps_and_heads_for_training_are_left_out(folder: Path) -> None:
    tensors = golden_tensors()
    more = {f"{name}/adam_{slot}": np.zeros(3, np.float32) for name in tensors for slot in "mv"}
    more |= {"global_step": np.array(7), "cls/predictions/output_bias": np.zeros(293, np.float32)}
    BundleWriter({**tensors, **more}).write(folder / PREFIX)
    assert open_bert(folder).fingerprint == open_bert(GOLDEN).fingerprint


def test_half_precision_weights_are_widened(folder: Path) -> None:
    weights = {name: tensor for name, tensor in golden_tensors().items() if name.startswith("bert/")}
    tensors = {name: tensor.astype(np.float16) for name, tensor in weights.items()}
    BundleWriter(tensors).write(folder / PREFIX)
    bert = open_bert(folder)
    assert {weight.dtype for weight in bert.model.parameters()} == {torch.float32}
    torch.testing.assert_close(first_vectors(bert), first_vectors(open_bert(GOLDEN)), atol=2e-2, rtol=0)


def test_the_fingerprint_is_another_with_other_weights_or_case(folder: Path) -> None:
    found = {open_bert(folder).fingerprint, open_bert(folder, BertFiles(do_lower_case=False)).fingerprint}
    tensors = dict(golden_tensors())
    tensors["bert/pooler/dense/bias"] = np.asarray(tensors["bert/pooler/dense/bias"], np.float32) + np.float32(1)
    BundleWriter(tensors).write(folder / PREFIX)
    found.add(open_bert(folder).fingerprint)
    assert len(found) == 3


def test_a_config_ini_stands_in_for_a_missing_config_json_and_that_is_said(folder: Path) -> None:
    (folder / "config.json").unlink()
    bert = open_bert(folder)
    assert bert.fingerprint == open_bert(GOLDEN).fingerprint
    (note,) = bert.notes
    assert re.search(r"holds no config\.json; the section \[BERT-CONFIG\] of config\.ini is used", note)


def test_a_folder_for_a_checkpoint_is_taken_where_it_holds_one_and_that_is_said(folder: Path) -> None:
    bert = open_bert(folder, BertFiles(checkpoint=folder))
    assert bert.notes == (f"{folder} is a folder; the only checkpoint in it, {PREFIX}, is used.",)


def test_fewer_layers_than_the_checkpoint_holds_are_said(folder: Path) -> None:
    change_json(folder / "config.json", num_hidden_layers=2)
    bert = open_bert(folder)
    assert bert.model.config.num_hidden_layers == 2
    assert "holds 4 layers; the first 2 are used" in bert.notes[0]


def change_json(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


def two_checkpoints(folder: Path) -> None:
    for path in list(folder.glob(f"{PREFIX}.*")):
        shutil.copyfile(path, folder / path.name.replace("1400000", "90000"))


def no_checkpoint(folder: Path) -> None:
    for path in folder.glob(f"{PREFIX}.*"):
        path.unlink()


def first_format(folder: Path) -> None:
    no_checkpoint(folder)
    (folder / "model.ckpt").write_bytes(b"")


def rewritten(folder: Path, change: Callable[[dict[str, NDArray[np.generic]]], None]) -> None:
    tensors = golden_tensors()
    change(tensors)
    BundleWriter(tensors).write(folder / PREFIX)


MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "several checkpoints": (two_checkpoints, r"2 checkpoints: model\.ckpt-90000, model\.ckpt-1400000\. Name one"),
    "no checkpoint": (no_checkpoint, r"holds no checkpoint: no file in it ends with \.index\. Give the folder"),
    "first format": (first_format, r"first format, without an \.index, which is not read\. Save it again"),
    "no configuration": (
        lambda folder: [path.unlink() for path in folder.glob("config.*")],
        r"neither bert_config\.json nor config\.json nor config\.ini.*Copy it there",
    ),
    "broken configuration": (
        lambda folder: (folder / "config.json").write_text("{"),
        r"config\.json cannot be read as JSON.*Download it again",
    ),
    "no object": (lambda folder: (folder / "config.json").write_text("[]"), "holds a list; expected a JSON object"),
    "no number": (
        lambda folder: change_json(folder / "config.json", hidden_size="48"),
        r"config\.json: hidden_size is '48'; expected a whole number above 0",
    ),
    "no vocabulary size": (
        lambda folder: (folder / "config.json").write_text("{}"),
        "vocab_size is missing; expected a whole number",
    ),
    "no share": (
        lambda folder: change_json(folder / "config.json", hidden_dropout_prob=1),
        "hidden_dropout_prob is 1; expected a number from 0 to below 1",
    ),
    "odd heads": (
        lambda folder: change_json(folder / "config.json", num_attention_heads=5),
        "hidden_size 48 is no multiple of num_attention_heads 5",
    ),
    "odd activation": (
        lambda folder: change_json(folder / "config.json", hidden_act="swish"),
        "hidden_act is 'swish'; expected one of gelu, relu, tanh, linear",
    ),
    "configuration of another model": (
        lambda folder: change_json(folder / "config.json", intermediate_size=192),
        r"layer_0/intermediate/dense/kernel has the shape \[48, 96\], which does not fit .*config\.json",
    ),
    "more layers": (
        lambda folder: change_json(folder / "config.json", num_hidden_layers=5),
        r"lacks 16 of the weights of the network in .*config\.json, of which encoder\.layer\.4.*it holds 4 layers",
    ),
    "no bert": (
        lambda folder: rewritten(folder, lambda tensors: tensors.pop("bert/embeddings/word_embeddings")),
        "is no BERT: it has no variable bert/embeddings/word_embeddings",
    ),
    "no ini section": (
        lambda folder: [(folder / "config.json").unlink(), (folder / "config.ini").write_text("[OTHER]\n")],
        r"config\.ini has no section \[BERT-CONFIG\]",
    ),
    "broken ini": (
        lambda folder: [(folder / "config.json").unlink(), (folder / "config.ini").write_text("a\n")],
        r"config\.ini cannot be read as an INI file",
    ),
    "no tokenizer": (
        lambda folder: [(folder / "tiny-ja.model").unlink(), (folder / "tiny-ja.vocab").unlink()],
        r"holds no vocabulary: a SentencePiece model \(\*\.model\) with its \*\.vocab is looked for",
    ),
    "several models": (
        lambda folder: shutil.copyfile(folder / "tiny-ja.model", folder / "other.model"),
        r"holds 2 SentencePiece models: other\.model, tiny-ja\.model\. Name the one",
    ),
    "no model": (
        lambda folder: (folder / "tiny-ja.model").write_bytes(b"{}"),
        r"tiny-ja\.model is no SentencePiece model",
    ),
    "a smaller vocabulary": (
        lambda folder: shorten(folder / "tiny-ja.vocab", 160),
        r"tiny-ja\.vocab has 160 lines, but .*tiny-ja\.model 293 pieces\. Take the \.model and the vocabulary that",
    ),
    "a larger vocabulary": (
        lambda folder: append(folder / "tiny-ja.vocab", b"more\t-9\n"),
        r"tiny-ja\.vocab has 294 lines, but .*tiny-ja\.model 293 pieces",
    ),
    "a vocabulary without scores": (
        lambda folder: (folder / "tiny-ja.vocab").write_text("[CLS]\n"),
        r"tiny-ja\.vocab, line 1 is '\[CLS\]'; expected a piece, a tab and a score",
    ),
    "another vocabulary": (
        lambda folder: (folder / "tiny-ja.vocab").write_text("[CLS]\t0\n[SEP]\t0\n"),
        r"tiny-ja\.vocab has 2 lines, but .*tiny-ja\.model 293 pieces",
    ),
    "a vocabulary in another order": (
        lambda folder: reverse(folder / "tiny-ja.vocab"),
        r'tiny-ja\.vocab, line 1 is ".", but piece 0 of .*tiny-ja\.model is "<unk>"',
    ),
    "a vocabulary with two lines changed about": (
        lambda folder: exchange(folder / "tiny-ja.vocab", 200, 201),
        r"tiny-ja\.vocab, line 201 is .*, but piece 200 of .*so that ids would be those of other pieces",
    ),
    "a vocabulary without its SentencePiece model": (
        lambda folder: (folder / "tiny-ja.model").unlink(),
        r"tiny-ja\.vocab is there, but not the SentencePiece model .*tiny-ja\.model",
    ),
    "a checkpoint without its index": (
        lambda folder: (folder / f"{PREFIX}.index").unlink(),
        rf"holds {PREFIX}\.data-00000-of-00001, but not {PREFIX}\.index",
    ),
    "no special pieces": (
        lambda folder: (folder / "tiny-ja.vocab").write_text("a\t0\n"),
        r"lacks \[CLS\] and \[SEP\], so it is not that of a BERT",
    ),
    "no text": (lambda folder: (folder / "tiny-ja.vocab").write_bytes(b"\xff\t0\n"), "cannot be read as UTF-8 text"),
}


def append(path: Path, line: bytes) -> None:
    path.write_bytes(path.read_bytes() + line)


def reverse(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[::-1]))


def exchange(path: Path, a: int, b: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[a], lines[b] = lines[b], lines[a]
    path.write_bytes(b"".join(lines))


def shorten(path: Path, n_lines: int) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:n_lines]))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_what_to_do(folder: Path, mistake: str) -> None:
    spoil, expected = MISTAKES[mistake]
    spoil(folder)
    with pytest.raises(ModelError, match=expected):
        open_bert(folder)


def test_a_checkpoint_that_is_not_there_is_told_with_those_that_are(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"no checkpoint .*model\.ckpt-1.*holds model\.ckpt-1400000\. Check the name"):
        open_bert(folder / "model.ckpt-1")
    with pytest.raises(ModelError, match="holds no checkpoint"):
        open_bert(folder / "elsewhere" / "model.ckpt-1")


@pytest.mark.parametrize("files", [BertFiles(vocabulary=Path("no")), BertFiles(config=Path("no"))])
def test_a_named_file_that_is_not_there_is_told(files: BertFiles) -> None:
    with pytest.raises(ModelError, match="no is not a file"):
        open_bert(GOLDEN, files)


def test_named_files_take_the_place_of_the_usual_ones(folder: Path, tmp_path: Path) -> None:
    for name in ("tiny-ja.model", "tiny-ja.vocab", "config.json"):
        (folder / name).rename(tmp_path / name)
    (folder / "config.ini").unlink()
    named = BertFiles(
        folder / PREFIX, tmp_path / "config.json", tmp_path / "tiny-ja.vocab", tmp_path / "tiny-ja.model", True
    )
    assert open_bert(folder, named).fingerprint == open_bert(GOLDEN).fingerprint


def test_a_model_without_a_vocabulary_file_numbers_its_pieces_itself(folder: Path) -> None:
    (folder / "tiny-ja.vocab").unlink()
    bert = open_bert(folder)
    assert bert.notes[0].endswith("has no .vocab beside it; it numbers its pieces itself.")
    assert bert.fingerprint == open_bert(GOLDEN).fingerprint


def google_folder(folder: Path, name: str) -> Path:
    """The files that google-research's archives hold, with the golden network cut to fit."""
    there = folder.with_name(name)
    tensors = golden_tensors()
    tensors["bert/embeddings/word_embeddings"] = tensors["bert/embeddings/word_embeddings"][: len(WORDS)]
    BundleWriter(tensors).write(there / "bert_model.ckpt")
    shutil.copyfile(folder / "config.json", there / "bert_config.json")
    change_json(there / "bert_config.json", vocab_size=len(WORDS), directionality="bidi")
    (there / "vocab.txt").write_text("\n".join(WORDS) + "\n", "utf-8")
    return there


def test_googles_own_bert_is_read_with_its_word_pieces(folder: Path) -> None:
    bert = open_bert(google_folder(folder, "uncased_L-4_H-48_A-4"))
    found = token_sequence(bert.tokenizer, "Unaffable 東京 Ａ", None, 48)
    assert found.pieces == ["[CLS]", "un", "##aff", "##able", "東", "京", "[UNK]", "[SEP]"]
    assert found.ids == [WORDS.index(piece) for piece in found.pieces]
    assert bert.notes == () and first_vectors(bert, "a b").shape == (1, 4, 48)


def test_googles_cased_bert_is_not_lowercased_and_that_is_said(folder: Path) -> None:
    bert = open_bert(google_folder(folder, "multi_cased_L-4_H-48_A-4"))
    assert bert.tokenizer.pieces("Ab ab a") == ["[UNK]", "[UNK]", "a"]
    assert bert.notes == ('Text is not lowercased, because the folder multi_cased_L-4_H-48_A-4 calls itself "cased".',)


def test_hotto_sns_bert_is_read_with_its_own_rules_for_tweets(folder: Path) -> None:
    """Its file names; <unk> is not 0, text is not lowercased, names and links become one piece."""
    (folder / "tiny-ja.model").rename(folder / "tokenizer_spm_32K.model")
    pieces = [
        line.split("\t")[0] for line in (folder / "tiny-ja.vocab").read_text("utf-8").removesuffix("\n").split("\n")
    ]
    pieces[0], pieces[1] = "<pad>", "<unk>"
    (folder / "tokenizer_spm_32K.vocab.to.bert").write_text("\n".join(pieces) + "\n", "utf-8")
    (folder / "tiny-ja.vocab").rename(folder / "tokenizer_spm_32K.vocab")
    (folder / "config.json").rename(folder / "bert_config.json")
    bert = open_bert(folder)
    assert bert.notes == ()
    assert bert.tokenizer.pieces("@someone が") == open_bert_tokenizer(GOLDEN, LOUD).pieces("<mention> が")
    assert bert.tokenizer.ids(["龘", "▁"]) == [1, 7]


LOUD = BertFiles(do_lower_case=False)


def save_small(folder: Path, n_pieces: int, **settings: object) -> BertModel:
    config = BertConfig.from_dict(
        {"vocab_size": n_pieces, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
        | {"intermediate_size": 32, "max_position_embeddings": 40}
        | settings
    )
    torch.manual_seed(0)
    model = BertModel(config).eval()
    model.save_pretrained(folder)
    return model


def test_a_hugging_face_folder_with_word_pieces_is_read(tmp_path: Path) -> None:
    model = save_small(tmp_path, len(WORDS))
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS) + "\n", "utf-8")
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer", "do_lower_case": true}')
    bert, witness = open_bert(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    text = "Unaffable 東京 a"
    found = token_sequence(bert.tokenizer, text, None, 40)
    assert found.ids == witness(text)["input_ids"] and found.pieces[1:4] == ["un", "##aff", "##able"]
    assert bert.tokenizer.pieces("[SEP]") != ["[SEP]"]
    with torch.inference_mode():
        expected = model(torch.tensor([found.ids])).last_hidden_state
    torch.testing.assert_close(first_vectors(bert, text), expected)
    assert bert.notes == ()
    assert "unaffable" not in "".join(open_bert(tmp_path, LOUD).tokenizer.pieces("Unaffable"))
    witness.save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="Whether text is lowercased is said by the tokenizer's own files"):
        open_bert(tmp_path, LOUD)
    with pytest.raises(ModelError, match="with a config.json of its own. Leave .* out"):
        open_bert(tmp_path, BertFiles(config=tmp_path / "config.json"))


KANA = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "か", "##き", "##く", "が", "##ぎ", "##ぐ"]


def test_a_tokenizer_that_drops_voicing_marks_of_its_vocabulary_is_refused_with_what_mends_it(tmp_path: Path) -> None:
    save_small(tmp_path, len(KANA))
    (tmp_path / "vocab.txt").write_text("\n".join(KANA) + "\n", "utf-8")
    for opened in (open_bert, open_bert_tokenizer):
        with pytest.raises(ModelError, match="holds が, but .*が becomes か.*Keep the case: with --no-lower-case"):
            opened(tmp_path)
    bert = open_bert(tmp_path, LOUD)
    assert bert.tokenizer.pieces("がぎぐ") == ["が", "##ぎ", "##ぐ"]
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    assert open_bert(tmp_path).tokenizer.pieces("がぎぐ") == ["が", "##ぎ", "##ぐ"]


def test_a_vocabulary_without_voiced_kana_is_lowercased_as_ever(tmp_path: Path) -> None:
    """As that of Google's uncased multilingual model, which was made without them."""
    save_small(tmp_path, len(KANA) - 3)
    (tmp_path / "vocab.txt").write_text("\n".join(KANA[:-3]) + "\n", "utf-8")
    assert open_bert(tmp_path).tokenizer.pieces("がぎぐ") == ["か", "##き", "##く"]


def test_a_hugging_face_folder_with_a_sentencepiece_model_is_read(tmp_path: Path) -> None:
    save_small(tmp_path, 293)
    shutil.copyfile(GOLDEN / "tiny-ja.model", tmp_path / "spiece.model")
    text, golden = "The Server リンク [CLS]", open_bert_tokenizer(GOLDEN)
    assert open_bert(tmp_path).tokenizer.ids(golden.pieces(text)) == golden.ids(golden.pieces(text))
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer", "do_lower_case": false}')
    assert open_bert(tmp_path).tokenizer.pieces(text) == open_bert_tokenizer(GOLDEN, LOUD).pieces(text)


def test_a_masked_language_model_without_a_pooler_is_read_and_that_is_said(tmp_path: Path) -> None:
    config = save_small(tmp_path, len(WORDS)).config
    BertForMaskedLM(config).save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS) + "\n", "utf-8")
    bert = open_bert(tmp_path)
    assert bert.notes == (f"{tmp_path} has no pooler; the pooled vector is tanh of that of [CLS].",)
    with torch.inference_mode():
        out = bert.model(torch.tensor([[2, 5, 3]]))
    torch.testing.assert_close(out.pooler_output, torch.tanh(out.last_hidden_state[:, 0]))
    assert open_bert(tmp_path).fingerprint == bert.fingerprint


def test_a_hugging_face_folder_of_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    config = RobertaConfig(vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    RobertaModel(config).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="of the model type 'roberta'; expected bert"):
        open_bert(tmp_path)


def test_a_hugging_face_folder_that_lacks_weights_is_refused(tmp_path: Path) -> None:
    save_small(tmp_path, len(WORDS))
    change_json(tmp_path / "config.json", num_hidden_layers=3)
    with pytest.raises(ModelError, match=r"lack encoder\.layer\.2.*Download the model again"):
        open_bert(tmp_path)


def test_a_hugging_face_folder_with_a_vocabulary_too_large_is_refused(tmp_path: Path) -> None:
    save_small(tmp_path, 8)
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS) + "\n", "utf-8")
    with pytest.raises(ModelError, match="has 13 pieces, but the embedding of the network 8 rows"):
        open_bert(tmp_path)


def test_a_hugging_face_folder_with_damaged_weights_is_told(tmp_path: Path) -> None:
    save_small(tmp_path, len(WORDS))
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be read as a transformers model.*Download it again"):
        open_bert(tmp_path)
