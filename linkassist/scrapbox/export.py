"""Reads and validates a Scrapbox export, page by page.

Pages are streamed, so memory holds one page and not the file. `users`, which can hold e-mail addresses, is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from linkassist.errors import ExportError
from linkassist.files.errors import cannot_be
from linkassist.progress import OnCount, no_count
from linkassist.scrapbox.json_stream import STANDARD_INPUT, JsonStream, ReadLimits, open_source
from linkassist.terminal_escape import MOST_QUOTED, quoted
from linkassist.wiki import Line, Page, unix_second

_LIMITS = ReadLimits()
_EXPORT_AGAIN = "Export the project again from Scrapbox."
_EXPORT_SHAPE = '{"name": ..., "pages": [...]}'
_LARGEST = 2**53  # JSON numbers beyond this are not exact, and no count is


class Export:
    """An export whose pages are read as it is iterated over, once. Reading to the end closes the file, as does `with`.

    name, display_name, exported_at (Unix seconds, 0 if unknown): from the file. A missing name is the file's name
    without .json, or "" for standard input; a missing display name is the name.
    skipped: a message for each page that was left out so far.
    """

    def __init__(self, stream: JsonStream, header: _Header, *, skip_bad_pages: bool, on_progress: OnCount) -> None:
        self.name = header.name
        self.display_name = header.display_name or header.name
        self.exported_at = header.exported_at
        self.skipped: list[str] = []
        self._stream = stream
        self._skip_bad_pages = skip_bad_pages
        self._on_progress = on_progress

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[Page]:
        """The pages in the file's order.

        Raises ExportError where the file, or a page not to be skipped, is bad, and where there are too many.
        """
        stream = self._stream
        with self:
            for key, value in _entries(stream):
                if key != "page":
                    continue
                try:
                    page = _page(value, stream.place, stream.item)
                except ExportError as error:
                    if not self._skip_bad_pages:
                        raise
                    self.skipped.append(str(error))
                else:
                    yield page
                self._on_progress(stream.bytes_read, stream.bytes_total)


def read_export(
    source: Path | IO[bytes],
    *,
    skip_bad_pages: bool = False,
    on_progress: OnCount = no_count,
    limits: ReadLimits = _LIMITS,
) -> Export:
    """The export, with its header read and its pages still to be read.

    source: a path, `Path("-")` for standard input, or an open binary file; plain, gzip or xz by its first bytes. It
    holds `{"name", "displayName", "exported", "pages": [...]}`, the keys in any order, or like an import file
    `{"pages": [...]}` or the bare list of pages.
    skip_bad_pages: leave out a page that cannot be used and report it in `Export.skipped`.
    on_progress: called after each page, in bytes of the file, compressed ones if it is.
    Raises ExportError where the file is no export, here or while the pages are read.
    """
    raw, place = open_source(source, limits)
    try:
        start = raw.tell()
        header = _read_header(JsonStream(raw, place, limits), "" if place == STANDARD_INPUT else _stem(place))
        raw.seek(start)
        return Export(JsonStream(raw, place, limits), header, skip_bad_pages=skip_bad_pages, on_progress=on_progress)
    except OSError as error:  # as of /proc/self/mem, which can be opened and not read
        raw.close()
        raise ExportError(cannot_be("read", place, error)) from error
    except BaseException:
        raw.close()
        raise


@dataclass(frozen=True, slots=True)
class _Header:
    name: str
    display_name: str
    exported_at: int


def _read_header(stream: JsonStream, name: str) -> _Header:
    """The header, which may come after the pages; these are then read twice."""
    header: dict[str, object] = {}
    for key, value in _entries(stream):
        if key in ("name", "displayName", "exported"):
            header[key] = value
        elif key == "page" and "name" in header and "exported" in header:
            break
    texts = []
    for key in ("name", "displayName"):
        text = header.get(key)
        if not isinstance(text, str | None):
            raise ExportError(f'{stream.place}: "{key}" is {_kind(text)}; expected text. {_EXPORT_AGAIN}')
        texts.append(text or "")
        if text and not _is_unicode(text):
            raise ExportError(f'{stream.place}: "{key}" holds half a character (a lone surrogate). {_EXPORT_AGAIN}')
    return _Header(texts[0] or name, texts[1], unix_second(header.get("exported")))


def _stem(place: str) -> str:
    name = Path(place).name
    for suffix in (".xz", ".gz", ".json"):
        name = name.removesuffix(suffix)
    return name


def _entries(stream: JsonStream) -> Iterator[tuple[str, object]]:
    """The file's keys with their values; instead of "pages", ("page", value) for each page.

    Raises ExportError after `limits.pages` pages.
    """
    n_pages = 0
    for key, value in _all_entries(stream):
        n_pages += key == "page"
        if n_pages > stream.limits.pages:
            raise ExportError(f"{stream.place} has more than {stream.limits.pages:,} pages. {_EXPORT_AGAIN}")
        yield key, value


def _all_entries(stream: JsonStream) -> Iterator[tuple[str, object]]:
    opening = stream.peek()
    if opening == "[":
        for value in stream.list_items("page"):
            yield "page", value
    elif opening == "{":
        has_pages = False
        for key in stream.object_keys():
            if key != "pages":
                yield key, stream.value()
                continue
            if stream.peek() != "[":
                found = _kind(stream.value())
                raise ExportError(f'{stream.place}: "pages" is {found}; expected a list of pages. {_EXPORT_AGAIN}')
            has_pages = True
            for value in stream.list_items("page"):
                yield "page", value
        if not has_pages:
            raise ExportError(f'{stream.place} has no "pages"; expected {_EXPORT_SHAPE}. {_EXPORT_AGAIN}')
    else:
        found = _kind(stream.value())
        raise ExportError(f"{stream.place} holds {found}; expected {_EXPORT_SHAPE}. {_EXPORT_AGAIN}")
    stream.expect_end()


def _page(value: object, place: str, item: str) -> Page:
    """The page of a JSON value. place, item: the file and "page 12", for messages."""
    if not isinstance(value, dict):
        raise ExportError(
            f'{place}: {item} is {_kind(value)}; expected {{"title": ..., "lines": [...]}}. {_EXPORT_AGAIN}'
        )
    page_id = value.get("id")
    page_id = page_id if isinstance(page_id, str) else ""
    title = value.get("title")
    if not isinstance(title, str):
        found = _kind(title) if "title" in value else "missing"
        raise ExportError(f'{place}: {item}{_id(page_id)}: "title" is {found}; expected text. {_EXPORT_AGAIN}')
    where = f"{place}: {f'page {quoted(title)}' if title else item}{_id(page_id)}"
    raw_lines = value.get("lines")
    if not isinstance(raw_lines, list) or not raw_lines:
        found = f'"lines" is {_kind(raw_lines)}' if raw_lines not in (None, []) else "there are no lines"
        raise ExportError(f"{where}: {found}; expected a list of lines, the title line first. {_EXPORT_AGAIN}")
    lines = tuple(_line(line, f"{where}, line {number}") for number, line in enumerate(raw_lines))
    if not _is_unicode("\n".join([page_id, title, *(line.text for line in lines)])):
        number = next((str(n) for n, line in enumerate(lines) if not _is_unicode(line.text)), "")
        part = f", line {number}" if number else ": the title or the id"
        raise ExportError(
            f"{where}{part} holds half a character (a lone surrogate); expected whole ones. "
            "Correct the line in Scrapbox and export again."
        )
    return Page(
        title=title if title.strip() else lines[0].text.strip() or "Untitled",
        lines=lines,
        page_id=page_id,
        created=unix_second(value.get("created")),
        updated=unix_second(value.get("updated")),
        views=_count(value.get("views")),
    )


def _line(value: object, where: str) -> Line:
    if isinstance(value, str):
        return Line(value)
    if not isinstance(value, dict):
        raise ExportError(f'{where} is {_kind(value)}; expected text or {{"text": ...}}. {_EXPORT_AGAIN}')
    text = value.get("text")
    if not isinstance(text, str):
        found = f'has {_kind(text)} as its "text"' if "text" in value else 'has no "text"'
        raise ExportError(f'{where} {found}; expected text or {{"text": ...}}. {_EXPORT_AGAIN}')
    user_id = value.get("userId")
    return Line(
        text,
        unix_second(value.get("created")),
        unix_second(value.get("updated")),
        user_id if isinstance(user_id, str) and _is_unicode(user_id) else "",
    )


def _count(value: object) -> int:
    """A count as a whole number; 0 where it is missing or impossible."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST:
        return 0
    return int(value)


def _is_unicode(text: str) -> bool:
    """Whether the text can be encoded as UTF-8: JSON can spell lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _id(page_id: str) -> str:
    return f" (id {page_id[:MOST_QUOTED]})" if page_id else ""


def _kind(value: object) -> str:
    """The type of a JSON value, in words."""
    if value is None:
        return "null"
    names = {bool: "true or false", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")
