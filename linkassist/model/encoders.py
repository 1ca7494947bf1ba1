"""The encoder that a name in the settings stands for: a Japanese BERT, or a transformers model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linkassist.bert.encoder_options import bert_files_state, parse_encoder_name
from linkassist.embed.model_name import Treatment, parse_model_name
from linkassist.settings import BERT_JAPANESE

if TYPE_CHECKING:  # it imports NumPy, which `files_state` does without
    from linkassist.embed.encoder import Encoder


def open_model(name: str) -> Encoder:
    """The model of that name: a Japanese BERT where it begins with "bert-japanese:", else a static embedding model or
    one of transformers."""
    # Imported here: each brings PyTorch and transformers, seconds that only who opens a model should wait for.
    if name.startswith(BERT_JAPANESE):
        from linkassist.bert.encoder import BertJapaneseEncoder

        return BertJapaneseEncoder(name)
    from linkassist.embed.model_files import find_model, static_place

    if static_place(find_model(parse_model_name(name).place)) is not None:
        from linkassist.embed.static import StaticEncoder

        return StaticEncoder(name)
    from linkassist.embed.transformer import TransformerEncoder

    return TransformerEncoder(name)


def treatment_of(name: str) -> Treatment:
    """What is done to the vectors of all pages by the model of that name, before it is joined with the wiki's own
    encoder. Raises ModelError for an unknown option."""
    if name.startswith(BERT_JAPANESE):
        return parse_encoder_name(name).options.treatment
    return parse_model_name(name).options.treatment


def files_state(name: str) -> str:
    """Twelve hex digits of a digest over the names, sizes and times of the model's files, to see when they change.

    Nothing is loaded or fetched. "" for a model that is not on this machine. Raises ModelError for a name that begins
    with "bert-japanese:" and has an unknown option.
    """
    if name.startswith(BERT_JAPANESE):
        return bert_files_state(parse_encoder_name(name).path)
    from linkassist.embed.model_files import model_files_state  # it imports the hub's client, which takes a second

    return model_files_state(parse_model_name(name).place)
