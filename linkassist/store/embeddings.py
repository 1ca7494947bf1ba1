"""Embeddings, stored by the hash of their text and the fingerprint of their encoder.

So an unchanged page is never encoded twice, and going back to an earlier encoder costs nothing. A vector is stored as
little-endian float32. One with a wrong checksum counts as missing, and so is encoded again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkassist.errors import StoreError
from linkassist.store.integrity.checksums import vector_checksum
from linkassist.store.library import Library

_STORED: Final = np.dtype("<f4")


def known(library: Library, fingerprint: str, text_hashes: Iterable[str]) -> set[str]:
    """The hashes of texts that have an embedding of this encoder."""
    sql = "SELECT text_hash, vector, checksum FROM embeddings WHERE fingerprint = ?"
    rows = library.rows(sql, (fingerprint,))
    sound = {text_hash for text_hash, vector, found in rows if found == vector_checksum(fingerprint, text_hash, vector)}
    return sound.intersection(text_hashes)


def put(library: Library, fingerprint: str, text_hashes: Sequence[str], vectors: NDArray[np.float32]) -> None:
    """Stores one vector per text in place of earlier ones. vectors: (texts, width)."""
    if vectors.ndim != 2 or len(vectors) != len(text_hashes):
        raise ValueError(f"{len(text_hashes)} texts, but vectors of shape {vectors.shape}")
    stored = np.ascontiguousarray(vectors, dtype=_STORED)
    with library.transaction() as connection:
        connection.executemany(
            """
            INSERT INTO embeddings (fingerprint, text_hash, vector, checksum) VALUES (?, ?, ?, ?)
            ON CONFLICT (fingerprint, text_hash) DO UPDATE SET vector = excluded.vector, checksum = excluded.checksum
            """,
            (
                (fingerprint, text_hash, vector, vector_checksum(fingerprint, text_hash, vector))
                for text_hash, vector in zip(text_hashes, map(bytes, stored), strict=True)
            ),
        )


def matrix(library: Library, project_id: int, fingerprint: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(page row ids, vectors) of the present pages that this encoder has encoded, in order of row id.

    Shapes (pages,) and (pages, width); with no page at all (0,) and (0, 0).
    """
    ids: list[int] = []
    vectors: list[bytes] = []
    for page_id, vector in library.rows(
        """
        SELECT p.id, e.vector FROM pages p CROSS JOIN embeddings e ON e.fingerprint = ? AND e.text_hash = p.text_hash
        WHERE +p.project_id = ? AND p.is_gone = 0 ORDER BY p.id
        """,
        (fingerprint, project_id),
    ):
        ids.append(page_id)
        vectors.append(vector)
    if len({len(vector) for vector in vectors}) > 1:
        raise StoreError(
            f"The embeddings of encoder {fingerprint} are of different widths. Run `linkassist reindex --full`."
        )
    width = len(vectors[0]) // _STORED.itemsize if vectors else 0
    numbers = np.frombuffer(b"".join(vectors), dtype=_STORED).astype(np.float32)
    return np.array(ids, dtype=np.int64), numbers.reshape(len(ids), width)


def prune(library: Library, *, keep: Iterable[str] | None = None) -> int:
    """Deletes embeddings of texts that no page has, gone ones included; returns how many.

    keep: fingerprints of encoders; if given, the embeddings of other encoders are deleted too.
    """
    with library.transaction() as connection:
        n_dropped = connection.execute(
            "DELETE FROM embeddings WHERE text_hash NOT IN (SELECT text_hash FROM pages)"
        ).rowcount
        if keep is not None:
            kept = list(keep)
            marks = ", ".join("?" * len(kept))
            sql = f"DELETE FROM embeddings WHERE fingerprint NOT IN ({marks})"
            n_dropped += connection.execute(sql, kept).rowcount
    return n_dropped


def drop_encoder(library: Library, fingerprint: str) -> None:
    """Deletes the embeddings of an encoder that is no longer used, such as one that was trained again."""
    with library.transaction() as connection:
        connection.execute("DELETE FROM embeddings WHERE fingerprint = ?", (fingerprint,))
