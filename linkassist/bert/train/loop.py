"""A training loop that resumes bit for bit after a kill, with early stopping and bounded memory.

Examples and losses are left to the caller, the optimiser to `adam.py`. Data order and dropout are functions of the seed
and the step, so that the checkpoint needs no state of a random generator.
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

from linkassist.bert.train.adam import AdamWeightDecay, GlobalNorm, LearningRateSchedule
from linkassist.errors import ModelError

Example = TypeVar("Example")

# Called after each step with (steps done, all steps, loss of the step).
OnStep = Callable[[int, int, float], None]

CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """save_every, evaluate_every: in steps; evaluate_every and patience apply where there is a score.

    patience: early stopping after so many scores in a row without a new best; None for never. identity: a hash of what
    else determines the result, such as examples and initial weights; a checkpoint with another one is refused.
    """

    schedule: LearningRateSchedule
    batch_size: int
    identity: str
    seed: int = 0
    save_every: int = 1000
    evaluate_every: int = 1000
    patience: int | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """The score after n_steps; higher is better."""

    n_steps: int
    value: float


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """The whole training, resumed parts included. n_found: steps that were already in the checkpoint."""

    losses: tuple[float, ...] = ()  # one a step
    scores: tuple[Score, ...] = ()
    n_found: int = field(default=0, compare=False)

    @property
    def best(self) -> Score | None:
        """The highest score, the first of equals."""
        return max(self.scores, key=lambda each: each.value, default=None)

    @property
    def n_steps(self) -> int:
        """The step of the weights that training leaves: that of the best score, else the last."""
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

    losses_of: yields a batch's losses, whose sum is the loss of the batch. Gradients accumulate: each loss is
    propagated back before the next is computed, so that memory holds one part of the batch at a time.
    score: called with the model in evaluation mode; the weights of the best score are kept.
    folder: for the checkpoint, weights and moments as safetensors. Training resumes from it with the same bits as
    without the interruption (on one machine and number of threads).
    Raises ModelError if the checkpoint is of another training, or a loss is not finite.
    """
    if not examples or settings.schedule.n_steps < 1:
        raise ModelError(
            f"{len(examples)} examples in batches of {settings.batch_size} make {settings.schedule.n_steps} steps;"
            " nothing would be learnt. Add examples or epochs, or make the batches smaller."
        )
    _train_padding_row(model)
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
    """The indexes of this step's examples: consecutive parts of an endless sequence of shuffled epochs.

    Every epoch is shuffled as a whole; the original's shuffle buffer of 100 examples hardly shuffles a file that is
    sorted by label.
    """
    at = range(step * batch_size, (step + 1) * batch_size)
    orders = {
        epoch: np.random.default_rng((seed, epoch)).permutation(n_examples)
        for epoch in range(at[0] // n_examples, at[-1] // n_examples + 1)
    }
    return [int(orders[place // n_examples][place % n_examples]) for place in at]


class _Run:
    """A training run: the model, its optimiser and their checkpoint files."""

    def __init__(self, model: nn.Module, settings: TrainingSettings, folder: Path) -> None:
        self._model = model
        self._settings = settings
        self._folder = folder
        self._optimiser = AdamWeightDecay(model)
        # False during an optimiser step, when the weights are inconsistent.
        self._is_consistent = True
        self._saved: TrainingReport | None = None

    def step(
        self,
        step: int,
        batch: Sequence[Example],
        losses_of: Callable[[Sequence[Example]], Iterable[Tensor]],
        norm: GlobalNorm,
    ) -> float:
        """One optimiser step on a batch; returns its loss. Raises ModelError where it is not finite."""
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
        self._is_consistent = False
        self._optimiser.step(self._settings.schedule.at(step), total)
        self._is_consistent = True
        return loss

    def scored(self, report: TrainingReport, step: int, score: Callable[[], float]) -> TrainingReport:
        """The report with the score of this step added; saves the weights if it is the best."""
        self._model.eval()
        with torch.no_grad():
            found = Score(step, score())
        report = replace(report, scores=(*report.scores, found))
        if report.best == found:
            _write(self._folder / BEST, _weights(self._model), {"n_steps": str(step)})
        return report

    def save(self, report: TrainingReport) -> None:
        """Writes the checkpoint, unless it is up to date or the weights are inconsistent."""
        if not self._is_consistent or report == self._saved:
            return
        tensors = {f"weight/{name}": each for name, each in _weights(self._model).items()}
        tensors |= {f"adam_m/{name}": each for name, each in self._optimiser.m.items()}
        tensors |= {f"adam_v/{name}": each for name, each in self._optimiser.v.items()}
        metadata = {"report": json.dumps(asdict(report)), "settings": json.dumps(_named(self._settings))}
        _write(self._folder / CHECKPOINT, tensors, metadata)
        self._saved = report

    def restored(self) -> TrainingReport:
        """Loads the checkpoint's weights and moments; returns its report, an empty one where there is none."""
        path = self._folder / CHECKPOINT
        if not path.is_file():
            return TrainingReport()
        tensors, metadata = _read(path)
        self._check_same_training(path, json.loads(metadata["settings"]))
        by_kind: dict[str, dict[str, Tensor]] = {"weight": {}, "adam_m": {}, "adam_v": {}}
        for name, tensor in tensors.items():
            kind, _, weight = name.partition("/")
            by_kind[kind][weight] = tensor
        self._model.load_state_dict(by_kind["weight"])
        self._optimiser.restore(by_kind["adam_m"], by_kind["adam_v"])
        saved = json.loads(metadata["report"])
        self._saved = TrainingReport(tuple(saved["losses"]), tuple(Score(**each) for each in saved["scores"]))
        return self._saved

    def load_best(self) -> None:
        """Loads the weights of the best score."""
        self._model.load_state_dict(_read(self._folder / BEST)[0])

    def _check_same_training(self, path: Path, found: Mapping[str, Any]) -> None:
        wanted = _named(self._settings)
        differ = [name for name in wanted if name != "save_every" and found.get(name) != wanted[name]]
        if differ:
            raise ModelError(
                f"{path} is of another training: "
                + "; ".join(f"{name} was {found.get(name)} and is {wanted[name]} now" for name in differ)
                + ". Name another folder for this one, repeat the first command as it was to go on with that one,"
                " or delete the file to begin anew."
            )


def _named(settings: TrainingSettings) -> dict[str, Any]:
    """Name to value of the settings, those of the schedule included."""
    others = {name: value for name, value in asdict(settings).items() if name != "schedule"}
    return asdict(settings.schedule) | others


def _train_padding_row(model: nn.Module) -> None:
    """Makes row 0 of the word embeddings trainable, as in the original.

    transformers sets it as padding_idx, for which torch drops the gradient. But 0 is <unk> in a SentencePiece
    vocabulary, and for padding, to which nothing attends, the gradient is 0 anyway.
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


def _write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Writes to a temporary file and renames it, so that the old or the new one is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    save_file(tensors, beside, metadata=metadata)
    os.replace(beside, path)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}, dict(opened.metadata())  # noqa: SIM118
    except (SafetensorError, OSError, TypeError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Delete it, and training begins anew.") from error
