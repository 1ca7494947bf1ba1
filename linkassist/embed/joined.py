"""Two encoders as one: the wiki's own and a transformers model, concatenated with weights.

The model's weight is learnt from links that the wiki's own encoder was not trained on. It is 0 where the model does not
help; the own encoder is then used alone.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from linkassist.embed.encoder import Encoder, normalised
from linkassist.embed.model_name import Treatment
from linkassist.embed.wiki_encoder import WikiEncoder, replace_file
from linkassist.errors import ModelError
from linkassist.progress import OnCount, no_count

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

JOIN_FILE = "join.npz"
SHARES = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
_MOST_EXAMINED = 500
_STANDARD_ERRORS = 0.5  # a share must be better than 0 by so many; a useless model is worse than 0, not equal
_AT_ONCE = 100  # examined pages whose similarities to all pages are in memory
_NOISE = 1e-3  # shorter differences from the centre count as zero: batching alone varies vectors by 1e-6


@dataclass(frozen=True, slots=True)
class Join:
    """How to combine two encoders.

    centre: (width,), subtracted from the other's vectors. kernel: (width, k), by which they are then multiplied; None
    where they stay as they are. share: the other's weight in [0, 1].
    """

    centre: FloatArray
    share: float
    kernel: FloatArray | None = None

    def join(self, own: FloatArray, other: FloatArray) -> FloatArray:
        """(texts, own width + other width, or k) unit rows whose inner product is the weighted mean of both cosines.

        The other's vectors are usually centred, since a language model's share a common direction (Mu and Viswanath
        2018, https://arxiv.org/abs/1702.01417). Where one encoder gives a zero vector, the row is the other's alone;
        where both do, it is zero.
        """
        apart = other - self.centre
        apart[np.linalg.norm(apart, axis=1) < _NOISE] = 0
        apart = normalised(apart if self.kernel is None else (apart @ self.kernel).astype(np.float32))
        return np.hstack([own * _weights(own, apart, 1 - self.share), apart * _weights(apart, own, self.share)])


def _weights(part: FloatArray, beside: FloatArray, share: float) -> FloatArray:
    """(texts, 1): the factor of each row of `part`, 1 where the row of `beside` is zero."""
    weights: FloatArray = np.where(beside.any(axis=1, keepdims=True), np.float32(np.sqrt(share)), np.float32(1))
    return weights


@dataclass(frozen=True, slots=True)
class JoinedEncoder:
    """The concatenation of two encoders, weighted by `how`. own: learnt from the wiki. other: any."""

    own: WikiEncoder
    other: Encoder
    how: Join

    @property
    def width(self) -> int:
        """The length of a vector."""
        return self.own.width + (self.other.width if self.how.kernel is None else self.how.kernel.shape[1])

    @property
    def fingerprint(self) -> str:
        """The own encoder's fingerprint, a plus sign, and twelve hex digits for what joins it and how."""
        digest = hashlib.sha256(f"{self.other.fingerprint} {self.how.share}\n".encode())
        digest.update(self.how.centre.tobytes())
        if self.how.kernel is not None:
            digest.update(self.how.kernel.tobytes())
        return f"{self.own.fingerprint}+{digest.hexdigest()[:12]}"

    def encode(self, texts: Sequence[str], on_progress: OnCount = no_count) -> FloatArray:
        """(texts, width) float32, unit rows; zero for a text for which both encoders give zero."""
        return self.how.join(self.own.encode(texts), self.other.encode(texts, on_progress))

    def save(self, folder: Path) -> None:
        """Writes the own encoder and `join.npz` into the folder, each file atomically; the other goes by its name."""
        self.own.save(folder)
        buffer = io.BytesIO()
        kept: dict[str, Any] = {"centre": self.how.centre, "share": self.how.share, "fingerprint": self.fingerprint}
        if self.how.kernel is not None:
            kept["kernel"] = self.how.kernel
        np.savez(buffer, **kept)
        replace_file(folder / JOIN_FILE, buffer.getvalue())

    @classmethod
    def load(cls, folder: Path, other: Encoder) -> JoinedEncoder:
        """What `save` wrote, with the other encoder again; ModelError where a file is missing, damaged or not of it."""
        try:
            with (folder / JOIN_FILE).open("rb") as file, np.load(file, allow_pickle=False) as kept:
                how, expected = Join(kept["centre"], float(kept["share"]), kept.get("kernel")), str(kept["fingerprint"])
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ModelError(
                f"{folder / JOIN_FILE} cannot be read ({error}). Run `linkassist reindex --full` to learn it anew."
            ) from error
        encoder = cls(WikiEncoder.load(folder), other, how)
        if encoder.fingerprint != expected:
            raise ModelError(
                f"{folder / JOIN_FILE} was written for {expected}, but the encoders are now {encoder.fingerprint}."
                " Run `linkassist reindex --full` to learn it anew."
            )
        return encoder


def learn_join(
    own: FloatArray,
    other: FloatArray,
    links: sp.csr_matrix,
    pages: IntArray,
    seed: int = 0,
    treatment: Treatment = "centred",
) -> Join:
    """The best of a few shares for the encoder that gave `other` beside the one that gave `own`; 0 if it hardly helps.

    own, other: (pages, width). links: (pages, targets), the first targets being the pages themselves. pages: indexes of
    pages whose links were held out from the own encoder's training; at most 500 of them, sampled, are examined.
    treatment: of the other's vectors.
    """
    centre, kernel = _learn_map(other, treatment)
    if len(pages) > _MOST_EXAMINED:
        pages = np.sort(np.random.default_rng(seed).choice(pages, _MOST_EXAMINED, replace=False))
    related = _related(links, pages)
    found = [_gains(Join(centre, share, kernel).join(own, other), pages, related) for share in SHARES]
    return Join(centre, _best_share(np.stack(found)), kernel)


def _learn_map(vectors: FloatArray, treatment: Treatment) -> tuple[FloatArray, FloatArray | None]:
    """(mean, kernel) of the affine map (x - mean) @ kernel; the kernel None for the identity."""
    if treatment == "raw" or not len(vectors):
        return np.zeros(vectors.shape[1], np.float32), None
    if treatment == "centred":
        return vectors.mean(axis=0), None
    # Imported here: PyTorch, which only who whitens should wait for.
    import torch

    from linkassist.embed.whitening import learn_whitening

    learnt = learn_whitening(torch.from_numpy(vectors))
    return learnt.mean.numpy(), None if learnt.kernel is None else learnt.kernel.numpy()


def _related(links: sp.csr_matrix, pages: IntArray) -> sp.csr_matrix:
    """(examined pages, all pages): the relevance of each, above 0 where they share a target or one links the other.

    A shared target counts 1 over its number of links, so that hubs count little.
    """
    n_pages = links.shape[0]
    n_linking = np.asarray(links.sum(axis=0)).ravel()
    examined = sp.csr_matrix(links[pages])
    shared = examined @ sp.diags((1 / n_linking.clip(1)).astype(np.float32)) @ links.T
    related = sp.lil_matrix(shared + examined[:, :n_pages] + sp.csr_matrix(links[:, :n_pages].T)[pages])
    related[np.arange(len(pages)), pages] = 0
    return sp.csr_matrix(related)


def _gains(vectors: FloatArray, pages: IntArray, related: sp.csr_matrix) -> FloatArray:
    """(examined pages,): discounted cumulative gain (Järvelin and Kekäläinen 2002) over the sum of all relevances.

    All other pages are ranked by similarity; one at rank r gains its relevance over log2(1 + r). Ties take the lowest
    rank among them, so that an encoder with equal similarities gains nothing.
    """
    gains = np.zeros(len(pages), np.float32)
    for start in range(0, len(pages), _AT_ONCE):
        similarities = vectors[pages[start : start + _AT_ONCE]] @ vectors.T
        for row, ranked in enumerate(np.sort(similarities, axis=1), start):
            others = related.indices[related.indptr[row] : related.indptr[row + 1]]
            weights = related.data[related.indptr[row] : related.indptr[row + 1]]
            if len(others):
                n_below = np.searchsorted(ranked, similarities[row - start, others])
                rank = len(ranked) - 1 - n_below  # the page itself is not counted
                gains[row] = (weights / np.log2(1 + rank.clip(1))).sum() / weights.sum()
    return gains


def _best_share(gains: FloatArray) -> float:
    """The share with the highest mean gain; 0 unless it beats share 0 by a margin. gains: (shares, pages)."""
    n_pages = gains.shape[1]
    if n_pages < 2:
        return 0.0
    best = int(gains.mean(axis=1).argmax())
    won = gains[best] - gains[0]
    return SHARES[best] if won.mean() > _STANDARD_ERRORS * won.std(ddof=1) / np.sqrt(n_pages) else 0.0
