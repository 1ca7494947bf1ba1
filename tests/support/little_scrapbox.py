"""A server on loopback that answers as Scrapbox does, and fails as it does when told to.

It has what linkassist's notes on the HTTP interface tell: the export, the list of pages, single pages (both versions,
with ETag), related pages, titles, commits, previews and submits of edits, and three sorts of keys.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from linkassist.scrapbox.notation import page_links
from support.scrapbox_edits import Edits, RefusedError, commit_id, key_of, new_id

KEY = "s:the-secret-of-the-tests.x+/="
TOKEN = "pat_" + "5e" * 32
SERVICE_KEY = "cs_the-secret-of-the-tests"
HEADERS = {"x-personal-access-token": "token", "x-service-account-access-key": "service", "cookie": "cookie"}
CSRF = "csrf-token-of-the-tests"


@dataclass
class Account:
    """Whom a key belongs to. sort: "token", "service" or "cookie". projects: those that it is a member of."""

    sort: str
    name: str
    projects: tuple[str, ...] = ("niwa",)


@dataclass
class Answer:
    """What is sent in place of the usual answer. n_missing: so many bytes less than were announced."""

    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    n_missing: int = 0


@dataclass
class RateLimit:
    """Requests beyond `most` in `per_s` seconds get status 429, with a Retry-After where that is given."""

    most: int
    per_s: float
    retry_after: str = ""
    recent: deque[float] = field(default_factory=deque)

    def is_exceeded(self) -> bool:
        now = time.monotonic()
        while self.recent and now - self.recent[0] >= self.per_s:
            self.recent.popleft()
        if len(self.recent) >= self.most:
            return True
        self.recent.append(now)
        return False


@dataclass
class LittleScrapbox:
    """The state of the server, for a test to change while it runs.

    pages: by id, each as an export has it. failures: answers in place of the next ones, one a request. asked: the paths
    that were asked for. before, after: called with the path before and after each answer is made; what `after` changes
    comes too late for the answer. lost: parts of paths; the next answer to such a path is made and not sent.
    slow_s: by part of a path, how long an answer takes. most_listed: how many pages a list holds. clock: in Unix
    seconds. accounts: by key.
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
    after: Callable[[str], None] = lambda path: None
    lost: list[str] = field(default_factory=list)
    slow_s: dict[str, float] = field(default_factory=dict)
    rate: RateLimit | None = None
    clock: Callable[[], float] = time.time
    accounts: dict[str, Account] = field(
        default_factory=lambda: {
            KEY: Account("cookie", "gardener"),
            TOKEN: Account("token", "gardener"),
            SERVICE_KEY: Account("service", "tool shed"),
        }
    )

    def __post_init__(self) -> None:
        self.edits = Edits(self.pages)
        self.lock = threading.RLock()

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

    def texts(self, page_id: str) -> list[str]:
        """The lines of a page as they are now."""
        return [line["text"] for line in self.pages[page_id]["lines"]]

    def write(self, page_id: str, number: int, text: str | None, *, inserts: bool = False) -> None:
        """Edits a line as another person does: replaces it, deletes it (None), or puts one before it."""
        with self.lock:
            lines = self.pages[page_id]["lines"]
            if text is None:
                del lines[number]
            elif inserts:
                lines.insert(number, {"id": new_id(), "text": text, "userId": "u2", "created": 7, "updated": 7})
            else:
                lines[number] = {**lines[number], "text": text}
            self.pages[page_id]["commitId"] = new_id()

    def n_asked(self, part: str) -> int:
        """How many paths held that part."""
        return sum(part in path for path in self.asked)

    def answer(self, path: str, key: str) -> Answer:
        """The answer to a GET."""
        return self.respond("GET", path, key)

    def respond(
        self, method: str, path: str, key: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """The answer to a request; the key was sent in the header that is for its sort."""
        with self.lock:
            self.before(path)
            self.asked.append(path)
            self.keys.append(key)
            if self.rate and self.rate.is_exceeded():
                headers_429 = {"Retry-After": self.rate.retry_after} if self.rate.retry_after else {}
                return Answer(429, b'{"name": "TooManyRequests"}', headers_429)
            if self.failures:
                return self.failures.pop(0)
            try:
                answer = self._respond(method, path, key, headers or {}, body)
            except RefusedError as refused:
                answer = Answer(refused.status, json.dumps(refused.body).encode())
            self.after(path)
            return answer

    def _respond(self, method: str, path: str, key: str, headers: Mapping[str, str], body: bytes) -> Answer:
        parts = urlsplit(path)
        names = [unquote(name) for name in parts.path.strip("/").split("/")]
        query = {name: value[0] for name, value in parse_qs(parts.query).items()}
        account = self.accounts.get(key)
        if method == "POST":
            return self._edit(names, account, headers, body)
        if names == ["api", "users", "me"] and account is None:
            return Answer(401, b'{"name": "NotLoggedInError"}')
        if names == ["api", "users", "me"] and account and account.sort != "service":
            return _found({
                "id": "u-" + account.name, "name": account.name, "displayName": account.name.title(),
                "email": "someone@example.com", "csrfToken": CSRF,
            })  # fmt: skip
        if names == ["api", "projects"] and account and account.sort != "service":
            return _found({"projects": [{"name": name, "displayName": name} for name in account.projects]})
        if self.is_private and account is None:
            return Answer(401, json.dumps({"name": "NotLoggedInError", "message": f"your key was {key}"}).encode())
        if self.is_private and account and "niwa" not in account.projects:
            return Answer(403, b'{"name": "NotMemberError"}')
        if names == ["api", "projects", "niwa"]:
            return _found(
                {"name": "niwa", "displayName": "庭", "isMember": bool(account and "niwa" in account.projects)}
            )
        if names == ["api", "projects", "niwa", "users"]:
            return _found({"users": [{"id": "u1", "name": "gardener", "email": "someone@example.com"}]})
        if names == ["api", "page-data", "export", "niwa.json"]:
            return self._export() if self.is_owner else Answer(403, b'{"name": "NotPrivilegeError"}')
        if names == ["api", "pages", "niwa"]:
            return self._list(int(query.get("skip", "0")), int(query.get("limit", "100")))
        if names[:2] == ["api", "commits"] and len(names) == 4:
            return self._commits(names[3], query.get("head", "")) if account else Answer(401)
        if names == ["api", "pages", "niwa", "search", "titles"]:
            return self._titles(query.get("followingId", ""))
        if names[:3] == ["api", "pages", "niwa"] and len(names) == 4:
            return self._page(names[3], headers, is_first_version=True)
        if names[:4] == ["api", "pages", "v2", "niwa"] and len(names) == 5:
            return self._page(names[4], headers)
        if names[:4] == ["api", "pages", "v2", "niwa"] and names[5:] in (["links1hop"], ["links2hop"]):
            return self._related(names[4], names[5], query)
        return Answer(404, b'{"name": "NotFoundError"}')

    def _edit(self, names: list[str], account: Account | None, headers: Mapping[str, str], body: bytes) -> Answer:
        if names[:3] != ["api", "pages", "v2"] or names[4:] not in (
            ["page-edit-for-ai", "preview"],
            ["page-edit-for-ai", "submit"],
        ):
            return Answer(404, b'{"name": "NotFoundError"}')
        if account is None:
            return Answer(401, b'{"name": "NotLoggedInError"}')
        if names[3] not in account.projects:
            return Answer(403, b'{"name": "NotMemberError"}')
        if account.sort == "cookie" and headers.get("x-csrf-token") != CSRF:
            return Answer(403, b'{"name": "InvalidCSRFTokenError"}')
        try:
            given = json.loads(body)
        except ValueError:
            return Answer(400, b'{"message": "no JSON"}')
        done = getattr(self.edits, names[5])(names[3], "u-" + account.name, given, self.clock())
        return _found(done)

    def _list(self, skip: int, limit: int) -> Answer:
        newest_first = sorted(self.pages.values(), key=lambda page: -page["updated"])
        limit = min(limit, self.most_listed)
        shown = [
            {"id": page["id"], "title": page["title"], "updated": page["updated"], "descriptions": [], "pin": 0}
            for page in newest_first[skip : skip + limit]
        ]
        return _found({"projectName": "niwa", "skip": skip, "limit": limit, "count": len(newest_first), "pages": shown})

    def _page(self, title: str, headers: Mapping[str, str], *, is_first_version: bool = False) -> Answer:
        page = self._of_title(title)
        if page is None:
            lines = [{"id": new_id(), "text": title, "userId": "u1", "created": 1, "updated": 1}]
            return _found({
                "id": new_id(), "commitId": new_id(), "title": title, "persistent": False, "updated": 1, "created": 1,
                "lines": lines,
            })  # fmt: skip
        etag = f'W/"{commit_id(page)}"'
        if headers.get("if-none-match") == etag:
            return Answer(304, b"", {"ETag": etag})
        of_people = {"user": {"email": "someone@example.com"}} if is_first_version else {"user": {"id": "u1"}}
        found = _found({**page, "commitId": commit_id(page), "persistent": True, **of_people})
        found.headers["ETag"] = etag
        return found

    def _of_title(self, title: str) -> dict[str, Any] | None:
        return next((page for page in self.pages.values() if key_of(page["title"]) == key_of(title)), None)

    def _related(self, title: str, which: str, query: Mapping[str, str]) -> Answer:
        """The pages that the page links or that link it, or those that link a target that it links; in parts."""
        page = self._of_title(title)
        mine = _links(page) if page else set()
        found = []
        for other in self.pages.values():
            theirs, key = _links(other), key_of(other["title"])
            is_near = key in mine or key_of(title) in theirs
            is_of_it = is_near if which == "links1hop" else bool(mine & theirs) and not is_near
            if key != key_of(title) and is_of_it:
                found.append({"id": other["id"], "title": other["title"], "titleLc": key, "linksLc": sorted(theirs)})
        per_page = int(query.get("perPage", "50"))
        start = next((n for n, each in enumerate(found) if each["id"] == query.get("nextId")), 0)
        rest = found[start + per_page :]
        paging = {"perPage": per_page, "nextId": rest[0]["id"] if rest else None}
        return _found({which: found[start : start + per_page], "pagination": paging})

    def _titles(self, following_id: str) -> Answer:
        pages = sorted(self.pages.values(), key=lambda page: str(page["id"]))
        start = next((n for n, page in enumerate(pages) if page["id"] == following_id), 0)
        shown, rest = pages[start : start + self.most_listed], pages[start + self.most_listed :]
        answer = Answer(200, json.dumps([{"id": page["id"], "title": page["title"]} for page in shown]).encode())
        answer.headers["X-Following-Id"] = rest[0]["id"] if rest else ""
        return answer

    def _commits(self, page_id: str, after: str) -> Answer:
        if page_id not in self.pages:
            return Answer(404, b'{"name": "NotFoundError"}')
        commits = self.edits.commits.get(page_id, [])
        start = next((n + 1 for n, commit in enumerate(commits) if commit["id"] == after), 0)
        return _found({"commits": commits[start:]})

    def _export(self) -> Answer:
        pages = list(self.pages.values())
        users = [{"id": "u1", "email": "someone@example.com"}]
        return _found({"name": "niwa", "displayName": "庭", "exported": 1000, "users": users, "pages": pages})

    def takes_loss(self, path: str) -> bool:
        """Whether the answer to this path is to be lost; each loss happens once."""
        found = next((part for part in self.lost if part in path), None)
        if found is not None:
            self.lost.remove(found)
        return found is not None


def _links(page: Mapping[str, Any]) -> set[str]:
    return {link.key for link in page_links([line["text"] for line in page["lines"]])}


def _found(value: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(value, ensure_ascii=False).encode())


def key_in(headers: Mapping[str, str]) -> str:
    """The key that a request carries, "" without one. A key in another header than that of its sort is none."""
    for name, sort in HEADERS.items():
        value = headers.get(name, "")
        if sort == "cookie":
            value = value.removeprefix("connect.sid=")
        if value:
            prefixes = {"token": "pat_", "service": "cs_", "cookie": "s:"}
            return value if value.startswith(prefixes[sort]) else ""
    return ""


@contextmanager
def little_scrapbox() -> Iterator[LittleScrapbox]:
    """A running server, on a free port."""
    state = LittleScrapbox()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._handle("GET", b"")

        def do_POST(self) -> None:
            self._handle("POST", self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def _handle(self, method: str, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = state.respond(method, self.path, key_in(headers), headers, body)
            time.sleep(max((s for part, s in state.slow_s.items() if part in self.path), default=0))
            if state.takes_loss(self.path):
                self.close_connection = True
                return
            with suppress(ConnectionError):  # the program that asked was killed
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body[: len(answer.body) - answer.n_missing])
            if answer.n_missing:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
