"""The packed forward pass beside transformers' own, on tiny models and on a real one that a package carries."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
import torch
from support.paths import TESTS
from support.small_models import minilm_folder
from torch import Tensor
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from linkassist.bert.encoder_options import Precision
from linkassist.bert.forward import BertForward, PackedHidden, packed_batches
from linkassist.bert.matmul import Dense, float_product, has_onednn, int8_by_range, int8_by_token
from linkassist.errors import ModelError

IDS = [[4, 17, 9, 5], [4, 5], [4, 30, 31, 32, 33, 5, 40, 41, 5], [4, 8, 8, 5], [4, 17, 9, 5], [4, 9, 17, 5]]
TYPES = [[0] * 4, [0] * 2, [0] * 6 + [1] * 3, [0] * 4, [0] * 4, [0] * 4]
ALL_LAYERS = (-1, -2, -3, -4)

onednn_only = pytest.mark.skipif(not has_onednn(), reason="this torch or processor has no oneDNN for products of bytes")


def tiny_bert(activation: str = "gelu_new", n_positions: int = 16) -> BertModel:
    """Three layers of width 32 whose vectors differ from token to token and from layer to layer."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=60,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=n_positions,
        hidden_act=activation,
        initializer_range=0.3,
        layer_norm_eps=1e-12,
    )
    model: BertModel = BertModel(config).eval()
    with torch.no_grad():
        for name, values in model.named_parameters():
            if name.endswith("bias") or "LayerNorm" in name:
                values.add_(torch.randn_like(values), alpha=0.3)
    return model


@torch.no_grad()
def by_transformers(
    model: BertModel, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]], layers: Sequence[int]
) -> list[list[Tensor]]:
    """For each sequence, run by itself, the hidden states of each layer: (tokens, width)."""
    found = []
    for some, of_types in zip(ids, types, strict=True):
        output = model(torch.tensor([some]), token_type_ids=torch.tensor([of_types]), output_hidden_states=True)
        found.append([output.hidden_states[layer][0] for layer in layers])
    return found


def unpacked(parts: Sequence[PackedHidden]) -> dict[int, list[Tensor]]:
    """The hidden states of each layer by sequence; a sequence that comes twice is a mistake."""
    found: dict[int, list[Tensor]] = {}
    for part in parts:
        start = 0
        for member, length in zip(part.members, part.lengths.tolist(), strict=True):
            assert member not in found
            found[member] = [layer[start : start + length] for layer in part.layers]
            start += length
        assert all(len(layer) == start for layer in part.layers)
    return found


def mean_pooled(forward: BertForward, ids: Sequence[Sequence[int]]) -> Tensor:
    """(texts, width): the mean over the tokens of the last layer."""
    found = unpacked(list(forward.run(ids, [[0] * len(some) for some in ids])))
    return torch.stack([found[at][0].mean(dim=0) for at in range(len(ids))])


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu"])
@pytest.mark.parametrize("token_budget", [5, 12, None])
def test_every_layer_of_every_sequence_is_that_of_transformers(activation: str, token_budget: int | None) -> None:
    model = tiny_bert(activation)
    expected = by_transformers(model, IDS, TYPES, ALL_LAYERS)
    found = unpacked(list(BertForward(model, "float32", "cpu", token_budget=token_budget).run(IDS, TYPES, ALL_LAYERS)))
    assert sorted(found) == list(range(len(IDS)))
    for at, layers in enumerate(expected):
        for layer, exact in enumerate(layers):
            torch.testing.assert_close(found[at][layer], exact, atol=1e-5, rtol=0)


def test_the_two_kinds_of_gelu_are_told_apart() -> None:
    by_kind = [
        unpacked(list(BertForward(tiny_bert(kind), "float32", "cpu").run(IDS, TYPES)))[2][0]
        for kind in ("gelu", "gelu_new")
    ]
    assert 1e-4 < float((by_kind[0] - by_kind[1]).abs().max()) < 1e-2


def test_the_products_of_torch_itself_give_the_same() -> None:
    # Where there is no oneDNN, and on an accelerator: "meta" would compute nothing, so the layer is asked directly.
    torch.manual_seed(0)
    dense, inputs = Dense(torch.randn(48, 32), torch.randn(48), "gelu_new"), torch.randn(7, 32)
    torch.testing.assert_close(float_product(dense, torch.float32, "cpu")(inputs), dense(inputs), atol=1e-5, rtol=0)


def test_the_pooled_vector_is_that_of_transformers() -> None:
    model = tiny_bert()
    forward = BertForward(model, "float32", "cpu")
    (last,) = forward.run(IDS[2:3], TYPES[2:3])
    with torch.no_grad():
        expected = model(torch.tensor(IDS[2:3]), token_type_ids=torch.tensor(TYPES[2:3])).pooler_output
    torch.testing.assert_close(forward.pooled(last.layers[0][:1]), expected, atol=1e-5, rtol=0)


def test_equal_sequences_pass_through_the_network_once() -> None:
    forward = BertForward(tiny_bert(), "float32", "cpu", token_budget=8)
    parts = list(forward.run([IDS[0]] * 9, [TYPES[0]] * 9))
    assert sorted(member for part in parts for member in part.members) == list(range(9))
    assert len({part.layers[0].data_ptr() for part in parts}) == 1


def test_equal_ids_with_other_types_are_other_sequences() -> None:
    found = unpacked(list(BertForward(tiny_bert(), "float32", "cpu").run([IDS[0]] * 2, [[0] * 4, [0, 0, 1, 1]])))
    assert float((found[0][0] - found[1][0]).abs().max()) > 0.01


def test_nothing_asked_for_is_nothing_done() -> None:
    assert list(BertForward(tiny_bert(), "float32", "cpu").run([], [])) == []


def test_a_batch_keeps_to_its_tokens_and_the_longest_come_first() -> None:
    lengths = [3, 9, 1, 4, 4, 2]
    batches = list(packed_batches(lengths, token_budget=8))
    assert batches == [[1], [3, 4], [0, 5, 2]]


def test_vectors_can_be_learnt_from() -> None:
    (part,) = BertForward(tiny_bert(), "float32", "cpu").run(IDS[:1], TYPES[:1])
    weight = torch.zeros(32, requires_grad=True)
    (part.layers[0] @ weight).sum().backward()  # type: ignore[no-untyped-call]
    assert weight.grad is not None and float(weight.grad.abs().sum()) > 0


def test_bfloat16_keeps_a_cosine_of_0_999() -> None:
    model = tiny_bert()
    exact, quick = (mean_pooled(BertForward(model, name, "cpu"), IDS) for name in ("float32", "bfloat16"))
    assert float((exact - quick).abs().max()) > 1e-6
    assert float(torch.cosine_similarity(exact, quick).min()) > 0.999


@onednn_only
@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "silu"])
def test_int8_keeps_a_cosine_of_0_99(activation: str) -> None:
    model = tiny_bert(activation)
    exact, quick = (mean_pooled(BertForward(model, name, "cpu"), IDS) for name in ("float32", "int8"))
    assert float((exact - quick).abs().max()) > 1e-4
    assert float(torch.cosine_similarity(exact, quick).min()) > 0.99


@pytest.mark.parametrize("precision", ["float32", "bfloat16", pytest.param("int8", marks=onednn_only)])
def test_a_text_gets_the_same_vector_whatever_stands_beside_it(precision: Precision) -> None:
    forward = BertForward(tiny_bert(), precision, "cpu")
    together = mean_pooled(forward, IDS)
    alone = torch.cat([mean_pooled(forward, [some]) for some in IDS])
    assert float(torch.cosine_similarity(together, alone).min()) > 0.9999


@onednn_only
def test_the_largest_products_of_bytes_do_not_overflow() -> None:
    # Some processors add pairs of byte products in 16 bits, where 2 * 255 * 127 becomes 32,767.
    dense, inputs = Dense(torch.full((8, 64), 3.0), torch.ones(8)), torch.full((2, 64), 5.0)
    for product in (int8_by_range(dense, inputs), int8_by_token(dense, inputs, torch.float32)):
        torch.testing.assert_close(product(inputs), dense(inputs), rtol=0.01, atol=0)


@onednn_only
def test_a_value_outside_the_range_becomes_its_end() -> None:
    product = int8_by_range(Dense(torch.eye(4), torch.zeros(4)), torch.tensor([[-1.0] * 4, [2.0] * 4]))
    found = product(torch.tensor([[-50.0, -1.0, 2.0, 50.0]]))
    torch.testing.assert_close(found, torch.tensor([[-1.0, -1.0, 2.0, 2.0]]), atol=0.02, rtol=0)


@onednn_only
def test_a_token_of_large_numbers_takes_no_steps_from_the_others() -> None:
    dense = Dense(torch.eye(4), torch.tensor([0.0, 0.0, 0.0, 0.5]), "relu")
    inputs = torch.tensor([[0.01, 0.02, -0.01, 0.0], [1000.0, 500.0, -9.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    found = int8_by_token(dense, inputs[:1], torch.float32)(inputs)
    expected = torch.tensor([[0.01, 0.02, 0.0, 0.5], [1000.0, 500.0, 0.0, 2.5], [0.0, 0.0, 0.0, 0.5]])
    torch.testing.assert_close(found[0], expected[0], atol=2e-4, rtol=0)
    torch.testing.assert_close(found[1], expected[1], atol=9.0, rtol=0)
    torch.testing.assert_close(found[2], expected[2], atol=1e-6, rtol=0)


@pytest.mark.parametrize(("has_it", "expected"), [(True, "bfloat16"), (False, "float32")])
def test_auto_goes_by_the_processor(monkeypatch: pytest.MonkeyPatch, has_it: bool, expected: str) -> None:
    let_processor_have_bfloat16(monkeypatch, has_it)
    assert BertForward(tiny_bert(), "auto", "cpu").precision == expected


def test_auto_keeps_float32_where_bfloat16_falls_below_0_999(monkeypatch: pytest.MonkeyPatch) -> None:
    let_processor_have_bfloat16(monkeypatch, True)
    model = tiny_bert()
    with torch.no_grad():
        model.encoder.get_submodule("layer.2.output.dense").get_parameter("bias").fill_(
            1000.0
        )  # normalisation takes it away, after it was rounded
    assert BertForward(model, "auto", "cpu").precision == "float32"


def let_processor_have_bfloat16(monkeypatch: pytest.MonkeyPatch, has_it: bool, kernels: str = "AVX512") -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_it)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: kernels)


def test_auto_is_float32_where_torch_is_held_to_fewer_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    let_processor_have_bfloat16(monkeypatch, True, kernels="AVX2")
    assert BertForward(tiny_bert(), "auto", "cpu").precision == "float32"


LONG_IDS = [[4, *range(5, 59)] * 3, [4, 17, 9, 5]]


def print_cosines() -> None:
    """The lowest cosine to float32 of each precision, on sequences that torch's attention takes in blocks."""
    exact = mean_pooled(BertForward(tiny_bert(n_positions=200), "float32", "cpu"), LONG_IDS)
    for precision in ("auto", "bfloat16", *(("int8",) if has_onednn() else ())):
        found = mean_pooled(BertForward(tiny_bert(n_positions=200), precision, "cpu"), LONG_IDS)
        print(precision, float(torch.cosine_similarity(found, exact).min()))


@pytest.mark.parametrize("kernels", ["default", "avx2", "avx512"])
def test_every_precision_works_whatever_instructions_torch_is_held_to(kernels: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import test_forward; test_forward.print_cosines()"],
        cwd=TESTS / "bert",
        env={**os.environ, "ATEN_CPU_CAPABILITY": kernels, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    cosines = {name: float(cosine) for name, cosine in map(str.split, done.stdout.splitlines())}
    assert cosines.keys() >= {"auto", "bfloat16"}
    assert all(cosine > (0.99 if name == "int8" else 0.999) for name, cosine in cosines.items()), cosines


@pytest.mark.parametrize("layer", [0, -5, 1])
def test_a_layer_that_is_not_there_is_said_with_those_that_are(layer: int) -> None:
    with pytest.raises(ModelError, match=f"no layer {layer}: -1 is its last, -3 its first, -4 the embeddings"):
        list(BertForward(tiny_bert(), "float32", "cpu").run(IDS, TYPES, (layer,)))


def test_a_sequence_longer_than_the_positions_is_said_with_their_number() -> None:
    with pytest.raises(ModelError, match="17 tokens, but the model takes at most 16. Set max_seq_length to 16"):
        list(BertForward(tiny_bert(), "float32", "cpu").run([[4] * 17], [[0] * 17]))


def test_int8_on_an_accelerator_is_refused_with_what_to_choose() -> None:
    with pytest.raises(ModelError, match="not on cuda here. Choose the precision auto or float32"):
        BertForward(tiny_bert(), "int8", "cuda")


def test_a_real_models_vectors_survive_each_precision() -> None:
    folder = minilm_folder()
    model, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    texts = [
        "A wiki is a set of pages that link to each other.",
        "The cat sat on the mat, and the dog looked on.",
        "リンクの足りないページを探す",
        "Support vector machines separate classes by the widest margin they can find between them.",
        "a",
    ]
    ids = [list(some) for some in tokenizer(texts)["input_ids"]]
    exact = torch.stack(
        [rows[0].mean(dim=0) for rows in by_transformers(model, ids, [[0] * len(some) for some in ids], (-1,))]
    )
    least = {"float32": 0.999999, "bfloat16": 0.999} | ({"int8": 0.99} if has_onednn() else {})
    for precision, cosine in least.items():
        found = mean_pooled(BertForward(model, precision, "cpu"), ids)  # type: ignore[arg-type]
        assert float(torch.cosine_similarity(found, exact).min()) > cosine, precision
