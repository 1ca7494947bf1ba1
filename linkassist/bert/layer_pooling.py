"""Several vectors per text from one forward pass of a BERT: by layers, by pooling, with or without [CLS] and [SEP].

The pooling functions are in `embed/pooling.py`, the forward pass in `forward.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from linkassist.bert.encoder_options import BertPooling
from linkassist.bert.forward import PackedHidden
from linkassist.embed.pooling import cls_pool, inner_tokens, max_pool, mean_of_layers, mean_pool, padded, pooled_pool

_OVER_TOKENS: tuple[Literal["mean", "max"], ...] = ("mean", "max")


@dataclass(frozen=True, slots=True)
class LayerPooling:
    """A pooling over the tokens of the mean of some layers.

    layers: counted as in extract_features: -1 is the last; of n layers, -n is the first and -(n + 1) the embeddings.
    has_specials: whether a mean or maximum includes [CLS] and [SEP].
    """

    pooling: BertPooling
    layers: tuple[int, ...] = (-1,)
    has_specials: bool = True

    @property
    def name(self) -> str:
        """`LayerPooling("mean", (-12, -1), False).name == "mean -12 & -1, no specials"`."""
        layers = "" if self.pooling == "pooled" else " " + " & ".join(map(str, self.layers))
        return self.pooling + layers + ("" if self.has_specials else ", no specials")


def usual_poolings(n_layers: int, layers: Sequence[int] = (-1, -2)) -> list[LayerPooling]:
    """The poolings to compare: [CLS], mean and maximum of each layer; the pooled output; the first-last average.

    The mean of -2 is the default of bert-as-service (https://github.com/jina-ai/clip-as-service, its README of 2018,
    "REDUCE_MEAN" of "pooling_layer -2"). First means the first layer, -n, and not the embeddings, as in Su et al. 2021,
    https://arxiv.org/abs/2103.15316.
    """
    found = [LayerPooling("pooled")]
    for layer in dict.fromkeys(layers):
        found.append(LayerPooling("cls", (layer,)))
        found += [LayerPooling(pooling, (layer,), specials) for pooling in _OVER_TOKENS for specials in (True, False)]
    return [*found, *(LayerPooling("mean", (-n_layers, -1), specials) for specials in (True, False))]


def layers_of(poolings: Sequence[LayerPooling]) -> tuple[int, ...]:
    """The layers that the forward pass must return, the last first."""
    return tuple(sorted({layer for each in poolings for layer in each.layers}, reverse=True))


def pool_layers(
    packed: PackedHidden, layers: Sequence[int], poolings: Sequence[LayerPooling], pooler: Callable[[Tensor], Tensor]
) -> Iterator[Tensor]:
    """For each pooling, (members, width) float32. layers: the indexes of `packed.layers`; pooler: dense and tanh."""
    states = [padded(layer, packed.lengths) for layer in packed.layers]
    is_token = states[0][1]
    inner = inner_tokens(is_token)
    hidden_of = {layer: hidden for layer, (hidden, _) in zip(layers, states, strict=True)}
    for each in poolings:
        found = [hidden_of[layer] for layer in each.layers]
        hidden = found[0] if len(found) == 1 else mean_of_layers(found)
        counted = is_token if each.has_specials else inner
        match each.pooling:
            case "cls":
                yield cls_pool(hidden, is_token)
            case "pooled":
                yield pooled_pool(hidden, is_token, pooler)
            case "mean":
                yield mean_pool(hidden, counted)
            case "max":
                yield max_pool(hidden, counted)
