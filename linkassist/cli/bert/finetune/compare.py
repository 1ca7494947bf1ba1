"""The command `bert finetune compare`: a table of what fine-tuning on links adds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.bert.finetune.links import (
    USUAL_EPOCHS,
    USUAL_LENGTH,
    USUAL_RATE,
    BatchOption,
    BlindOption,
    BudgetOption,
    LengthOption,
    PatienceOption,
    SeedOption,
    read_linked_wiki,
)
from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption, ProjectOption, WikiFile
from linkassist.cli.progress import training_progress
from linkassist.research.finetune.compare import Method, compare_methods, table
from linkassist.research.finetune.judging import questions_of
from linkassist.research.finetune.link_training import LinkTraining
from linkassist.research.finetune.small_bert import write_small_bert

# For the small BERT that begins with random weights.
_RATE_FROM_NOTHING = 1e-3
_EPOCHS_FROM_NOTHING = 8.0


@command(epilog="Example: linkassist bert finetune compare data/sample-2026-11-01.json")
def compare(
    export: WikiFile = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="FOLDER", help="The BERT. [default: a small one, made from the wiki's text]"),
    ] = None,
    is_blind: BlindOption = True,
    max_seq_length: LengthOption = USUAL_LENGTH,
    batch_size: BatchOption = 32,
    epochs: Annotated[
        float | None,
        typer.Option(
            "--epochs",
            metavar="N",
            help=f"The most times that each pair is seen. [default: {USUAL_EPOCHS:g}, for the small BERT "
            f"{_EPOCHS_FROM_NOTHING:g}]",
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            "--learning-rate",
            metavar="R",
            help=f"The peak learning rate. [default: {USUAL_RATE}, for the small BERT {_RATE_FROM_NOTHING}]",
        ),
    ] = None,
    patience: PatienceOption = 3,
    token_budget: BudgetOption = 4096,
    seed: SeedOption = 0,
    runs: Annotated[
        int,
        typer.Option("--runs", metavar="N", min=1, help="Repeat with N seeds, and print mean and standard deviation."),
    ] = 1,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Print what fine-tuning on links adds, as a table.

    One test for chance, bigrams, linkassist's own encoder, and a BERT before and after fine-tuning: as it is, with a
    logistic regression, as two towers and as a cross-encoder. Nothing is kept.
    """
    wiki = read_linked_wiki(export, project_name, library, config, is_blind=is_blind, seed=seed)
    questions = questions_of(wiki)
    rate = learning_rate or (USUAL_RATE if model else _RATE_FROM_NOTHING)
    most_epochs = epochs or (USUAL_EPOCHS if model else _EPOCHS_FROM_NOTHING)
    found: list[list[Method]] = []
    for each in range(seed, seed + runs):
        how = LinkTraining(max_seq_length, batch_size, most_epochs, rate, patience, token_budget, each)
        with tempfile.TemporaryDirectory() as temporary, training_progress() as on_step:
            folder = Path(temporary)
            begun_with = model or folder / "small"
            if model is None:
                write_small_bert(begun_with, [wiki.texts[page] for page in wiki.train.pages], seed=each)
            found.append(list(compare_methods(begun_with, wiki, questions, how, folder, on_step)))
    print(table(found))
