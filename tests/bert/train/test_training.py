"""The training loop and its optimiser, against the original's own steps and against the formulas in NumPy."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from support.paths import DATA, TESTS
from support.toy_training import SETTINGS, Toy, toy_examples, train_toy
from torch import Tensor, nn
from torch.nn import functional

from linkassist.bert.checkpoint.open import open_bert
from linkassist.bert.checkpoint.weights import parameter_of
from linkassist.bert.classify.model import BatchLoss, LabelledSequence, with_head
from linkassist.bert.tokenize.sequences import TokenSequence
from linkassist.bert.train.adam import AdamWeightDecay, GlobalNorm, LearningRateSchedule, schedule
from linkassist.bert.train.loop import BEST, CHECKPOINT, batch_members, train
from linkassist.errors import ModelError

GOLDEN = DATA / "bert-golden"


def same_bits(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(each, other.state_dict()[name]) for name, each in one.state_dict().items())


def test_twenty_steps_are_those_of_the_original_code_on_tensorflow() -> None:
    reference, lines = np.load(DATA / "bert-golden-training" / "reference.npz"), np.load(GOLDEN / "reference.npz")
    n_lines = sum(name.startswith("ids/") for name in lines.files)
    bert = open_bert(GOLDEN)
    network = with_head(bert.model, ["a", "b", "c"], seed=0)
    with torch.no_grad():
        network.classifier.weight.copy_(torch.tensor(reference["output_weights"]))
    bert.model.embeddings.word_embeddings.padding_idx = None
    losses_of, optimiser = BatchLoss(network, token_budget=100), AdamWeightDecay(network)
    with GlobalNorm(network) as norm:
        for step in range(20):
            chosen = [at % n_lines for at in range(8 * step, 8 * step + 8)]
            sequences = [TokenSequence(list(lines[f"ids/{at}"]), list(lines[f"types/{at}"]), []) for at in chosen]
            network.zero_grad()
            loss = 0.0
            for part in losses_of([LabelledSequence(each, at % 3) for each, at in zip(sequences, chosen, strict=True)]):
                part.backward()  # type: ignore[no-untyped-call]
                loss += float(part.detach())
            assert loss == pytest.approx(float(reference["losses"][step]), abs=1e-5)
            optimiser.step(float(reference["rates"][step]), norm.take())
    trained = bert.model.state_dict()
    for name in reference.files:
        if name.startswith("after/bert/"):
            expected = reference[name].T if name.endswith("/kernel") else reference[name]
            found = trained[parameter_of(name.removeprefix("after/"))].numpy()
            np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0, err_msg=name)
    np.testing.assert_allclose(network.classifier.weight.detach(), reference["after/output_weights"], atol=1e-5)
    np.testing.assert_allclose(network.classifier.bias.detach(), reference["after/output_bias"], atol=1e-5)


def formula_rate(step: int, n_steps: int, n_warmup: int, rate: float) -> float:
    """create_optimizer, line by line."""
    decayed = rate * (1.0 - min(step, n_steps) / n_steps)
    is_warmup = float(step < n_warmup)
    return (1.0 - is_warmup) * decayed + is_warmup * rate * step / n_warmup


def toy_gradients(
    weights: dict[str, NDArray[np.float64]], batch: Sequence[tuple[int, ...]]
) -> tuple[dict[str, NDArray[np.float64]], float]:
    """The gradient of each weight, and the norm that counts the embeddings word by word; no dropout."""
    leaves = {name: torch.tensor(each, requires_grad=True) for name, each in weights.items()}
    words = torch.tensor(batch)
    looked_up = leaves["word_embeddings.weight"].detach()[words[:, :-1]].requires_grad_()
    hidden = functional.layer_norm(looked_up.sum(dim=1), (5,), leaves["LayerNorm.weight"], leaves["LayerNorm.bias"])
    logits = hidden @ leaves["dense.weight"].T + leaves["dense.bias"]
    functional.cross_entropy(logits, words[:, -1]).backward()
    found = {name: each.grad.numpy() for name, each in leaves.items() if each.grad is not None}
    rows = looked_up.grad.numpy().reshape(-1, 5)
    norm = np.sqrt(sum((each**2).sum() for each in found.values()) + (rows**2).sum())
    table = np.zeros((7, 5))
    np.add.at(table, words[:, :-1].numpy().ravel(), rows)
    return found | {"word_embeddings.weight": table}, float(norm)


def test_twenty_steps_of_the_loop_are_those_of_the_formulas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functional, "dropout", lambda hidden, *_: hidden)
    weights = {name: each.double().numpy().copy() for name, each in Toy().state_dict().items()}
    m = {name: np.zeros_like(each) for name, each in weights.items()}
    v = {name: np.zeros_like(each) for name, each in weights.items()}
    examples = toy_examples()
    norms = []
    for step in range(20):
        batch = [examples[at] for at in batch_members(step, len(examples), 4, seed=3)]
        gradients, norm = toy_gradients(weights, batch)
        norms.append(norm)
        for name, gradient in gradients.items():
            clipped = gradient * min(1 / norm, 1.0)
            m[name] = 0.9 * m[name] + 0.1 * clipped
            v[name] = 0.999 * v[name] + 0.001 * clipped**2
            decay = 0.0 if name.startswith("LayerNorm") or name.endswith("bias") else 0.01
            update = m[name] / (np.sqrt(v[name]) + 1e-6) + decay * weights[name]
            weights[name] = weights[name] - formula_rate(step, 20, 4, 0.01) * update
    assert min(norms) < 1 < max(norms), "the clipping should be at work in some steps and not in others"
    toy, _ = train_toy(tmp_path)
    for name, found in toy.state_dict().items():
        np.testing.assert_allclose(found.numpy(), weights[name], atol=1e-5, rtol=0, err_msg=name)


@pytest.mark.parametrize(
    ("step", "rate"), [(0, 0.0), (1, 0.25), (3, 0.75), (4, 0.8), (10, 0.5), (19, 0.05), (20, 0.0), (25, 0.0)]
)
def test_the_rate_rises_from_zero_and_falls_to_zero(step: int, rate: float) -> None:
    assert LearningRateSchedule(20, 4, 1.0).at(step) == pytest.approx(rate)
    assert formula_rate(step, 20, 4, 1.0) == pytest.approx(rate)


def test_steps_are_counted_in_whole_batches_across_epochs() -> None:
    assert schedule(70, 32, 3.0, 5e-5, 0.1) == LearningRateSchedule(6, 0, 5e-5)
    assert schedule(320, 32, 3.0, 5e-5, 0.1) == LearningRateSchedule(30, 3, 5e-5)


def test_every_epoch_holds_every_example_once_in_another_order() -> None:
    members = [at for step in range(6) for at in batch_members(step, 9, 3, seed=0)]
    assert sorted(members[:9]) == sorted(members[9:]) == list(range(9))
    assert members[:9] != members[9:]
    assert members != [at for step in range(6) for at in batch_members(step, 9, 3, seed=1)]


def test_a_batch_larger_than_the_data_goes_round() -> None:
    assert sorted(batch_members(0, 2, 5, seed=0) + batch_members(1, 2, 5, seed=0)) == [0] * 5 + [1] * 5


def test_a_training_that_was_killed_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole, losses = train_toy(tmp_path / "whole")
    script = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; from support import toy_training as t\n"
        "toy = t.Toy()\n"
        "kill = lambda done, *_: os.kill(os.getpid(), signal.SIGKILL) if done == 13 else None\n"
        "t.train(toy, t.toy_examples(), toy.losses, t.SETTINGS, Path(sys.argv[2]), None, kill)"
    )
    child = subprocess.run([sys.executable, "-c", script, str(TESTS), str(tmp_path / "cut")])
    assert child.returncode == -signal.SIGKILL
    toy = Toy()
    report = train(toy, toy_examples(), toy.losses, SETTINGS, tmp_path / "cut")
    assert report.n_found == 10
    assert report.losses == losses
    assert same_bits(whole, toy)


def test_an_interrupt_keeps_every_whole_step(tmp_path: Path) -> None:
    whole, losses = train_toy(tmp_path / "whole")

    def interrupt(done: int, total: int, loss: float) -> None:
        if done == 8:
            raise KeyboardInterrupt

    toy = Toy()
    with pytest.raises(KeyboardInterrupt):
        train(toy, toy_examples(), toy.losses, SETTINGS, tmp_path / "cut", None, interrupt)
    again = Toy()
    report = train(again, toy_examples(), again.losses, SETTINGS, tmp_path / "cut")
    assert (report.n_found, report.losses) == (8, losses)
    assert same_bits(whole, again)


def test_another_seed_is_another_training(tmp_path: Path) -> None:
    assert train_toy(tmp_path / "a")[1] == train_toy(tmp_path / "b")[1]
    assert train_toy(tmp_path / "a2")[1] != train_toy(tmp_path / "c", replace(SETTINGS, seed=4))[1]


def test_a_finished_training_is_not_done_again(tmp_path: Path) -> None:
    train_toy(tmp_path)
    written_at = (tmp_path / CHECKPOINT).stat().st_mtime_ns
    toy = Toy()
    assert train(toy, toy_examples(), toy.losses, SETTINGS, tmp_path).n_found == 20
    assert (tmp_path / CHECKPOINT).stat().st_mtime_ns == written_at


def test_training_stops_early_and_keeps_the_best_weights(tmp_path: Path) -> None:
    scores = iter([0.5, 0.7, 0.7, 0.6])
    kept: list[Tensor] = []

    def score(toy: Toy) -> float:
        assert not toy.training
        kept.append(toy.dense.weight.detach().clone())
        return next(scores)

    toy, losses = train_toy(tmp_path, replace(SETTINGS, patience=2), score)
    assert len(losses) == 16  # scored at steps 4, 8, 12 and 16
    assert torch.equal(toy.dense.weight, kept[1])
    assert not torch.equal(toy.dense.weight, kept[3])
    assert (tmp_path / BEST).is_file()


def test_the_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    train_toy(tmp_path)
    with pytest.raises(ModelError, match=r"learning_rate was 0\.01 and is 0\.02 now.*Name another folder"):
        train_toy(tmp_path, replace(SETTINGS, schedule=LearningRateSchedule(20, 4, 0.02)))
    with pytest.raises(ModelError, match="identity was toy and is other now"):
        train_toy(tmp_path, replace(SETTINGS, identity="other"))
    train_toy(tmp_path, replace(SETTINGS, save_every=7))


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    train_toy(tmp_path)
    (tmp_path / CHECKPOINT).write_bytes((tmp_path / CHECKPOINT).read_bytes()[:100])
    with pytest.raises(ModelError, match=r"checkpoint\.safetensors cannot be read.*Delete it"):
        train_toy(tmp_path)


def test_a_training_without_a_step_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="make 0 steps.*Add examples or epochs"):
        train_toy(tmp_path, replace(SETTINGS, schedule=schedule(2, 32, 3.0, 5e-5, 0.1)))


def test_a_loss_that_is_no_number_stops_the_training(tmp_path: Path) -> None:
    toy = Toy()
    with torch.no_grad():
        toy.dense.bias.fill_(float("nan"))
    with pytest.raises(ModelError, match="At step 0 the loss is nan.*lower learning rate"):
        train(toy, toy_examples(), toy.losses, SETTINGS, tmp_path)


def test_word_zero_learns_too(tmp_path: Path) -> None:
    toy, _ = train_toy(tmp_path)
    unmoved = Toy().word_embeddings.weight[0] * (1 - 0.01 * 0.01) ** 20
    assert float((toy.word_embeddings.weight[0] - unmoved).detach().abs().max()) > 0.01


def test_a_batch_in_parts_is_the_whole_batch() -> None:
    bert = open_bert(GOLDEN)
    network = with_head(bert.model, ["a", "b"], seed=0)
    texts = ["リンク", "検索は質問である", "ノートにリンクを張ると、考えがつながる。", "朝"]
    sequences = [bert.tokenizer.ids(["[CLS]", *bert.tokenizer.pieces(text), "[SEP]"]) for text in texts]
    batch = [LabelledSequence(TokenSequence(ids, [0] * len(ids), []), at % 2) for at, ids in enumerate(sequences)]

    def gradients(token_budget: int) -> tuple[int, float, dict[str, Tensor]]:
        network.zero_grad()
        with GlobalNorm(network) as norm:
            parts = list(BatchLoss(network, token_budget)(batch))
            sum(parts, torch.zeros(())).backward()  # type: ignore[no-untyped-call]
            return len(parts), norm.take(), {name: each.grad for name, each in network.named_parameters()}  # type: ignore[misc]

    n_whole, whole_norm, whole = gradients(1000)
    whole = {name: each.clone() for name, each in whole.items()}
    n_parts, parts_norm, parts = gradients(1)
    assert (n_whole, n_parts) == (1, 4)
    assert parts_norm == pytest.approx(whole_norm, rel=1e-5)
    for name, each in whole.items():
        torch.testing.assert_close(parts[name], each, atol=1e-6, rtol=1e-4)
