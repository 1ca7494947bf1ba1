"""Several vectors of each text from one pass through a BERT: by layers, by pooling, with or without [CLS] and [SEP].

The poolings themselves are in `pooling.py`, the pass in `forward.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from linkassist.bert.forward import PackedHidden
from linkassist.embed.pooling import cls_pool, inner_tokens, max_pool, mean_of_layers, mean_pool, padded, pooled_pool

BertPooling = Literal["cls", "pooled", "mean", "max"]


@dataclass(frozen=True, slots=True)
class Readout:
    """One way to make a vector of a text: the pooling of some layers' mean.

    layers: as extract_features counts them, -1 being the last; of a BERT with n, -n is the first and -(n + 1) the
    embeddings. has_specials: whether [CLS] and [SEP] count in a mean or a maximum.
    """

    pooling: BertPooling
    layers: tuple[int, ...] = (-1,)
    has_specials: bool = True

    @property
    def name(self) -> str:
        """`Readout("mean", (-12, -1), False).name == "mean -12 & -1, no specials"`."""
        layers = "" if self.pooling == "pooled" else " " + " & ".join(map(str, self.layers))
        return self.pooling + layers + ("" if self.has_specials else ", no specials")


def usual_readouts(n_layers: int, layers: Sequence[int] = (-1, -2)) -> list[Readout]:
    """The ways that are compared: of each layer [CLS], mean and maximum; pooled; and the first-last average.

    The mean of -2 is what bert-as-service gives by default (https://github.com/jina-ai/clip-as-service, its README of
    2018, "REDUCE_MEAN" of "pooling_layer -2"). First is the first layer, -n, and not the embeddings, as in Su et al.
    2021, https://arxiv.org/abs/2103.15316.
    """
    found = [Readout("pooled")]
    for layer in dict.fromkeys(layers):
        found.append(Readout("cls", (layer,)))
        found += [Readout(pooling, (layer,), specials) for pooling in _OVER_TOKENS for specials in (True, False)]
    return [*found, *(Readout("mean", (-n_layers, -1), specials) for specials in (True, False))]


_OVER_TOKENS: tuple[Literal["mean", "max"], ...] = ("mean", "max")


def layers_of(readouts: Sequence[Readout]) -> tuple[int, ...]:
    """The layers that the pass must keep, the last first."""
    return tuple(sorted({layer for readout in readouts for layer in readout.layers}, reverse=True))


def read_out(
    packed: PackedHidden, layers: Sequence[int], readouts: Sequence[Readout], pooler: Callable[[Tensor], Tensor]
) -> Iterator[Tensor]:
    """For each readout, (members, width) float32. layers: those that `packed.layers` are; pooler: dense and tanh."""
    states = [padded(layer, packed.lengths) for layer in packed.layers]
    is_token = states[0][1]
    inner = inner_tokens(is_token)
    hidden_of = {layer: hidden for layer, (hidden, _) in zip(layers, states, strict=True)}
    for readout in readouts:
        found = [hidden_of[layer] for layer in readout.layers]
        hidden = found[0] if len(found) == 1 else mean_of_layers(found)
        counted = is_token if readout.has_specials else inner
        match readout.pooling:
            case "cls":
                yield cls_pool(hidden, is_token)
            case "pooled":
                yield pooled_pool(hidden, is_token, pooler)
            case "mean":
                yield mean_pool(hidden, counted)
            case "max":
                yield max_pool(hidden, counted)
