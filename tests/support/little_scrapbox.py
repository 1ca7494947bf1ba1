"""A server on loopback that answers as Scrapbox does, and fails as it does when told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "s:the-secret-of-the-tests.x+/="


@dataclass
class Answer:
    """What is sent in place of the usual answer. n_missing: so many bytes less than were announced."""

    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    n_missing: int = 0


@dataclass
class LittleScrapbox:
    """The state of the server, for a test to change while it runs.

    pages: by id, each as an export has it. failures: answers in place of the next ones, one a request. asked: the paths
    that were asked for. before: called with the path before each answer. most_listed: how many pages a list holds.
    """

    address: str = ""
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_private: bool = True
    is_owner: bool = False
    most_listed: int = 1000
    failures: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda path: None

    @property
    def project(self) -> str:
        return f"{self.address}/niwa"

    def put(self, page_id: str, title: str, *lines: str, updated: int = 100) -> None:
        """Writes a page, in place of the one of that id."""
        made = [
            {"id": f"{page_id}-{n}", "text": text, "userId": "u1", "created": 50 + n, "updated": updated}
            for n, text in enumerate([title, *lines])
        ]
        self.pages[page_id] = {
            "id": page_id, "title": title, "created": 50, "updated": updated, "views": 3, "lines": made,
        }  # fmt: skip

    def n_asked(self, part: str) -> int:
        """How many paths held that part."""
        return sum(part in path for path in self.asked)

    def answer(self, path: str, key: str) -> Answer:
        self.before(path)
        self.asked.append(path)
        self.keys.append(key)
        if self.failures:
            return self.failures.pop(0)
        if self.is_private and key != KEY:
            return Answer(401, json.dumps({"name": "NotLoggedInError", "message": f"your key was {key}"}).encode())
        parts = urlsplit(path)
        names = [unquote(name) for name in parts.path.strip("/").split("/")]
        if names == ["api", "projects", "niwa"]:
            return _found({"name": "niwa", "displayName": "庭"})
        if names == ["api", "page-data", "export", "niwa.json"]:
            return self._export() if self.is_owner else Answer(403, b'{"name": "NotPrivilegeError"}')
        if names == ["api", "pages", "niwa"]:
            return self._list({name: int(value[0]) for name, value in parse_qs(parts.query).items() if name != "sort"})
        if names[:3] == ["api", "pages", "niwa"] and len(names) == 4:
            return self._page(names[3])
        return Answer(404, b'{"name": "NotFoundError"}')

    def _list(self, query: dict[str, int]) -> Answer:
        newest_first = sorted(self.pages.values(), key=lambda page: -page["updated"])
        skip, limit = query["skip"], min(query["limit"], self.most_listed)
        shown = [
            {"id": page["id"], "title": page["title"], "updated": page["updated"], "descriptions": [], "pin": 0}
            for page in newest_first[skip : skip + limit]
        ]
        return _found({"projectName": "niwa", "skip": skip, "limit": limit, "count": len(newest_first), "pages": shown})

    def _page(self, title: str) -> Answer:
        for page in self.pages.values():
            if page["title"].replace(" ", "_").lower() == title.lower():
                return _found({**page, "persistent": True, "user": {"email": "someone@example.com"}})
        lines = [{"id": "x", "text": title, "userId": "u1", "created": 1, "updated": 1}]
        return _found({"id": "none", "title": title, "persistent": False, "updated": 1, "created": 1, "lines": lines})

    def _export(self) -> Answer:
        pages = list(self.pages.values())
        users = [{"id": "u1", "email": "someone@example.com"}]
        return _found({"name": "niwa", "displayName": "庭", "exported": 1000, "users": users, "pages": pages})


def _found(value: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(value, ensure_ascii=False).encode())


@contextmanager
def little_scrapbox() -> Iterator[LittleScrapbox]:
    """A running server, on a free port."""
    state = LittleScrapbox()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            cookie = self.headers.get("Cookie", "").removeprefix("connect.sid=")
            answer = state.answer(self.path, cookie or self.headers.get("x-service-account-access-key", ""))
            with suppress(ConnectionError):  # the program that asked was killed
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body[: len(answer.body) - answer.n_missing])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
