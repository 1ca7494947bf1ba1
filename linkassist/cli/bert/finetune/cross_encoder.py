"""The command `bert finetune cross-encoder`: a BERT learns to tell from two pages whether they are linked."""

from __future__ import annotations

from linkassist.cli.bert.finetune.links import learning_command
from linkassist.research.finetune.cross_encoder import cross_encoder as new_cross_encoder

cross_encoder = learning_command(
    new_cross_encoder,
    description="""Let a BERT learn to tell from two pages whether they are linked.

    It reads both at once, so nothing can be kept: each pair costs a pass. Half of the pairs it learns from are linked.
    The newest pages and their links are not learnt from; the figures tell how well they are found. Training that was
    interrupted goes on with the same command.
    """,
    epilog="Example: linkassist bert finetune cross-encoder notes.json --model bert-wiki-ja --output linked-or-not",
)
