"""Several vectors of a text from one pass, on the golden model: the reference holds its layers and pooled output."""

from __future__ import annotations

import numpy as np
import pytest
from support.paths import GOLDEN

from linkassist.bert.checkpoint.open import open_bert
from linkassist.bert.forward import BertForward
from linkassist.bert.layer_pooling import LayerPooling, layers_of, pool_layers, usual_poolings
from linkassist.bert.tokenize.sequences import split_pair, token_sequence


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(GOLDEN / "reference.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def vectors() -> dict[str, np.ndarray]:
    """By the pooling's name, (lines, width)."""
    bert = open_bert(GOLDEN)
    lines = (GOLDEN / "inputs.txt").read_text("utf-8").split("\n")[:-1]
    sequences = [token_sequence(bert.tokenizer, *split_pair(line), 48) for line in lines]
    forward = BertForward(bert.model, "float32", token_budget=60)
    poolings = usual_poolings(4, (-1, -2))
    layers = layers_of(poolings)
    found = {each.name: np.zeros((len(lines), 48), np.float32) for each in poolings}
    for packed in forward.run([each.ids for each in sequences], [each.types for each in sequences], layers):
        for each, batch in zip(poolings, pool_layers(packed, layers, poolings, forward.pooled), strict=True):
            found[each.name][packed.members] = batch.numpy()
    return found


@pytest.mark.parametrize(
    ("name", "of_line"),
    [
        ("cls -1", lambda reference, i: reference[f"layer_output_0/{i}"][0]),
        ("cls -2", lambda reference, i: reference[f"layer_output_1/{i}"][0]),
        ("pooled", lambda reference, i: reference[f"pooled/{i}"]),
        ("mean -1", lambda reference, i: reference[f"layer_output_0/{i}"].mean(axis=0)),
        ("mean -2", lambda reference, i: reference[f"layer_output_1/{i}"].mean(axis=0)),
        ("max -1", lambda reference, i: reference[f"layer_output_0/{i}"].max(axis=0)),
        ("mean -2, no specials", lambda reference, i: reference[f"layer_output_1/{i}"][1:-1].mean(axis=0)),
        ("max -2, no specials", lambda reference, i: reference[f"layer_output_1/{i}"][1:-1].max(axis=0)),
        (
            "mean -4 & -1",
            lambda reference, i: (reference[f"layer_output_0/{i}"] + reference[f"layer_output_3/{i}"]).mean(axis=0) / 2,
        ),
    ],
)
def test_each_pooling_is_what_the_original_layers_come_to(name, of_line, vectors, reference) -> None:  # type: ignore[no-untyped-def]
    for i, vector in enumerate(vectors[name]):
        if len(reference[f"ids/{i}"]) > 2:
            assert vector == pytest.approx(of_line(reference, i), abs=1e-5)


def test_an_empty_line_has_vectors_too(vectors: dict[str, np.ndarray]) -> None:
    empty = (GOLDEN / "inputs.txt").read_text("utf-8").split("\n").index("")
    assert all(np.abs(found[empty]).max() > 0 for found in vectors.values())


def test_only_the_layers_that_are_read_are_kept() -> None:
    poolings = [LayerPooling("cls", (-2,)), LayerPooling("mean", (-4, -1)), LayerPooling("max", (-2,))]
    assert layers_of(poolings) == (-1, -2, -4)


def test_each_pooling_is_there_once() -> None:
    names = [each.name for each in usual_poolings(4, (-1, -2, -1))]
    assert len(names) == len(set(names)) == 13
    assert "mean -4 & -1, no specials" in names
