"""What was learnt as a file: read back as it was written, refused where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from support.paths import DATA

from linkassist.errors import ModelError
from linkassist.model.array_file import file_id, load_arrays, save_arrays


@dataclass(frozen=True, slots=True)
class Inner:
    numbers: np.ndarray
    title: str


@dataclass(frozen=True, slots=True)
class Part:
    """What an `Inner` is called in a later version."""

    values: np.ndarray
    title: str


class Outer:
    __slots__ = ("matrix", "nothing", "parts", "texts")

    def __init__(self, matrix: sp.csr_matrix, parts: list[Inner], texts: list[str]) -> None:
        self.matrix, self.parts, self.texts, self.nothing = matrix, parts, texts, None


def an_object(texts: list[str]) -> Outer:
    thin = np.zeros(50_000, np.float32)
    thin[[3, 49_999]] = (0.5, np.nan)
    parts = [Inner(np.arange(7, dtype=np.uint64), "七"), Inner(thin, ""), Inner(np.zeros((0, 3)), "none")]
    return Outer(sp.csr_matrix(np.array([[0, 2.5], [1, 0], [0, 0]])), parts, texts)


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(st.text(st.characters(codec=None)), max_size=4))
def test_what_is_read_is_what_was_written(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path, before = tmp_path_factory.mktemp("arrays") / "it", an_object(texts)
    name = save_arrays(before, path, (Inner, Outer))
    after = load_arrays(path, (Inner, Outer))
    assert name == file_id(path) != ""
    assert (after.matrix != before.matrix).nnz == 0 and after.matrix.shape == (3, 2)
    assert list(after.texts) == texts and after.nothing is None
    for mine, theirs in zip(after.parts, before.parts, strict=True):
        assert mine.title == theirs.title and mine.numbers.dtype == theirs.numbers.dtype
        np.testing.assert_array_equal(mine.numbers, theirs.numbers)


def test_a_file_is_a_safetensors_file_by_the_package_s_own_reader(tmp_path: Path) -> None:
    save_arrays(an_object(["a", "ひ"]), tmp_path / "it", (Inner, Outer))
    arrays = load_file(tmp_path / "it")
    assert [str(number) for number in range(len(arrays))] == sorted(arrays, key=int)
    np.testing.assert_array_equal(arrays["0"], [2.5, 1.0])  # the first array of the tree: the matrix's numbers
    assert "aひ".encode() in [array.tobytes() for array in arrays.values()]


def test_every_array_begins_at_a_multiple_of_its_own_width(tmp_path: Path) -> None:
    parts = [Inner(np.array([0, 1, 1], dtype), "") for dtype in ("i1", "f8", "?", "u2", "i4", "u8")]
    save_arrays(parts, tmp_path / "it", (Inner,))
    for part, before in zip(load_arrays(tmp_path / "it", (Inner,)), parts, strict=True):
        assert part.numbers.flags.aligned and not part.numbers.flags.owndata
        np.testing.assert_array_equal(part.numbers, before.numbers)


def test_a_file_of_linkassist_0_1_is_read_under_the_names_of_today() -> None:
    """Written by the version before, in its own format."""
    path = DATA / "array-files" / "frozen-1.bin"
    found = load_arrays(path, (Part, Outer), {"Inner": "Part", "numbers": "values"})
    assert file_id(path) == "20ba70cdc5d3e0de"  # what that version called it
    np.testing.assert_array_equal(found.matrix.toarray(), [[0, 2.5], [1, 0], [0, 0]])
    np.testing.assert_array_equal(found.parts[0].values, np.arange(7, dtype=np.uint64))
    assert found.parts[1].values[3] == 0.5 and np.isnan(found.parts[1].values[10_000])
    assert [part.title for part in found.parts] == ["七", ""] and list(found.texts) == ["a", "ひ"]


def test_equal_objects_have_one_id_and_different_ones_two(tmp_path: Path) -> None:
    names = [save_arrays(an_object(texts), tmp_path / "it", (Inner, Outer)) for texts in (["a"], ["a"], ["b"])]
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("damage", ["missing", "cut short", "a bit", "empty", "the header"])
def test_a_damaged_file_is_refused_with_advice(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "it"
    save_arrays(an_object(["a"]), path, (Inner, Outer))
    data = bytearray(path.read_bytes())
    if damage == "a bit":
        at = data.index(np.arange(7, dtype=np.uint64).tobytes())
        data[at + 8] ^= 1
    elif damage == "the header":
        data[30:60] = b"x" * 30
    path.write_bytes({"cut short": data[:-70], "empty": b""}.get(damage, data))
    if damage == "missing":
        path.unlink()
    with pytest.raises(ModelError, match="Run `linkassist reindex` to learn it anew"):
        load_arrays(path, (Inner, Outer))


def test_a_file_names_no_class_but_those_that_its_reader_expects(tmp_path: Path) -> None:
    save_arrays(an_object([]), tmp_path / "it", (Inner, Outer))
    with pytest.raises(ModelError, match="Inner"):
        load_arrays(tmp_path / "it", (Outer,))
    with pytest.raises(TypeError, match="a Outer is none of"):
        save_arrays(an_object([]), tmp_path / "it", (Inner,))


def test_a_file_of_an_earlier_version_of_a_class_is_refused(tmp_path: Path) -> None:
    save_arrays(Inner(np.zeros(1), "a"), tmp_path / "it", (Inner,))
    named_anew = type("Inner", (), {"__slots__": ("numbers", "name")})
    with pytest.raises(ModelError, match=r"a Inner has \['name', 'numbers'\], and not \['numbers', 'title'\]"):
        load_arrays(tmp_path / "it", (named_anew,))
