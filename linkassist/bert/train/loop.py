"""A training loop that can be killed: seeded, resumed to the bit, stopped early, bounded in memory.

What an example is and what its loss is, is left to the caller; how weights move, to `adam.py`. Data order and
dropout are functions of the seed and the step, so that nothing of them has to be kept.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from linkassist.bert.train.adam import AdamWeightDecay, GlobalNorm, Schedule
from linkassist.errors import ModelError

Example = TypeVar("Example")

# Told after each step: how many are done, of how many, and the loss of the step.
OnStep = Callable[[int, int, float], None]

CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """`save_every` and `evaluate_every` are in steps; `evaluate_every` and `patience` matter where there is a score.

    Training ends when `patience` scores in a row have not been better than the best; None: never before the end.
    `identity` names what else decides the outcome, such as a hash of the examples and of the weights at the start:
    a checkpoint of another identity is refused.
    """

    schedule: Schedule
    batch_size: int
    identity: str
    seed: int = 0
    save_every: int = 1000
    evaluate_every: int = 1000
    patience: int | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """What the model was worth after so many steps; higher is better."""

    n_steps: int
    value: float


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """The whole training, also the part before it was interrupted, of which `n_found` steps were in a checkpoint."""

    losses: tuple[float, ...] = ()  # one a step
    scores: tuple[Score, ...] = ()
    n_found: int = field(default=0, compare=False)

    @property
    def best(self) -> Score | None:
        """The first of the highest scores."""
        return max(self.scores, key=lambda each: each.value, default=None)

    @property
    def n_steps(self) -> int:
        """How many steps made the weights that training left."""
        return self.best.n_steps if self.best else len(self.losses)


def train(
    model: nn.Module,
    examples: Sequence[Example],
    losses_of: Callable[[Sequence[Example]], Iterable[Tensor]],
    settings: TrainingSettings,
    folder: Path,
    score: Callable[[], float] | None = None,
    on_step: OnStep | None = None,
) -> TrainingReport:
    """Trains every weight of `model` that requires a gradient, and leaves it in evaluation mode.

    `losses_of` gives, for a batch, losses whose sum is the loss of the batch. Each is sent back through the network
    before the next is asked for: a batch that comes in several parts needs the memory of the largest alone.
    `score` is asked with the model in evaluation mode; the weights of the best score are those that stay.
    `folder` gets the checkpoint: the weights and the optimiser's moments, as safetensors. Where there is one, training
    goes on from there and ends with the same bits as if it had never stopped (on one machine and number of threads).
    Raises ModelError if the checkpoint is of another training, or a loss is no number.
    """
    if not examples or settings.schedule.n_steps < 1:
        raise ModelError(
            f"{len(examples)} examples in batches of {settings.batch_size} make {settings.schedule.n_steps} steps;"
            " nothing would be learnt. Add examples or epochs, or make the batches smaller."
        )
    _let_padding_learn(model)
    run = _Run(model, settings, folder)
    report = run.restored()
    step = n_found = len(report.losses)
    with GlobalNorm(model) as norm, torch.random.fork_rng():
        try:
            while True:
                if score and _is_due(step, settings) and not _has_score(report, step):
                    report = run.scored(report, step, score)
                if step == settings.schedule.n_steps or _is_stopped(report, settings):
                    break
                members = batch_members(step, len(examples), settings.batch_size, settings.seed)
                loss = run.step(step, [examples[at] for at in members], losses_of, norm)
                report = replace(report, losses=(*report.losses, loss))
                step += 1
                if on_step:
                    on_step(step, settings.schedule.n_steps, loss)
                if step % settings.save_every == 0:
                    run.save(report)
        except KeyboardInterrupt:
            run.save(report)
            raise
    run.save(report)
    if report.best:
        run.load_best()
    model.eval()
    return replace(report, n_found=n_found)


def batch_members(step: int, n_examples: int, batch_size: int, seed: int) -> list[int]:
    """Which examples the batch of this step holds: the next of an endless row of shuffled epochs.

    The original draws from a window of 100 examples that slides over the file, which on a file sorted by label is
    hardly a shuffle; here every epoch is shuffled whole.
    """
    at = range(step * batch_size, (step + 1) * batch_size)
    orders = {
        epoch: np.random.default_rng((seed, epoch)).permutation(n_examples)
        for epoch in range(at[0] // n_examples, at[-1] // n_examples + 1)
    }
    return [int(orders[place // n_examples][place % n_examples]) for place in at]


class _Run:
    """The model, the moments of its optimiser and the files that keep both."""

    def __init__(self, model: nn.Module, settings: TrainingSettings, folder: Path) -> None:
        self._model = model
        self._settings = settings
        self._folder = folder
        self._optimiser = AdamWeightDecay(model)
        # False while the optimiser is at work: the weights are then of no step at all.
        self._is_whole = True
        self._saved: TrainingReport | None = None

    def step(
        self,
        step: int,
        batch: Sequence[Example],
        losses_of: Callable[[Sequence[Example]], Iterable[Tensor]],
        norm: GlobalNorm,
    ) -> float:
        """Moves the weights by one batch; its loss."""
        torch.manual_seed(int(np.random.SeedSequence((self._settings.seed, step)).generate_state(1)[0]))
        self._model.train()
        self._model.zero_grad(set_to_none=True)
        loss = 0.0
        for part in losses_of(batch):
            part.backward()  # type: ignore[no-untyped-call]
            loss += float(part.detach())
        total = norm.take()
        if not math.isfinite(loss) or not math.isfinite(total):
            raise ModelError(
                f"At step {step} the loss is {loss} and the norm of its gradients {total}: training has gone astray."
                f" Delete {self._folder / CHECKPOINT} if there is one, and train with a lower learning rate."
            )
        self._is_whole = False
        self._optimiser.step(self._settings.schedule.at(step), total)
        self._is_whole = True
        return loss

    def scored(self, report: TrainingReport, step: int, score: Callable[[], float]) -> TrainingReport:
        """The report with one score more; the weights are kept if it is the best."""
        self._model.eval()
        with torch.no_grad():
            found = Score(step, score())
        report = replace(report, scores=(*report.scores, found))
        if report.best == found:
            _write(self._folder / BEST, _weights(self._model), {"n_steps": str(step)})
        return report

    def save(self, report: TrainingReport) -> None:
        """Writes the checkpoint, unless it says the same already or the weights are half moved."""
        if not self._is_whole or report == self._saved:
            return
        tensors = {f"weight/{name}": each for name, each in _weights(self._model).items()}
        tensors |= {f"adam_m/{name}": each for name, each in self._optimiser.m.items()}
        tensors |= {f"adam_v/{name}": each for name, each in self._optimiser.v.items()}
        words = {"report": json.dumps(asdict(report)), "settings": json.dumps(_named(self._settings))}
        _write(self._folder / CHECKPOINT, tensors, words)
        self._saved = report

    def restored(self) -> TrainingReport:
        """What the checkpoint tells, its weights and moments put in place; an empty report where there is none."""
        path = self._folder / CHECKPOINT
        if not path.is_file():
            return TrainingReport()
        tensors, words = _read(path)
        self._refuse_another(path, json.loads(words["settings"]))
        by_kind: dict[str, dict[str, Tensor]] = {"weight": {}, "adam_m": {}, "adam_v": {}}
        for name, tensor in tensors.items():
            kind, _, weight = name.partition("/")
            by_kind[kind][weight] = tensor
        self._model.load_state_dict(by_kind["weight"])
        self._optimiser.restore(by_kind["adam_m"], by_kind["adam_v"])
        told = json.loads(words["report"])
        self._saved = TrainingReport(tuple(told["losses"]), tuple(Score(**each) for each in told["scores"]))
        return self._saved

    def load_best(self) -> None:
        """Puts the weights of the best score in place."""
        self._model.load_state_dict(_read(self._folder / BEST)[0])

    def _refuse_another(self, path: Path, found: Mapping[str, Any]) -> None:
        asked = _named(self._settings)
        differ = [name for name in asked if name != "save_every" and found.get(name) != asked[name]]
        if differ:
            raise ModelError(
                f"{path} is of another training: "
                + "; ".join(f"{name} was {found.get(name)} and is {asked[name]} now" for name in differ)
                + ". Name another folder for this one, repeat the first command as it was to go on with that one,"
                " or delete the file to begin anew."
            )


def _named(settings: TrainingSettings) -> dict[str, Any]:
    """Each setting by its name, those of the schedule among them."""
    others = {name: value for name, value in asdict(settings).items() if name != "schedule"}
    return asdict(settings.schedule) | others


def _let_padding_learn(model: nn.Module) -> None:
    """Lets row 0 of the word embeddings learn like any other, as the original does.

    transformers names it the padding, and torch then drops its gradient. But 0 is <unk> in a SentencePiece vocabulary,
    and where it does pad, nothing attends to it, so that its gradient is 0 by itself.
    """
    for each in model.modules():
        if isinstance(each, nn.Embedding):
            each.padding_idx = None


def _is_due(step: int, settings: TrainingSettings) -> bool:
    return step > 0 and (step % settings.evaluate_every == 0 or step == settings.schedule.n_steps)


def _has_score(report: TrainingReport, step: int) -> bool:
    return bool(report.scores) and report.scores[-1].n_steps == step


def _is_stopped(report: TrainingReport, settings: TrainingSettings) -> bool:
    if settings.patience is None or report.best is None:
        return False
    return len(report.scores) - 1 - report.scores.index(report.best) >= settings.patience


def _weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: each.detach().contiguous() for name, each in model.state_dict().items()}


def _write(path: Path, tensors: dict[str, Tensor], words: dict[str, str]) -> None:
    """Writes the file beside and renames it, so that there is the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    save_file(tensors, beside, metadata=words)
    os.replace(beside, path)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}, dict(opened.metadata())  # noqa: SIM118
    except (SafetensorError, OSError, TypeError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Delete it, and training begins anew.") from error
