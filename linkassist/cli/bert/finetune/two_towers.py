"""The command `bert finetune two-towers`: a BERT learns vectors in which linked pages are near each other."""

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
from linkassist.research.finetune.judging import judge, questions_of
from linkassist.research.finetune.link_training import LinkTraining, open_to_train
from linkassist.research.finetune.two_towers import Towers, train_towers, write_towers
from linkassist.settings import BERT_JAPANESE

app = new_app()


@app.command(epilog="Example: linkassist bert finetune two-towers notes.json --model bert-wiki-ja --output towers")
def two_towers(
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
    """Let a BERT learn vectors in which linked pages are near each other.

    Each page gets a vector of its own, which can be kept. The newest pages and their links are not learnt from; the
    figures tell how well they are found. Training that was interrupted goes on with the same command. The folder
    serves as an encoder afterwards.
    """
    refuse_same_folder(model, output)
    wiki = read_linked_wiki(export, project_name, library, config, is_blind=is_blind, seed=seed)
    questions = questions_of(wiki)
    how = LinkTraining(max_seq_length, batch_size, epochs, learning_rate, patience, token_budget, seed)
    towers = Towers(open_to_train(model, how), wiki, how)
    before = judge(questions, towers.scores)
    with training_progress() as on_step:
        report = train_towers(towers, questions, output / CHECKPOINTS, on_step)
    write_towers(towers, output)
    print_training(report, before, judge(questions, towers.scores))
    print(f"Use it with --encoder '{BERT_JAPANESE}{output}?layer=-1&window={max_seq_length}'")
