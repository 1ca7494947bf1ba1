"""A Japanese BERT as an encoder of whole pages: windows of a page through the network, and their mean.

What its name says is read in `encoder_options.py`; tokens, pass, poolings and windows have modules of their own.
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
from linkassist.bert.encoder_options import read_name
from linkassist.bert.forward import BertForward
from linkassist.bert.readout import Readout, read_out
from linkassist.bert.tokenize.sequences import TokenSequence, split_pair, token_sequence
from linkassist.embed.encoder import normalised
from linkassist.embed.windows import weighted_means, windows
from linkassist.errors import ModelError
from linkassist.progress import OnCount, no_count

# To be changed when the same model and text would get another vector from this module.
_VERSION = 1
_N_TEXTS_AT_ONCE = 2048  # are cut into tokens and sorted by length together
_SPECIALS_OF_SINGLE, _SPECIALS_OF_PAIR = 2, 3  # [CLS] a [SEP], [CLS] a [SEP] b [SEP]
_LEAST_WINDOW = 8


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of one text, ready for the network. n_tokens: what it weighs in the text's vector."""

    text: int
    sequence: TokenSequence
    n_tokens: int


class BertJapaneseEncoder:
    """A BERT that turns texts into vectors, as its name says: `bert-japanese:FOLDER?pooling=mean&layer=-2`.

    The vector of a text that is longer than the model takes is the mean of its windows', each weighted by its tokens.
    Vectors made with another precision have another fingerprint, but for "auto", whose vectors keep a cosine of 0.999
    to those of float32 whatever it comes to on a machine: so a library may move without being encoded again.
    """

    def __init__(self, name: str) -> None:
        """Raises ModelError where the name cannot be used, or there is no such model."""
        named = read_name(name)
        bert, choices = open_bert(named.path), named.choices
        self.notes = bert.notes
        self._tokenizer, self._choices = bert.tokenizer, choices
        self._network: BertModel | BertForward = bert.model
        self.width = int(bert.model.config.hidden_size)
        n_layers = int(bert.model.config.num_hidden_layers)
        if min(choices.layers) < -(n_layers + 1) or max(choices.layers) > -1:
            raise ModelError(
                f"{name}: layer is {','.join(map(str, choices.layers))}, but the model has {n_layers} layers;"
                f" expected -1 to -{n_layers}, or -{n_layers + 1} for the embeddings."
            )
        self._readout = Readout(choices.pooling, choices.layers, choices.tokens == "all")
        self._window, self._overlap = self._checked_window(name, int(bert.model.config.max_position_embeddings))
        settings = (
            f"{_VERSION} {choices.pooling} {choices.layers} {choices.tokens} {self._window} {self._overlap}"
            f" {choices.input} {choices.precision}"
        )
        self.fingerprint = hashlib.sha256(f"{settings} {bert.fingerprint}".encode()).hexdigest()[:16]

    def encode(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32, a row per text, each of length 1; zero where a text has no token at all."""
        return normalised(self.encode_raw(texts, on_progress))

    def encode_raw(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32 as the network gives them, of any length. Equal texts are encoded once."""
        row_of = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        distinct, rows = list(row_of), [row_of[text] for text in texts]
        n_copies = np.bincount(rows, minlength=len(distinct))
        found = np.zeros((len(distinct), self.width), np.float32)
        n_done = 0
        for start in range(0, len(distinct), _N_TEXTS_AT_ONCE):
            some = slice(start, start + _N_TEXTS_AT_ONCE)
            parts = [part for text, whole in enumerate(distinct[some]) for part in self._parts(text, whole)]
            n_left = np.bincount([part.text for part in parts], minlength=len(distinct[some]))
            n_done += int(n_copies[some][n_left == 0].sum())
            vectors = torch.zeros((len(parts), self.width))
            for members, pooled in self._pooled(parts):
                vectors[members] = pooled
                for text in (parts[member].text for member in members):
                    n_left[text] -= 1
                    n_done += int(n_copies[some][text]) if n_left[text] == 0 else 0
                on_progress(n_done, len(texts))
            texts_of, weights = [part.text for part in parts], [part.n_tokens for part in parts]
            found[some] = weighted_means(vectors, texts_of, weights, len(distinct[some])).numpy()
        return np.asarray(found[rows])

    def _pooled(self, parts: Sequence[_Window]) -> Iterator[tuple[list[int], torch.Tensor]]:
        """(members, their (members, width) vectors), a batch at a time, each of the parts exactly once."""
        if not parts:
            return
        if isinstance(self._network, BertModel):  # not before: many a run finds nothing to encode
            self._network = BertForward(self._network, self._choices.precision)
        ids, types = [part.sequence.ids for part in parts], [part.sequence.types for part in parts]
        layers = self._choices.layers
        for packed in self._network.run(ids, types, layers):
            (vectors,) = read_out(packed, layers, [self._readout], self._network.pooled)
            yield packed.members, vectors

    def _parts(self, text: int, whole: str) -> list[_Window]:
        """The windows of one text; none where it has no token."""
        first, second = _as_pair(whole) if self._choices.input == "pair" else (whole, None)
        if second is None:
            return [
                _Window(text, token_sequence(self._tokenizer, window, None, self._window), n_tokens)
                for window, n_tokens in self._cut(first, self._window - _SPECIALS_OF_SINGLE)
            ]
        # Each window of the second text has the first one beside it, of which half a sequence is enough.
        n_free = self._window - _SPECIALS_OF_PAIR
        n_second = max(n_free - self._n_tokens(first), n_free // 2)
        return [
            _Window(text, token_sequence(self._tokenizer, first, window, self._window), n_tokens)
            for window, n_tokens in self._cut(second, n_second)
        ]

    def _cut(self, text: str, n_free: int) -> list[tuple[str, int]]:
        """(window, its tokens) of those that have any."""
        found = windows(text, self._n_tokens, n_free, min(self._overlap, n_free // 2))
        return [(window.span.cut(text), window.n_tokens) for window in found if window.n_tokens]

    def _n_tokens(self, text: str) -> int:
        return len(self._tokenizer.pieces(text))

    def _checked_window(self, name: str, most: int) -> tuple[int, int]:
        """(the most tokens of a sequence, those of them that windows share)"""
        window = self._choices.window or most
        if not _LEAST_WINDOW <= window <= most:
            raise ModelError(f"{name}: window is {window}; expected {_LEAST_WINDOW} to {most}, which the model takes.")
        overlap = window // 8 if self._choices.overlap is None else self._choices.overlap
        if overlap > window // 2:
            raise ModelError(f"{name}: overlap is {overlap}; expected {window // 2} at most, half of the window.")
        return window, overlap


def _as_pair(text: str) -> tuple[str, str | None]:
    """The two texts of an input that is a pair: its first line and the rest; of a single line, what ` ||| ` parts."""
    title, line_feed, body = text.partition("\n")
    return (title, body) if line_feed and body.strip() else split_pair(title)
