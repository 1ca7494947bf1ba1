"""The commands `linkassist bert finetune ...`: a BERT goes on learning, for a task.

Here is the sub-app and the classifier; other tasks add themselves to the sub-app.
"""

from __future__ import annotations

import typer

from linkassist.cli_bert import bert

finetune_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Let a BERT go on learning, for a task.",
    epilog="Example: linkassist bert finetune classifier --help",
)
bert.add_typer(finetune_app, name="finetune")


@finetune_app.callback()
def of_finetune() -> None:
    pass
