"""An inverted index from targets to the pages whose lists suggest them, in a file beside the database.

It is derived from the lists and may be out of date. A reindex writes it, and so does the first look-up where there is
none: 23,000 lists take some seconds, a look-up a millisecond.
Layout, in the machine's byte order: a checksum of the rest; the hashes of the title keys, ascending; the page row ids;
the probabilities as found; 8 bytes each. Of one target the likeliest comes first. A damaged file is written anew.
"""

from __future__ import annotations

import shutil
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

from linkassist.errors import StoreError
from linkassist.files.errors import cannot_be
from linkassist.files.private import write_private
from linkassist.store.library import Library
from linkassist.store.suggestion_lists import decode_targets
from linkassist.wiki import title_key


@dataclass(frozen=True, slots=True)
class SuggestedOn:
    """A page whose list had the target when the index was written, and the stored probability."""

    page_id: int
    probability: float


def write_target_index(library: Library, project_id: int) -> int:
    """Writes the index of the project's lists anew; returns how many suggestions they hold.

    Raises StoreError if the file cannot be written.
    """
    found = sorted(_entries(library, project_id))
    columns = (
        array("Q", (key_hash for key_hash, _, _ in found)),
        array("q", (page_id for _, _, page_id in found)),
        array("d", (-negative for _, negative, _ in found)),
    )
    path = _path(library, project_id)
    try:
        data = b"".join(column.tobytes() for column in columns)
        if path.is_dir():  # no file of ours
            shutil.rmtree(path)
        write_private(path, _checksum(data) + data)
    except OSError as error:
        raise StoreError(cannot_be("written", path, error)) from error
    return len(found)


def suggested_on(library: Library, project_id: int, target: str, *, limit: int | None = None) -> list[SuggestedOn]:
    """The pages whose lists suggest the target, the most probable first. limit: how many at most."""
    whole = _read(_path(library, project_id))
    if whole is None:
        write_target_index(library, project_id)
        whole = _read(_path(library, project_id))
        assert whole is not None
    size = len(whole) // 3
    hashes, page_ids, probabilities = whole[:size].cast("Q"), whole[size : 2 * size].cast("q"), whole[2 * size :]
    wanted = _hash(title_key(target))
    first, last = bisect_left(hashes, wanted), bisect_right(hashes, wanted)
    last = last if limit is None else min(last, first + limit)
    likely = probabilities.cast("d")
    return [SuggestedOn(page_ids[at], likely[at]) for at in range(first, last)]


def _entries(library: Library, project_id: int) -> Iterator[tuple[int, float, int]]:
    """(hash, probability below zero, page row id) of every suggestion, so that they sort as the file has them."""
    sql = "SELECT s.page_id, s.suggestions, s.list_hash FROM pages p JOIN suggestion_lists s ON s.page_id = p.id"
    for page_id, *stored in library.rows(f"{sql} WHERE p.project_id = ? AND p.is_gone = 0", (project_id,)):
        for target, probability in decode_targets(*stored):
            yield _hash(title_key(target)), -probability, page_id


def _read(path: Path) -> memoryview | None:
    """The columns, None where there is no such file or it is damaged."""
    try:
        data = memoryview(path.read_bytes())
    except OSError:
        return None
    is_whole = len(data) % 24 == 8 and bytes(data[:8]) == _checksum(data[8:])
    return data[8:] if is_whole else None


def _checksum(data: bytes | memoryview) -> bytes:
    return crc32(data).to_bytes(8, sys.byteorder)


def _hash(key: str) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), sys.byteorder)


def _path(library: Library, project_id: int) -> Path:
    return library.folder / f"targets-{project_id}.index"
