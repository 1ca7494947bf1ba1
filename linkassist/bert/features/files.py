"""Features as a file: the original's JSON lines, or the same vectors as float32 in an .npz or a Parquet file.

npz: per layer an array named by its index, such as "-1", (tokens, width) float32, the tokens of all lines concatenated;
`starts`, (lines + 1,) int64: line i has the tokens starts[i] to starts[i + 1]; and `tokens`, (tokens,) text, from whose
ends NumPy drops NULs: `token_bytes` has the tokens as UTF-8 one after another, and `token_ends`, (tokens,) int64, where
each ends. Not compressed: vectors hardly shrink, and a reader can memory-map them.

Parquet: one row per token: `line` (int64, from 0), `position` (int32, [CLS] is 0), `token` (string), and per layer a
column named by its index, such as "-1", a fixed-size list of float32.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from linkassist.bert.checkpoint.open import Bert
from linkassist.bert.encoder_options import Precision
from linkassist.bert.features.extract import InputFile, LineFeatures, blocks, features, tokens_at_once
from linkassist.bert.features.jsonl import json_line
from linkassist.bert.forward import BertForward
from linkassist.bert.limits import check_layers, check_length
from linkassist.errors import LinkAssistError
from linkassist.files.partial_output import PartialOutput
from linkassist.progress import OnCount, no_count

FeatureFormat = Literal["jsonl", "npz", "parquet"]


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """What to compute. layers: -1 is the last. max_seq_length: tokens, [CLS] and [SEP] included.

    batch_size: lines of that length per batch; of shorter lines proportionally more. row_group: tokens per row group of
    a Parquet file.
    """

    layers: tuple[int, ...]
    max_seq_length: int
    batch_size: int
    precision: Precision
    format: FeatureFormat
    row_group: int = 8192


def write_features(
    bert: Bert, lines: InputFile, output: Path, request: FeatureRequest, on_progress: OnCount = no_count
) -> str:
    """Writes the features of every line, and returns the precision in use; resumes a run that was interrupted.

    on_progress: called after each block with (lines done, all lines). `output` appears when it is complete.
    Raises LinkAssistError for a layer or length that the model lacks, and for the partial output of another request.
    """
    _check(bert, request)
    settings: dict[str, str | int] = {
        "input_sha256": lines.sha256,
        "model": bert.fingerprint,
        "layers": ",".join(map(str, request.layers)),
        "max_seq_length": request.max_seq_length,
        "batch_size": request.batch_size,
        "precision": request.precision,
        "format": request.format,
    }
    layer_names = [f"{layer}.float32" for layer in request.layers]
    names = ["lines.jsonl"] if request.format == "jsonl" else ["lengths.int64", "tokens.jsonl", *layer_names]
    partial = PartialOutput(output, settings, names)
    batch_tokens = request.batch_size * request.max_seq_length
    precision = cast(Precision, partial.precision) if partial.precision in get_args(Precision) else request.precision
    forward = BertForward(bert.model, precision, token_budget=batch_tokens)
    if not partial.precision:
        partial.record_precision(forward.precision)
    width = int(bert.model.config.hidden_size)
    at_once = tokens_at_once(batch_tokens, len(request.layers), width)
    on_progress(partial.n_lines, lines.n_lines)
    for block in blocks(lines.path, bert.tokenizer, request.max_seq_length, at_once, partial.n_lines, partial.end):
        found = features(block, forward, request.layers)
        parts = _json_parts(found, request.layers) if request.format == "jsonl" else _array_parts(found)
        partial.append(parts, block.first + len(found), block.end)
        on_progress(partial.n_lines, lines.n_lines)
    match request.format:
        case "jsonl":
            made = partial.paths[0]
        case "npz":
            made = _write_npz(partial, request.layers, width)
        case "parquet":
            made = _write_parquet(partial, request, width)
    partial.finish(made, output)
    return partial.precision


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


def _json_parts(found: Sequence[LineFeatures], layers: Sequence[int]) -> list[bytes]:
    return [b"".join(json_line(each, layers).encode("ascii") + b"\n" for each in found)]


def _array_parts(found: Sequence[LineFeatures]) -> list[bytes]:
    """The lengths, the tokens as JSON strings, a line each, and the vectors of each layer."""
    lengths = np.array([len(each.pieces) for each in found], "<i8")
    tokens = "".join(json.dumps(piece) + "\n" for each in found for piece in each.pieces)
    vectors = np.concatenate([each.vectors for each in found], axis=1).astype("<f4", copy=False)
    return [lengths.tobytes(), tokens.encode("ascii"), *(layer.tobytes() for layer in vectors)]


def _write_npz(partial: PartialOutput, layers: Sequence[int], width: int) -> Path:
    """The npz file, written from memory-mapped arrays, so that memory holds a part of one at a time."""
    lengths_path, tokens_path, *layer_paths = partial.paths
    starts = _starts(lengths_path)
    n_tokens = int(starts[-1])
    text = np.dtype(f"<U{max([1, *map(len, _tokens(tokens_path))])}")
    tokens = _mapped(partial.folder / "tokens.text", text, (n_tokens,), "w+")
    ends = _mapped(partial.folder / "token_ends.int64", np.dtype("<i8"), (n_tokens,), "w+")
    with (partial.folder / "token_bytes.uint8").open("wb") as file:
        for number, token in enumerate(_tokens(tokens_path)):
            tokens[number] = token
            file.write(token.encode("utf-8", "surrogatepass"))
            ends[number] = file.tell()
    token_bytes = _mapped(Path(file.name), np.dtype("u1"), (int(ends[-1]) if n_tokens else 0,), "r")
    arrays: dict[str, Any] = {
        str(layer): _mapped(path, np.dtype("<f4"), (n_tokens, width), "r")
        for layer, path in zip(layers, layer_paths, strict=True)
    }
    made = partial.folder / "made.npz"
    np.savez(made, **arrays, starts=starts, tokens=tokens, token_bytes=token_bytes, token_ends=ends)
    return made


def _mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], mode: Literal["r", "w+"]) -> NDArray[Any]:
    """The file as an array; an empty file cannot be memory-mapped."""
    return np.memmap(path, dtype, mode, shape=shape) if math.prod(shape) else np.zeros(shape, dtype)


def _write_parquet(partial: PartialOutput, request: FeatureRequest, width: int) -> Path:
    # Imported here: an optional package that only this format needs.
    import pyarrow
    import pyarrow.parquet

    lengths_path, tokens_path, *layer_paths = partial.paths
    starts = _starts(lengths_path)
    columns = [("line", pyarrow.int64()), ("position", pyarrow.int32()), ("token", pyarrow.string())]
    columns += [(str(layer), pyarrow.list_(pyarrow.float32(), width)) for layer in request.layers]
    made = partial.folder / "made.parquet"
    raw_files = [path.open("rb") for path in layer_paths]
    try:
        with pyarrow.parquet.ParquetWriter(
            made, pyarrow.schema(columns), compression="zstd", use_dictionary=["token"]
        ) as writer:
            done = 0
            tokens = _tokens(tokens_path)
            while chunk := list(islice(tokens, request.row_group)):
                row = np.arange(done, done + len(chunk))
                line = np.searchsorted(starts, row, "right") - 1
                position = (row - starts[line]).astype(np.int32)
                vectors = [np.fromfile(raw, "<f4", len(chunk) * width) for raw in raw_files]
                arrays = [pyarrow.array(line), pyarrow.array(position), pyarrow.array(chunk)]
                arrays += [pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(each), width) for each in vectors]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(columns)))
                done += len(chunk)
    finally:
        for raw in raw_files:
            raw.close()
    return made


def _starts(lengths_path: Path) -> NDArray[np.int64]:
    """(lines + 1,): the offset of each line's first token, and the number of all tokens."""
    return np.concatenate([[0], np.cumsum(np.fromfile(lengths_path, "<i8"))]).astype("<i8")


def _tokens(path: Path) -> Iterator[str]:
    with path.open(encoding="ascii") as file:
        for line in file:
            yield json.loads(line)
