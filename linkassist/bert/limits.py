"""Checks of a request against a BERT's number of layers and positions."""

from __future__ import annotations

from collections.abc import Sequence

from linkassist.bert.checkpoint.open import Bert
from linkassist.errors import LinkAssistError


def check_layers(bert: Bert, layers: Sequence[int]) -> None:
    """Raises LinkAssistError unless these are one or more layers of the BERT, each named once."""
    n_layers = int(bert.model.config.num_hidden_layers)
    for layer in layers:
        if not -n_layers - 1 <= layer <= -1:
            raise LinkAssistError(
                f"{bert.name} has no layer {layer}: -1 is its last, {-n_layers} its first,"
                f" {-n_layers - 1} the embeddings."
            )
    if not layers or len(set(layers)) < len(layers):
        raise LinkAssistError(f"The layers {','.join(map(str, layers))} name one twice. Name each once, as in -1,-2.")


def check_length(bert: Bert, max_seq_length: int) -> None:
    """Raises LinkAssistError unless the BERT takes sequences of this length, [CLS] and [SEP] included."""
    longest = int(bert.model.config.max_position_embeddings)
    if not 3 <= max_seq_length <= longest:
        raise LinkAssistError(f"max_seq_length is {max_seq_length}; {bert.name} takes from 3 to {longest}.")
