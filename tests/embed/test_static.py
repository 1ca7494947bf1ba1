"""Static embedding models: folders of both kinds made here, against means that are computed by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from linkassist.embed.static import StaticEncoder
from linkassist.errors import ModelError
from linkassist.model.encoders import files_state, open_model

WORDS = ["[UNK]", "wiki", "link", "page", "query:"]
VECTORS: NDArray[np.float32] = np.random.default_rng(0).normal(size=(len(WORDS), 3)).astype(np.float32)


def write_static(folder: Path) -> Path:
    """A StaticEmbedding of sentence-transformers, as its save writes it."""
    place = folder / "0_StaticEmbedding"
    place.mkdir(parents=True)
    tokenizer(place)
    save_file({"embedding.weight": VECTORS}, place / "model.safetensors")
    modules = [{"idx": 0, "name": "0", "path": place.name, "type": "sentence_transformers.models.StaticEmbedding"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    return folder


def write_model2vec(folder: Path, **more: NDArray[np.generic]) -> Path:
    folder.mkdir()
    tokenizer(folder)
    save_file({"embeddings": VECTORS} | more, folder / "model.safetensors")
    (folder / "config.json").write_text('{"model_type": "model2vec", "normalize": true}')
    return folder


def tokenizer(folder: Path) -> None:
    made = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))  # noqa: S106
    made.pre_tokenizer = WhitespaceSplit()  # type: ignore[assignment]
    made.enable_truncation(2)
    made.enable_padding()
    made.save(str(folder / "tokenizer.json"))


def unit_mean(*rows: int) -> NDArray[np.float32]:
    mean = VECTORS[list(rows)].mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def test_a_text_is_the_mean_of_its_tokens_however_many(tmp_path: Path) -> None:
    encoder = open_model(str(write_static(tmp_path / "static")))
    found = encoder.encode(["wiki link link page", "page", "", "link other"])
    expected = [unit_mean(1, 2, 2, 3), unit_mean(3), np.zeros(3), unit_mean(2, 0)]
    np.testing.assert_allclose(found, np.stack(expected), atol=1e-6)


def test_model2vec_leaves_out_what_its_vocabulary_lacks(tmp_path: Path) -> None:
    encoder = open_model(str(write_model2vec(tmp_path / "m2v")))
    found = encoder.encode(["link other", "other"])
    np.testing.assert_allclose(found, np.stack([unit_mean(2), np.zeros(3)]), atol=1e-6)


def test_model2vec_may_share_rows_among_tokens_and_weigh_them(tmp_path: Path) -> None:
    mapping, weights = np.array([0, 1, 1, 2, 3]), np.array([1, 2, 3, 4, 5], np.float32)
    encoder = open_model(str(write_model2vec(tmp_path / "m2v", mapping=mapping, weights=weights)))
    mean = (3 * VECTORS[1] + 4 * VECTORS[2]) / 2
    np.testing.assert_allclose(encoder.encode(["link page"])[0], mean / np.linalg.norm(mean), atol=1e-6)


def test_a_prefix_and_a_window_can_be_said(tmp_path: Path) -> None:
    folder = write_static(tmp_path / "static")
    found = StaticEncoder(f"{folder}?prefix=query: &window=2").encode(["wiki link"])
    np.testing.assert_allclose(found[0], unit_mean(4, 1), atol=1e-6)


def test_the_fingerprint_and_the_state_of_the_files_follow_the_vectors(tmp_path: Path) -> None:
    folder = write_static(tmp_path / "static")
    before = StaticEncoder(str(folder)).fingerprint, files_state(str(folder))
    save_file({"embedding.weight": np.vstack([VECTORS, VECTORS])}, folder / "0_StaticEmbedding" / "model.safetensors")
    after = StaticEncoder(str(folder)).fingerprint, files_state(str(folder))
    assert before[0] != after[0] and before[1] != after[1]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda place: (place / "tokenizer.json").unlink(), "tokenizer.json is missing"),
        (lambda place: (place / "tokenizer.json").write_text("{"), "tokenizer.json cannot be read"),
        (lambda place: (place / "model.safetensors").unlink(), "model.safetensors cannot be read"),
        (lambda place: save_file({"a": VECTORS}, place / "model.safetensors"), "holds a; expected embedding.weight"),
        (
            lambda place: save_file({"embeddings": VECTORS[:2]}, place / "model.safetensors"),
            "has 5 pieces, but model.safetensors 2 vectors",
        ),
    ],
)
def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path, spoil, told: str) -> None:  # type: ignore[no-untyped-def]
    folder = write_static(tmp_path / "static")
    spoil(folder / "0_StaticEmbedding")
    with pytest.raises(ModelError, match=told):
        open_model(str(folder))


def test_a_pooling_of_a_static_model_has_no_effect_and_is_refused(tmp_path: Path) -> None:
    folder = write_static(tmp_path / "static")
    with pytest.raises(ModelError, match="takes the mean of its tokens"):
        open_model(f"{folder}?pooling=cls")
