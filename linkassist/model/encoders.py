"""The encoder that a name in the settings means: a Japanese BERT, or a model of transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linkassist.bert import encoder_options
from linkassist.settings import BERT_JAPANESE

if TYPE_CHECKING:  # it brings NumPy, which a name's state does without
    from linkassist.embed.encoder import Encoder


def open_model(name: str) -> Encoder:
    """The model of that name: a Japanese BERT where it begins with "bert-japanese:", else one of transformers."""
    # Both take seconds to import: only for those who ask for them.
    if name.startswith(BERT_JAPANESE):
        from linkassist.bert.encoder import BertJapaneseEncoder

        return BertJapaneseEncoder(name)
    from linkassist.embed.transformer import TransformerEncoder

    return TransformerEncoder(name)


def files_state(name: str) -> str:
    """Twelve hex digits that differ when the model of that name may be another one: its files' names, sizes and times.

    Nothing is loaded or fetched. A model that is not on this machine, or no longer, gives "". ModelError for a name
    that begins with "bert-japanese:" and goes on with an unknown option.
    """
    if name.startswith(BERT_JAPANESE):
        return encoder_options.files_state(encoder_options.read_name(name).path)
    from linkassist.embed import model_files  # it brings the hub's client, which takes a second

    return model_files.files_state(name)
