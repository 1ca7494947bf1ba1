"""TensorFlow's checkpoints without TensorFlow: bundles that it wrote, bundles written here, and damaged ones."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import cramjam
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.paths import DATA, GOLDEN
from support.tensor_bundle import STRING, BundleWriter, checksum, masked, varint

from linkassist.bert.checkpoint.leveldb_table import masked_crc32c, read_table
from linkassist.bert.checkpoint.open import open_bert_tokenizer
from linkassist.bert.checkpoint.protobuf import read_message, read_varint
from linkassist.bert.checkpoint.slices import Extent, slice_key
from linkassist.bert.checkpoint.tensor_bundle import Bundle
from linkassist.errors import ModelError

# Written by TensorFlow 2.15.1: a value is its place in the tensor, by eight.
WRITTEN = DATA / "tensor-bundles"


def ramp(*shape: int) -> NDArray[np.float32]:
    return (np.arange(np.prod(shape)).reshape(shape) / 8).astype(np.float32)


def some_tensors() -> dict[str, NDArray[np.generic]]:
    return {
        "bert/embeddings/word_embeddings": ramp(7, 3),
        "bert/embeddings/word_embeddings/adam_m": ramp(7, 3),
        "bert/encoder/layer_0/output/dense/kernel": ramp(3, 4).astype(np.float16),
        "bert/encoder/layer_0/output/dense/wide": (ramp(3, 4).view(np.uint32) >> 16).astype(np.uint16),
        "bert/encoder/layer_10/output/dense/bias": ramp(300),
        "empty": ramp(0, 4),
        "global_step": np.array(1_400_000, np.int64),
    }


def assert_holds_some_tensors(bundle: Bundle) -> None:
    tensors = some_tensors()
    assert bundle.names == tuple(sorted(tensors))
    for name, expected in tensors.items():
        found = bundle.tensor(name)
        assert found.shape == bundle.shape(name) == expected.shape
        if expected.dtype == np.uint16:  # bfloat16: eighths up to 11/8 have no more digits than it holds
            np.testing.assert_array_equal(found, ramp(3, 4))
        else:
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"", 0), (b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)],
)
def test_checksums_are_those_of_rfc_3720(content: bytes, expected: int) -> None:
    assert checksum(content) == expected
    assert masked_crc32c(content) == masked(expected)


@given(st.binary(max_size=300))
def test_checksums_are_those_of_the_definition(content: bytes) -> None:
    assert masked_crc32c(content) == masked(checksum(content))
    assert masked_crc32c(np.frombuffer(content, np.uint8)) == masked(checksum(content))


VALUES = st.lists(st.sampled_from([b"a", b"bc", b"abcabcabcabc", b"xyz", bytes(range(100))]), max_size=30).map(b"".join)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_compressed_blocks_give_back_what_was_written(values: list[bytes]) -> None:
    pairs = [(b"key%d" % number, value) for number, value in enumerate(values)]
    table = BundleWriter({}, is_snappy=True, pairs_a_block=2).table(pairs)
    assert list(read_table(table)) == pairs


def table_of_compressed_block(block: bytes) -> bytes:
    """A table whose index block, the first that is read, is these compressed bytes with a right checksum."""
    content = block + b"\1"
    handle = varint(0) + varint(len(block))
    empty = BundleWriter({}).table([])
    footer = (varint(0) + varint(0) + handle).ljust(40, b"\0") + empty[-8:]
    return content + masked(checksum(content)).to_bytes(4, "little") + footer


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (b"\x05\x10abc", "expected literal read of length 5"),
        (b"\x04\x01\x01", "offset 1"),
        (b"\x05\x04ab", "expected 5 decompressed bytes but got 2"),
        (b"\x80", "invalid header"),
        (b"", "empty"),
    ],
)
def test_a_damaged_compressed_block_is_named(block: bytes, expected: str) -> None:
    with pytest.raises(ValueError, match=rf"the block at byte 0 cannot be decompressed \(.*{expected}"):
        list(read_table(table_of_compressed_block(block)))


@pytest.mark.parametrize("n_bytes", [1_000, 2**32 - 1])
def test_a_decompression_bomb_is_refused_by_the_size_that_it_announces(n_bytes: int) -> None:
    with pytest.raises(ValueError, match=f"the block at byte 0 announces {n_bytes} bytes, more than .* hold"):
        list(read_table(table_of_compressed_block(varint(n_bytes) + b"\0a")))


def test_the_densest_block_that_snappy_makes_is_read() -> None:
    """64 bytes for each three: a ratio of 21.3, just below what is refused."""
    value = b"a" * 60_000
    pairs = [(b"k", value)]
    block = b"\0\1" + varint(len(value)) + b"k" + value + bytes(4) + (1).to_bytes(4, "little")
    compressed = bytes(cramjam.snappy.compress_raw(block))
    assert len(block) > 21 * len(compressed)
    table = bytearray()
    for content in (compressed, bytes(cramjam.snappy.compress_raw(index_block(len(compressed))))):
        table += content + b"\1" + masked(checksum(content + b"\1")).to_bytes(4, "little")
    index = varint(len(compressed) + 5) + varint(len(table) - len(compressed) - 10)
    footer = (varint(0) + varint(0) + index).ljust(40, b"\0") + BundleWriter({}).table([])[-8:]
    assert list(read_table(bytes(table) + footer)) == pairs


def index_block(n_bytes: int) -> bytes:
    """The index of one block at byte 0."""
    handle = varint(0) + varint(n_bytes)
    return b"\0\1" + varint(len(handle)) + b"k" + handle + bytes(4) + (1).to_bytes(4, "little")


@pytest.mark.parametrize(("module", "package"), [("google_crc32c", "google-crc32c"), ("cramjam", "cramjam")])
def test_without_its_packages_a_checkpoint_is_refused_with_the_extra_that_brings_them(
    monkeypatch: pytest.MonkeyPatch, module: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    advice = rf'read with {package}, which this installation lacks.*`pip install "linkassist\[checkpoint\]"`'
    with pytest.raises(ModelError, match=advice):
        Bundle(WRITTEN / "mixed.ckpt-7")


def test_without_these_packages_all_but_checkpoints_is_read() -> None:
    program = (
        "import sys; sys.modules.update(cramjam=None, google_crc32c=None)\n"
        "from linkassist.bert.checkpoint.open import open_bert_tokenizer\n"
        f"print(open_bert_tokenizer({str(GOLDEN)!r}).pieces('a b'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"{open_bert_tokenizer(GOLDEN).pieces('a b')}\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\x0a\x05ab", "field 1 is cut off"), (b"\x0b", "wire type 3"), (b"\x08" + b"\xff" * 11, "does not end")],
)
def test_a_damaged_message_is_told(content: bytes, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        read_message(content)


def test_a_message_gives_its_last_number_and_all_its_parts() -> None:
    message = read_message(b"\x08\x96\x01\x08\x02\x12\x01a\x12\x01b\x1d\x01\0\0\0\x21\x02\0\0\0\0\0\0\0")
    assert (message.number(1), message.number(3), message.number(4), message.number(9)) == (2, 1, 2, 0)
    assert message.parts[2] == [b"a", b"b"]
    assert read_varint(b"\x96\x01", 0) == (150, 2)


def test_what_tensorflow_wrote_is_read() -> None:
    bundle = Bundle(WRITTEN / "mixed.ckpt-7")
    assert bundle.names == ("global_step", "half/bfloat16", "half/float16", "sliced/columns", "sliced/rows")
    np.testing.assert_array_equal(bundle.tensor("half/float16"), ramp(3, 5))
    np.testing.assert_array_equal(bundle.tensor("half/bfloat16"), ramp(4, 5))
    np.testing.assert_array_equal(bundle.tensor("sliced/rows"), ramp(150, 2))
    np.testing.assert_array_equal(bundle.tensor("sliced/columns"), ramp(2, 7))
    assert bundle.tensor("global_step") == 0


def test_shards_that_tensorflow_wrote_are_read() -> None:
    bundle = Bundle(WRITTEN / "sharded.ckpt")
    for number in range(3):
        np.testing.assert_array_equal(bundle.tensor(f"layer_{number}"), ramp(4, number + 1))


def test_the_key_of_a_far_slice_sorts_after_that_of_a_near_one() -> None:
    starts = [0, 1, 63, 64, 8191, 8192, 10**6, 10**12]
    keys = [slice_key("w", [Extent(start, 1)]) for start in starts]
    assert keys == sorted(keys)
    assert slice_key("w", [Extent(75, 75)]).hex(" ") == "00 77 00 01 01 01 c0 4b c0 4b"


@pytest.mark.parametrize("is_snappy", [False, True])
def test_every_kind_of_number_comes_back_whatever_the_blocks(tmp_path: Path, is_snappy: bool) -> None:
    for pairs_a_block in (1, 4, 100):
        writer = BundleWriter(some_tensors(), is_snappy=is_snappy, pairs_a_block=pairs_a_block)
        assert_holds_some_tensors(Bundle(writer.write(tmp_path / f"model.ckpt-{pairs_a_block}")))


def test_tensors_in_several_files_come_back(tmp_path: Path) -> None:
    shard_of = {name: number % 3 for number, name in enumerate(some_tensors())}
    writer = BundleWriter(some_tensors(), shard_of=shard_of, n_shards=3)
    assert_holds_some_tensors(Bundle(writer.write(tmp_path / "model.ckpt")))


def test_a_tensor_is_mapped_and_not_copied(tmp_path: Path) -> None:
    found = Bundle(BundleWriter(some_tensors()).write(tmp_path / "model.ckpt")).tensor(
        "bert/embeddings/word_embeddings"
    )
    assert found.base is not None and not found.flags.writeable


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    shard_of = {name: number % 3 for number, name in enumerate(some_tensors())}
    prefix = BundleWriter(some_tensors(), shard_of=shard_of, n_shards=3).write(tmp_path / "model.ckpt")
    Path(f"{prefix}.data-00001-of-00003").unlink()
    with pytest.raises(ModelError, match=r"model\.ckpt\.data-00001-of-00003 is missing.*3 data files.*Download"):
        Bundle(prefix)


def test_a_damaged_tensor_is_named_with_its_file(tmp_path: Path) -> None:
    prefix = BundleWriter(some_tensors()).write(tmp_path / "model.ckpt")
    data = Path(f"{prefix}.data-00000-of-00001")
    content = bytearray(data.read_bytes())
    content[-20] ^= 1
    data.write_bytes(content)
    name = "bert/encoder/layer_10/output/dense/bias"
    with pytest.raises(ModelError, match=rf"00001 is damaged: the tensor {name} does not have its checksum.*Download"):
        Bundle(prefix).tensor(name)
    np.testing.assert_array_equal(Bundle(prefix).tensor("bert/embeddings/word_embeddings"), ramp(7, 3))


@pytest.mark.parametrize("n_left", [0, 40])
def test_a_data_file_that_is_cut_off_is_told_with_the_tensor(tmp_path: Path, n_left: int) -> None:
    prefix = BundleWriter(some_tensors()).write(tmp_path / "model.ckpt")
    data = Path(f"{prefix}.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:n_left])
    expected = rf"is cut off: it has {n_left} bytes, but the tensor bert/embeddings/word_embeddings ends at byte 84"
    with pytest.raises(ModelError, match=expected):
        Bundle(prefix).tensor("bert/embeddings/word_embeddings")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda index: index[:-10], "is no index of a TensorFlow checkpoint.*Download"),
        (lambda index: b"", "is no index.*it has 0 bytes"),
        (lambda index: index[:5] + bytes([index[5] ^ 1]) + index[6:], "the block at byte 0 does not have its checksum"),
        (lambda index: index[200:], "is damaged: "),
    ],
)
def test_a_damaged_index_is_told(tmp_path: Path, change: object, expected: str) -> None:
    assert callable(change)
    path = Path(f"{BundleWriter(some_tensors()).write(tmp_path / 'model.ckpt')}.index")
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ModelError, match=re.escape(str(path)) + ".*" + expected):
        Bundle(tmp_path / "model.ckpt")


def test_an_unknown_compression_is_told(tmp_path: Path) -> None:
    path = Path(f"{BundleWriter(some_tensors(), pairs_a_block=100).write(tmp_path / 'model.ckpt')}.index")
    content = bytearray(path.read_bytes())
    size = content.index(masked_end(content)) - 1
    content[size] = 2
    content[size + 1 : size + 5] = masked(checksum(bytes(content[: size + 1]))).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(ModelError, match="compressed in the unknown way 2"):
        Bundle(tmp_path / "model.ckpt")


def masked_end(content: bytearray) -> bytes:
    """The checksum of the first block, found where it fits what is before it."""
    for end in range(10, len(content)):
        found = masked(checksum(bytes(content[:end]))).to_bytes(4, "little")
        if content[end : end + 4] == found:
            return found
    raise AssertionError("no block")


def test_a_big_endian_bundle_is_refused(tmp_path: Path) -> None:
    prefix = BundleWriter(some_tensors(), endianness=1).write(tmp_path / "model.ckpt")
    with pytest.raises(ModelError, match="big-endian.*Save the checkpoint again"):
        Bundle(prefix)


def test_a_bundle_of_a_later_format_is_refused(tmp_path: Path) -> None:
    prefix = BundleWriter(some_tensors(), min_consumer=2).write(tmp_path / "model.ckpt")
    with pytest.raises(ModelError, match="asks for version 2.*version 1 is read"):
        Bundle(prefix)


def test_a_tensor_that_no_weight_is_like_is_refused_when_asked_for(tmp_path: Path) -> None:
    prefix = BundleWriter(some_tensors(), dtype_of={"empty": STRING}).write(tmp_path / "model.ckpt")
    bundle = Bundle(prefix)
    assert bundle.tensor("global_step") == 1_400_000
    with pytest.raises(ModelError, match="the tensor empty has the type 7; expected float32"):
        bundle.tensor("empty")


def test_a_size_that_does_not_fit_the_shape_is_told(tmp_path: Path) -> None:
    prefix = BundleWriter(some_tensors(), dtype_of={"global_step": 1}).write(tmp_path / "model.ckpt")
    with pytest.raises(ModelError, match=r"8 bytes are no tensor global_step of shape \(\)"):
        Bundle(prefix).tensor("global_step")


def test_a_lost_slice_is_told(tmp_path: Path) -> None:
    for path in WRITTEN.glob("mixed*"):
        shutil.copy(path, tmp_path / path.name)
    bundle = Bundle(tmp_path / "mixed.ckpt-7")
    key = slice_key("sliced/rows", [Extent(75, 75), Extent(0, 2)])
    assert key in bundle._entries
    del bundle._entries[key]
    with pytest.raises(ModelError, match="a slice of the tensor sliced/rows is not in it"):
        bundle.tensor("sliced/rows")
