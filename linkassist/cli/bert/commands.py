"""The table of the commands of `linkassist bert`."""

from __future__ import annotations

from linkassist.cli.lazy_group import Entry, LazyGroup, group


class _Bert(LazyGroup):
    entries = {
        "convert": Entry("bert.convert", "Write a TensorFlow BERT as a folder of transformers."),
        "tokenize": Entry("bert.tokenize", "Print how a BERT cuts text into tokens."),
        "extract-features": Entry("bert.extract_features", "Write the vector of every token, layer by layer."),
        "compare-pooling": Entry("bert.compare_pooling", "Tell which pooling finds the pages that people link."),
        "finetune": Entry("bert.finetune.commands", "Let a BERT go on learning, for a task."),
    }


@group(cls=_Bert, epilog="Example: linkassist bert tokenize notes.txt --model bert-wiki-ja")
def commands() -> None:
    """Work with a Japanese BERT: its files, its tokens, its vectors."""
