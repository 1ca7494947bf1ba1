"""Checks of a request against a BERT's number of layers and positions."""

from __future__ import annotations

from collections.abc import Sequence

from linkassist.bert.checkpoint.open import Bert
from linkassist.bert.forward import layer_depth
from linkassist.errors import LinkAssistError


def check_layers(bert: Bert, layers: Sequence[int]) -> None:
    """Raises LinkAssistError unless these are one or more layers of the BERT, each named once."""
    for layer in layers:
        layer_depth(layer, int(bert.model.config.num_hidden_layers))
    if not layers or len(set(layers)) < len(layers):
        raise LinkAssistError(f"The layers {','.join(map(str, layers))} name one twice. Name each once, as in -1,-2.")


def check_length(bert: Bert, max_seq_length: int) -> None:
    """Raises LinkAssistError unless the BERT takes sequences of this length, [CLS] and [SEP] included."""
    longest = int(bert.model.config.max_position_embeddings)
    if not 3 <= max_seq_length <= longest:
        raise LinkAssistError(f"max_seq_length is {max_seq_length}; {bert.name} takes from 3 to {longest}.")
