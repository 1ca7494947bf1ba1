"""Many vectors of every page from one pass through a BERT."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from linkassist.bert.forward import BertForward
from linkassist.bert.layer_pooling import LayerPooling, layers_of, pool_layers
from linkassist.bert.tokenize.sentencepiece import Tokenizer
from linkassist.bert.tokenize.sequences import TokenSequence, token_sequence
from linkassist.embed.windows import weighted_means, windows
from linkassist.progress import OnCount
from linkassist.suggest.corpus import FloatArray

_PAGES_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class PageTokens:
    """How much of a page is read. max_seq_length: tokens, with [CLS] and [SEP]. overlap: of windows, in tokens; None:
    no windows, only the beginning of a page is read.
    """

    max_seq_length: int
    overlap: int | None


def page_vectors(
    texts: Sequence[str],
    tokenizer: Tokenizer,
    forward: BertForward,
    poolings: Sequence[LayerPooling],
    how: PageTokens,
    on_text: OnCount,
) -> FloatArray:
    """(poolings, texts, width) float32, on disk while it is used. on_text: counts the texts."""
    layers = layers_of(poolings)
    found: FloatArray | None = None
    for start in range(0, len(texts), _PAGES_AT_ONCE):
        some = texts[start : start + _PAGES_AT_ONCE]
        owners: list[int] = []
        sequences: list[TokenSequence] = []
        for owner, text in enumerate(some):
            for sequence in _sequences(text, tokenizer, how):
                owners.append(owner)
                sequences.append(sequence)
        ids, n_done = [sequence.ids for sequence in sequences], 0
        own: torch.Tensor | None = None
        for packed in forward.run(ids, [sequence.types for sequence in sequences], layers):
            read = torch.stack(list(pool_layers(packed, layers, poolings, forward.pooled)))
            own = read.new_zeros((len(poolings), len(ids), read.shape[2])) if own is None else own
            own[:, packed.members] = read
            n_done += len(packed.members)
            on_text(start + n_done * len(some) // len(ids), len(texts))
        assert own is not None  # every text has a sequence, were it empty
        if found is None:
            with tempfile.TemporaryFile() as file:  # a gigabyte for a large wiki; freed with the array
                found = np.memmap(file, np.float32, "w+", shape=(len(poolings), len(texts), own.shape[2]))
        weights = [len(each) for each in ids]
        for row, vectors in zip(found, own, strict=True):
            row[start : start + len(some)] = weighted_means(vectors, owners, weights, len(some)).numpy()
    return np.zeros((len(poolings), 0, 0), np.float32) if found is None else found


def _sequences(text: str, tokenizer: Tokenizer, how: PageTokens) -> list[TokenSequence]:
    if how.overlap is None:
        return [token_sequence(tokenizer, text, None, how.max_seq_length)]
    parts = windows(text, lambda part: len(tokenizer.pieces(part)), how.max_seq_length - 2, how.overlap)
    return [token_sequence(tokenizer, part.span.cut(text), None, how.max_seq_length) for part in parts]
