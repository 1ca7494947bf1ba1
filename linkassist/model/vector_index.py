"""The nearest pages: an exact search over their vectors, by FAISS.

The vectors come from an encoder and live in the store; an index is derived from them and can always be built again.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from linkassist.errors import ModelError

_FORMAT = "linkassist index 1"
# More pages than asked for, so that rounding rarely decides which are the nearest.
_SPARE = 16


@dataclass(frozen=True, slots=True)
class Neighbours:
    """For each query its nearest pages, nearest first; of equally near ones the smaller id first.

    page_ids: (queries, k) int64. similarities: (queries, k) float32, cosines.
    """

    page_ids: NDArray[np.int64]
    similarities: NDArray[np.float32]


class PageIndex:
    """Pages by the cosine of their vectors with a query's.

    `fingerprint` is that of the encoder which made the vectors.
    """

    def __init__(self, page_ids: NDArray[np.int64], vectors: NDArray[np.float32], fingerprint: str) -> None:
        """page_ids: (pages,). vectors: (pages, width), each of length 1, or zero for a page without text.

        25,000 pages of width 768 take a tenth of a second.
        """
        if vectors.ndim != 2 or page_ids.shape != vectors.shape[:1]:
            raise ValueError(f"page_ids of shape {page_ids.shape} do not match vectors of shape {vectors.shape}")
        _check_rows(vectors)
        self.fingerprint = fingerprint
        self.page_ids = np.asarray(page_ids, dtype=np.int64)
        self._faiss = faiss.IndexFlatIP(vectors.shape[1])
        self._faiss.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def __len__(self) -> int:
        """The number of pages."""
        return len(self.page_ids)

    @property
    def width(self) -> int:
        """The length of a vector."""
        return int(self._faiss.d)

    def nearest(self, queries: NDArray[np.float32], k: int, *, batch_size: int = 2048) -> Neighbours:
        """The `k` nearest pages of each query, or all pages where there are fewer.

        queries: (queries, width), each of length 1 or zero. A page that is itself a query finds itself first.
        A zero vector has similarity 0 with everything.
        What is found for a query is the same to the last bit, whatever other queries stand beside it.
        """
        if queries.ndim != 2 or queries.shape[1] != self.width:
            raise ValueError(f"queries have shape {queries.shape}; expected (queries, {self.width})")
        if k < 1:
            raise ValueError(f"k is {k}; expected at least 1")
        _check_rows(queries)
        k = min(k, len(self))
        found = Neighbours(np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32))
        if k == 0:
            return found
        for start in range(0, len(queries), batch_size):
            batch = np.ascontiguousarray(queries[start : start + batch_size], dtype=np.float32)
            self._fill(found, start, batch, k)
        return found

    def _fill(self, found: Neighbours, start: int, queries: NDArray[np.float32], k: int) -> None:
        """Puts the `k` nearest pages of these queries into `found`, from row `start` on.

        FAISS multiplies many queries as matrices, and the last bits of a product depend on the matrices' shapes. So it
        says which pages are near, and each similarity is computed anew, by itself. Where a page that FAISS left out
        could be among the nearest after all, those of all pages are.
        """
        vectors = faiss.rev_swig_ptr(self._faiss.get_xb(), len(self) * self.width).reshape(len(self), self.width)
        most_rounding = 2 * self.width * float(np.finfo(np.float32).eps)  # of both products, of vectors of length 1
        rounded, rows = self._faiss.search(queries, min(k + _SPARE, len(self)))
        for at, query in enumerate(queries):
            page_ids, cosines = self.page_ids[rows[at]], np.einsum("nw,w->n", vectors[rows[at]], query)
            order = np.lexsort((page_ids, -cosines))[:k]
            if len(page_ids) < len(self) and cosines[order[-1]] <= rounded[at, -1] + most_rounding:
                page_ids, cosines = self.page_ids, np.einsum("nw,w->n", vectors, query)
                order = np.lexsort((page_ids, -cosines))[:k]
            found.page_ids[start + at], found.similarities[start + at] = page_ids[order], cosines[order]

    def save(self, path: Path) -> None:
        """Write the index to a file beside `path`, then rename: a reader finds the old one or the new one, whole."""
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(
                    file,
                    format=np.array(_FORMAT),
                    fingerprint=np.array(self.fingerprint),
                    page_ids=self.page_ids,
                    faiss=faiss.serialize_index(self._faiss),
                )
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> PageIndex:
        """The index that was saved at `path`, if its vectors came from the encoder with this fingerprint.

        Raises ModelError if the file is missing, damaged, or another encoder's.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                if str(arrays["format"]) != _FORMAT:
                    raise ValueError(f'its format is "{arrays["format"]}"')
                built_with = str(arrays["fingerprint"])
                page_ids, stored = arrays["page_ids"], faiss.deserialize_index(arrays["faiss"])
                if not isinstance(stored, faiss.IndexFlatIP) or page_ids.shape != (stored.ntotal,):
                    raise ValueError(f"{len(page_ids)} page ids for a {type(stored).__name__} of {stored.ntotal}")
        except FileNotFoundError:
            raise ModelError(f"{path} does not exist yet. Run `linkassist reindex` to build it.") from None
        except (OSError, EOFError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
            raise ModelError(
                f"{path} is not an index that linkassist can read ({error}). Run `linkassist reindex` to rebuild it."
            ) from error
        if built_with != fingerprint:
            raise ModelError(
                f"{path} was built with encoder {built_with}, but the settings name {fingerprint}."
                " Run `linkassist reindex` to rebuild it."
            )
        index = cls.__new__(cls)
        index.fingerprint, index.page_ids, index._faiss = built_with, page_ids, stored
        return index


def _check_rows(vectors: NDArray[np.float32]) -> None:
    """Raise ValueError unless each row has length 1 or 0: of other rows the inner product is not the cosine."""
    lengths = np.linalg.norm(vectors, axis=1)
    is_wrong = ~((np.abs(lengths - 1) < 1e-3) | (lengths == 0))
    if is_wrong.any():
        row = int(is_wrong.argmax())
        raise ValueError(f"vector {row} has length {lengths[row]:g}; expected 1, or 0 for a text without content")
