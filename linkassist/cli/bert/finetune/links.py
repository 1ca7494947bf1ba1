"""The commands that let a BERT learn from a wiki's links: what they share.

`learning_command` makes the commands `two-towers` and `cross-encoder`, which differ only in the model.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Protocol

import typer

from linkassist.bert.checkpoint.open import Bert
from linkassist.bert.train.loop import OnStep, TrainingReport
from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption, ProjectOption, WikiFile, read_wiki, require_one_wiki
from linkassist.cli.output import say
from linkassist.cli.progress import training_progress
from linkassist.progress import no_progress
from linkassist.research.finetune.judging import FloatArray, LinkFigures, Questions, judge, questions_of
from linkassist.research.finetune.link_examples import LinkedWiki, build_linked_wiki
from linkassist.research.finetune.link_training import LinkTraining, open_to_train
from linkassist.research.finetune.pairs import Pair

_CHECKPOINTS = "training"  # the folder inside the output folder from which an interrupted training goes on
USUAL_RATE = 5e-5
USUAL_LENGTH = 128
USUAL_EPOCHS = 4.0

ModelOption = Annotated[
    Path, typer.Option("--model", metavar="FOLDER", help="The BERT to start from: a TensorFlow or Hugging Face folder.")
]
OutputOption = Annotated[
    Path, typer.Option("--output", metavar="FOLDER", help="The folder for the result and the checkpoints.")
]
BlindOption = Annotated[
    bool, typer.Option("--blind/--inline", help="Whether to remove the words of links, or only their brackets.")
]
LengthOption = Annotated[
    int, typer.Option("--max-seq-length", metavar="N", min=8, help="The most tokens of a text or pair.")
]
BatchOption = Annotated[int, typer.Option("--batch-size", metavar="N", min=2, help="Pairs per step.")]
PatienceOption = Annotated[
    int, typer.Option("--patience", metavar="N", min=1, help="Stop after N epochs without improvement.")
]
BudgetOption = Annotated[
    int,
    typer.Option(
        "--token-budget", metavar="N", min=1, help="The most tokens in memory at once; does not change the loss."
    ),
]
SeedOption = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        help="The random seed of order and dropout, and of the split if times are missing.",
    ),
]


class LinkLearner(Protocol):
    """A BERT that learns from the links of a wiki: `Towers` or `CrossEncoder`."""

    def scores(self, pairs: Sequence[Pair]) -> FloatArray: ...

    def train(self, questions: Questions, checkpoints: Path, on_step: OnStep | None = None) -> TrainingReport: ...

    def write(self, n_steps: int, folder: Path) -> None: ...


def learning_command(
    new_learner: Callable[[Bert, LinkedWiki, LinkTraining], LinkLearner],
    *,
    description: str,
    epilog: str,
    print_use: Callable[[Path, int], None] = lambda output, max_seq_length: None,
) -> typer.Typer:
    """The command that trains such a learner and writes it. print_use: tells how the result is used."""

    @command(help=description, epilog=epilog)
    def learn(
        model: ModelOption,
        output: OutputOption,
        export: WikiFile = None,
        is_blind: BlindOption = True,
        max_seq_length: LengthOption = USUAL_LENGTH,
        batch_size: BatchOption = 32,
        epochs: Annotated[
            float, typer.Option("--epochs", metavar="N", help="The most times that each pair is seen.")
        ] = USUAL_EPOCHS,
        learning_rate: Annotated[
            float, typer.Option("--learning-rate", metavar="R", help="The peak learning rate.")
        ] = USUAL_RATE,
        patience: PatienceOption = 3,
        token_budget: BudgetOption = 4096,
        seed: SeedOption = 0,
        project_name: ProjectOption = None,
        library: LibraryOption = None,
        config: ConfigOption = None,
    ) -> None:
        if os.path.realpath(model) == os.path.realpath(output):
            raise typer.BadParameter("--output is the folder of --model, which would be lost. Name another one.")
        wiki = read_linked_wiki(export, project_name, library, config, is_blind=is_blind, seed=seed)
        questions = questions_of(wiki)
        how = LinkTraining(max_seq_length, batch_size, epochs, learning_rate, patience, token_budget, seed)
        learner = new_learner(open_to_train(model, how), wiki, how)
        before = judge(questions, learner.scores)
        with training_progress() as on_step:
            report = learner.train(questions, output / _CHECKPOINTS, on_step)
        learner.write(report.n_steps, output)
        _print_training(report, before, judge(questions, learner.scores))
        print_use(output, max_seq_length)

    return learn


def read_linked_wiki(
    export: Path | None,
    project_name: str | None,
    library: Path | None,
    config: Path | None,
    *,
    is_blind: bool,
    seed: int,
) -> LinkedWiki:
    """The examples that the export, or the project in the library, makes; says how many there are."""
    require_one_wiki(export, project_name, library)
    pages, _ = read_wiki(export, project_name, library, config, no_progress)
    wiki = build_linked_wiki(pages, is_blind=is_blind, seed=seed)
    say(
        f"linkassist: {len(wiki.texts):,} pages, {'blind' if is_blind else 'inline'}, split by "
        f"{'their times' if wiki.is_by_time else 'a hash of seed and title, for times are missing'}; linked pairs: "
        f"{wiki.train.n_linked:,} to learn from, {wiki.dev.n_linked:,} to stop by, {wiki.test.n_linked:,} to test with"
    )
    return wiki


def _print_training(report: TrainingReport, before: LinkFigures, after: LinkFigures) -> None:
    """Prints how long a BERT was trained, and its figures before and after."""
    if report.n_found:
        say(f"linkassist: {report.n_found:,} steps had been done before, and were not done again.")
    print(f"Trained {len(report.losses):,} steps; the weights are those after step {report.n_steps:,}.")
    for name, figures in (("before", before), ("after", after)):
        print(
            f"{name:>6}: accuracy {figures.accuracy:.3f}, AUC {figures.auc:.3f} (hard {figures.hard_auc:.3f}), "
            f"recall@10 {figures.recall_at_10:.3f}, MRR {figures.mrr:.3f}"
        )
