"""Transformers models as encoders: tiny ones with random weights made here, and a real one that a package carries."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from support.small_models import PIECES, minilm_folder, write_tiny_bert
from transformers import (
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    Qwen2Config,
    Qwen2Model,
    RobertaConfig,
    RobertaModel,
    T5Config,
    T5Model,
)

from linkassist.embed.known_models import known_model
from linkassist.embed.model_name import Pooling
from linkassist.embed.transformer import TransformerEncoder
from linkassist.errors import ModelError

TEXTS = [
    "wiki notes link page",
    "リンク",
    "a",
    "page link page link note query passage b c d",
    "",
    "link",
    "wiki notes link page",
]


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-bert")
    write_tiny_bert(folder)
    return folder


@pytest.fixture
def model(tiny_bert: Path, tmp_path: Path) -> Path:
    """A copy of the tiny BERT, to be changed."""
    return Path(shutil.copytree(tiny_bert, tmp_path / "tiny"))


def as_sentence_transformers(
    folder: Path, *, pooling: dict[str, bool | str] | None = None, max_tokens: int | None = None
) -> None:
    """Add the files by which sentence-transformers knows how to use a model."""
    steps = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    (folder / "modules.json").write_text(
        json.dumps([{"path": path, "type": f"sentence_transformers.models.{kind}"} for path, kind in steps])
    )
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling or {"pooling_mode_mean_tokens": True}))
    if max_tokens is not None:
        (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": max_tokens}))


def one_by_one(
    folder: Path, texts: list[str], pooled: Callable[[torch.Tensor], torch.Tensor], max_tokens: int
) -> NDArray[np.float32]:
    """The second witness: each text alone through transformers, without batches, padding or windows."""
    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    rows = []
    for text in texts:
        inputs = tokenizer(text, truncation=True, max_length=max_tokens, return_tensors="pt")
        with torch.no_grad():
            vector = pooled(network(**inputs).last_hidden_state[0])
        rows.append((vector / vector.norm()).numpy())
    return np.stack(rows)


@pytest.mark.parametrize(
    ("flag", "pooled"),
    [
        ("pooling_mode_cls_token", lambda hidden: hidden[0]),
        ("pooling_mode_mean_tokens", lambda hidden: hidden.mean(dim=0)),
        ("pooling_mode_max_tokens", lambda hidden: hidden.max(dim=0).values),
        ("pooling_mode_lasttoken", lambda hidden: hidden[-1]),
    ],
)
@pytest.mark.parametrize("token_budget", [1, 20, 8192])
def test_vectors_equal_those_of_each_text_alone(
    model: Path, flag: str, pooled: Callable[[torch.Tensor], torch.Tensor], token_budget: int
) -> None:
    as_sentence_transformers(model, pooling={flag: True})
    encoder = TransformerEncoder(str(model), token_budget=token_budget)
    found = encoder.encode(TEXTS)
    assert found.dtype == np.float32
    assert found.shape == (len(TEXTS), encoder.width) == (7, 32)
    np.testing.assert_allclose(found, one_by_one(model, TEXTS, pooled, 24), atol=1e-5)


def test_vectors_do_not_change_from_call_to_call(tiny_bert: Path) -> None:
    assert np.array_equal(
        TransformerEncoder(str(tiny_bert)).encode(TEXTS), TransformerEncoder(str(tiny_bert)).encode(TEXTS)
    )


def test_no_texts_give_no_vectors(tiny_bert: Path) -> None:
    assert TransformerEncoder(str(tiny_bert)).encode([]).shape == (0, 32)


def test_progress_counts_the_texts_that_are_done(tiny_bert: Path) -> None:
    counts: list[tuple[int, int]] = []
    encoder = TransformerEncoder(str(tiny_bert), token_budget=12)
    encoder.encode([*TEXTS, "link " * 100], lambda done, total: counts.append((done, total)))
    assert counts == sorted(counts)
    assert counts[-1] == (8, 8)


LONG = "page link wiki note " * 15


def test_a_long_text_is_the_mean_of_its_windows_the_first_of_which_weigh_most(tiny_bert: Path) -> None:
    words = LONG.split()
    assert len(words) == 60  # of one token each: windows of 22, 22 and 16 with [CLS] and [SEP] around them
    tokenizer, network = AutoTokenizer.from_pretrained(tiny_bert), AutoModel.from_pretrained(tiny_bert).eval()
    hidden = []
    for start in (0, 22, 44):
        inputs = tokenizer(" ".join(words[start : start + 22]), return_tensors="pt")
        with torch.no_grad():
            hidden.append(network(**inputs).last_hidden_state[0].mean(dim=0))
    weights = [24 / 1, 24 / 2, 18 / 3]
    expected = sum(weight * vector for weight, vector in zip(weights, hidden, strict=True)) / sum(weights)
    found = TransformerEncoder(str(tiny_bert), token_budget=30).encode(["a", LONG, "b"])
    np.testing.assert_allclose(found[1], (expected / expected.norm()).numpy(), atol=1e-5)
    raw = TransformerEncoder(str(tiny_bert), token_budget=30).encode_raw(["a", LONG, "b"])
    np.testing.assert_allclose(raw[1], expected.numpy(), atol=1e-5)


def test_of_a_very_long_text_eight_windows_are_read(tiny_bert: Path) -> None:
    encoder = TransformerEncoder(str(tiny_bert))
    assert len(encoder._windows([LONG * 10])) == 8
    found = encoder.encode([LONG * 10, LONG * 10 + "query " * 500])
    np.testing.assert_array_equal(found[0], found[1])


def with_prefix(folder: Path, prefix: str) -> TransformerEncoder:
    """The model in the folder, with this prompt as its default."""
    prompts = {"prompts": {"page": prefix}, "default_prompt_name": "page"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    return TransformerEncoder(str(folder))


def test_every_window_gets_the_prefix(model: Path) -> None:
    encoder = with_prefix(model, "query: ")
    windows = [window.ids for window in encoder._windows([LONG])]
    query, colon = PIECES.index("query"), PIECES.index(":")
    assert [ids[:3] for ids in windows] == [[PIECES.index("[CLS]"), query, colon]] * 3
    assert [len(ids) for ids in windows] == [24, 24, 24]
    assert [id_ for ids in windows for id_ in ids[3:-1]] == [PIECES.index(word) for word in LONG.split()]


def test_a_text_may_hold_the_piece_that_pads(tiny_bert: Path) -> None:
    texts = ["link [PAD] page", "wiki note wiki note wiki note"]
    found = TransformerEncoder(str(tiny_bert)).encode(texts)
    np.testing.assert_allclose(found, one_by_one(tiny_bert, texts, lambda hidden: hidden.mean(dim=0), 24), atol=1e-5)


def test_roberta_takes_two_tokens_fewer_than_it_has_positions(model: Path) -> None:
    config = RobertaConfig(
        vocab_size=len(PIECES),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=20,
        pad_token_id=1,
    )
    RobertaModel(config).save_pretrained(model)
    encoder = TransformerEncoder(str(model))
    assert encoder.max_tokens == 18
    assert np.isfinite(encoder.encode([LONG])).all()


def test_a_checkpoint_with_another_head_is_used_without_it(model: Path) -> None:
    torch.manual_seed(1)
    BertForMaskedLM(BertConfig.from_pretrained(model)).save_pretrained(model)
    found = TransformerEncoder(str(model)).encode(TEXTS)
    np.testing.assert_allclose(found, one_by_one(model, TEXTS, lambda hidden: hidden.mean(dim=0), 24), atol=1e-5)


def test_old_weights_are_read_by_the_weights_only_reader(model: Path, tiny_bert: Path) -> None:
    (model / "model.safetensors").unlink()
    torch.save(AutoModel.from_pretrained(tiny_bert).state_dict(), model / "pytorch_model.bin")
    found = TransformerEncoder(str(model)).encode(TEXTS)
    np.testing.assert_allclose(found, TransformerEncoder(str(tiny_bert)).encode(TEXTS), atol=1e-5)


def test_a_pickle_that_would_run_code_is_refused(model: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
            return Path.touch, (tmp_path / "sprung",)

    (model / "model.safetensors").unlink()
    torch.save({"embeddings": Trap()}, model / "pytorch_model.bin")
    with pytest.raises(ModelError, match="cannot load"):
        TransformerEncoder(str(model))
    assert not (tmp_path / "sprung").exists()


# How the model wants to be used


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode_max_tokens": True}, "max"),
        ({"pooling_mode_lasttoken": True, "include_prompt": True}, "last"),
        ({"pooling_mode": "lasttoken"}, "last"),
        ({"pooling_mode_weightedmean_tokens": True}, "weighted"),
        ({"pooling_mode_mean_sqrt_len_tokens": True}, "mean"),  # of another length alone
    ],
)
def test_the_pooling_is_read_from_the_folder(model: Path, config: dict[str, bool | str], expected: Pooling) -> None:
    as_sentence_transformers(model, pooling=config)
    assert TransformerEncoder(str(model)).poolings == (expected,)


@pytest.mark.parametrize(
    "config",
    [
        {"pooling_mode_attention_tokens": True},
        {"pooling_mode_mean_tokens": False},
    ],
)
def test_a_pooling_that_we_cannot_do_is_refused(model: Path, config: dict[str, bool | str]) -> None:
    as_sentence_transformers(model, pooling=config)
    with pytest.raises(ModelError, match="1_Pooling/config.json asks for the pooling .*Choose another model"):
        TransformerEncoder(str(model))


def test_a_step_that_we_cannot_do_is_refused(model: Path) -> None:
    as_sentence_transformers(model)
    steps = json.loads((model / "modules.json").read_text())
    steps[2]["type"] = "sentence_transformers.models.LSTM"
    (model / "modules.json").write_text(json.dumps(steps))
    with pytest.raises(ModelError, match="asks for a module LSTM at place 2.*Choose another model"):
        TransformerEncoder(str(model))


@pytest.mark.parametrize(
    ("named", "pooling", "prefix"),
    [
        ("", "mean", ""),
        ("intfloat/multilingual-e5-small", "mean", "query: "),
        ("intfloat/multilingual-e5-large-instruct", "mean", "Instruct: Retrieve semantically similar text.\nQuery: "),
        ("BAAI/bge-small-en", "cls", ""),
        ("princeton-nlp/sup-simcse-bert-base-uncased", "cls", ""),
        ("cl-nagoya/ruri-base-v2", "mean", "クエリ: "),
        ("someone/bert-base5", "mean", ""),
        ("someone/e5/xlm-r", "mean", ""),
    ],
)
def test_a_model_without_such_files_goes_by_the_name_that_it_gives_itself(
    model: Path, named: str, pooling: Pooling, prefix: str
) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"_name_or_path": named}))
    encoder = TransformerEncoder(str(model))
    assert (encoder.poolings, encoder.prefix) == ((pooling,), prefix)


@pytest.mark.parametrize("place", ["e5/xlm-r", "bge/xlm-r", "multilingual-e5-small", "bge-m3"])
def test_the_name_of_a_folder_says_nothing_of_the_model(tiny_bert: Path, tmp_path: Path, place: str) -> None:
    encoder = TransformerEncoder(str(shutil.copytree(tiny_bert, tmp_path / place)))
    assert (encoder.poolings, encoder.prefix) == (("mean",), "")


SMALL_E5 = {"model_type": "bert", "hidden_size": 384, "num_hidden_layers": 12, "vocab_size": 250037}


@pytest.mark.parametrize(
    ("tokenizer", "modules", "prefix"),
    [
        ("XLMRobertaTokenizer", [], "query: "),
        ("XLMRobertaTokenizer", ["Transformer", "Pooling", "Normalize"], "query: "),
        ("PreTrainedTokenizerFast", [], ""),  # paraphrase-multilingual-MiniLM-L12-v2 has the same shape
        ("XLMRobertaTokenizer", ["Transformer", "Pooling"], ""),
    ],
)
def test_the_small_e5_is_known_by_its_shape_in_whatever_folder(tokenizer: str, modules: list[str], prefix: str) -> None:
    known = known_model(SMALL_E5, "", {"tokenizer_class": tokenizer}, modules)
    assert (known.pooling, known.prefix, bool(known.reason)) == ("mean", prefix, bool(prefix))


def test_several_poolings_are_joined_in_the_order_of_sentence_transformers(model: Path) -> None:
    as_sentence_transformers(model, pooling={"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True})
    encoder = TransformerEncoder(str(model))
    assert encoder.width == 64
    expected = one_by_one(model, TEXTS, lambda hidden: torch.cat([hidden[0], hidden.mean(dim=0)]), 24)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)


def test_a_weighted_mean_weighs_later_tokens_more(model: Path) -> None:
    as_sentence_transformers(model, pooling={"pooling_mode_weightedmean_tokens": True})

    def weighted(hidden: torch.Tensor) -> torch.Tensor:
        weights = torch.arange(1, len(hidden) + 1, dtype=torch.float32)
        return (hidden * weights[:, None]).sum(dim=0) / weights.sum()

    np.testing.assert_allclose(
        TransformerEncoder(str(model)).encode(TEXTS), one_by_one(model, TEXTS, weighted, 24), atol=1e-5
    )


def test_the_tokens_of_a_prompt_are_left_out_of_the_mean_where_the_folder_says_so(model: Path) -> None:
    """[CLS], `query`, `:`, the text, [SEP]: sentence-transformers leaves out the first three."""
    as_sentence_transformers(model, pooling={"pooling_mode_mean_tokens": True, "include_prompt": False})
    found = with_prefix(model, "query: ").encode(["link page"])
    expected = one_by_one(model, ["query: link page"], lambda hidden: hidden[3:].mean(dim=0), 24)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_texts_are_lowercased_where_the_folder_says_so(model: Path) -> None:
    (model / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer", "do_lower_case": false}')
    plain = TransformerEncoder(str(model))
    assert not np.allclose(plain.encode(["LINK"]), plain.encode(["link"]))
    as_sentence_transformers(model)
    (model / "sentence_bert_config.json").write_text('{"do_lower_case": true}')
    lowered = TransformerEncoder(str(model))
    np.testing.assert_allclose(lowered.encode(["LINK"]), plain.encode(["link"]), atol=1e-6)


def with_dense(folder: Path, *kinds: str) -> list[torch.Tensor]:
    """Adds these steps after the pooling, and returns the weight of each Dense."""
    as_sentence_transformers(folder)
    steps = json.loads((folder / "modules.json").read_text())[:2]
    weights = []
    for place, kind in enumerate(kinds, 2):
        steps.append({"path": f"{place}_{kind}", "type": f"sentence_transformers.models.{kind}"})
        (folder / f"{place}_{kind}").mkdir()
        if kind == "Dense":
            weights.append(torch.randn(8, 32, generator=torch.Generator().manual_seed(1)))
            config = {"in_features": 32, "out_features": 8, "bias": False}
            config |= {"activation_function": "torch.nn.modules.activation.Tanh"}
            (folder / f"{place}_Dense" / "config.json").write_text(json.dumps(config))
            save_file({"linear.weight": weights[-1]}, folder / f"{place}_Dense" / "model.safetensors")
    (folder / "modules.json").write_text(json.dumps(steps))
    return weights


@pytest.mark.parametrize("kinds", [("Dense",), ("Dense", "Normalize"), ("Normalize", "Dense")])
def test_a_dense_layer_after_the_pooling_is_applied(model: Path, kinds: tuple[str, ...]) -> None:
    (weight,) = with_dense(model, *kinds)

    def expected(hidden: torch.Tensor) -> torch.Tensor:
        pooled = hidden.mean(dim=0)
        return torch.tanh(weight @ (pooled / pooled.norm() if kinds[0] == "Normalize" else pooled))

    encoder = TransformerEncoder(str(model))
    assert encoder.width == 8
    np.testing.assert_allclose(encoder.encode(TEXTS), one_by_one(model, TEXTS, expected, 24), atol=1e-5)


def test_a_dense_layer_of_another_width_is_refused(model: Path) -> None:
    with_dense(model, "Dense")
    with pytest.raises(ModelError, match="is a Dense layer from 32 numbers, but what comes before it gives 64"):
        (model / "1_Pooling" / "config.json").write_text('{"pooling_mode": ["cls", "mean"]}')
        TransformerEncoder(str(model))


def test_options_behind_the_name_come_before_what_the_folder_says(model: Path) -> None:
    as_sentence_transformers(model, pooling={"pooling_mode_mean_tokens": True}, max_tokens=20)
    encoder = TransformerEncoder(f"{model}?pooling=cls&prefix=query: &window=12")
    assert (encoder.poolings, encoder.prefix, encoder.max_tokens) == (("cls",), "query: ", 12)
    texts = ["query: link", "query: page"]
    expected = one_by_one(model, texts, lambda hidden: hidden[0], 24)
    np.testing.assert_allclose(encoder.encode(["link", "page"]), expected, atol=1e-5)
    assert encoder.fingerprint != TransformerEncoder(str(model)).fingerprint


def test_a_prompt_is_chosen_by_its_name(model: Path) -> None:
    prompts = {"prompts": {"query": "query: ", "page": "page: "}}
    (model / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    assert TransformerEncoder(str(model)).prefix == ""
    assert TransformerEncoder(f"{model}?prompt=page").prefix == "page: "
    with pytest.raises(ModelError, match='does not give the prompt "passage" .it has query, page.'):
        TransformerEncoder(f"{model}?prompt=passage")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("poolin=cls", 'there is no option "poolin"; expected prefix, prompt, pooling, window, treatment'),
        ("pooling=pooled", 'pooling is "pooled"; expected one of cls, mean, max, last, weighted'),
        ("window=0", 'window is "0"; expected a whole number of tokens'),
        ("window=25", "window is 25, but the model takes 24 tokens at most"),
        ("pooling=cls&pooling=mean", "pooling is given twice"),
        ("prefix=a&prompt=b", "a prompt is a prefix"),
        ("treatment=white", "expected one of raw, centred, whitened"),
    ],
)
def test_an_option_that_cannot_be_is_told(model: Path, options: str, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        TransformerEncoder(f"{model}?{options}")


def test_a_folder_may_have_a_question_mark_in_its_name(tiny_bert: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "what?")
    assert TransformerEncoder(str(folder)).poolings == ("mean",)
    assert TransformerEncoder(f"{folder}?pooling=cls").poolings == ("cls",)


def test_a_decoder_is_read_at_its_last_token(model: Path, tiny_bert: Path) -> None:
    config = Qwen2Config(
        vocab_size=len(PIECES) + 1,  # transformers reads the vocabulary as Qwen's, and adds a piece that ends a text
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        initializer_range=0.5,
    )
    Qwen2Model(config).save_pretrained(model)
    AutoTokenizer.from_pretrained(tiny_bert).save_pretrained(model)
    encoder = TransformerEncoder(str(model))
    assert encoder.poolings == ("last",)
    texts = [text for text in TEXTS if len(text) <= 20]  # of one window: Qwen's tokenizer makes a token of each letter
    expected = one_by_one(model, texts, lambda hidden: hidden[-1], 24)
    np.testing.assert_allclose(encoder.encode(texts), expected, atol=1e-5)


def test_of_an_encoder_and_decoder_the_encoder_is_used(model: Path) -> None:
    config = T5Config(vocab_size=len(PIECES), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4)
    whole = T5Model(config).eval()
    whole.save_pretrained(model)
    inputs = AutoTokenizer.from_pretrained(model)("wiki notes link page", return_tensors="pt")
    with torch.no_grad():
        expected = whole.encoder(inputs["input_ids"]).last_hidden_state[0].mean(dim=0)
    found = TransformerEncoder(str(model)).encode(["a", "wiki notes link page", ""])
    np.testing.assert_allclose(found[1], (expected / expected.norm()).numpy(), atol=1e-5)


def test_the_prefix_goes_before_each_text(tiny_bert: Path, model: Path) -> None:
    plain = TransformerEncoder(str(tiny_bert)).encode(["query: link", "query: page", "passage: link"])
    np.testing.assert_allclose(with_prefix(model, "query: ").encode(["link", "page"]), plain[:2], atol=1e-5)
    np.testing.assert_allclose(with_prefix(model, "passage: ").encode(["link"]), plain[2:], atol=1e-5)


def test_the_default_prompt_of_the_folder_is_the_prefix(model: Path) -> None:
    prompts = {"prompts": {"query": "query: ", "page": "page: "}, "default_prompt_name": "page"}
    (model / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    assert TransformerEncoder(str(model)).prefix == "page: "


def test_the_length_is_the_folder_s_own_up_to_what_the_network_takes(model: Path) -> None:
    assert TransformerEncoder(str(model)).max_tokens == 24
    as_sentence_transformers(model, max_tokens=10)
    assert TransformerEncoder(str(model)).max_tokens == 10
    (model / "sentence_bert_config.json").write_text('{"max_seq_length": 25}')
    assert TransformerEncoder(str(model)).max_tokens == 24


def test_a_prefix_that_fills_the_length_is_refused(model: Path) -> None:
    as_sentence_transformers(model, max_tokens=4)
    with pytest.raises(ModelError, match='takes 4 tokens, but .* prefix "query: " alone are 4. Choose another model'):
        with_prefix(model, "query: ")


def test_the_fingerprint_tells_what_changes_the_vectors_and_nothing_else(tiny_bert: Path, model: Path) -> None:
    def fingerprint(folder: Path) -> str:
        return TransformerEncoder(str(folder)).fingerprint

    first = fingerprint(tiny_bert)
    assert fingerprint(model) == first  # the same files in another place
    assert TransformerEncoder(str(model), token_budget=10).fingerprint == first
    as_sentence_transformers(model, max_tokens=12)
    others = {fingerprint(model), with_prefix(model, "query: ").fingerprint}
    (model / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    others.add(fingerprint(model))
    torch.manual_seed(2)
    BertModel(BertConfig.from_pretrained(model)).save_pretrained(model)
    others.add(fingerprint(model))
    assert len(others | {first}) == 5


# What cannot be used


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="models/bert does not exist. Give the folder of a transformers model"):
        TransformerEncoder(str(tmp_path / "models" / "bert"))


def test_a_folder_without_a_config_says_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "weights.h5").touch()
    with pytest.raises(ModelError, match=r"no config.json \(found: weights.h5\)"):
        TransformerEncoder(str(tmp_path))


def test_a_file_in_place_of_a_folder_is_refused(model: Path) -> None:
    with pytest.raises(ModelError, match=r"no config.json \(found: a file\)"):
        TransformerEncoder(str(model / "model.safetensors"))


def test_a_folder_without_weights_is_refused(model: Path) -> None:
    (model / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no weights: neither .*safetensors.* Download the model again"):
        TransformerEncoder(str(model))


def test_damaged_weights_are_refused(model: Path) -> None:
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match="cannot load .*Download the model again"):
        TransformerEncoder(str(model))


def test_weights_of_another_model_are_refused(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    with pytest.raises(ModelError, match="lacks 16 of the model's weights, such as encoder.layer.2"):
        TransformerEncoder(str(model))


def test_a_model_that_drops_the_voicing_marks_of_its_vocabulary_is_refused_until_it_keeps_the_case(
    tmp_path: Path,
) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "か", "が"]
    config = BertConfig(vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=1)
    BertModel(config).save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(words) + "\n", "utf-8")
    with pytest.raises(ModelError, match=r"holds が, but .*tokenizer_config\.json"):
        TransformerEncoder(str(tmp_path))
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    encoder = TransformerEncoder(str(tmp_path))
    assert not np.allclose(*encoder.encode(["が", "か"]))


def test_a_folder_without_its_vocabulary_is_refused(model: Path) -> None:
    (model / "vocab.txt").unlink()
    with pytest.raises(ModelError, match="the tokenizer knows . pieces, the network 50.*Download the model again"):
        TransformerEncoder(str(model))


@pytest.mark.parametrize("name", ["config.json", "modules.json"])
def test_a_damaged_small_file_is_named(model: Path, name: str) -> None:
    (model / name).write_text('{"model_type": ')
    with pytest.raises(ModelError, match=f"{name} is not JSON .*Download the model again"):
        TransformerEncoder(str(model))


def test_a_model_that_brings_its_own_code_is_refused(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}}
    (model / "config.json").write_text(json.dumps(config))
    (model / "own.py").write_text("raise SystemExit('this ran')")
    with pytest.raises(ModelError, match="choose another, for linkassist runs none"):
        TransformerEncoder(str(model))


def test_without_a_network_a_name_on_the_hub_says_how_to_bring_the_model_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="hf download nobody/no-such-model --local-dir FOLDER.*give its path"):
        TransformerEncoder("nobody/no-such-model")


# A real model


@pytest.fixture(scope="session")
def minilm() -> Path:
    return minilm_folder()


SENTENCES = [
    "A man is eating a piece of bread.",
    "Someone is having some bread to eat.",
    "Notes that are linked to each other can be found again.",
    "A wiki page without links is hard to find later.",
    "The cheetah runs behind its prey.",
    "The bank raised its interest rates.",
    "猫が庭で寝ている。",
    "",
]


def test_minilm_is_used_as_its_folder_says(minilm: Path) -> None:
    encoder = TransformerEncoder(str(minilm))
    assert (encoder.poolings, encoder.prefix, encoder.max_tokens, encoder.width) == (("mean",), "", 256, 384)


def test_minilm_finds_what_means_the_same(minilm: Path) -> None:
    vectors = TransformerEncoder(str(minilm)).encode(SENTENCES)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    assert cosines[0].argmax() == 1
    assert cosines[2].argmax() == 3
    assert cosines[0, 1] > 0.7
    assert cosines[0, 4] < 0.2


def test_minilm_gives_the_figures_of_plain_transformers(minilm: Path) -> None:
    found = TransformerEncoder(str(minilm)).encode(SENTENCES)
    np.testing.assert_allclose(found, one_by_one(minilm, SENTENCES, lambda hidden: hidden.mean(dim=0), 256), atol=1e-5)
