"""The command `bert finetune classifier`: a BERT learns to tell classes of texts apart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from linkassist.bert.checkpoint.open import BertFiles
from linkassist.bert.classify.datasets import task_named
from linkassist.bert.classify.run import (
    TEST_RESULTS,
    ClassifierSettings,
    eval_text,
    evaluate,
    fine_tune,
    open_classifier,
    predict,
    score_frozen,
)
from linkassist.cli.bert.options import (
    BertConfigOption,
    BertFolderOption,
    InitCheckpointOption,
    ModelFileOption,
    VocabFileOption,
    with_underscores,
)
from linkassist.cli.bert.original_flags import OriginalFlags
from linkassist.cli.lazy_group import command
from linkassist.cli.output import say
from linkassist.cli.progress import progress, training_progress


class _AsBefore(OriginalFlags):
    """Takes `--do_train=true` and `--do_train=False` too, as the original does, besides `--do_train`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [_TRUTH.sub(_as_flag, argument) for argument in args])


_TRUTH = re.compile(r"^--(do[_-]\w+)=(true|false)$", re.IGNORECASE)


def _as_flag(match: re.Match[str]) -> str:
    return f"--{'' if match[2].lower() == 'true' else 'no-'}{match[1]}"


@command(
    cls=_AsBefore,
    context_settings={"token_normalize_func": with_underscores},
    epilog="Example: linkassist bert finetune classifier --task_name=tsv --data_dir=topics --output_dir=topics-bert "
    "--model bert-wiki-ja --do_train --do_eval --do_predict",
)
def classifier(
    task_name: Annotated[
        str,
        typer.Option(
            "--task_name",
            metavar="NAME",
            help="The layout of the files: tsv (label, text_a and for pairs text_b, by a header or by place), "
            "livedoor, cola, mrpc, mnli.",
        ),
    ],
    data_dir: Annotated[
        Path, typer.Option("--data_dir", metavar="FOLDER", help="The folder of train.tsv, dev.tsv and test.tsv.")
    ],
    output_dir: Annotated[
        Path, typer.Option("--output_dir", metavar="FOLDER", help="The folder for the classifier and its results.")
    ],
    do_train: Annotated[bool, typer.Option("--do_train/--no-do_train", help="Fine-tune on train.tsv.")] = False,
    do_eval: Annotated[
        bool, typer.Option("--do_eval/--no-do_eval", help="Evaluate on dev.tsv, into eval_results.txt.")
    ] = False,
    do_predict: Annotated[
        bool, typer.Option("--do_predict/--no-do_predict", help="Predict test.tsv, into test_results.tsv.")
    ] = False,
    do_frozen: Annotated[
        bool,
        typer.Option(
            "--do_frozen/--no-do_frozen",
            help="Also score a logistic regression on the vectors before fine-tuning, for comparison.",
        ),
    ] = False,
    model: BertFolderOption = None,
    init_checkpoint: InitCheckpointOption = None,
    bert_config_file: BertConfigOption = None,
    vocab_file: VocabFileOption = None,
    model_file: ModelFileOption = None,
    do_lower_case: Annotated[
        bool | None,
        typer.Option("--do_lower_case/--no-do_lower_case", help="[default: as the model says, else lowercase]"),
    ] = None,
    max_seq_length: Annotated[
        int, typer.Option("--max_seq_length", metavar="N", min=3, help="The most tokens of a text or pair.")
    ] = 128,
    train_batch_size: Annotated[
        int, typer.Option("--train_batch_size", metavar="N", min=1, help="Examples per step.")
    ] = 32,
    eval_batch_size: Annotated[
        int, typer.Option("--eval_batch_size", metavar="N", min=1, help="Examples per batch.")
    ] = 8,
    predict_batch_size: Annotated[
        int, typer.Option("--predict_batch_size", metavar="N", min=1, help="Examples per batch.")
    ] = 8,
    learning_rate: Annotated[
        float, typer.Option("--learning_rate", metavar="R", help="The peak learning rate.")
    ] = 5e-5,
    num_train_epochs: Annotated[
        float, typer.Option("--num_train_epochs", metavar="N", help="How many times each example is seen.")
    ] = 3.0,
    warmup_proportion: Annotated[
        float,
        typer.Option(
            "--warmup_proportion",
            metavar="P",
            min=0,
            max=1,
            help="The share of training in which the learning rate rises.",
        ),
    ] = 0.1,
    save_checkpoints_steps: Annotated[
        int, typer.Option("--save_checkpoints_steps", metavar="N", min=1, help="Steps between checkpoints.")
    ] = 1000,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="The random seed of head, order and dropout.")
    ] = 0,
    early_stop: Annotated[
        int | None,
        typer.Option(
            "--early_stop",
            metavar="N",
            min=1,
            help="Stop after N epochs without improvement on dev.tsv, and keep the best. [default: never]",
        ),
    ] = None,
    token_budget: Annotated[
        int,
        typer.Option(
            "--token_budget", metavar="N", min=1, help="The most tokens in memory at once; does not change the batches."
        ),
    ] = 4096,
) -> None:
    """Fine-tune a BERT to classify texts or pairs of texts.

    The options, the optimiser, eval_results.txt and test_results.tsv are those of run_classifier.py; hyphens work too.
    The same command continues an interrupted training. The output folder holds a BERT that all other commands read.
    """
    if not (do_train or do_eval or do_predict or do_frozen):
        raise typer.BadParameter("Say what to do: --do_train, --do_eval, --do_predict, --do_frozen, or several.")
    settings = ClassifierSettings(
        task_named(task_name),
        data_dir,
        output_dir,
        model,
        BertFiles(init_checkpoint, bert_config_file, vocab_file, model_file, do_lower_case),
        max_seq_length=max_seq_length,
        train_batch_size=train_batch_size,
        eval_batch_size=eval_batch_size,
        predict_batch_size=predict_batch_size,
        learning_rate=learning_rate,
        num_train_epochs=num_train_epochs,
        warmup_proportion=warmup_proportion,
        save_checkpoints_steps=save_checkpoints_steps,
        seed=seed,
        patience=early_stop,
        token_budget=token_budget,
    )
    if do_train:
        _train(settings)
    if do_eval or do_predict:
        _use(settings, do_eval=do_eval, do_predict=do_predict)
    if do_frozen:
        _score_frozen(settings)


def _train(settings: ClassifierSettings) -> None:
    with training_progress() as on_step:
        report = fine_tune(settings, on_step)
    if report.n_found:
        say(f"linkassist: {report.n_found:,} steps had been done before, and were not done again.")
    print(
        f"Trained {len(report.losses):,} steps; {settings.output_dir} holds the weights after step {report.n_steps:,}."
    )


def _use(settings: ClassifierSettings, *, do_eval: bool, do_predict: bool) -> None:
    opened = open_classifier(settings)
    with progress() as on_progress:
        found = evaluate(settings, opened, on_progress) if do_eval else None
        n_lines = predict(settings, opened, on_progress) if do_predict else 0
    if found:
        print(eval_text(found), end="")
    if do_predict:
        print(f"{settings.output_dir / TEST_RESULTS}: {n_lines:,} lines")


def _score_frozen(settings: ClassifierSettings) -> None:
    found = score_frozen(settings)
    print(f"Without fine-tuning, logistic regression: accuracy {found.pooled:.3f} (pooled), {found.cls:.3f} ([CLS])")
