"""The edits of a server that behaves as Scrapbox: changes of a page by line ids, previews, submits and commits."""

from __future__ import annotations

import copy
import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PREVIEW_LIVES_S = 300
_LINE_ID = re.compile(r"[0-9a-f]{24}")
_OPERATIONS = ("_insert", "_update", "_delete")
_numbers = itertools.count(1)

Page = dict[str, Any]


class RefusedError(Exception):
    """An edit that is refused with a status and a body."""

    def __init__(self, status: int, **body: object) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


@dataclass
class Preview:
    """A page as it would be after an edit. base: the commit that it rests on, "" for a new page."""

    project: str
    user: str
    base: str
    page: Page
    changes: list[dict[str, Any]]
    expires: float


@dataclass
class Edits:
    """The pages of a project by id, as exports have them, and what was done to them.

    commits: by page id, the oldest first; only what was submitted here is in it.
    """

    pages: dict[str, Page]
    previews: dict[str, Preview] = field(default_factory=dict)
    commits: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def preview(self, project: str, user: str, body: object, now: float) -> dict[str, Any]:
        """The answer to a preview. Nothing changes but that it can be submitted, once."""
        if not isinstance(body, dict) or not isinstance(body.get("changes"), list) or not body["changes"]:
            raise RefusedError(422, message="changes must be a list of at least one change")
        page_id = body.get("pageId")
        if page_id is None:
            page: Page = {"id": new_id(), "title": "", "created": int(now), "updated": int(now), "lines": []}
            base = ""
        else:
            if page_id not in self.pages:
                raise RefusedError(404, name="NotFoundError", message="Page not found.")
            page = copy.deepcopy(self.pages[page_id])
            base = commit_id(self.pages[page_id])
        changes = [_applied(page["lines"], change, user, int(now)) for change in body["changes"]]
        if not page["lines"]:
            raise RefusedError(422, message="a page needs a line")
        page["title"] = page["lines"][0]["text"]
        page["updated"] = int(now)
        preview_id = new_id()
        self.previews[preview_id] = Preview(project, user, base, page, changes, now + PREVIEW_LIVES_S)
        return {
            "previewId": preview_id,
            "expireAt": datetime.fromtimestamp(now + PREVIEW_LIVES_S, UTC).isoformat().replace("+00:00", "Z"),
            "pagePreview": {
                "title": page["title"],
                "persistent": bool(base),
                "lines": [{"id": line["id"], "text": line["text"]} for line in page["lines"]],
            },
        }

    def submit(self, project: str, user: str, body: object, now: float) -> dict[str, Any]:
        """The answer to a submit: the page is then as previewed, and has one commit more."""
        preview_id = body.get("previewId") if isinstance(body, dict) else None
        found = self.previews.get(str(preview_id))
        if found is None or found.user != user or found.expires < now:
            raise RefusedError(404, name="NotFoundError", message="Preview not found.")
        if found.project != project:
            raise RefusedError(400, message="The preview is of another project.")
        del self.previews[str(preview_id)]
        page = found.page
        if found.base and (page["id"] not in self.pages or commit_id(self.pages[page["id"]]) != found.base):
            raise RefusedError(409, error="NotFastForward", latest={"id": page["id"]})
        others = [each["title"] for each in self.pages.values() if each["id"] != page["id"]]
        if key_of(page["title"]) in map(key_of, others):
            raise RefusedError(409, error="DuplicateTitle")
        page["commitId"] = new_id()
        self.pages[page["id"]] = page
        commit = {
            "id": page["commitId"], "parentId": found.base or None, "pageId": page["id"], "userId": user,
            "kind": "page", "created": int(now), "changes": found.changes,
        }  # fmt: skip
        self.commits.setdefault(page["id"], []).append(commit)
        return {"commitId": page["commitId"], "page": {"title": page["title"]}}


def new_id() -> str:
    """An id that was never given before, 24 hex digits as all ids in Scrapbox."""
    return f"{next(_numbers):024x}"


def key_of(title: str) -> str:
    """The form in which titles are compared."""
    return title.replace(" ", "_").lower()


def commit_id(page: Page) -> str:
    """The page's last commit; a page that a test has written gets one."""
    return str(page.setdefault("commitId", new_id()))


def _applied(lines: list[dict[str, Any]], change: object, user: str, now: int) -> dict[str, Any]:
    """Makes the change in the lines; returns it as a commit has it, with the text of before."""
    kinds = [name for name in _OPERATIONS if isinstance(change, dict) and name in change]
    if not isinstance(change, dict) or len(kinds) != 1 or not isinstance(change[kinds[0]], str):
        raise RefusedError(422, message="each change must have exactly one of _insert / _update / _delete")
    place = change[kinds[0]]
    at = next((number for number, line in enumerate(lines) if line["id"] == place), None)
    if at is None and not (kinds == ["_insert"] and place == "_end"):
        raise RefusedError(422, message=f"line {place} not found")
    if kinds == ["_delete"]:
        assert at is not None
        gone = lines.pop(at)
        return {"_delete": place, "lines": {"origText": gone["text"]}}
    given = change.get("lines")
    text = given.get("text") if isinstance(given, dict) else None
    if not isinstance(text, str) or "\n" in text or "\r" in text:
        raise RefusedError(422, message="text must be one line")
    if kinds == ["_update"]:
        assert at is not None
        before = lines[at]["text"]
        lines[at] = {**lines[at], "text": text, "updated": now, "userId": user}
        return {"_update": place, "lines": {"origText": before, "text": text}}
    line_id = given.get("id") if isinstance(given, dict) else None
    if not isinstance(line_id, str) or not _LINE_ID.fullmatch(line_id) or any(x["id"] == line_id for x in lines):
        raise RefusedError(422, message="a new line needs a new id of 24 hex digits")
    line = {"id": line_id, "text": text, "userId": user, "created": now, "updated": now}
    lines.insert(len(lines) if at is None else at, line)
    return {"_insert": place, "lines": {"id": line_id, "text": text}}
