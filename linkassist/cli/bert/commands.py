"""The table of the commands of `linkassist bert`."""

from __future__ import annotations

from linkassist.cli.lazy_group import Command, LazyGroup, group


class _Bert(LazyGroup):
    entries = {
        "convert": Command("bert.convert", "Convert a TensorFlow BERT to a transformers folder."),
        "tokenize": Command("bert.tokenize", "Print the tokens of a text."),
        "extract-features": Command("bert.extract_features", "Write the vector of every token, layer by layer."),
        "compare-pooling": Command("bert.compare_pooling", "Measure which pooling finds the pages that people link."),
        "finetune": Command("bert.finetune.commands", "Fine-tune a BERT for a task."),
    }


@group(cls=_Bert, epilog="Example: linkassist bert tokenize notes.txt --model bert-wiki-ja")
def commands() -> None:
    """Convert, use and fine-tune a Japanese BERT."""
