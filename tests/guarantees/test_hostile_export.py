"""Exports made to do harm: mutated ones, ones that unpack to no end, and lines without end."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.mutated_exports import mutated

from linkassist.errors import ExportError
from linkassist.pipeline.ingest import ingest
from linkassist.scrapbox.export import read_export
from linkassist.scrapbox.json_stream import ReadLimits
from linkassist.scrapbox.notation import page_links
from linkassist.scrapbox.page_text import read_page
from linkassist.store.library import Library
from linkassist.store.pages import projects, read_pages
from linkassist.wiki import Page, title_key

N_MUTATED = 10_000
_BATCHES = 10
_MOST_MB = 400  # of memory that reading a hostile file may take beyond that of the program


def pages_told_by_json(data: bytes) -> int | None:
    """How many pages a well-formed export holds, by the standard library; None where it is none."""
    try:
        text = data.decode("utf-8-sig")
        tree = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    if isinstance(tree, dict):
        tree = tree.get("pages")
    return len(tree) if isinstance(tree, list) else None


@pytest.mark.parametrize("batch", range(_BATCHES))
def test_a_mutated_export_is_read_or_refused_in_words_and_loses_no_page(batch: int) -> None:
    """The witness for the number of pages is the standard library's own reader."""
    n_read = n_refused = 0
    for seed in range(batch * N_MUTATED // _BATCHES, (batch + 1) * N_MUTATED // _BATCHES):
        data = mutated(random.Random(seed))
        try:
            with read_export(io.BytesIO(data), skip_bad_pages=True) as export:
                pages = list(export)
        except ExportError as error:
            n_refused += 1
            assert str(error), f"seed {seed}"
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}: {data[:2000]!r}") from error
        n_read += 1
        expected = pages_told_by_json(data)
        if expected is not None and data.count(b'"pages"') < 2:
            assert len(pages) + len(export.skipped) == expected, f"seed {seed}: {data[:2000]!r}"
        _use(pages, seed)
    assert n_read > 100
    assert n_refused > 100


def _use(pages: list[Page], seed: int) -> None:
    """What the program does with a page that was read."""
    try:
        for page in pages:
            texts = [line.text for line in page.lines]
            for link in page_links(texts):
                assert 0 <= link.span.start < link.span.end <= len(texts[link.line])
            read_page(page)
    except Exception as error:
        raise AssertionError(f"seed {seed}: {[page.title for page in pages]!r}") from error


def test_a_mutated_export_enters_a_library_whole_or_not_at_all(tmp_path: Path) -> None:
    file, n_taken = tmp_path / "export.json", 0
    before: dict[str, list[str]] = {}
    with Library.open(tmp_path / "library"):
        pass
    for seed in range(300):
        data = mutated(random.Random(1_000_000 + seed))
        file.write_bytes(data)
        try:
            report = ingest(tmp_path / "library", file, "wiki", lambda *_: None, skip_bad_pages=True)
        except ExportError:
            assert _stored(tmp_path / "library") == before, f"seed {seed}"
            continue
        n_taken += 1
        with read_export(io.BytesIO(data), skip_bad_pages=True) as export:
            titles = {title_key(page.title) for page in export}
        before = _stored(tmp_path / "library")
        assert {title_key(title) for title in before} == titles, f"seed {seed}"
        assert report.imported.new + report.imported.changed + report.imported.unchanged == len(before)
    assert n_taken > 50


def _stored(folder: Path) -> dict[str, list[str]]:
    """By title, the lines of the pages that the library shows."""
    with Library.open(folder) as library:
        return {
            page.page.title: [line.text for line in page.page.lines]
            for project in projects(library)
            for page in read_pages(library, project.id)
        }


class Endless(io.RawIOBase):
    """A file of so many bytes that is never in memory or on a disk: a beginning and then one sign, again and again."""

    def __init__(self, start: bytes, size: int, sign: bytes = b"a") -> None:
        self._start, self._size, self._sign, self._at = start, size, sign, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        n = min(size if size >= 0 else self._size, self._size - self._at)
        found = (self._start[self._at : self._at + n] + self._sign * n)[:n]
        self._at += n
        return found


LINE_WITHOUT_END = b'{"name": "x", "exported": 1, "pages": [{"title": "t", "lines": ["t", "'


def test_a_line_of_two_gigabytes_is_refused_at_once() -> None:
    file = Endless(LINE_WITHOUT_END, 2 << 30)
    with pytest.raises(ExportError, match=r"page 1 has more than 16,777,216 characters"):
        list(read_export(file))
    assert file.tell() < 1 << 28  # not read to its end


@pytest.mark.parametrize("pack", [partial(gzip.open, compresslevel=1), partial(lzma.open, preset=0)])
def test_what_unpacks_to_a_line_without_end_takes_bounded_memory(tmp_path: Path, pack: Any) -> None:
    bomb = tmp_path / "bomb.json"
    _pack(pack, bomb, LINE_WITHOUT_END, b"a", 64 << 20)
    assert bomb.stat().st_size < 1 << 20
    words, megabytes = _imported(bomb, tmp_path / "library")
    assert "page 1 has more than" in words
    assert megabytes < _MOST_MB


def test_what_unpacks_to_no_end_is_refused_by_how_much_it_grows(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.json"
    _pack(gzip.open, bomb, b"[", b" ", 64 << 20)
    with pytest.raises(ExportError, match="unpacks to more than 200 times its"):
        list(read_export(bomb, limits=ReadLimits(unpacked_bytes=32 << 20)))


def test_a_plain_wiki_of_the_same_size_is_no_bomb(tmp_path: Path) -> None:
    file = tmp_path / "wiki.json.xz"
    pages = [{"title": str(n), "lines": [str(n), random.Random(n).randbytes(200).hex()]} for n in range(100)]
    file.write_bytes(lzma.compress(json.dumps(pages).encode()))
    assert len(list(read_export(file, limits=ReadLimits(unpacked_bytes=1000)))) == 100


def test_more_pages_than_any_wiki_has_are_refused() -> None:
    data = json.dumps([{"title": str(n), "lines": [str(n)]} for n in range(4)]).encode()
    with pytest.raises(ExportError, match="more than 3 pages"):
        list(read_export(io.BytesIO(data), limits=ReadLimits(pages=3)))


def test_pages_without_end_are_not_read_past_in_search_of_what_stands_behind_them() -> None:
    with pytest.raises(ExportError, match="more than 3 pages"):
        read_export(
            io.BytesIO(b'{"pages": [' + b"{}," * 10), limits=ReadLimits(pages=3)
        )  # cut off, which nobody comes to


def test_standard_input_without_end_is_refused() -> None:
    class Pipe(Endless):
        def seekable(self) -> bool:
            return False

    with pytest.raises(ExportError, match="standard input gives more than"):
        read_export(Pipe(b"[", 1 << 30), limits=ReadLimits(copied_bytes=1 << 20))


def _pack(pack: Any, path: Path, start: bytes, sign: bytes, size: int) -> None:
    with pack(path, "wb") as file:
        for piece in _pieces(start, sign, size):
            file.write(piece)


def _pieces(start: bytes, sign: bytes, size: int) -> Iterator[bytes]:
    yield start
    for _ in range(size >> 20):
        yield sign * (1 << 20)


def _imported(export: Path, library: Path) -> tuple[str, int]:
    """What `linkassist import` says to the export on standard error, and how many MB reading it took at most."""
    program = (
        "import resource, sys\n"
        "from linkassist.cli.app import main\n"
        "start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    main()\n"
        "finally:\n    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)\n"
    )
    command = [sys.executable, "-c", program, "import", str(export), "--library", str(library), "--no-reindex"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode != 0
    return done.stderr, int(done.stdout.split()[-1]) // 1024
