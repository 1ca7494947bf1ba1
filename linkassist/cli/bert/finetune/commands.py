"""The table of the commands of `linkassist bert finetune`."""

from __future__ import annotations

from linkassist.cli.lazy_group import Command, LazyGroup, group


class _Finetune(LazyGroup):
    entries = {
        "classifier": Command("bert.finetune.classifier", "Fine-tune a BERT to classify texts or pairs of texts."),
        "two-towers": Command("bert.finetune.two_towers", "Fine-tune a BERT to give linked pages similar vectors."),
        "cross-encoder": Command(
            "bert.finetune.cross_encoder", "Fine-tune a BERT to predict whether two pages are linked."
        ),
        "compare": Command("bert.finetune.compare", "Print what fine-tuning on links adds, as a table."),
    }


@group(cls=_Finetune, epilog="Example: linkassist bert finetune classifier --help")
def commands() -> None:
    """Fine-tune a BERT for a task."""
