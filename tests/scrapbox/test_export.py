"""Export files: every genuine shape is read, every bad one is refused with what was found and expected."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import sqlite3
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkassist.errors import ExportError
from linkassist.scrapbox.export import read_export
from linkassist.wiki import Line, Page

GOOD = {"title": "A", "lines": ["A", "text"]}


def export_of(*pages: object, **keys: object) -> dict[str, object]:
    return {"name": "wiki", "displayName": "The Wiki", "exported": 1_700_000_000, **keys, "pages": list(pages)}


def read(value: Any, *, skip_bad_pages: bool = False) -> list[Page]:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(read_export(io.BytesIO(data), skip_bad_pages=skip_bad_pages))


def test_lines_come_as_text_as_objects_and_mixed() -> None:
    line = {"id": "x", "text": "b", "userId": "u1", "created": 5, "updated": 6.0}
    page = {"id": "5f3a", "title": "T", "created": 1, "updated": 2.9, "views": 3, "lines": ["T", line, {"text": "c"}]}
    assert read(export_of(page)) == [Page("T", (Line("T"), Line("b", 5, 6, "u1"), Line("c")), "5f3a", 1, 2, 3)]


_MADE = 1_616_457_600  # 2021-03-23


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (_MADE, _MADE),
        (_MADE + 0.75, _MADE),
        (1000 * _MADE + 999, _MADE),
        (1000.0 * _MADE + 0.5, _MADE),
        (1_000_000 * _MADE + 999_999, _MADE),
        (1_000_000_000 * _MADE, 0),
        (946_684_800_000, 946_684_800),  # 2000-01-01 in milliseconds
        (4_102_444_799, 4_102_444_799),
        (4_102_444_800, 0),  # 2100, or February 1970 in milliseconds
        (253_402_300_800, 0),  # year 10000, or 1978 in milliseconds
        (2**53, 0),
        (2**60, 0),
        (10**30, 0),
        (1e300, 0),
        (float("inf"), 0),
        (float("nan"), 0),
        (-1, 0),
        (-1000 * _MADE, 0),
        (True, 0),
        (None, 0),
        ("5", 0),
        ([], 0),
        ([_MADE], 0),
    ],
)
def test_a_time_is_a_unix_second_whatever_its_unit_and_otherwise_unknown(written: object, read_as: int) -> None:
    line = {"text": "b", "created": written, "updated": written}
    found = read_export(
        io.BytesIO(
            json.dumps(
                export_of(
                    {"title": "T", "created": written, "updated": written, "lines": ["T", line]}, exported=written
                )
            ).encode()
        )
    )
    assert found.exported_at == read_as
    assert list(found) == [Page("T", (Line("T"), Line("b", read_as, read_as)), "", read_as, read_as)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress], ids=["json", "gz", "xz"])
def test_compression_is_told_by_the_bytes_and_not_by_the_name(tmp_path: Path, pack: Any) -> None:
    path = tmp_path / "any.thing"
    path.write_bytes(pack(json.dumps(export_of(GOOD)).encode()))
    with read_export(path) as export:
        assert (export.name, export.display_name, export.exported_at) == ("wiki", "The Wiki", 1_700_000_000)
        assert [page.title for page in export] == ["A"]


def test_standard_input_is_read_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Pipe(json.dumps(export_of(GOOD)).encode())))
    export = read_export(Path("-"))
    assert export.name == "wiki"
    assert len(list(export)) == 1


def test_the_header_may_stand_behind_the_pages() -> None:
    export = read_export(io.BytesIO(json.dumps({"pages": [GOOD], "exported": 7, "name": "late"}).encode()))
    assert (export.name, export.exported_at) == ("late", 7)
    assert len(list(export)) == 1


@pytest.mark.parametrize("value", [{"pages": [GOOD]}, [GOOD]], ids=["import file", "bare list"])
def test_a_file_without_a_name_takes_that_of_the_file(tmp_path: Path, value: object) -> None:
    path = tmp_path / "my.wiki.json.gz"
    path.write_bytes(gzip.compress(json.dumps(value).encode()))
    export = read_export(path)
    assert (export.name, export.display_name, export.exported_at) == ("my.wiki", "my.wiki", 0)
    assert [page.title for page in export] == ["A"]


def test_users_are_never_kept() -> None:
    export = read_export(io.BytesIO(json.dumps(export_of(GOOD, users=[{"email": "a@b.example"}])).encode()))
    pages = list(export)
    assert "a@b.example" not in repr([pages, vars(export)])


def test_a_byte_order_mark_is_accepted() -> None:
    assert len(read(b"\xef\xbb\xbf" + json.dumps(export_of(GOOD)).encode())) == 1


def test_an_empty_project_has_no_pages() -> None:
    assert read(export_of()) == []


@pytest.mark.parametrize(
    ("title", "first", "expected"),
    [("", "First", "First"), ("", "", "Untitled"), ("new_", "new", "new_"), (" ", "x", "x")],
)
def test_a_page_without_a_title_takes_its_first_line(title: str, first: str, expected: str) -> None:
    page = read(export_of({"title": title, "lines": [first]}))[0]
    assert (page.title, page.texts) == (expected, [first])


def test_two_pages_with_one_title_key_both_come_through() -> None:
    assert [page.title for page in read(export_of(GOOD, {"title": "a", "lines": ["a"]}))] == ["A", "a"]


def test_nul_and_control_characters_are_text_and_survive_sqlite() -> None:
    text = "a\0b\u0002c"
    page = read(export_of({"title": "T\0", "lines": ["T\0", text]}))[0]
    assert page.texts[1] == text
    with sqlite3.connect(":memory:") as connection:
        assert connection.execute("SELECT ?", (page.texts[1],)).fetchone() == (text,)
    connection.close()


def test_a_line_of_a_megabyte_and_a_page_of_100_000_lines_are_read() -> None:
    pages = read(export_of({"title": "T", "lines": ["T", "あ" * 1_000_000]}, {"title": "U", "lines": ["x"] * 100_000}))
    assert [len(pages[0].lines[1].text), len(pages[1].lines)] == [1_000_000, 100_000]


BAD_FILES = {
    "empty": (b"", "is empty"),
    "not json": (b"hello", "is not JSON: 'hello'"),
    "html": (b"<html></html>", "is not JSON.*export it again"),
    "a number": (b"12", "holds a number; expected"),
    "text": (b'"a"', "holds text; expected"),
    "no pages": (b'{"name": "x"}', 'has no "pages"; expected'),
    "pages no list": (b'{"name": "x", "pages": {"a": 1}}', '"pages" is an object; expected a list'),
    "pages null": (b'{"name": "x", "pages": null}', '"pages" is null; expected a list'),
    "name no text": (b'{"name": 5, "pages": []}', '"name" is a number; expected text'),
    "name half a character": (b'{"name": "\\ud83d", "pages": []}', "lone surrogate"),
    "more behind": (json.dumps(export_of(GOOD)).encode() + b" x", "more text behind the end"),
    "not utf-8": (json.dumps(export_of(GOOD)).encode().replace(b"text", b"t\xffxt"), "not UTF-8 text: byte 0xff"),
    "utf-16": (json.dumps(export_of(GOOD)).encode("utf-16"), "not UTF-8"),
    "deep nesting": (b'{"name": "x", "exported": 1, "pages": [' + b"[" * 200_000, "nested too deeply"),
    "deep object": (b'{"a": ' + b'{"a": ' * 200_000, "nested too deeply"),
    "long number": (b'{"name": "x", "exported": ' + b"1" * 5000 + b"}", "cannot be read"),
    "bad page syntax": (
        b'{"name": "x", "exported": 1, "pages": [{"title": oops}]}' + b" " * 99,
        "page 1, at character",
    ),
    "missing comma": (b'{"name": "x" "pages": []}' + b" " * 99, "is not JSON"),
}


@pytest.mark.parametrize(("data", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_is_no_export_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        read(data)
    with pytest.raises(ExportError, match=message):
        read(data, skip_bad_pages=True)


WHOLE = json.dumps(
    export_of(*({"title": f"Page {n}", "lines": [f"Page {n}", "あいう"]} for n in range(30))), ensure_ascii=False
)


@given(st.integers(0, len(WHOLE.encode()) - 1))
def test_a_file_cut_anywhere_is_refused_as_truncated(length: int) -> None:
    with pytest.raises(ExportError, match="truncated|is empty"):
        read(WHOLE.encode()[:length])


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress], ids=["gz", "xz"])
def test_a_compressed_file_that_is_cut_is_refused_as_truncated(pack: Any) -> None:
    packed = pack(WHOLE.encode())
    for length in (8, len(packed) // 2, len(packed) - 1):
        with pytest.raises(ExportError, match="truncated"):
            read(packed[:length])


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress], ids=["gz", "xz"])
def test_a_compressed_file_that_is_damaged_is_refused(pack: Any) -> None:
    packed = bytearray(pack(WHOLE.encode()))
    packed[30:60] = bytes(30)
    with pytest.raises(ExportError, match="again"):
        read(bytes(packed))


def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"cannot be opened .*Check the path"):
        read_export(tmp_path / "none.json")
    with pytest.raises(ExportError, match="cannot be opened"):
        read_export(tmp_path)


LINE_SHAPE = r'expected text or \{"text": ...\}'
BAD_PAGES = {
    "no lines": ({"title": "KJ法", "id": "5f3a"}, r'page "KJ法" \(id 5f3a\): there are no lines; expected'),
    "empty lines": ({"title": "T", "lines": []}, 'page "T": there are no lines; expected'),
    "lines are text": ({"title": "T", "lines": "T"}, 'page "T": "lines" is text; expected a list'),
    "no title": ({"id": "5f3a", "lines": ["T"]}, r'page 2 \(id 5f3a\): "title" is missing; expected text'),
    "title a number": ({"title": 5, "lines": ["T"]}, 'page 2: "title" is a number; expected text'),
    "a page is text": ("T", "page 2 is text; expected"),
    "a line is a number": (
        {"title": "KJ法", "id": "5f3a", "lines": ["KJ法", 7]},
        rf'page "KJ法" \(id 5f3a\), line 1 is a number; {LINE_SHAPE}',
    ),
    "a line is null": ({"title": "T", "lines": [None]}, f'page "T", line 0 is null; {LINE_SHAPE}'),
    "a line is a list": ({"title": "T", "lines": ["T", []]}, f'page "T", line 1 is a list; {LINE_SHAPE}'),
    "a line without text": ({"title": "T", "lines": ["T", {}]}, f'line 1 has no "text"; {LINE_SHAPE}'),
    "a line's text is a number": (
        {"title": "T", "lines": [{"text": 1}]},
        f'line 0 has a number as its "text"; {LINE_SHAPE}',
    ),
    "half a character in a line": (
        {"title": "T", "lines": ["T", "a\ud83d"]},
        r'page "T", line 1 holds half a character',
    ),
    "half a character in a title": (
        {"title": "T\udc00", "lines": ["T"]},
        r'page "T\\udc00": the title or the id holds half',
    ),
}


@pytest.mark.parametrize(("page", "message"), BAD_PAGES.values(), ids=BAD_PAGES)
def test_a_bad_page_is_refused_or_left_out_and_told(page: object, message: str) -> None:
    with pytest.raises(ExportError, match=message) as caught:
        read(export_of(GOOD, page, GOOD))
    str(caught.value).encode()
    export = read_export(io.BytesIO(json.dumps(export_of(GOOD, page, GOOD)).encode()), skip_bad_pages=True)
    assert [kept.title for kept in export] == ["A", "A"]
    assert len(export.skipped) == 1


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(n_pages: int) -> int:
        path = tmp_path / f"{n_pages}.json"
        with path.open("w") as file:
            file.write('{"name": "big", "exported": 1, "pages": [')
            for number in range(n_pages):
                file.write(("," if number else "") + json.dumps({"title": f"T{number}", "lines": ["x" * 1000] * 10}))
            file.write("]}")
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_export(path)) == n_pages
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(2_000) < peak(400) + 500_000 < 5_000_000


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "wiki.json.gz"
    path.write_bytes(gzip.compress(WHOLE.encode()))
    told: list[tuple[int, int]] = []
    list(read_export(path, on_progress=lambda done, total: told.append((done, total))))
    size = path.stat().st_size
    assert len(told) == 30
    assert told[-1] == (size, size)
