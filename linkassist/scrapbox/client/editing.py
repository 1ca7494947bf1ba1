"""Editing a page: it is read with the ids of its lines, changes are previewed, and a preview is submitted.

A preview changes nothing, lives five minutes and can be submitted once. A submit is refused (`ConflictError`) if the
page has changed since the preview. It is not refused if the page changed between the reading and the preview:
`Editor.is_unchanged` after the preview finds that out.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from linkassist.scrapbox.client.connection import Connection, NotThereError
from linkassist.terminal_escape import quoted

_END: Final = "_end"  # the anchor of lines that are put at the end of the page


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """A line and its id."""

    line_id: str
    text: str


@dataclass(frozen=True, slots=True)
class RemotePage:
    """A page as it stands in Scrapbox. etag: "" where the server gives none."""

    page_id: str
    title: str
    lines: tuple[RemoteLine, ...]
    etag: str = ""

    @property
    def texts(self) -> list[str]:
        """The raw text of each line, the title line being 0."""
        return [line.text for line in self.lines]


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line of that id gets that text, or is deleted where the text is None. is_new: it is put at the page's end."""

    line_id: str
    text: str | None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A page as it would be after changes. preview_id: to submit it."""

    preview_id: str
    lines: tuple[RemoteLine, ...]


def new_line_id() -> str:
    """A random id for a new line: 24 hex digits."""
    return secrets.token_hex(12)


def changed_lines(lines: Sequence[RemoteLine], changes: Sequence[LineChange]) -> tuple[RemoteLine, ...]:
    """The lines after the changes, as a preview should show them."""
    of_line = {change.line_id: change.text for change in changes if not change.is_new}
    texts = [(line.line_id, of_line.get(line.line_id, line.text)) for line in lines]
    texts += [(change.line_id, change.text) for change in changes if change.is_new]
    return tuple(RemoteLine(line_id, text) for line_id, text in texts if text is not None)


class Editor:
    """Edits pages of one project through a connection, which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._csrf: str | None = None

    def page(self, title: str) -> RemotePage | None:
        """The page of that title; None where there is none, since the ids of an absent page are made up."""
        try:
            found, etag = self._connection.get_json_unless(self._connection.project.page_path(title), "")
        except NotThereError:
            return None
        if found is None or found.get("persistent") is False:
            return None
        page_id, lines = found.get("id"), self._lines(found.get("lines"), f"the page {quoted(title)}")
        if not isinstance(page_id, str) or not lines:
            self._connection.refuse_answer(f"the page {quoted(title)}")
        name = found.get("title")
        return RemotePage(page_id, name if isinstance(name, str) else lines[0].text, lines, etag)

    def is_unchanged(self, page: RemotePage) -> bool:
        """Whether the page still has the lines that were read."""
        found, _ = self._connection.get_json_unless(self._connection.project.page_path(page.title), page.etag)
        if found is None:
            return True
        is_there = found.get("persistent") is not False and found.get("id") == page.page_id
        return is_there and self._lines(found.get("lines"), "a page") == page.lines

    def preview(self, page_id: str, changes: Sequence[LineChange]) -> Preview:
        """The page after the changes. Raises RefusedEditError, and NotThereError where the page is gone."""
        body = {"pageId": page_id, "changes": [_change(each) for each in changes]}
        found = self._post("preview", body, changes=False)
        preview_id, shown = found.get("previewId"), found.get("pagePreview")
        if not isinstance(preview_id, str) or not isinstance(shown, dict):
            self._connection.refuse_answer("a preview")
        return Preview(preview_id, self._lines(shown.get("lines"), "a preview"))

    def submit(self, preview: Preview) -> None:
        """Makes the page what was previewed.

        Raises ConflictError where the page has changed, NotThereError for a preview that has expired or was used, and
        LostAnswerError where nobody knows.
        """
        self._post("submit", {"previewId": preview.preview_id}, changes=True)

    def _post(self, name: str, body: object, *, changes: bool) -> Mapping[str, Any]:
        path = f"/api/pages/v2/{self._connection.project.quoted_name}/page-edit-for-ai/{name}"
        headers = {"X-CSRF-TOKEN": token} if (token := self._csrf_token()) else {}
        return self._connection.post_json(path, body, headers, changes=changes)

    def _csrf_token(self) -> str:
        """The token that requests with the cookie of a session need, "" for other keys; asked for once."""
        if self._connection.key.sort != "cookie":
            return ""
        if self._csrf is None:
            try:
                found = self._connection.get_json("/api/users/me").get("csrfToken")
            except NotThereError:
                found = None
            self._csrf = found if isinstance(found, str) else ""
        return self._csrf

    def _lines(self, lines: object, what: str) -> tuple[RemoteLine, ...]:
        if not isinstance(lines, list):
            self._connection.refuse_answer(what)
        found = []
        for line in lines:
            values = line if isinstance(line, dict) else {}
            line_id, text = values.get("id"), values.get("text")
            if not isinstance(line_id, str) or not isinstance(text, str):
                self._connection.refuse_answer(what)
            found.append(RemoteLine(line_id, text))
        return tuple(found)


def _change(change: LineChange) -> dict[str, object]:
    """The change in the server's format."""
    if change.is_new:
        return {"_insert": _END, "lines": {"id": change.line_id, "text": change.text}}
    if change.text is None:
        return {"_delete": change.line_id}
    return {"_update": change.line_id, "lines": {"text": change.text}}
