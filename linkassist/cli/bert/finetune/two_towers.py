"""The command `bert finetune two-towers`: a BERT learns vectors in which linked pages are near each other."""

from __future__ import annotations

from pathlib import Path

from linkassist.cli.bert.finetune.links import learning_command
from linkassist.research.finetune.two_towers import Towers
from linkassist.settings import BERT_JAPANESE


def _print_use(output: Path, max_seq_length: int) -> None:
    print(f"Use it with --encoder '{BERT_JAPANESE}{output}?layer=-1&window={max_seq_length}'")


two_towers = learning_command(
    Towers,
    description="""Fine-tune a BERT to give linked pages similar vectors.

    Each page gets its own vector, which can be stored. The newest pages and their links are held out, and the figures
    show how well they are found. The same command continues an interrupted training. The output folder can be used as
    an encoder.
    """,
    epilog="Example: linkassist bert finetune two-towers notes.json --model bert-wiki-ja --output towers",
    print_use=_print_use,
)
