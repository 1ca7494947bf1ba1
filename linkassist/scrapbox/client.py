"""A read-only client of the Scrapbox HTTP API: a project's list of pages, single pages, and the whole export.

`pipeline/fetch.py` decides what to request. The API is unofficial: https://scrapbox.io/help-jp/API, with types in
https://github.com/scrapbox-jp/types.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NoReturn
from urllib.parse import quote, unquote, urlsplit

import requests

from linkassist.errors import FetchError
from linkassist.progress import OnCount
from linkassist.terminal_escape import quoted
from linkassist.wiki import unix_second

_TIMEOUT_S: Final = (10.0, 90.0)  # to connect, and between two reads of a response
_PAUSES_S: Final = (2.0, 10.0, 30.0, 60.0)  # before each further try
_LONGEST_PAUSE_S: Final = 180.0  # whatever the server asks for
# The server's limit is unpublished; 20 to 25 requests a minute are never refused.
_MOST_REQUESTS, _PER_S = 20, 60.0
_LIST_LENGTH: Final = 1000  # the maximum of one response
# A page that is deleted meanwhile shifts those behind it, and the first of the next response would be missed.
_LIST_OVERLAP: Final = 50
_LIST_TRIES: Final = 3
_PIECE: Final = 1 << 18
_LARGEST_ANSWER: Final = 64 << 20  # bytes; exports are not limited


@dataclass(frozen=True, slots=True)
class RemoteProject:
    """A project by its address: `base` as in "https://scrapbox.io", `name` as in the address."""

    base: str
    name: str

    def __str__(self) -> str:
        return f"{self.base}/{self.name}"


@dataclass(frozen=True, slots=True)
class ListedPage:
    """An entry of the list of pages. updated: Unix seconds, 0 if unknown."""

    page_id: str
    title: str
    updated: int


class NotAllowedError(FetchError):
    """The request is not permitted: it needs a login, a member of the project or an owner."""


class NotThereError(FetchError):
    """There is no such project or page."""


def remote_project(address: str) -> RemoteProject:
    """The project at an address such as "https://scrapbox.io/niwa" or that of one of its pages.

    Raises FetchError for anything else, and for plain http to another machine, which would send the key unencrypted.
    """
    parts = urlsplit(address)
    names = [name for name in parts.path.split("/") if name]
    if parts.scheme not in ("http", "https") or not parts.netloc or not names or "@" in parts.netloc:
        raise FetchError(f"{address} is no address of a project; expected one such as https://scrapbox.io/niwa.")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise FetchError(f"{address} is not encrypted. Write https:// in place of http://.")
    return RemoteProject(f"{parts.scheme}://{parts.netloc}", unquote(names[0]))


class Throttle:
    """A sliding-window rate limit: `wait` blocks so that no minute has more than 20 requests; shared by all clients."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_MOST_REQUESTS)

    def wait(self) -> None:
        """Blocks until the next request may be sent."""
        if len(self._recent) == _MOST_REQUESTS:
            _sleep(self._recent[0] + _PER_S - _now())
        self._recent.append(_now())


class Client:
    """A client of one project, to be used as a context manager.

    key: the value of the cookie connect.sid, an access key that begins with "cs_", or "" for a public project. It is
    sent to the host of the project only and appears in no message.
    All methods raise FetchError, after several tries where trying again may help.
    """

    def __init__(self, project: RemoteProject, key: str, pace: Throttle) -> None:
        self.project = project
        self._has_key = bool(key)
        self._pace = pace
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "linkassist"
        if key.startswith("cs_"):
            self._session.headers["x-service-account-access-key"] = key
        elif key:
            self._session.headers["Cookie"] = f"connect.sid={key}"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def display_name(self) -> str:
        """The display name of the project."""
        found = self._json(f"/api/projects/{quote(self.project.name, safe='')}").get("displayName")
        return found if isinstance(found, str) else ""

    def list_pages(self, on_progress: OnCount) -> list[ListedPage]:
        """Every page of the project once, even if pages are written or deleted meanwhile. on_progress: in pages."""
        for _ in range(_LIST_TRIES):
            found: dict[str, ListedPage] = {}
            skip = n_answers = 0
            is_joined = True
            while is_joined:
                pages, count = self._list_from(skip)
                is_joined = skip == 0 or any(page.page_id in found for page in pages)
                found.update((page.page_id, page) for page in pages)
                on_progress(len(found), max(count, len(found)))
                n_answers += 1
                if skip + len(pages) >= count:
                    break
                skip += max(len(pages) - _LIST_OVERLAP, 1)
            if is_joined and n_answers > 1:
                # A page that is written meanwhile moves to the front, which was read already.
                front, _ = self._list_from(0)
                is_joined = any(found.get(page.page_id) == page for page in front)
                found.update((page.page_id, page) for page in front)
            if is_joined:
                return list(found.values())
        raise FetchError(
            f"{self.project} changes too fast for its pages to be listed. Nothing was taken in; try again later."
        )

    def _list_from(self, skip: int) -> tuple[list[ListedPage], int]:
        """(the pages of the list from place `skip` on, as many as one response holds; how many there are in all)."""
        path = f"/api/pages/{quote(self.project.name, safe='')}?skip={skip}&limit={_LIST_LENGTH}&sort=updated"
        answer = self._json(path)
        count, pages = answer.get("count"), answer.get("pages")
        if not isinstance(count, int) or not isinstance(pages, list) or (not pages and skip < count):
            self._refuse_answer("the list of pages")
        return [self._listed(page) for page in pages], count

    def page(self, title: str) -> dict[str, Any] | None:
        """The page in the format of an export; None where it does not exist any more."""
        path = f"/api/pages/{quote(self.project.name, safe='')}/{quote(title.replace(' ', '_'), safe='')}"
        try:
            found = self._json(path)
        except NotThereError:
            return None
        if found.get("persistent") is False:
            return None
        lines = found.get("lines")
        if not isinstance(found.get("title"), str) or not isinstance(lines, list):
            self._refuse_answer(f"the page {quoted(title)}")
        kept = {name: found.get(name) for name in ("id", "title", "created", "updated", "views")}
        return {**kept, "lines": [self._line(line) for line in lines]}

    def save_export(self, path: Path, on_progress: OnCount) -> None:
        """Writes the project's export to the file `path`. Raises NotAllowedError for all but the project's owners.

        on_progress: in bytes.
        """

        def save(response: requests.Response) -> None:
            length = response.headers.get("Content-Length", "")
            n_total = int(length) if length.isdecimal() and len(length) < 19 else 0
            with path.open("wb") as file:
                for piece in response.iter_content(_PIECE):
                    file.write(piece)
                    on_progress(file.tell(), max(n_total, file.tell()))
            with path.open("rb") as file:
                if not _is_whole(file):
                    raise _BrokenAnswerError

        self._ask(f"/api/page-data/export/{quote(self.project.name, safe='')}.json?metadata=true", save)

    def _listed(self, page: object) -> ListedPage:
        values = page if isinstance(page, dict) else {}
        page_id, title, updated = values.get("id"), values.get("title"), values.get("updated")
        if not isinstance(page_id, str) or not isinstance(title, str) or not isinstance(updated, int | float):
            self._refuse_answer("the list of pages")
        return ListedPage(page_id, title, unix_second(updated))

    @staticmethod
    def _line(line: object) -> object:
        """The line in the format of an export; anything else is passed on, for the import to refuse."""
        if not isinstance(line, dict):
            return line
        return {name: line[name] for name in ("text", "created", "updated", "userId") if name in line}

    def _json(self, path: str) -> Mapping[str, Any]:
        found: list[object] = []

        def read(response: requests.Response) -> None:
            body = b""
            for piece in response.iter_content(_PIECE):
                body += piece
                if len(body) > _LARGEST_ANSWER:
                    self._refuse_answer(f"an answer of more than {_LARGEST_ANSWER:,} bytes")
            try:
                found.append(json.loads(body))
            except (ValueError, RecursionError) as error:
                raise _BrokenAnswerError from error

        self._ask(path, read)
        if not isinstance(found[-1], dict):
            self._refuse_answer("an answer")
        return found[-1]

    def _ask(self, path: str, read: Callable[[requests.Response], None]) -> None:
        """Requests the path and passes the response to `read`; retries after growing pauses.

        A retry also follows a body that `read` finds incomplete, waits for the throttle like every request, and counts
        towards one total. urllib3's Retry ends before the body is read, and knows neither throttle nor longest pause.
        """
        for pause_s in (*_PAUSES_S, None):
            self._pace.wait()
            wanted_s = 0.0
            try:
                with self._session.get(
                    self.project.base + path, timeout=_TIMEOUT_S, stream=True, allow_redirects=False
                ) as response:
                    if response.status_code == 200:
                        read(response)
                        return
                    if response.status_code != 429 and response.status_code < 500:
                        self._refuse_status(response.status_code)
                    wanted_s = _wanted_pause(response.headers.get("Retry-After", ""))
                    failure = self._status_in_words(response.status_code)
            except _BrokenAnswerError:
                failure = f"{self.project.base} sent half an answer."
            except requests.RequestException as error:
                failure = self._network_in_words(error)
            if pause_s is not None:
                _sleep(min(max(pause_s, wanted_s), _LONGEST_PAUSE_S))
        raise FetchError(
            f"{failure} {len(_PAUSES_S) + 1} tries have failed, and nothing was taken in. "
            "The next night tries again; or run the same command later."
        )

    def _refuse_status(self, status: int) -> NoReturn:
        if status == 401:
            advice = (
                "The key has expired or is wrong: copy the cookie connect.sid anew from a browser that is logged in, "
                "into scrapbox_key in linkassist.toml."
                if self._has_key
                else "It is private, and no key is set: put the cookie connect.sid of a browser that is logged in into "
                "scrapbox_key in linkassist.toml."
            )
            raise NotAllowedError(f"{self.project} lets nobody in who is not logged in (status 401). {advice}")
        if status == 403:
            raise NotAllowedError(
                f"{self.project} may not be read with this key (status 403). Use the key of a member of the project."
            )
        if status == 404:
            raise NotThereError(f"There is no {self.project} (status 404). Correct the address of the project.")
        raise FetchError(
            f"{self.project.base} answered with status {status}; expected 200. Look at {self.project} in a browser."
        )

    def _refuse_answer(self, what: str) -> NoReturn:
        raise FetchError(
            f"{self.project.base} sent {what} in a form that linkassist does not know. Look for a newer linkassist; "
            "until then, export the project and run `linkassist import` on the file."
        )

    def _status_in_words(self, status: int) -> str:
        if status == 429:
            return f"{self.project.base} wants fewer requests (status 429)."
        return f"{self.project.base} has trouble of its own (status {status})."

    def _network_in_words(self, error: requests.RequestException) -> str:
        if isinstance(error, requests.Timeout):
            return f"{self.project.base} does not answer."
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            return f"{self.project.base} sent half an answer."
        return f"{self.project.base} cannot be reached: is there a network?"


class _BrokenAnswerError(Exception):
    """A response whose body is incomplete."""


def _wanted_pause(header: str) -> float:
    """The seconds of a Retry-After header, 0 where there is none or it is a date."""
    return float(header) if header.isdigit() else 0.0


def _is_whole(file: IO[bytes]) -> bool:
    """Whether the file ends like JSON; the import checks the rest."""
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 64))
    return file.read().rstrip().endswith((b"}", b"]"))


def _sleep(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)


def _now() -> float:
    return time.monotonic()
