"""A Japanese BERT as an encoder of whole pages: the mean of the vectors of a page's windows.

Its name is parsed in `encoder_options.py`; tokens, forward pass, pooling and windows have modules of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import BertModel

from linkassist.bert.checkpoint.open import open_bert
from linkassist.bert.encoder_options import parse_encoder_name
from linkassist.bert.forward import BertForward
from linkassist.bert.layer_pooling import LayerPooling, pool_layers
from linkassist.bert.tokenize.sequences import TokenSequence, split_pair, token_sequence
from linkassist.embed.encoder import normalised
from linkassist.embed.windows import weighted_means, windows
from linkassist.errors import ModelError
from linkassist.progress import OnCount, no_count

# Part of the fingerprint; raised when this module gives other vectors for the same model and text.
_VERSION = 1
_N_TEXTS_AT_ONCE = 2048  # tokenised and sorted by length together
_SPECIALS_OF_SINGLE, _SPECIALS_OF_PAIR = 2, 3  # [CLS] a [SEP], [CLS] a [SEP] b [SEP]
_LEAST_WINDOW = 8


@dataclass(frozen=True, slots=True)
class _Window:
    """The token sequence of a part of a text. text: the text's index. n_tokens: the weight in the text's vector."""

    text: int
    sequence: TokenSequence
    n_tokens: int


class BertJapaneseEncoder:
    """A BERT as an Encoder, with a name such as `bert-japanese:FOLDER?pooling=mean&layer=-2`.

    The vector of a text that is longer than the model takes is the mean over its windows, weighted by their tokens.
    Each precision has its own fingerprint. That of "auto" is the same on every machine, whichever precision it selects
    there, since its vectors keep a cosine of 0.999 to float32: a library can move without being encoded again.
    """

    def __init__(self, name: str) -> None:
        """Raises ModelError where the name is not valid, or there is no such model."""
        parsed = parse_encoder_name(name)
        bert, options = open_bert(parsed.path), parsed.options
        self._notes = bert.notes
        self._tokenizer, self._options = bert.tokenizer, options
        self._network: BertModel | BertForward = bert.model
        self.width = int(bert.model.config.hidden_size)
        n_layers = int(bert.model.config.num_hidden_layers)
        if min(options.layers) < -(n_layers + 1) or max(options.layers) > -1:
            raise ModelError(
                f"{name}: layer is {','.join(map(str, options.layers))}, but the model has {n_layers} layers;"
                f" expected -1 to -{n_layers}, or -{n_layers + 1} for the embeddings."
            )
        self._layer_pooling = LayerPooling(options.pooling, options.layers, options.tokens == "all")
        self._window, self._overlap = self._checked_window(name, int(bert.model.config.max_position_embeddings))
        settings = (
            f"{_VERSION} {options.pooling} {options.layers} {options.tokens} {self._window} {self._overlap}"
            f" {options.input} {options.precision}"
        )
        self.fingerprint = hashlib.sha256(f"{settings} {bert.fingerprint}".encode()).hexdigest()[:16]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unexpected about the model's files, and once a text was encoded, in which precision."""
        used = self._network
        return (
            (*self._notes, f"Vectors computed in {used.precision}.") if isinstance(used, BertForward) else self._notes
        )

    def encode(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32, a row per text, each of length 1; zero where a text has no token at all."""
        return normalised(self.encode_raw(texts, on_progress))

    def encode_raw(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32 before normalisation. Equal texts are encoded once."""
        row_of = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        distinct, rows = list(row_of), [row_of[text] for text in texts]
        n_copies = np.bincount(rows, minlength=len(distinct))
        found = np.zeros((len(distinct), self.width), np.float32)
        n_done = 0
        for start in range(0, len(distinct), _N_TEXTS_AT_ONCE):
            chunk = slice(start, start + _N_TEXTS_AT_ONCE)
            parts = [part for index, text in enumerate(distinct[chunk]) for part in self._windows(index, text)]
            n_left = np.bincount([part.text for part in parts], minlength=len(distinct[chunk]))
            n_done += int(n_copies[chunk][n_left == 0].sum())
            vectors = torch.zeros((len(parts), self.width))
            for members, pooled in self._pooled(parts):
                vectors[members] = pooled
                for text_index in (parts[member].text for member in members):
                    n_left[text_index] -= 1
                    n_done += int(n_copies[chunk][text_index]) if n_left[text_index] == 0 else 0
                on_progress(n_done, len(texts))
            owners, weights = [part.text for part in parts], [part.n_tokens for part in parts]
            found[chunk] = weighted_means(vectors, owners, weights, len(distinct[chunk])).numpy()
        return np.asarray(found[rows])

    def _pooled(self, parts: Sequence[_Window]) -> Iterator[tuple[list[int], torch.Tensor]]:
        """Batches of (indexes into `parts`, their (members, width) vectors), each part exactly once."""
        if not parts:
            return
        if isinstance(self._network, BertModel):  # laid out on first use: many runs find nothing to encode
            self._network = BertForward(self._network, self._options.precision)
        ids, types = [part.sequence.ids for part in parts], [part.sequence.types for part in parts]
        layers = self._options.layers
        for packed in self._network.run(ids, types, layers):
            (vectors,) = pool_layers(packed, layers, [self._layer_pooling], self._network.pooled)
            yield packed.members, vectors

    def _windows(self, index: int, text: str) -> list[_Window]:
        """The windows of the text with this index; none where it has no token."""
        first, second = _as_pair(text) if self._options.input == "pair" else (text, None)
        if second is None:
            n_free, split, before = self._window - _SPECIALS_OF_SINGLE, first, None
        else:  # each window of the second text follows the first text, cut to half of the sequence at most
            n_pair = self._window - _SPECIALS_OF_PAIR
            n_free, split, before = max(n_pair - self._n_tokens(first), n_pair // 2), second, first
        found = []
        for window in windows(split, self._n_tokens, n_free, min(self._overlap, n_free // 2)):
            if window.n_tokens:
                part = window.span.cut(split)
                text_a, text_b = (part, None) if before is None else (before, part)
                sequence = token_sequence(self._tokenizer, text_a, text_b, self._window)
                found.append(_Window(index, sequence, window.n_tokens))
        return found

    def _n_tokens(self, text: str) -> int:
        return len(self._tokenizer.pieces(text))

    def _checked_window(self, name: str, most: int) -> tuple[int, int]:
        """(tokens of a sequence at most, tokens that two windows share). Raises ModelError outside of the limits."""
        window = self._options.window or most
        if not _LEAST_WINDOW <= window <= most:
            raise ModelError(f"{name}: window is {window}; expected {_LEAST_WINDOW} to {most}, which the model takes.")
        overlap = window // 8 if self._options.overlap is None else self._options.overlap
        if overlap > window // 2:
            raise ModelError(f"{name}: overlap is {overlap}; expected {window // 2} at most, half of the window.")
        return window, overlap


def _as_pair(text: str) -> tuple[str, str | None]:
    """The first line and the rest; for a single line, its two sides of ` ||| `, or the line and None."""
    title, line_feed, body = text.partition("\n")
    return (title, body) if line_feed and body.strip() else split_pair(title)
