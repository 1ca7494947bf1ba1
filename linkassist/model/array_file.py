"""Objects made of arrays and texts, saved in one file and memory-mapped when it is loaded.

The file is a safetensors file: the arrays, named by numbers, and in its metadata a tree of JSON that says what the
objects are made of. Nothing in a file names code to run: the caller says which classes there may be. The format is
read and written here because the safetensors package copies every array, where a reader needs little of each.
Format: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Final

import numpy as np
import scipy.sparse as sp

from linkassist.errors import ModelError

_FORMAT: Final = "linkassist arrays 2"
_LENGTH: Final = 8  # bytes of the header's length, a little-endian number
_SPARSE_SIZE, _SPARSE_SHARE = 10_000, 4  # a longer array, less than a quarter of it not 0, is saved as a sparse one
_PLAIN: Final = (str, int, float, bool, type(None))
_DTYPES: Final = {
    "F64": "<f8",
    "F32": "<f4",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}
_NAME_OF_DTYPE: Final = {dtype: name for name, dtype in _DTYPES.items()}


def save_arrays(value: object, path: Path, classes: Iterable[type]) -> str:
    """Writes the value beside `path`, then renames. Returns the file's id, sixteen hex digits that follow from its
    content.

    Objects may be of these classes, of NumPy's arrays and SciPy's row matrices, lists of texts and of any of these.
    """
    flattened = _Flattened({kind.__name__ for kind in classes})
    tree = flattened.tree_of(value)
    # Wide numbers first, so that each array begins at a multiple of its own width.
    arrays = sorted(enumerate(flattened.arrays), key=lambda each: -each[1].itemsize)
    entries: dict[str, Any] = {}
    end, crc = 0, 0
    for number, array in arrays:
        start, end, crc = end, end + array.nbytes, zlib.crc32(_bytes(array), crc)
        entries[str(number)] = {
            "dtype": _NAME_OF_DTYPE[array.dtype.str],
            "shape": array.shape,
            "data_offsets": [start, end],
        }
    about = {"format": _FORMAT, "crc": str(crc), "tree": json.dumps(tree)}
    header = json.dumps({"__metadata__": about, **entries}).encode()
    header += b" " * (-len(header) % _LENGTH)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(len(header).to_bytes(_LENGTH, "little") + header)
        for _, array in arrays:
            file.write(_bytes(array))
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    return _id(header)


def file_id(path: Path) -> str:
    """The id that `save_arrays` returned for this file, "" where there is none that could be one. Reads its header
    alone."""
    try:
        with path.open("rb") as file:
            return _id(_read_header(file)[0])
    except (OSError, ValueError):
        return ""


def load_arrays(path: Path, classes: Iterable[type], former: Mapping[str, str] = MappingProxyType({})) -> Any:
    """The value that `save_arrays` wrote. Its arrays are read-only views of the file, which stays mapped meanwhile.

    former: what classes and fields were called in earlier versions, and what they are called now.
    Raises ModelError where the file is missing, was cut short or is not what was written.
    """
    try:
        with path.open("rb") as file:
            header, is_former = _read_header(file)
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[file.tell() :]
        layout = (_former_layout if is_former else _layout)(json.loads(header))
        if len(data) != layout.size:
            raise ValueError(f"{len(data)} bytes of {layout.size}")
        arrays = [_array(data, *each) for each in layout.arrays]
        crc = 0
        for number in sorted(range(len(arrays)), key=lambda number: layout.arrays[number][2]):
            crc = zlib.crc32(_bytes(arrays[number]), crc)
        if crc != layout.crc:
            raise ValueError("its check sum differs")
        return _rebuilt(layout.tree, arrays, {kind.__name__: kind for kind in classes}, former)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Run `linkassist reindex` to learn it anew.") from error


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the arrays lie in the `size` bytes behind the header: by number (dtype, shape, first byte)."""

    arrays: list[tuple[str, list[int], int]]
    size: int
    crc: int
    tree: Any


def _layout(header: dict[str, Any]) -> _Layout:
    about = header.pop("__metadata__")
    if about["format"] != _FORMAT:
        raise ValueError(f'its format is "{about["format"]}"')
    entries = [header[str(number)] for number in range(len(header))]
    arrays = [(_DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"][0]) for entry in entries]
    size = max((entry["data_offsets"][1] for entry in entries), default=0)
    return _Layout(arrays, size, int(about["crc"]), json.loads(about["tree"]))


def _former_layout(header: dict[str, Any]) -> _Layout:
    """That of linkassist 0.1's own format."""
    if header["format"] != "linkassist frozen 1":
        raise ValueError(f'its format is "{header["format"]}"')
    arrays = [(entry["dtype"], entry["shape"], entry["at"]) for entry in header["arrays"]]
    return _Layout(arrays, header["size"], header["crc"], header["tree"])


def _read_header(file: IO[bytes]) -> tuple[bytes, bool]:
    """(the JSON at the head of the file, whether it is of linkassist 0.1's own format); the file is then behind it.

    That began with the header's length in fifteen decimal digits and a line end.
    """
    begin = file.read(_LENGTH)
    is_former = begin.isdigit()
    length = int(begin + file.read(_LENGTH)) if is_former else int.from_bytes(begin, "little")
    if length > os.fstat(file.fileno()).st_size:
        raise ValueError(f"its header should have {length} bytes")
    return file.read(length), is_former


def _array(data: memoryview, dtype: str, shape: Sequence[int], start: int) -> np.ndarray:
    n_bytes = int(np.dtype(dtype).itemsize * np.prod(shape, dtype=np.int64))
    return np.frombuffer(data[start : start + n_bytes], dtype).reshape(shape)


def _id(header: bytes) -> str:
    return f"{zlib.crc32(header):08x}{zlib.adler32(header):08x}"


def _bytes(array: np.ndarray) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


class _Flattened:
    """A value as a tree of JSON and the arrays that the tree refers to by number, each once."""

    def __init__(self, classes: set[str]) -> None:
        self._classes = classes
        self._number: dict[int, int] = {}
        self._seen: list[np.ndarray] = []  # kept, so that no other array gets the id of one of them
        self.arrays: list[np.ndarray] = []

    def tree_of(self, value: object) -> object:
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, np.ndarray):
            return self._array(value)
        if sp.issparse(value):
            matrix = sp.csr_matrix(value)
            parts = [self._add(part) for part in (matrix.data, matrix.indices, matrix.indptr)]
            return {
                "matrix": parts,
                "shape": [int(n) for n in matrix.shape],
                "is_sorted": bool(matrix.has_sorted_indices),
            }
        if isinstance(value, (list, tuple)):
            if value and all(isinstance(each, str) for each in value):
                return self._texts(value)
            return {"list": [self.tree_of(each) for each in value]}
        name = type(value).__name__
        if name not in self._classes:
            raise TypeError(f"a {name} is none of {sorted(self._classes)}")
        return {"class": name, "fields": {field: self.tree_of(getattr(value, field)) for field in _fields(type(value))}}

    def _array(self, array: np.ndarray) -> object:
        if array.ndim == 1 and array.size > _SPARSE_SIZE and np.count_nonzero(array) * _SPARSE_SHARE < array.size:
            at = np.flatnonzero(array)
            return {"thin": [self._add(at), self._add(array[at])], "size": array.size}
        return {"array": self._add(array)}

    def _add(self, array: np.ndarray) -> int:
        number = self._number.get(id(array))
        if number is None:
            number = self._number[id(array)] = len(self.arrays)
            self._seen.append(array)
            self.arrays.append(np.ascontiguousarray(array))
        return number

    def _texts(self, texts: Sequence[str]) -> object:
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        ends = np.cumsum([len(each) for each in encoded], dtype=np.int64)
        return {"texts": self._add(np.frombuffer(b"".join(encoded), np.uint8)), "ends": self._add(ends)}


class MappedTexts(Sequence[str]):
    """The texts of a file, each decoded when it is asked for."""

    def __init__(self, whole: np.ndarray, ends: np.ndarray) -> None:
        self._whole, self._ends = whole, ends

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        at = range(len(self))[at]
        start = int(self._ends[at - 1]) if at else 0
        return self._whole[start : int(self._ends[at])].tobytes().decode("utf-8", "surrogatepass")


def _rebuilt(tree: Any, arrays: Sequence[np.ndarray], classes: dict[str, type], former: Mapping[str, str]) -> Any:
    if isinstance(tree, _PLAIN):
        return tree
    if "array" in tree:
        return arrays[tree["array"]]
    if "thin" in tree:
        at, values = (arrays[number] for number in tree["thin"])
        whole = np.zeros(tree["size"], values.dtype)
        whole[at] = values
        return whole
    if "matrix" in tree:
        matrix = sp.csr_matrix(tuple(arrays[number] for number in tree["matrix"]), shape=tree["shape"], copy=False)
        matrix.has_sorted_indices = tree["is_sorted"]
        return matrix
    if "texts" in tree:
        return MappedTexts(arrays[tree["texts"]], arrays[tree["ends"]])
    if "list" in tree:
        return [_rebuilt(each, arrays, classes, former) for each in tree["list"]]
    kind = classes[former.get(tree["class"], tree["class"])]
    fields = {former.get(field, field): part for field, part in tree["fields"].items()}
    if sorted(fields) != sorted(_fields(kind)):
        raise ValueError(f"a {kind.__name__} has {sorted(_fields(kind))}, and not {sorted(fields)}")
    value: Any = object.__new__(kind)
    for field, part in fields.items():
        object.__setattr__(value, field, _rebuilt(part, arrays, classes, former))
    return value


def _fields(kind: type) -> Sequence[str]:
    """The names of what its objects hold; a class that is kept names them all, so that a change of it is noticed."""
    return tuple(vars(kind)["__slots__"])
