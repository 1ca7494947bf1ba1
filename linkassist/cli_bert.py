"""The commands `linkassist bert ...`: Japanese BERT models as files and as tokens."""

from __future__ import annotations

import typer

bert = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Work with a Japanese BERT: its files, its tokens, its vectors.",
    epilog="Example: linkassist bert tokenize notes.txt --model bert-wiki-ja",
)


@bert.callback()
def of_bert() -> None:
    pass
