"""Two encoders as one: the wiki's own, and a transformers model that joins it as far as it helps.

How much the model weighs is learnt from links that the own encoder never saw. Where the model brings nothing, it gets
no share, and the own encoder is used alone.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from linkassist.embed.encoder import Encoder, normalised
from linkassist.embed.wiki_encoder import WikiEncoder
from linkassist.errors import ModelError
from linkassist.progress import OnCount, no_count

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

JOIN_FILE = "join.npz"
SHARES = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
_MOST_EXAMINED = 500
_STANDARD_ERRORS = 0.5  # by which a share must be better than none; noise is not equal to none, but worse
_AT_ONCE = 100  # examined pages whose similarities to all pages are held at a time
_NOISE = 1e-3  # a shorter difference from the centre says nothing: vectors vary by 1e-6 with the texts beside them


@dataclass(frozen=True, slots=True)
class Join:
    """How the other encoder joins: centre, the (width,) mean of its vectors, and the share in [0, 1] that it weighs."""

    centre: FloatArray
    share: float

    def join(self, own: FloatArray, other: FloatArray) -> FloatArray:
        """(texts, own width + other width) unit rows whose inner product is the weighted mean of both cosines.

        The other's vectors are taken from their centre: those of a language model all point one way, which says
        nothing of a text (Mu and Viswanath 2018, https://arxiv.org/abs/1702.01417). A text of which one encoder says
        nothing is the other's alone; one of which neither does is the zero vector.
        """
        apart = other - self.centre
        apart[np.linalg.norm(apart, axis=1) < _NOISE] = 0
        apart = normalised(apart)
        return np.hstack([own * _weights(own, apart, 1 - self.share), apart * _weights(apart, own, self.share)])


def _weights(part: FloatArray, beside: FloatArray, share: float) -> FloatArray:
    """(texts, 1): the factor of each row of a part, 1 where the part beside it says nothing."""
    weights: FloatArray = np.where(beside.any(axis=1, keepdims=True), np.float32(np.sqrt(share)), np.float32(1))
    return weights


@dataclass(frozen=True, slots=True)
class JoinedEncoder:
    """own: learnt from the wiki. other: any other. As one encoder, each with the weight that `how` gives it."""

    own: WikiEncoder
    other: Encoder
    how: Join

    @property
    def width(self) -> int:
        """The length of a vector."""
        return self.own.width + self.other.width

    @property
    def fingerprint(self) -> str:
        """The own encoder's fingerprint, a plus sign, and twelve hex digits for what joins it and how."""
        digest = hashlib.sha256(f"{self.other.fingerprint} {self.how.share}\n".encode())
        digest.update(self.how.centre.tobytes())
        return f"{self.own.fingerprint}+{digest.hexdigest()[:12]}"

    def encode(self, texts: Sequence[str], on_progress: OnCount = no_count) -> FloatArray:
        """(texts, width) float32, unit rows; a text of which neither encoder knows anything gives the zero vector."""
        return self.how.join(self.own.encode(texts), self.other.encode(texts, on_progress))

    def save(self, folder: Path) -> None:
        """Writes the own encoder and `join.npz` into the folder, each file beside and then renamed; the other is found
        by its name."""
        self.own.save(folder)
        buffer = io.BytesIO()
        np.savez(buffer, centre=self.how.centre, share=self.how.share, fingerprint=self.fingerprint)
        beside = folder / f".{JOIN_FILE}.new"
        beside.write_bytes(buffer.getvalue())
        os.replace(beside, folder / JOIN_FILE)

    @classmethod
    def load(cls, folder: Path, other: Encoder) -> JoinedEncoder:
        """What `save` wrote, with the other encoder again; ModelError where a file is missing, damaged or not of it."""
        try:
            with (folder / JOIN_FILE).open("rb") as file, np.load(file, allow_pickle=False) as kept:
                how, expected = Join(kept["centre"], float(kept["share"])), str(kept["fingerprint"])
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


def learn_join(own: FloatArray, other: FloatArray, links: sp.csr_matrix, pages: IntArray, seed: int = 0) -> Join:
    """How an encoder that gave the vectors `other` best joins the one that gave the vectors `own`.

    own, other: (pages, width). links: (pages, targets), the first targets being the pages themselves. pages: those by
    whose links, of which the own encoder knows nothing, the shares are compared; 500 of them are enough.
    The share is the best of a few, or 0 where that is hardly better than none.
    """
    centre = other.mean(axis=0) if len(other) else np.zeros(other.shape[1], np.float32)
    if len(pages) > _MOST_EXAMINED:
        pages = np.sort(np.random.default_rng(seed).choice(pages, _MOST_EXAMINED, replace=False))
    related = _related(links, pages)
    found = [_gains(Join(centre, share).join(own, other), pages, related) for share in SHARES]
    return Join(centre, _best_share(np.stack(found)))


def _related(links: sp.csr_matrix, pages: IntArray) -> sp.csr_matrix:
    """(pages asked, all pages): above 0 where both link the same target, or one links the other; a hub says less."""
    n_pages = links.shape[0]
    n_linking = np.asarray(links.sum(axis=0)).ravel()
    asked = sp.csr_matrix(links[pages])
    shared = asked @ sp.diags((1 / n_linking.clip(1)).astype(np.float32)) @ links.T
    related = sp.lil_matrix(shared + asked[:, :n_pages] + sp.csr_matrix(links[:, :n_pages].T)[pages])
    related[np.arange(len(pages)), pages] = 0
    return sp.csr_matrix(related)


def _gains(vectors: FloatArray, pages: IntArray, related: sp.csr_matrix) -> FloatArray:
    """Per page asked, its discounted cumulative gain (Järvelin and Kekäläinen 2002) as a share of all it could be.

    All others are ranked by similarity; the gain of one at rank r is how related it is, over log2(1 + r). Of equals,
    each has the last one's rank: to find all pages alike is to tell nothing.
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
    """The share with the highest mean of gains, (shares, pages); 0 where that is hardly better than none."""
    n_pages = gains.shape[1]
    if n_pages < 2:
        return 0.0
    best = int(gains.mean(axis=1).argmax())
    won = gains[best] - gains[0]
    return SHARES[best] if won.mean() > _STANDARD_ERRORS * won.std(ddof=1) / np.sqrt(n_pages) else 0.0
