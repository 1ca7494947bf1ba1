"""Features as a file: the original's JSON lines, or the same vectors as float32 in an .npz or a Parquet file.

npz: for each layer asked for an array named by its index, such as "-1", (tokens, width) float32, the tokens of all
lines one after the other; `starts`, (lines + 1) int64: line i has the tokens starts[i] up to starts[i + 1]; and
`tokens`, (tokens,) text. It is not compressed: vectors hardly shrink, and a reader can map them into memory.

Parquet: a row a token with `line` (int64, from 0), `position` (int32, [CLS] is 0), `token` (string), and for each layer
a column named by its index, such as "-1", a list of fixed size of float32.
"""

from __future__ import annotations

import importlib.util
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from linkassist.bert.checkpoint.open import Bert
from linkassist.bert.features.extract import InputFile, LineFeatures, blocks, features, tokens_at_once
from linkassist.bert.features.jsonl import json_line
from linkassist.bert.features.resume import Asked, Unfinished
from linkassist.bert.forward import BertForward, Precision
from linkassist.bert.limits import check_layers, check_length
from linkassist.errors import LinkAssistError
from linkassist.progress import OnCount, no_count

FeatureFormat = Literal["jsonl", "npz", "parquet"]

_ROWS_AT_ONCE = 8192  # tokens of a Parquet row group, and of what is copied at a time


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """What to compute. layers: -1 is the last. max_seq_length: of tokens, [CLS] and [SEP] included.

    batch_size: so many lines of that length go through the network at once, and as many more as they are shorter.
    """

    layers: tuple[int, ...]
    max_seq_length: int
    batch_size: int
    precision: Precision
    format: FeatureFormat


def write_features(
    bert: Bert, lines: InputFile, output: Path, request: FeatureRequest, on_progress: OnCount = no_count
) -> None:
    """Writes the features of every line; goes on where an earlier run was cut off.

    on_progress: called after each block with (lines done, all lines). The output is there once it is whole.
    Raises LinkAssistError for what the model does not have, and for the unfinished output of another request.
    """
    _check(bert, request)
    asked = Asked(
        lines.sha256,
        bert.fingerprint,
        ",".join(map(str, request.layers)),
        request.max_seq_length,
        request.batch_size,
        request.precision,
        request.format,
    )
    layer_names = [f"{layer}.float32" for layer in request.layers]
    names = ["lines.jsonl"] if request.format == "jsonl" else ["lengths.int64", "tokens.jsonl", *layer_names]
    work = Unfinished(output, asked, names)
    batch_tokens = request.batch_size * request.max_seq_length
    precision = _as_before(work.precision, request.precision)
    forward = BertForward(bert.model, precision, token_budget=batch_tokens)
    if not work.precision:
        work.note_precision(forward.precision)
    width = int(bert.model.config.hidden_size)
    at_once = tokens_at_once(batch_tokens, len(request.layers), width)
    on_progress(work.n_lines, lines.n_lines)
    for block in blocks(lines.path, bert.tokenizer, request.max_seq_length, at_once, work.n_lines, work.end):
        found = features(block, forward, request.layers)
        parts = _json_parts(found, request.layers) if request.format == "jsonl" else _array_parts(found)
        work.append(parts, block.first + len(found), block.end)
        on_progress(work.n_lines, lines.n_lines)
    match request.format:
        case "jsonl":
            made = work.paths[0]
        case "npz":
            made = _write_npz(work, request.layers, width)
        case "parquet":
            made = _write_parquet(work, request.layers, width)
    work.finish(made, output)


def need_parquet() -> None:
    """Raises LinkAssistError where the package that writes Parquet is missing."""
    if importlib.util.find_spec("pyarrow") is None:
        raise LinkAssistError(
            "Parquet is written by pyarrow, which is not installed. Install linkassist with the extra that brings it,"
            ' `pip install "linkassist[parquet]"`, or ask for --format npz.'
        )


def _check(bert: Bert, request: FeatureRequest) -> None:
    check_layers(bert, request.layers)
    check_length(bert, request.max_seq_length)
    if request.format == "parquet":
        need_parquet()


def _as_before(before: str, asked: Precision) -> Precision:
    for precision in _PRECISIONS:
        if precision == before:
            return precision
    return asked


_PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16", "int8")


def _json_parts(found: Sequence[LineFeatures], layers: Sequence[int]) -> list[bytes]:
    return [b"".join(json_line(each, layers).encode("ascii") + b"\n" for each in found)]


def _array_parts(found: Sequence[LineFeatures]) -> list[bytes]:
    """The lengths, the tokens as JSON strings, a line each, and the vectors of each layer."""
    lengths = np.array([len(each.pieces) for each in found], "<i8")
    tokens = "".join(json.dumps(piece) + "\n" for each in found for piece in each.pieces)
    vectors = np.concatenate([each.vectors for each in found], axis=1).astype("<f4", copy=False)
    return [lengths.tobytes(), tokens.encode("ascii"), *(layer.tobytes() for layer in vectors)]


def _write_npz(work: Unfinished, layers: Sequence[int], width: int) -> Path:
    """The file, put together piece by piece: no more of it is in memory than some rows."""
    lengths_path, tokens_path, *layer_paths = work.paths
    starts = _starts(lengths_path)
    n_tokens = int(starts[-1])
    made = work.folder / "made.npz"
    text = np.dtype(f"<U{max([1, *map(len, _tokens(tokens_path))])}")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for layer, path in zip(layers, layer_paths, strict=True):
            with _member(archive, str(layer), (n_tokens, width), np.dtype("<f4")) as member, path.open("rb") as raw:
                while chunk := raw.read(2**22):
                    member.write(chunk)
        with _member(archive, "starts", starts.shape, starts.dtype) as member:
            member.write(starts.tobytes())
        with _member(archive, "tokens", (n_tokens,), text) as member:
            for some in _in_chunks(_tokens(tokens_path)):
                member.write(np.array(some, text).tobytes())
    return made


def _member(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> IO[bytes]:
    """A new array of the archive, its head written. A plain name has a time of 1980, so that bytes do not differ."""
    member = archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True)
    described = np.lib.format.dtype_to_descr(dtype)
    np.lib.format.write_array_header_1_0(member, {"descr": described, "fortran_order": False, "shape": shape})
    return member


def _write_parquet(work: Unfinished, layers: Sequence[int], width: int) -> Path:
    import pyarrow  # optional: only this format needs it
    import pyarrow.parquet

    lengths_path, tokens_path, *layer_paths = work.paths
    starts = _starts(lengths_path)
    columns = [("line", pyarrow.int64()), ("position", pyarrow.int32()), ("token", pyarrow.string())]
    columns += [(str(layer), pyarrow.list_(pyarrow.float32(), width)) for layer in layers]
    made = work.folder / "made.parquet"
    raw_files = [path.open("rb") for path in layer_paths]
    try:
        with pyarrow.parquet.ParquetWriter(
            made, pyarrow.schema(columns), compression="zstd", use_dictionary=["token"]
        ) as writer:
            done = 0
            for some in _in_chunks(_tokens(tokens_path)):
                row = np.arange(done, done + len(some))
                line = np.searchsorted(starts, row, "right") - 1
                position = (row - starts[line]).astype(np.int32)
                vectors = [np.fromfile(raw, "<f4", len(some) * width) for raw in raw_files]
                arrays = [pyarrow.array(line), pyarrow.array(position), pyarrow.array(some)]
                arrays += [pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(each), width) for each in vectors]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(columns)))
                done += len(some)
    finally:
        for raw in raw_files:
            raw.close()
    return made


def _starts(lengths_path: Path) -> NDArray[np.int64]:
    """(lines + 1,): where each line's tokens begin among those of all."""
    return np.concatenate([[0], np.cumsum(np.fromfile(lengths_path, "<i8"))]).astype("<i8")


def _tokens(path: Path) -> Iterator[str]:
    with path.open(encoding="ascii") as file:
        for line in file:
            yield json.loads(line)


def _in_chunks(tokens: Iterator[str]) -> Iterator[list[str]]:
    some: list[str] = []
    for token in tokens:
        some.append(token)
        if len(some) == _ROWS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some
