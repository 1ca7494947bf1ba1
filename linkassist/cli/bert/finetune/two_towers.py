"""The command `bert finetune two-towers`: a BERT learns vectors in which linked pages are near each other."""

from __future__ import annotations

from pathlib import Path

from linkassist.cli.bert.finetune.links import add_learning_command
from linkassist.cli.lazy_group import new_app
from linkassist.research.finetune.two_towers import Towers
from linkassist.settings import BERT_JAPANESE

app = new_app()


def _print_use(output: Path, max_seq_length: int) -> None:
    print(f"Use it with --encoder '{BERT_JAPANESE}{output}?layer=-1&window={max_seq_length}'")


add_learning_command(
    app,
    Towers,
    description="""Let a BERT learn vectors in which linked pages are near each other.

    Each page gets a vector of its own, which can be kept. The newest pages and their links are not learnt from; the
    figures tell how well they are found. Training that was interrupted goes on with the same command. The folder
    serves as an encoder afterwards.
    """,
    epilog="Example: linkassist bert finetune two-towers notes.json --model bert-wiki-ja --output towers",
    print_use=_print_use,
)
