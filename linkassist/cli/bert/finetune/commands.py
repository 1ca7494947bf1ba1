"""The table of the commands of `linkassist bert finetune`."""

from __future__ import annotations

from linkassist.cli.lazy_group import Entry, LazyGroup, group


class _Finetune(LazyGroup):
    entries = {
        "classifier": Entry(
            "bert.finetune.classifier", "Fine-tune a BERT to tell classes of texts, or of pairs, apart."
        ),
        "two-towers": Entry(
            "bert.finetune.two_towers", "Let a BERT learn vectors in which linked pages are near each other."
        ),
        "cross-encoder": Entry(
            "bert.finetune.cross_encoder", "Let a BERT learn to tell from two pages whether they are linked."
        ),
        "compare": Entry("bert.finetune.compare", "Print what fine-tuning on links adds, as a table."),
    }


@group(cls=_Finetune, epilog="Example: linkassist bert finetune classifier --help")
def commands() -> None:
    """Let a BERT go on learning, for a task."""
