"""An export is read 256 KiB at a time: what a reading ends in the middle of comes out whole."""

from __future__ import annotations

import io
import json

import pytest

from linkassist.errors import ExportError
from linkassist.scrapbox.export import Export, read_export

AT_ONCE = 1 << 18
LINE = "a line of the only page "


def export_with(tail: str, n_cut: int) -> bytes:
    """An export whose first reading ends `n_cut` bytes into `tail`, which follows the only page."""
    start = '{"name": "w", "pages": [{"title": "T", "lines": ["T", "'
    end = '"]}]'
    n_text = AT_ONCE - n_cut - len((start + end).encode())
    text = (LINE * (n_text // len(LINE) + 1))[:n_text]
    data = (start + text + end + tail).encode()
    assert data[AT_ONCE - n_cut :].startswith(tail.encode())
    return data


def opened(data: bytes) -> Export:
    return read_export(io.BytesIO(data))


@pytest.mark.parametrize("n_cut", range(len(', "exported": 1700000000}') + 1))
def test_a_header_behind_the_pages_is_read_wherever_a_reading_ends(n_cut: int) -> None:
    export = opened(export_with(', "exported": 1700000000}', n_cut))
    assert (export.name, export.exported_at) == ("w", 1_700_000_000)
    assert [page.title for page in export] == ["T"]


VALUES = [
    "true",
    "null",
    "-17",
    "1620000000.25",
    "1e3",
    "2.5E+10",
    '"\\u6f22\\ud83d\\ude00 \\n"',
    '"漢字😀"',
    '{"a": [1, {"b": []}]}',
]


@pytest.mark.parametrize("value", VALUES)
def test_any_value_is_read_wherever_a_reading_ends(value: str) -> None:
    tail = f', "other": {value}, "exported": 7}}'
    for n_cut in range(len(tail.encode()) + 1):
        export = opened(export_with(tail, n_cut))
        assert export.exported_at == 7
        assert len(list(export)) == 1


@pytest.mark.parametrize("n_behind", [0, 1, 2])
def test_a_last_number_that_ends_where_a_reading_ends_is_whole(n_behind: int) -> None:
    tail = ', "exported": 17' + " " * n_behind + "}"
    for n_cut in (len(tail) - 2 - n_behind, len(tail) - 1, len(tail)):
        assert opened(export_with(tail, n_cut)).exported_at == 17


@pytest.mark.parametrize(("tail", "found"), [(', "exported": 17', "truncated"), (', "exported": 1x7}', "not JSON")])
def test_what_is_cut_off_or_no_json_is_told_apart_wherever_a_reading_ends(tail: str, found: str) -> None:
    for n_cut in range(len(tail) + 1):
        with pytest.raises(ExportError, match=found):
            opened(export_with(tail, n_cut))


def test_the_pages_after_a_reading_ends_are_those_of_the_file() -> None:
    """Pages of all lengths, so that readings end in every part of one."""
    pages = [{"title": f"page {n}", "lines": [f"page {n}", "x" * (n % 97), "漢" * (n % 13)]} for n in range(12_000)]
    data = json.dumps({"name": "w", "exported": 1, "pages": pages}, ensure_ascii=False).encode()
    assert len(data) > 4 * AT_ONCE
    assert [(page.title, [line.text for line in page.lines]) for page in opened(data)] == [
        (page["title"], page["lines"]) for page in pages
    ]
