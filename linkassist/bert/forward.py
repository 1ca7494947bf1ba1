"""BERT's forward pass over many token sequences, packed without padding: the hidden states of the chosen layers.

The layers are in `layers.py`, their matrix products in `matmul.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertModel

from linkassist.bert.encoder_options import Precision
from linkassist.bert.layers import Layer, embeddings_of, float_layers, int8_layers
from linkassist.bert.matmul import has_avx512_kernels, has_onednn
from linkassist.errors import ModelError

# Tokens per batch. BERT-base takes about 60 MB for 2,048 tokens beside its weights.
_TOKEN_BUDGET, _TOKEN_BUDGET_ON_AN_ACCELERATOR = 2048, 32768
# "auto" selects bfloat16 only if every vector of the sample has at least this cosine to its float32 vector.
_LEAST_COSINE = 0.999
# The token sequences that "auto" compares and from which int8 takes its ranges.
_N_SAMPLES, _SAMPLE_LENGTH = 4, 64
# The usual ids of control symbols, whose vectors have the largest values.
_CONTROL_SYMBOLS = [*range(10), *range(100, 104)]


@dataclass(frozen=True, slots=True)
class PackedHidden:
    """Hidden states of a batch of sequences, concatenated without padding.

    members: indexes of the sequences, in the order of their tokens. lengths: (members,) int64, tokens of each.
    layers: for each requested layer, (sum of lengths, width) float32 on the CPU.
    """

    members: list[int]
    lengths: Tensor
    layers: tuple[Tensor, ...]


class BertForward:
    """A BERT over sequences of token ids, in batches of at most `token_budget` tokens, the longest sequences first.

    The vectors of a sequence depend on the rest of its batch by rounding alone (1e-6; in bfloat16 1e-3).
    """

    def __init__(
        self,
        model: BertModel,
        precision: Precision = "auto",
        device: str | None = None,
        token_budget: int | None = None,
    ) -> None:
        """Packs the weights of `model`, which must not be trained afterwards.

        device: torch's name; None for the GPU if torch sees one, else the CPU.
        precision: "auto" is bfloat16 on a GPU and on CPUs with instructions for it (AVX-512 BF16, AMX), where it is
        much faster, unless a sample of this model's vectors then has a cosine below 0.999 to float32; elsewhere it is
        float32. It is selected by the processor's features and not by timing, so that a machine under load gives the
        same vectors. int8 is never selected: no sample shows that it keeps 0.999 on every text.
        token_budget: tokens per batch; it affects memory and speed, not the vectors.
        Raises ModelError for int8 where this machine cannot run it.
        """
        self._device = device or _usual_device(precision)
        if precision == "int8" and (self._device != "cpu" or not has_onednn()):
            raise ModelError(
                f"int8 runs on x86 processors only, not on {self._device} here. Choose the precision auto or float32."
            )
        usual_budget = _TOKEN_BUDGET if self._device == "cpu" else _TOKEN_BUDGET_ON_AN_ACCELERATOR
        self._token_budget = token_budget or usual_budget
        self._n_positions = int(model.config.max_position_embeddings)
        self._embeddings = embeddings_of(model, self._device)
        self._pooler = model.pooler
        with torch.no_grad():
            self.precision, self._layers = self._select_precision(model, precision)

    def run(
        self, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]], layers: Sequence[int] = (-1,)
    ) -> Iterator[PackedHidden]:
        """The hidden states of every sequence, each exactly once; equal sequences are computed once.

        layers: counted from the end: of n layers, -1 is the last, -n the first, -(n + 1) the embeddings.
        Raises ModelError for another layer, or a sequence with more tokens than the model has positions.
        """
        wanted = [layer_depth(layer, len(self._layers)) for layer in layers]
        longest = max((len(some) for some in ids), default=0)
        if longest > self._n_positions:
            raise ModelError(
                f"A text has {longest} tokens, but the model takes at most {self._n_positions}."
                f" Set max_seq_length to {self._n_positions} or less."
            )
        copies: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
        for index, pair in enumerate(zip(ids, types, strict=True)):
            copies.setdefault((tuple(pair[0]), tuple(pair[1])), []).append(index)
        distinct = list(copies.items())
        for batch in packed_batches([len(pair[0]) for pair, _ in distinct], self._token_budget):
            pairs = [distinct[at][0] for at in batch]
            found = self._hidden([pair[0] for pair in pairs], [pair[1] for pair in pairs], wanted)
            yield from _repeated(found, [distinct[at][1] for at in batch])

    @torch.no_grad()
    def pooled(self, first: Tensor) -> Tensor:
        """(texts, width) float32: the pooler's dense layer and tanh over [CLS] of the last layer, (texts, width).

        Source: Devlin et al. 2019, https://arxiv.org/abs/1810.04805, and pooled_output of their BertModel
        """
        if self._pooler is None:
            raise ModelError("This model has no pooler. Choose another pooling, such as mean.")
        dense = self._pooler.dense
        return functional.linear(first.to(dense.weight.device), dense.weight, dense.bias).tanh_().cpu()

    @torch.no_grad()
    def _hidden(
        self, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]], depths: Sequence[int]
    ) -> PackedHidden:
        lengths = [len(some) for some in ids]
        hidden = self._embeddings(self._joined(ids), self._joined(types), lengths)
        found = {0: hidden}
        for depth, layer in enumerate(self._layers[: max(depths, default=0)], start=1):
            hidden = layer(hidden, lengths)
            if depth in depths:
                found[depth] = hidden
        layers = tuple(found[depth].cpu() for depth in depths)
        return PackedHidden(list(range(len(ids))), torch.tensor(lengths), layers)

    def _joined(self, numbers: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor([number for some in numbers for number in some], dtype=torch.long, device=self._device)

    def _select_precision(self, model: BertModel, precision: Precision) -> tuple[str, list[Layer]]:
        """The name of the precision in use, and the layers in it."""
        if precision == "float32":
            return precision, float_layers(model, torch.float32, self._device)
        if precision == "bfloat16":
            return precision, float_layers(model, torch.bfloat16, self._device)
        ids = _sample(model)
        lengths = [len(some) for some in ids]
        hidden = self._embeddings(self._joined(ids), torch.zeros_like(self._joined(ids)), lengths)
        if precision == "int8":
            dtype = torch.bfloat16 if has_fast_bfloat16() else torch.float32
            return precision, int8_layers(model, hidden, lengths, dtype)
        if self._device == "cpu" and not has_fast_bfloat16():
            return "float32", float_layers(model, torch.float32, self._device)
        exact = float_layers(model, torch.float32, self._device)
        quick = float_layers(model, torch.bfloat16, self._device)
        cosines = functional.cosine_similarity(_run_layers(exact, hidden, lengths), _run_layers(quick, hidden, lengths))
        if float(cosines.min()) < _LEAST_COSINE:
            return "float32", exact
        return "bfloat16", quick


def layer_depth(layer: int, n_layers: int) -> int:
    """The number of layers up to this one: 0 for the embeddings. Raises ModelError for a layer that is not there."""
    if not -(n_layers + 1) <= layer <= -1:
        raise ModelError(
            f"The model has no layer {layer}: -1 is its last, {-n_layers} its first, {-n_layers - 1} the embeddings."
        )
    return n_layers + 1 + layer


def has_fast_bfloat16() -> bool:
    """Whether the CPU has bfloat16 instructions and torch uses them; without them bfloat16 is slower than float32."""
    has_it = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return bool(has_it) and has_avx512_kernels()


def packed_batches(lengths: Sequence[int], token_budget: int) -> Iterator[list[int]]:
    """Batches of indexes into `lengths`, longest first, equal lengths adjacent.

    A batch holds at most `token_budget` tokens; a longer member is a batch by itself.

    >>> list(packed_batches([1, 5, 2, 2], token_budget=6))
    [[1], [2, 3, 0]]
    """
    batch: list[int] = []
    n_tokens = 0
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batch and n_tokens + lengths[index] > token_budget:
            yield batch
            batch, n_tokens = [], 0
        batch.append(index)
        n_tokens += lengths[index]
    if batch:
        yield batch


def _repeated(found: PackedHidden, copies: Sequence[Sequence[int]]) -> Iterator[PackedHidden]:
    """The hidden states for every copy of the sequences: a batch of all first copies, then of all second ones, ..."""
    n_rounds = max(len(some) for some in copies)
    starts = (found.lengths.cumsum(0) - found.lengths).tolist()
    for round_ in range(n_rounds):
        here = [at for at, some in enumerate(copies) if len(some) > round_]
        members, lengths = [copies[at][round_] for at in here], found.lengths[here]
        if len(here) == len(copies):
            yield PackedHidden(members, lengths, found.layers)
        else:
            rows = torch.cat([torch.arange(starts[at], starts[at] + int(found.lengths[at])) for at in here])
            yield PackedHidden(members, lengths, tuple(layer[rows] for layer in found.layers))


def _usual_device(precision: Precision) -> str:
    return "cuda" if torch.cuda.is_available() and precision != "int8" else "cpu"


def _sample(model: BertModel) -> list[list[int]]:
    """Fixed pseudo-random sequences of ids of the model; the first begins with the control symbols."""
    n_ids = int(model.config.vocab_size)
    length = min(_SAMPLE_LENGTH, int(model.config.max_position_embeddings))
    ids = torch.randint(n_ids, (_N_SAMPLES, length), generator=torch.Generator().manual_seed(0))
    control = torch.tensor([id_ for id_ in _CONTROL_SYMBOLS if id_ < n_ids])[:length]
    ids[0, : len(control)] = control
    found: list[list[int]] = ids.tolist()
    return found


def _run_layers(layers: Sequence[Layer], hidden: Tensor, lengths: list[int]) -> Tensor:
    """(tokens, width) float32: the output of the last of the layers for the input `hidden`."""
    for layer in layers:
        hidden = layer(hidden, lengths)
    return hidden
