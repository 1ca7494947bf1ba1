"""BERT's forward pass over many token sequences: hidden states of the layers asked for, without padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from transformers import BertModel

from linkassist.embed.encoder import batches_by_length

Precision = Literal["auto", "float32", "bfloat16", "int8"]
# Tokens of a batch; BERT-base then needs some 100 MB beside its weights.
_TOKEN_BUDGET = 4096


@dataclass(frozen=True, slots=True)
class PackedHidden:
    """Hidden states of a few sequences, one after the other, without padding.

    members: which of the sequences asked for, in the order in which their tokens lie. lengths: (members,) int64.
    layers: for each layer asked for, (sum of lengths, width) float32 on the CPU.
    """

    members: list[int]
    lengths: Tensor
    layers: tuple[Tensor, ...]


class BertForward:
    """A BERT that reads sequences of token ids, the longest first, as many at a time as its token budget allows."""

    def __init__(
        self,
        model: BertModel,
        precision: Precision = "auto",
        device: str | None = None,
        token_budget: int = _TOKEN_BUDGET,
    ) -> None:
        """`token_budget` bounds the tokens of a batch: it decides memory and speed, not the vectors."""
        self.precision = "float32"
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._model = model.eval().to(self._device)
        self._token_budget = token_budget

    def run(
        self, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]], layers: Sequence[int] = (-1,)
    ) -> Iterator[PackedHidden]:
        """The hidden states of every sequence, each exactly once.

        `layers` count from the end: -1 is the last of n, -n the first, -(n + 1) the output of the embeddings.
        """
        for members in batches_by_length([len(some) for some in ids], self._token_budget):
            yield self._batch(members, [ids[at] for at in members], [types[at] for at in members], layers)

    @torch.inference_mode()
    def _batch(
        self,
        members: list[int],
        ids: Sequence[Sequence[int]],
        types: Sequence[Sequence[int]],
        layers: Sequence[int],
    ) -> PackedHidden:
        lengths = torch.tensor([len(some) for some in ids])
        is_token = torch.arange(int(lengths.max())) < lengths.unsqueeze(1)
        padded_ids, padded_types = (torch.zeros(is_token.shape, dtype=torch.long) for _ in range(2))
        padded_ids[is_token] = torch.tensor([id_ for some in ids for id_ in some])
        padded_types[is_token] = torch.tensor([type_ for some in types for type_ in some])
        found = self._model(
            input_ids=padded_ids.to(self._device),
            token_type_ids=padded_types.to(self._device),
            attention_mask=is_token.long().to(self._device),
            output_hidden_states=True,
        ).hidden_states
        return PackedHidden(members, lengths, tuple(found[layer].cpu()[is_token].float() for layer in layers))

    @torch.inference_mode()
    def pooled(self, first: Tensor) -> Tensor:
        """(texts, width) float32: dense and tanh over the vector of [CLS] of the last layer, (texts, width).

        Source: Devlin et al. 2019, https://arxiv.org/abs/1810.04805, and BertModel.pooled_output of their code
        """
        pooled: Tensor = self._model.pooler(first.unsqueeze(1).to(self._device)).float().cpu()
        return pooled
