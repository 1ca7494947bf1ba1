"""The second experiment: a short binary code for each page, so that pages with one code share a bucket.

The bits are the signs of the first dimensions, or of a learnt rotation (ITQ) of the principal components.
`faiss.ITQMatrix` (1.15) does so too, but with 12 bits its loss was 0.6 to 0.8 % higher on random vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkassist.suggest.corpus import BoolArray, FloatArray, IntArray

DoubleArray = npt.NDArray[np.float64]

N_BITS = 12
_N_ITERATIONS = 50  # Gong and Lazebnik 2011, section 2.2: "we use 50 iterations"


@dataclass(frozen=True, slots=True)
class BucketFigures:
    """How a code distributes the pages over its 2 ** n_bits buckets.

    n_used: buckets that are not empty. n_alone: pages alone in their bucket. largest: pages in the fullest bucket.
    mean_others: other pages in a page's bucket, on average. entropy: in bits, at most n_bits.
    """

    name: str
    n_bits: int
    n_pages: int
    n_used: int
    n_alone: int
    largest: int
    mean_others: float
    entropy: float


def sign_code(vectors: FloatArray, n_bits: int = N_BITS) -> BoolArray:
    """(pages, n_bits): whether each of the first dimensions is above 0; all there are where there are fewer."""
    return np.asarray(vectors[:, :n_bits] > 0)


def learnt_code(vectors: FloatArray, n_bits: int = N_BITS, seed: int = 0) -> BoolArray:
    """(pages, n_bits): the signs of the centred vectors' principal components, rotated to be near the signs.

    Where the vectors are narrower, there are as many bits as dimensions.
    Source: Gong and Lazebnik 2011, "Iterative Quantization", section 2, https://doi.org/10.1109/CVPR.2011.5995432
    """
    components = principal_components(vectors, n_bits)
    return np.asarray(components @ quantising_rotation(components, seed) > 0)


def principal_components(vectors: FloatArray, n: int) -> DoubleArray:
    """(pages, n) V = X W: the centred vectors X along the n eigenvectors W of XᵀX with the largest eigenvalues."""
    centred = vectors.astype(np.float64)
    centred -= centred.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)  # smallest eigenvalue first
    return np.asarray(centred @ directions[:, ::-1][:, :n])


def quantising_rotation(components: DoubleArray, seed: int = 0, n_iterations: int = _N_ITERATIONS) -> DoubleArray:
    """(bits, bits) orthogonal R that makes ‖B - V R‖² small, where B = sgn(V R) and V are the components.

    From a random rotation on, B and R are updated in turns: for a fixed B, R is the orthogonal Procrustes solution.
    Source: Gong and Lazebnik 2011, section 2.2 (equations 2 and 3)
    """
    n_bits = components.shape[1]
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((n_bits, n_bits)))
    for _ in range(n_iterations):
        bits = np.where(components @ rotation > 0, 1.0, -1.0)
        left, _, right = np.linalg.svd(bits.T @ components)  # B^T V = S Ω Ŝ^T
        rotation = right.T @ left.T  # R = Ŝ S^T
    return np.asarray(rotation)


def bucket_numbers(code: BoolArray) -> IntArray:
    """(pages,): the code of each page read as a binary number, its first bit being the highest."""
    n_bits = code.shape[1]
    return np.asarray(code.astype(np.int64) @ (1 << np.arange(n_bits - 1, -1, -1, dtype=np.int64)))


def bucket_figures(name: str, code: BoolArray) -> BucketFigures:
    """The figures of a code. Entropy: Shannon 1948, section 6, of a random page's bucket."""
    n_pages, n_bits = code.shape
    _, sizes = np.unique(bucket_numbers(code), return_counts=True)
    shares = sizes / max(1, n_pages)
    return BucketFigures(
        name=name,
        n_bits=n_bits,
        n_pages=n_pages,
        n_used=len(sizes),
        n_alone=int((sizes == 1).sum()),
        largest=int(sizes.max(initial=0)),
        mean_others=float((shares * (sizes - 1)).sum()),
        entropy=float((shares * np.log2(1 / shares)).sum()),
    )


def bucket_mates(code: BoolArray, asked: IntArray) -> Sequence[IntArray]:
    """For each page asked about, the other pages of its bucket, in order."""
    numbers = bucket_numbers(code)
    members = {number: np.flatnonzero(numbers == number) for number in np.unique(numbers[asked]).tolist()}
    return [mates[mates != page] for page in asked.tolist() for mates in [members[int(numbers[page])]]]
