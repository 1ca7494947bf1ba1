"""The commands `linkassist bert finetune two-towers`, `cross-encoder` and `compare`: learning from a wiki's links."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkassist.cli.finetune import finetune_app
from linkassist.cli.options import ConfigOption, LibraryOption, ProjectOption, existing_library
from linkassist.cli.progress import say, training_progress
from linkassist.scrapbox.export import read_export
from linkassist.settings import BERT_JAPANESE, load_settings
from linkassist.store.pages import project, read_pages
from linkassist.wiki import Page

if TYPE_CHECKING:
    from linkassist.bert.train.loop import TrainingReport
    from linkassist.research.finetune.judging import LinkFigures, Questions
    from linkassist.research.finetune.link_examples import LinkedWiki

# What needs PyTorch is imported inside the commands, so that the others start at once.

_CHECKPOINTS = "training"  # inside the output folder
_USUAL_RATE = 5e-5
_USUAL_LENGTH = 128
_USUAL_EPOCHS = 4.0
# For the small BERT that begins with random weights.
_RATE_FROM_NOTHING = 1e-3
_EPOCHS_FROM_NOTHING = 8.0

WikiFile = Annotated[
    Path | None, typer.Argument(metavar="EXPORT", help="An export. [default: the project in the library]")
]
ModelOption = Annotated[
    Path, typer.Option("--model", metavar="FOLDER", help="The BERT to begin with: a TensorFlow or Hugging Face folder.")
]
OutputOption = Annotated[
    Path, typer.Option("--output", metavar="FOLDER", help="Where the result goes, and what is needed to go on.")
]
BlindOption = Annotated[
    bool, typer.Option("--blind/--inline", help="Whether the words of links are taken out, or stay without brackets.")
]
LengthOption = Annotated[
    int, typer.Option("--max-seq-length", metavar="N", min=8, help="Tokens of a text, or of a pair, at most.")
]
BatchOption = Annotated[int, typer.Option("--batch-size", metavar="N", min=2, help="Pairs of a step.")]
EpochsOption = Annotated[float, typer.Option("--epochs", metavar="N", help="How often each pair is seen, at most.")]
RateOption = Annotated[float, typer.Option("--learning-rate", metavar="R", help="At its highest.")]
PatienceOption = Annotated[
    int, typer.Option("--patience", metavar="N", min=1, help="Stop after so many epochs that were no better.")
]
BudgetOption = Annotated[
    int, typer.Option("--token-budget", metavar="N", min=1, help="Tokens in memory at a time; less memory, same loss.")
]
SeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", min=0, help="Of order, dropout, and of the split where times are missing.")
]


@finetune_app.command(
    "two-towers", epilog="Example: linkassist bert finetune two-towers notes.json --model bert-wiki-ja --output towers"
)
def two_towers(
    model: ModelOption,
    output: OutputOption,
    export: WikiFile = None,
    is_blind: BlindOption = True,
    max_seq_length: LengthOption = _USUAL_LENGTH,
    batch_size: BatchOption = 32,
    epochs: EpochsOption = _USUAL_EPOCHS,
    learning_rate: RateOption = _USUAL_RATE,
    patience: PatienceOption = 3,
    token_budget: BudgetOption = 4096,
    seed: SeedOption = 0,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Let a BERT learn vectors in which linked pages are near each other.

    Each page gets a vector of its own, which can be kept. The newest pages and their links are not learnt from; the
    figures tell how well they are found. Training that was interrupted goes on with the same command. The folder
    serves as an encoder afterwards.
    """
    from linkassist.research.finetune.judging import judge
    from linkassist.research.finetune.link_training import LinkTraining, open_to_train
    from linkassist.research.finetune.two_towers import Towers, train_towers, write_towers

    _refuse_same(model, output)
    task = _task(_Source(export, project_name, library, config), is_blind=is_blind, seed=seed)
    how = LinkTraining(max_seq_length, batch_size, epochs, learning_rate, patience, token_budget, seed)
    towers = Towers(open_to_train(model, how), task.wiki, how)
    before = judge(task.questions, towers.scores)
    with training_progress() as on_step:
        report = train_towers(towers, task.questions, output / _CHECKPOINTS, on_step)
    write_towers(towers, output)
    _tell(report, before, judge(task.questions, towers.scores))
    print(f"Use it with --encoder '{BERT_JAPANESE}{output}?layer=-1&window={max_seq_length}'")


@finetune_app.command(
    "cross-encoder",
    epilog="Example: linkassist bert finetune cross-encoder notes.json --model bert-wiki-ja --output linked-or-not",
)
def cross_encoder(
    model: ModelOption,
    output: OutputOption,
    export: WikiFile = None,
    is_blind: BlindOption = True,
    max_seq_length: LengthOption = _USUAL_LENGTH,
    batch_size: BatchOption = 32,
    epochs: EpochsOption = _USUAL_EPOCHS,
    learning_rate: RateOption = _USUAL_RATE,
    patience: PatienceOption = 3,
    token_budget: BudgetOption = 4096,
    seed: SeedOption = 0,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Let a BERT learn to tell from two pages whether they are linked.

    It reads both at once, so nothing can be kept: each pair costs a pass. Half of the pairs it learns from are linked.
    The newest pages and their links are not learnt from; the figures tell how well they are found. Training that was
    interrupted goes on with the same command.
    """
    from linkassist.research.finetune.cross_encoder import cross_encoder as begin
    from linkassist.research.finetune.cross_encoder import train_cross_encoder, write_cross_encoder
    from linkassist.research.finetune.judging import judge
    from linkassist.research.finetune.link_training import LinkTraining, open_to_train

    _refuse_same(model, output)
    task = _task(_Source(export, project_name, library, config), is_blind=is_blind, seed=seed)
    how = LinkTraining(max_seq_length, batch_size, epochs, learning_rate, patience, token_budget, seed)
    cross = begin(open_to_train(model, how), task.wiki, how)
    before = judge(task.questions, cross.scores)
    with training_progress() as on_step:
        report = train_cross_encoder(cross, task.questions, output / _CHECKPOINTS, on_step)
    write_cross_encoder(cross, report.n_steps, output)
    _tell(report, before, judge(task.questions, cross.scores))


@finetune_app.command("compare", epilog="Example: linkassist bert finetune compare data/sample-2026-11-01.json")
def compare(
    export: WikiFile = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="FOLDER", help="The BERT. [default: a small one, made from the wiki's words]"),
    ] = None,
    is_blind: BlindOption = True,
    max_seq_length: LengthOption = _USUAL_LENGTH,
    batch_size: BatchOption = 32,
    epochs: Annotated[
        float | None,
        typer.Option(
            "--epochs",
            metavar="N",
            help=f"How often each pair is seen, at most. [default: {_USUAL_EPOCHS:g}, for the small BERT "
            f"{_EPOCHS_FROM_NOTHING:g}]",
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            "--learning-rate",
            metavar="R",
            help=f"At its highest. [default: {_USUAL_RATE}, for the small BERT {_RATE_FROM_NOTHING}]",
        ),
    ] = None,
    patience: PatienceOption = 3,
    token_budget: BudgetOption = 4096,
    seed: SeedOption = 0,
    runs: Annotated[
        int,
        typer.Option(
            "--runs", metavar="N", min=1, help="Do it with as many seeds, and tell mean and standard deviation."
        ),
    ] = 1,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Print what fine-tuning on links adds, as a table.

    The same test asks chance, bigrams, linkassist's own encoder, and a BERT before and after: as it is, with a logistic
    regression, as two towers and as a cross-encoder. Nothing is kept.
    """
    from linkassist.research.finetune.compare import Way, compare_ways, table
    from linkassist.research.finetune.link_training import LinkTraining
    from linkassist.research.finetune.small_bert import write_small_bert

    task = _task(_Source(export, project_name, library, config), is_blind=is_blind, seed=seed)
    rate = learning_rate or (_USUAL_RATE if model else _RATE_FROM_NOTHING)
    most_epochs = epochs or (_USUAL_EPOCHS if model else _EPOCHS_FROM_NOTHING)
    found: list[list[Way]] = []
    for each in range(seed, seed + runs):
        how = LinkTraining(max_seq_length, batch_size, most_epochs, rate, patience, token_budget, each)
        with tempfile.TemporaryDirectory() as temporary, training_progress() as on_step:
            folder = Path(temporary)
            begun_with = model or folder / "small"
            if model is None:
                write_small_bert(begun_with, [task.wiki.texts[page] for page in task.wiki.train.pages], seed=each)
            found.append(list(compare_ways(begun_with, task.wiki, task.questions, how, folder, on_step)))
    print(table(found))


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the pages are: an export, or a project of the library."""

    export: Path | None
    project_name: str | None
    library: Path | None
    config: Path | None

    def pages(self) -> Sequence[Page]:
        if self.export is not None:
            if self.project_name is not None or self.library is not None:
                raise typer.BadParameter("--project and --library are for the library; leave out EXPORT, or them.")
            with read_export(self.export) as opened:
                return list(opened)
        with existing_library(load_settings(self.library, config=self.config)) as library:
            of = project(library, self.project_name)
            return [stored.page for stored in read_pages(library, of.id)]


@dataclass(frozen=True, slots=True)
class _Task:
    wiki: LinkedWiki
    questions: Questions


def _task(source: _Source, *, is_blind: bool, seed: int) -> _Task:
    """What there is to learn and to answer, told on the way."""
    from linkassist.research.finetune.judging import questions_of
    from linkassist.research.finetune.link_examples import build_linked_wiki

    wiki = build_linked_wiki(source.pages(), is_blind=is_blind, seed=seed)
    say(
        f"linkassist: {len(wiki.texts):,} pages, {'blind' if is_blind else 'inline'}, split by "
        f"{'their times' if wiki.is_by_time else 'a hash of seed and title, for times are missing'}; linked pairs: "
        f"{wiki.train.n_linked:,} to learn from, {wiki.dev.n_linked:,} to stop by, {wiki.test.n_linked:,} to test with"
    )
    return _Task(wiki, questions_of(wiki))


def _refuse_same(model: Path, output: Path) -> None:
    if os.path.realpath(model) == os.path.realpath(output):
        raise typer.BadParameter("--output is the folder of --model, which would be lost. Name another one.")


def _tell(report: TrainingReport, before: LinkFigures, after: LinkFigures) -> None:
    if report.n_found:
        say(f"linkassist: {report.n_found:,} steps had been done before, and were not done again.")
    print(f"Trained {len(report.losses):,} steps; the weights are those after step {report.n_steps:,}.")
    for name, figures in (("before", before), ("after", after)):
        print(
            f"{name:>6}: accuracy {figures.accuracy:.3f}, AUC {figures.auc:.3f} (hard {figures.hard_auc:.3f}), "
            f"recall@10 {figures.recall_at_10:.3f}, MRR {figures.mrr:.3f}"
        )
