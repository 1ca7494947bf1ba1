"""The command `bert finetune cross-encoder`: a BERT learns to tell from two pages whether they are linked."""

from __future__ import annotations

from linkassist.cli.bert.finetune.links import (
    CHECKPOINTS,
    USUAL_EPOCHS,
    USUAL_LENGTH,
    USUAL_RATE,
    BatchOption,
    BlindOption,
    BudgetOption,
    EpochsOption,
    LengthOption,
    ModelOption,
    OutputOption,
    PatienceOption,
    RateOption,
    SeedOption,
    print_training,
    read_linked_wiki,
    refuse_same_folder,
)
from linkassist.cli.lazy_group import new_app
from linkassist.cli.options import ConfigOption, LibraryOption, ProjectOption, WikiFile
from linkassist.cli.progress import training_progress
from linkassist.research.finetune.cross_encoder import cross_encoder as new_cross_encoder
from linkassist.research.finetune.cross_encoder import train_cross_encoder, write_cross_encoder
from linkassist.research.finetune.judging import judge, questions_of
from linkassist.research.finetune.link_training import LinkTraining, open_to_train

app = new_app()


@app.command(
    epilog="Example: linkassist bert finetune cross-encoder notes.json --model bert-wiki-ja --output linked-or-not",
)
def cross_encoder(
    model: ModelOption,
    output: OutputOption,
    export: WikiFile = None,
    is_blind: BlindOption = True,
    max_seq_length: LengthOption = USUAL_LENGTH,
    batch_size: BatchOption = 32,
    epochs: EpochsOption = USUAL_EPOCHS,
    learning_rate: RateOption = USUAL_RATE,
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
    refuse_same_folder(model, output)
    wiki = read_linked_wiki(export, project_name, library, config, is_blind=is_blind, seed=seed)
    questions = questions_of(wiki)
    how = LinkTraining(max_seq_length, batch_size, epochs, learning_rate, patience, token_budget, seed)
    cross = new_cross_encoder(open_to_train(model, how), wiki, how)
    before = judge(questions, cross.scores)
    with training_progress() as on_step:
        report = train_cross_encoder(cross, questions, output / CHECKPOINTS, on_step)
    write_cross_encoder(cross, report.n_steps, output)
    print_training(report, before, judge(questions, cross.scores))
