"""The table of the commands of `linkassist bert finetune`."""

from __future__ import annotations

from linkassist.cli.lazy_group import Entry, LazyGroup, group


class _Finetune(LazyGroup):
    entries = {
        "classifier": Entry("bert.finetune.classifier", "Fine-tune a BERT to classify texts or pairs of texts."),
        "two-towers": Entry("bert.finetune.two_towers", "Fine-tune a BERT to give linked pages similar vectors."),
        "cross-encoder": Entry(
            "bert.finetune.cross_encoder", "Fine-tune a BERT to predict whether two pages are linked."
        ),
        "compare": Entry("bert.finetune.compare", "Print what fine-tuning on links adds, as a table."),
    }


@group(cls=_Finetune, epilog="Example: linkassist bert finetune classifier --help")
def commands() -> None:
    """Fine-tune a BERT for a task."""
