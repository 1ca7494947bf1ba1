"""Reading TensorFlow's V2 checkpoints ("tensor bundles") without TensorFlow.

The index maps the name of each tensor to its data file and offset. What the tensors mean is left to `weights.py`.
Source: tensorflow/core/util/tensor_bundle/tensor_bundle.h and tensorflow/core/protobuf/
tensor_bundle.proto in https://github.com/tensorflow/tensorflow
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkassist.bert.checkpoint.leveldb_table import is_table, masked_crc32c, need_checkpoint_packages, read_table
from linkassist.bert.checkpoint.protobuf import Message, read_message
from linkassist.bert.checkpoint.slices import Extent, slice_key
from linkassist.errors import ModelError

# By the numbers of tensorflow/core/framework/types.proto. NumPy has no bfloat16: it is read as uint16 and widened.
_BFLOAT16 = 14
_DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", _BFLOAT16: "<u2", 19: "<f2"}
_VERSION = 1
_AGAIN = "Download the checkpoint again, all its files."


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """The location of a tensor, or the slices of a partitioned one, with an extent per dimension."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    n_bytes: int
    checksum: int
    slices: tuple[tuple[Extent, ...], ...]


class Bundle:
    """The tensors of a checkpoint by name, read lazily from memory-mapped data files."""

    def __init__(self, prefix: Path) -> None:
        """prefix: the common beginning of the file names, as `model.ckpt-1400000` of `model.ckpt-1400000.index`.

        Raises ModelError if the index cannot be read or is damaged, a data file is missing, or a package that reads
        checkpoints is.
        """
        need_checkpoint_packages()
        self.prefix = prefix
        self._index = Path(f"{prefix}.index")
        pairs = dict(self._index_pairs())
        self._n_shards = self._checked_header(pairs.pop(b"", b""))
        self._entries = {key: self._entry(key, value) for key, value in pairs.items()}
        # A slice's key begins with a zero byte; a name never does.
        self.names = tuple(key.decode() for key in self._entries if not key.startswith(b"\0"))
        for shard in {entry.shard for entry in self._entries.values() if not entry.slices}:
            if not self._data_path(shard).is_file():
                raise ModelError(
                    f"{self._data_path(shard)} is missing: {self._index.name} says that the tensors lie in"
                    f" {self._n_shards} data files. {_AGAIN}"
                )
        self._data = cache(self._mapped)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, from the index."""
        return self._entries[name.encode()].shape

    def tensor(self, name: str) -> NDArray[Any]:
        """A tensor, its checksum verified; bfloat16 becomes float32. A tensor in one piece is not copied.

        Raises ModelError if it is damaged or cut off, or of a type that weights do not have.
        """
        entry = self._entries[name.encode()]
        if not entry.slices:
            return self._read(name, entry)
        whole: NDArray[Any] = np.empty(entry.shape, self._as_numpy(name, entry).newbyteorder("="))
        for extents in entry.slices:
            part = self._entries.get(slice_key(name, extents))
            if part is None:
                raise self._damaged(f"a slice of the tensor {name} is not in it")
            place = tuple(extent.of(size) for extent, size in zip(extents, entry.shape, strict=True))
            whole[place] = self._read(f"{name} (a slice of it)", part)
        return whole

    def _index_pairs(self) -> Iterator[tuple[bytes, bytes]]:
        try:
            content = self._index.read_bytes()
        except OSError as error:
            raise ModelError(f"{self._index} cannot be read ({error.strerror}). {_AGAIN}") from error
        if not is_table(content):
            raise ModelError(
                f"{self._index} is no index of a TensorFlow checkpoint: it has {len(content)} bytes and does not end"
                f" as one ends. {_AGAIN}"
            )
        try:
            yield from read_table(content)
        except ValueError as error:
            raise self._damaged(str(error)) from error

    def _checked_header(self, content: bytes) -> int:
        """The number of data files."""
        header = self._message("its header", content)
        if header.number(2) != 0:
            raise ModelError(
                f"{self._index} was written on a big-endian machine, which is not read. Save the checkpoint again on"
                " one with an x86 or ARM processor."
            )
        needed = max((version.number(2) for version in header.messages(3)), default=0)
        if needed > _VERSION or header.number(1) < 1:
            raise ModelError(
                f"{self._index} asks for version {needed} of the format and has {header.number(1)} data files; version"
                f" {_VERSION} is read, with one file or more. Save the checkpoint with TensorFlow 1 or 2."
            )
        return header.number(1)

    def _entry(self, key: bytes, content: bytes) -> BundleEntry:
        name = key.decode("utf-8", "replace")
        message = self._message(name, content)
        try:
            shape = tuple(size.number(1) for part in message.messages(2) for size in part.messages(2))
            slices = tuple(tuple(Extent.read(extent) for extent in part.messages(1)) for part in message.messages(7))
        except ValueError as error:
            raise self._damaged(f"{name}: {error}") from error
        return BundleEntry(
            dtype=message.number(1),
            shape=shape,
            shard=message.number(3),
            offset=message.number(4),
            n_bytes=message.number(5),
            checksum=message.number(6),
            slices=slices,
        )

    def _message(self, name: str, content: bytes) -> Message:
        try:
            return read_message(content)
        except ValueError as error:
            raise self._damaged(f"{name}: {error}") from error

    def _read(self, name: str, entry: BundleEntry) -> NDArray[Any]:
        dtype, path = self._as_numpy(name, entry), self._data_path(entry.shard)
        data, end = self._data(entry.shard), entry.offset + entry.n_bytes
        if entry.n_bytes != math.prod(entry.shape) * dtype.itemsize:
            raise self._damaged(f"{entry.n_bytes} bytes are no tensor {name} of shape {entry.shape}")
        if end > len(data):
            raise ModelError(
                f"{path} is cut off: it has {len(data):,} bytes, but the tensor {name} ends at byte {end:,}. {_AGAIN}"
            )
        content = data[entry.offset : end]
        if masked_crc32c(content) != entry.checksum:
            raise ModelError(f"{path} is damaged: the tensor {name} does not have its checksum. {_AGAIN}")
        values: NDArray[Any] = content.view(dtype).reshape(entry.shape)
        return (values.astype(np.uint32) << 16).view(np.float32) if entry.dtype == _BFLOAT16 else values

    def _as_numpy(self, name: str, entry: BundleEntry) -> np.dtype[Any]:
        if entry.dtype not in _DTYPES:
            raise ModelError(
                f"{self._index}: the tensor {name} has the type {entry.dtype}; expected float32, float64, float16,"
                " bfloat16, int32 or int64, which weights and counters have. Give the checkpoint of a BERT."
            )
        return np.dtype(_DTYPES[entry.dtype])

    def _data_path(self, shard: int) -> Path:
        return Path(f"{self.prefix}.data-{shard:05}-of-{self._n_shards:05}")

    def _mapped(self, shard: int) -> NDArray[np.uint8]:
        path = self._data_path(shard)
        try:
            # An empty file cannot be mapped.
            return np.memmap(path, np.uint8, "r").view(np.ndarray) if path.stat().st_size else np.zeros(0, np.uint8)
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror}). {_AGAIN}") from error

    def _damaged(self, how: str) -> ModelError:
        return ModelError(f"{self._index} is damaged: {how}. {_AGAIN}")
