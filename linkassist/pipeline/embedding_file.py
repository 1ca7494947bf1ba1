"""A vector for each page, or for each line, as a file for notebooks and other programs.

Rows are in the order of the pages. npz: `vectors`, (rows, width) float32, each of length 1; `ids`, `titles`, `hashes`,
the SHA-256 of the text in hex, and of lines `lines`, (rows,) int32, 0 being the title; `about`, one JSON object.
Parquet: the columns id, title, line, hash and vector, and that object as the key "linkassist" of the schema's metadata.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from linkassist.bert.features.files import need_parquet
from linkassist.embed.encoder import Encoder
from linkassist.errors import LinkAssistError
from linkassist.files.partial_output import PartialOutput
from linkassist.progress import OnCount, no_count
from linkassist.wiki import Page, Reading

By = Literal["page", "line"]
FORMATS: Final = (".npz", ".parquet")
_AT_ONCE: Final = 1024  # texts that an interrupted run loses at most
_VECTORS: Final = "vectors.float32"


@dataclass(frozen=True, slots=True)
class Text:
    """A text to encode. page_id: in Scrapbox, "" where unknown. line: its number in the page, 0 for a whole page."""

    page_id: str
    title: str
    line: int
    text: str

    @property
    def sha256(self) -> str:
        """Of the text, in hex."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


def texts_of(pages: Sequence[Page], readings: Sequence[Reading], by: By) -> Iterator[Text]:
    """What is encoded: of each page its whole text, or its title and each line that says something."""
    for page, reading in zip(pages, readings, strict=True):
        if by == "page":
            yield Text(page.page_id, page.title, 0, reading.text)
            continue
        yield Text(page.page_id, page.title, 0, page.title)
        for passage in reading.passages:
            if passage.text.strip():
                yield Text(page.page_id, page.title, passage.line, passage.text)


def write_embeddings(
    texts: Sequence[Text], encoder: Encoder, name: str, by: By, output: Path, on_progress: OnCount = no_count
) -> None:
    """Writes the vectors of these texts; resumes an earlier run that was interrupted. name: of the encoder.

    Raises LinkAssistError for another ending than .npz or .parquet, a missing package, and an unfinished output of
    other texts or of another encoder.
    """
    if output.suffix not in FORMATS:
        raise LinkAssistError(f"{output} ends with {output.suffix or 'nothing'}; expected {' or '.join(FORMATS)}.")
    if output.suffix == ".parquet":
        need_parquet()
    digest = hashlib.sha256()
    for each in texts:
        digest.update(f"{each.page_id} {each.title} {each.line} {each.sha256}\n".encode("utf-8", "surrogatepass"))
    about: dict[str, str | int] = {
        "encoder": name,
        "fingerprint": encoder.fingerprint,
        "width": encoder.width,
        "by": by,
        "n_rows": len(texts),
        "texts_sha256": digest.hexdigest(),
    }
    partial = PartialOutput(output, {**about, "format": output.suffix}, [_VECTORS])
    on_progress(partial.n_lines, len(texts))
    for start in range(partial.n_lines, len(texts), _AT_ONCE):
        some = [each.text for each in texts[start : start + _AT_ONCE]]
        partial.append([encoder.encode(some).astype("<f4").tobytes()], start + len(some), 0)
        on_progress(start + len(some), len(texts))
    shape = (len(texts), encoder.width)
    vectors: Any = np.memmap(partial.paths[0], "<f4", "r", shape=shape) if texts else np.zeros(shape, "<f4")
    written = _parquet if output.suffix == ".parquet" else _npz
    partial.finish(written(partial.folder, texts, vectors, json.dumps(about, ensure_ascii=False), by), output)


def _npz(folder: Path, texts: Sequence[Text], vectors: Any, about: str, by: By) -> Path:
    made = folder / "made.npz"
    lines = {"lines": np.array([each.line for each in texts], np.int32)} if by == "line" else {}
    np.savez(
        made,
        vectors=vectors,
        ids=np.array([each.page_id for each in texts], np.str_),
        titles=np.array([each.title for each in texts], np.str_),
        hashes=np.array([each.sha256 for each in texts], np.str_),
        about=np.array(about),
        **lines,  # type: ignore[arg-type]
    )
    return made


def _parquet(folder: Path, texts: Sequence[Text], vectors: Any, about: str, by: By) -> Path:
    # Imported here: an optional package that only this format needs.
    import pyarrow
    import pyarrow.parquet

    made = folder / "made.parquet"
    width = int(vectors.shape[1])
    fields = [("id", pyarrow.string()), ("title", pyarrow.string())]
    fields += [("line", pyarrow.int32())] if by == "line" else []
    fields += [("hash", pyarrow.string()), ("vector", pyarrow.list_(pyarrow.float32(), width))]
    schema = pyarrow.schema(fields, metadata={"linkassist": about})
    with pyarrow.parquet.ParquetWriter(made, schema, compression="zstd") as writer:
        for start in range(0, len(texts), _AT_ONCE):
            some = texts[start : start + _AT_ONCE]
            flat = np.ascontiguousarray(vectors[start : start + _AT_ONCE]).ravel()
            columns = [pyarrow.array([each.page_id for each in some]), pyarrow.array([each.title for each in some])]
            columns += [pyarrow.array([each.line for each in some], pyarrow.int32())] if by == "line" else []
            columns += [
                pyarrow.array([each.sha256 for each in some]),
                pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(flat), width),
            ]
            writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema))
    return made
