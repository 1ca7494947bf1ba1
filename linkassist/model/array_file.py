"""What was learnt as a file: objects made of arrays and texts, written in one go and read back without being copied.

The file begins with a line of JSON that tells what the objects are made of; the numbers follow as they lie in memory,
and are mapped rather than read. Nothing in a file can name what is run: the reader says which classes there may be.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.sparse as sp

from linkassist.errors import ModelError

_FORMAT: Final = "linkassist frozen 1"
_ALIGNED: Final = 64
_HEAD: Final = 16  # digits of the length of the JSON line, and a line end
_WIDE, _THIN = 10_000, 4  # an array of more numbers, of which less than a quarter is not 0, is written without them
_PLAIN: Final = (str, int, float, bool, type(None))


def freeze(value: object, path: Path, classes: Iterable[type]) -> str:
    """Writes the value beside `path`, then renames; returns what tells this file from others, sixteen hex digits.

    Objects may be of these classes, of NumPy's arrays and SciPy's row matrices, lists of texts and of any of these.
    """
    taken = _Taken({kind.__name__ for kind in classes})
    tree = taken.apart(value)
    places, at, crc = [], 0, 0
    for array in taken.arrays:
        places.append({"dtype": array.dtype.str, "shape": array.shape, "at": at})
        crc = zlib.crc32(_bytes(array), crc)
        at += -(-array.nbytes // _ALIGNED) * _ALIGNED
    about = json.dumps({"format": _FORMAT, "size": at, "crc": crc, "arrays": places, "tree": tree}).encode()
    about += b" " * (-(_HEAD + len(about)) % _ALIGNED)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(b"%015d\n" % len(about) + about)
        for array in taken.arrays:
            file.write(_bytes(array))
            file.write(b"\0" * (-array.nbytes % _ALIGNED))
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    return _name(about)


def name_of(path: Path) -> str:
    """What `freeze` returned for this file; "" where there is none that could be one. Reads its first line alone."""
    try:
        with path.open("rb") as file:
            return _name(file.read(int(file.read(_HEAD))))
    except (OSError, ValueError):
        return ""


def thaw(path: Path, classes: Iterable[type]) -> Any:
    """The value that `freeze` wrote. Its arrays are read only, and are the file's own for as long as they are used.

    Raises ModelError where the file is missing, was cut short or is not what was written.
    """
    try:
        with path.open("rb") as file:
            length = int(file.read(_HEAD))
            about = json.loads(file.read(length))
            whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[_HEAD + length :]
        if about["format"] != _FORMAT or len(whole) != about["size"]:
            raise ValueError(f"{len(whole)} bytes of {about['size']}")
        arrays, crc = [], 0
        for place in about["arrays"]:
            n_bytes = int(np.dtype(place["dtype"]).itemsize * np.prod(place["shape"], dtype=np.int64))
            part = whole[place["at"] : place["at"] + n_bytes]
            crc = zlib.crc32(part, crc)
            arrays.append(np.frombuffer(part, place["dtype"]).reshape(place["shape"]))
        if crc != about["crc"]:
            raise ValueError("its check sum differs")
        return _together(about["tree"], arrays, {kind.__name__: kind for kind in classes})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Run `linkassist reindex` to learn it anew.") from error


def _name(about: bytes) -> str:
    return f"{zlib.crc32(about):08x}{zlib.adler32(about):08x}"


def _bytes(array: np.ndarray) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


class _Taken:
    """A value taken apart: a tree of JSON, and the arrays that it names by number, each once."""

    def __init__(self, classes: set[str]) -> None:
        self._classes = classes
        self._number: dict[int, int] = {}
        self._seen: list[np.ndarray] = []  # kept, so that no other array gets the id of one of them
        self.arrays: list[np.ndarray] = []

    def apart(self, value: object) -> object:
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
            return {"list": [self.apart(each) for each in value]}
        name = type(value).__name__
        if name not in self._classes:
            raise TypeError(f"a {name} is none of {sorted(self._classes)}")
        return {"class": name, "fields": {field: self.apart(getattr(value, field)) for field in _fields(type(value))}}

    def _array(self, array: np.ndarray) -> object:
        if array.ndim == 1 and array.size > _WIDE and np.count_nonzero(array) * _THIN < array.size:
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


class FrozenTexts(Sequence[str]):
    """Texts of a frozen file, read when they are asked for."""

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


def _together(tree: Any, arrays: Sequence[np.ndarray], classes: dict[str, type]) -> Any:
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
        return FrozenTexts(arrays[tree["texts"]], arrays[tree["ends"]])
    if "list" in tree:
        return [_together(each, arrays, classes) for each in tree["list"]]
    kind = classes[tree["class"]]
    if sorted(tree["fields"]) != sorted(_fields(kind)):
        raise ValueError(f"a {kind.__name__} has {sorted(_fields(kind))}, and not {sorted(tree['fields'])}")
    value: Any = object.__new__(kind)
    for field, part in tree["fields"].items():
        object.__setattr__(value, field, _together(part, arrays, classes))
    return value


def _fields(kind: type) -> Sequence[str]:
    """The names of what its objects hold; a class that is kept names them all, so that a change of it is noticed."""
    return tuple(vars(kind)["__slots__"])
