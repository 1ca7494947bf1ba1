"""The table of the commands of `linkassist bert`."""

from __future__ import annotations

from linkassist.cli.lazy_group import Entry, LazyGroup, new_app


class _Bert(LazyGroup):
    entries = {
        "convert": Entry("bert.convert", "Write a TensorFlow BERT as a folder of transformers."),
        "tokenize": Entry("bert.tokenize", "Print how a BERT cuts text into tokens."),
        "extract-features": Entry("bert.extract_features", "Write the vector of every token, layer by layer."),
        "compare-pooling": Entry("bert.compare_pooling", "Tell which pooling finds the pages that people link."),
        "finetune": Entry("bert.finetune.group", "Let a BERT go on learning, for a task."),
    }


app = new_app(
    cls=_Bert,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: linkassist bert tokenize notes.txt --model bert-wiki-ja",
)


@app.callback()
def bert() -> None:
    """Work with a Japanese BERT: its files, its tokens, its vectors."""
