"""Static embedding models: a vector per token, and of a text their mean. No network runs, so they are fast on any CPU.

Two kinds of folder: StaticEmbedding of sentence-transformers, and model2vec. Nothing here imports PyTorch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from linkassist.embed.encoder import normalised
from linkassist.embed.model_files import content_fingerprint, find_model, static_place
from linkassist.embed.model_name import parse_model_name
from linkassist.errors import ModelError
from linkassist.progress import OnCount, no_count

# Part of the fingerprint; raised when this module gives other vectors for the same model and text.
_VERSION: Final = 1
_N_TEXTS_AT_ONCE: Final = 1024


class StaticEncoder:
    """A static embedding model as an Encoder."""

    def __init__(self, name: str) -> None:
        """name: a folder or a model's name on the hub, with prefix and window as options behind it.

        Raises ModelError where there is no such model, a file of it is missing or damaged, or an option has no effect.
        """
        parsed = parse_model_name(name)
        options = parsed.options
        if options.pooling not in (None, "mean") or options.prompt is not None:
            raise ModelError(f"{name}: a static model takes the mean of its tokens. Leave pooling and prompt out.")
        folder = find_model(parsed.place)
        place = static_place(folder)
        if place is None:
            raise ModelError(f"{folder} holds no static embedding model, in which each token has a vector of its own.")
        self.prefix, self._window = options.prefix or "", options.window
        self._tokenizer = _read_tokenizer(place / "tokenizer.json")
        self._vectors = _read_vectors(place / "model.safetensors")
        self.width = int(self._vectors.shape[1])
        n_pieces = self._tokenizer.get_vocab_size()
        if n_pieces > len(self._vectors):
            raise ModelError(
                f"{place / 'tokenizer.json'} has {n_pieces:,} pieces, but model.safetensors {len(self._vectors):,}"
                " vectors. Download the model again."
            )
        self._unknown = _unknown_id(self._tokenizer) if _is_model2vec(folder) else None
        settings = f"static {_VERSION} {self.prefix!r} {self._window} {content_fingerprint(folder)}"
        self.fingerprint = hashlib.sha256(settings.encode()).hexdigest()[:16]

    def encode(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32, a row per text, each of length 1; zero where a text has no token."""
        return normalised(self.encode_raw(texts, on_progress))

    def encode_raw(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32: the mean of the vectors of each text's tokens."""
        found = np.zeros((len(texts), self.width), np.float32)
        for start in range(0, len(texts), _N_TEXTS_AT_ONCE):
            some = [self.prefix + text for text in texts[start : start + _N_TEXTS_AT_ONCE]]
            counts = self._token_counts(some)
            n_tokens = np.asarray(counts.sum(axis=1)).ravel()
            found[start : start + len(some)] = (counts @ self._vectors) / n_tokens.clip(1)[:, None]
            on_progress(start + len(some), len(texts))
        return found

    def _token_counts(self, texts: Sequence[str]) -> sp.csr_matrix:
        """(texts, vocabulary) float32: how often each token is in each text."""
        ids = [
            [token for token in encoding.ids[: self._window] if token != self._unknown]
            for encoding in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        ]
        columns = np.array([token for each in ids for token in each], np.int64)
        ends = np.cumsum([0, *map(len, ids)])
        ones = np.ones(len(columns), np.float32)
        return sp.csr_matrix((ones, columns, ends), shape=(len(texts), len(self._vectors)))


def _read_tokenizer(path: Path) -> Any:
    if not path.is_file():
        raise ModelError(f"{path} is missing. Download the model again, all its files.")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a plain Exception
        raise ModelError(f"{path} cannot be read ({error}). Download the model again.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _read_vectors(path: Path) -> NDArray[np.float32]:
    """(tokens, width) float32. model2vec may keep fewer rows than tokens, and a weight for each token."""
    try:
        found = load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Download the model again.") from error
    name = next((name for name in ("embedding.weight", "embeddings") if name in found), None)
    if name is None or found[name].ndim != 2:
        raise ModelError(
            f"{path} holds {', '.join(found) or 'nothing'}; expected embedding.weight, or embeddings, of two"
            " dimensions. Download the model again."
        )
    vectors = found[name].astype(np.float32)
    if "mapping" in found:
        vectors = vectors[found["mapping"]]
    if "weights" in found:
        vectors = vectors * found["weights"].astype(np.float32)[:, None]
    return vectors


def _is_model2vec(folder: Path) -> bool:
    return (folder / "config.json").is_file()


def _unknown_id(tokenizer: Any) -> int | None:
    """The id of the piece for what the vocabulary lacks, which model2vec leaves out; None where there is none."""
    model = json.loads(tokenizer.to_str())["model"]
    piece, number = model.get("unk_token"), model.get("unk_id")
    return number if isinstance(number, int) else tokenizer.token_to_id(piece) if piece else None
