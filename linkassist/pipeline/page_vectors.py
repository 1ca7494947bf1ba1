"""The vectors of a project's pages: those that are stored, and those that have to be encoded; and the index of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from linkassist.embed.encoder import Encoder, EncoderWithNotes
from linkassist.embed.joined import JoinedEncoder
from linkassist.errors import LinkAssistError
from linkassist.model.vector_index import PageIndex
from linkassist.pipeline.model_store import INDEX_FILE
from linkassist.pipeline.reindex_run import ReindexRun
from linkassist.progress import OnProgress
from linkassist.store.embeddings import known, matrix, put
from linkassist.suggest.corpus import FloatArray


@dataclass(slots=True)
class PageVectors:
    """The vectors of a run's pages, stored by encoder and text. texts_of: the texts of the pages at these places.

    encoded: the places of those that had to be. notes: what the encoders tell the person.
    """

    run: ReindexRun
    ids: list[int]
    hashes: list[str]
    texts_of: Callable[[Sequence[int]], list[str]]
    encoded: set[int] = field(default_factory=set)
    notes: tuple[str, ...] = ()

    def of(self, encoder: Encoder) -> FloatArray:
        """(pages, width): one vector a page, in their order. Of a joined encoder each part is kept by itself."""
        if isinstance(encoder, JoinedEncoder):
            return encoder.how.join(self.of(encoder.own), self.of(encoder.other))
        fingerprint = encoder.fingerprint
        have: set[str] = set() if self.run.is_full else known(self.run.library, fingerprint, self.hashes)
        missing = [i for i, text_hash in enumerate(self.hashes) if text_hash not in have]
        self.encoded.update(missing)

        def report(n_before: int, n_done: int, _: int = 0) -> None:
            self.run.on_progress("encode", n_before + n_done, len(missing))

        report(0, 0)
        pages_per_write = self.run.limits.pages_per_write
        for start in range(0, len(missing), pages_per_write):
            chunk = missing[start : start + pages_per_write]
            vectors = encoder.encode(self.texts_of(chunk), partial(report, start))
            put(self.run.library, fingerprint, [self.hashes[i] for i in chunk], vectors)
        if isinstance(encoder, EncoderWithNotes):
            self.notes = encoder.notes
        ids, stored = matrix(self.run.library, self.run.project.id, fingerprint)
        if ids.tolist() != self.ids:
            raise LinkAssistError(
                f"Project {self.run.project.name} changed while it was reindexed. Run `linkassist reindex` once more."
            )
        return stored.reshape(len(ids), -1) if len(ids) else np.zeros((0, encoder.width), np.float32)


def save_index(
    folder: Path, page_ids: Sequence[int], vectors: FloatArray, encoder: str, on_progress: OnProgress
) -> None:
    """Writes the index of the pages' vectors into the folder. encoder: its fingerprint."""
    on_progress("index", 0, len(page_ids))
    PageIndex(np.array(page_ids, np.int64), vectors, encoder).save(folder / INDEX_FILE)
    on_progress("index", len(page_ids), len(page_ids))
