"""The command `bert finetune cross-encoder`: a BERT learns to tell from two pages whether they are linked."""

from __future__ import annotations

from linkassist.cli.bert.finetune.links import learning_command
from linkassist.research.finetune.cross_encoder import cross_encoder as new_cross_encoder

cross_encoder = learning_command(
    new_cross_encoder,
    description="""Fine-tune a BERT to predict whether two pages are linked.

    It reads both pages at once, so no vectors can be stored: each pair costs a pass. Half of the training pairs are
    linked. The newest pages and their links are held out, and the figures show how well they are found. The same
    command continues an interrupted training.
    """,
    epilog="Example: linkassist bert finetune cross-encoder notes.json --model bert-wiki-ja --output linked-or-not",
)
