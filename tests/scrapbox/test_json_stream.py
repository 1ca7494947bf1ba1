"""An export's JSON where it is odd: signs in the wrong place, raw control characters, slow pipes and failing disks."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import threading
from pathlib import Path

import pytest

from linkassist.errors import ExportError
from linkassist.scrapbox import export
from linkassist.scrapbox.export import read_export

PAGE = '{"title": "T", "lines": ["T", "漢字"]}'
GOOD = f'{{"name": "w", "exported": 1, "pages": [{PAGE}, {PAGE}]}}'


def titles(data: bytes | io.BytesIO) -> list[str]:
    return [page.title for page in read_export(io.BytesIO(data) if isinstance(data, bytes) else data)]


@pytest.mark.parametrize(
    ("good", "bad"),
    [('"w", "exported"', '"w"; "exported"'), ('"name": ', '"name"= '), (f"{PAGE}, {PAGE}", f"{PAGE}; {PAGE}")],
)
def test_a_wrong_sign_between_keys_values_and_pages_is_refused(good: str, bad: str) -> None:
    assert titles(GOOD.encode()) == ["T", "T"] and GOOD.count(good) == 1
    with pytest.raises(ExportError, match="is not JSON"):
        titles(GOOD.replace(good, bad).encode())


def test_a_raw_control_character_in_a_text_is_read_as_it_stands() -> None:
    (page,) = read_export(
        io.BytesIO(b'{"name": "w", "exported": 1, "pages": [{"title": "T", "lines": ["T", "a\tb"]}]}')
    )
    assert page.texts == ["T", "a\tb"]


def test_a_real_pipe_is_read_though_it_cannot_seek() -> None:
    reading, writing = os.pipe()
    data = GOOD.replace(PAGE, ", ".join([PAGE] * 5_000)).encode()

    def write() -> None:
        with os.fdopen(writing, "wb") as file:
            file.write(data)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, "rb") as pipe:
        found = list(read_export(pipe))
    writer.join()
    assert len(found) == 10_000


class ByteByByte(io.BytesIO):
    """A file of which each reading gives one byte."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(1, size) if size and size > 0 else 1)


def test_a_source_that_gives_one_byte_at_a_time_is_read_to_its_end() -> None:
    assert titles(ByteByByte(GOOD.encode())) == ["T", "T"]


class Failing(io.BytesIO):
    """A file on a disk that fails after the first reading."""

    n_readings = 0

    def read(self, size: int | None = -1) -> bytes:
        self.n_readings += size != 6  # the first six bytes tell how the file is compressed
        if self.n_readings > 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(size)


def test_a_failing_disk_is_told_apart_from_a_damaged_file(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"cannot be read \(the device reports an error\)"):
        titles(Failing(GOOD.replace(PAGE, ", ".join([PAGE] * 10_000)).encode()))
    damaged = tmp_path / "damaged.json.gz"
    damaged.write_bytes(gzip.compress(GOOD.encode())[:4] + b"\xff" + bytes(30))
    with pytest.raises(ExportError, match="cannot be read: .* Copy or export it again"):
        list(read_export(damaged))


def test_a_truncated_file_is_told_with_the_number_of_its_characters() -> None:
    data = GOOD.replace(PAGE, ", ".join([PAGE] * 10_000))[:-2]
    with pytest.raises(ExportError, match=f"truncated: .* after {len(data):,} characters"):
        titles(data.encode())


def test_more_pages_than_a_project_can_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only pages count: not the other keys of the file."""
    keys = ", ".join(f'"key{number}": 1' for number in range(9))
    monkeypatch.setattr(export, "MOST_PAGES", 2)
    assert titles(f"{{{keys}, {GOOD[1:]}".encode()) == ["T", "T"]
    with pytest.raises(ExportError, match="has more than 2 pages"):
        titles(json.dumps([json.loads(PAGE)] * 3).encode())
