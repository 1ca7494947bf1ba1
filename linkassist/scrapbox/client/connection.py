"""Requests to the server of a project: tries that are repeated after growing pauses, and failures in words.

A request that changes something is never repeated after an answer was lost: whether it took effect is for the caller
to find out (`LostAnswerError`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, NoReturn

import requests

from linkassist.errors import FetchError
from linkassist.scrapbox.client.address import RemoteProject
from linkassist.scrapbox.client.keys import KEYS_ADVICE, AccessKey
from linkassist.scrapbox.client.throttle import Throttle, pause_between_tries

PIECE: Final = 1 << 18
_TIMEOUT_S: Final = (10.0, 90.0)  # to connect, and between two reads of a response
_PAUSES_S: Final = (2.0, 10.0, 30.0, 60.0)  # before each further try
_LARGEST_ANSWER: Final = 64 << 20  # bytes; exports are not limited

Read = Callable[[requests.Response], None]


class NotAllowedError(FetchError):
    """The request is not permitted: it needs a login, a member of the project or an owner."""


class NotThereError(FetchError):
    """There is no such project or page."""


class ConflictError(FetchError):
    """The page has changed meanwhile, or a page of that title exists (status 409). name: the server's word for it."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


class RefusedEditError(FetchError):
    """An edit that the server does not take: a line that is not there, or a bad change (status 400 or 422)."""


class LostAnswerError(FetchError):
    """A change was sent, and its answer did not arrive: it may have taken effect or not."""


class BrokenAnswerError(Exception):
    """A response whose body is incomplete."""


class Connection:
    """The requests of one project, to be used as a context manager. The key is sent to its host alone.

    All methods raise FetchError, after several tries where trying again may help.
    """

    def __init__(self, project: RemoteProject, key: AccessKey, pace: Throttle) -> None:
        self.project = project
        self.key = key
        self._pace = pace
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "linkassist"
        # A cookie that the server sets would otherwise take the place of the key.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(key.headers)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get_json(self, path: str) -> Mapping[str, Any]:
        """The JSON object at the path."""
        found: list[object] = []
        self.get(path, lambda response: found.append(self._json(response)))
        return self._object(found[-1])

    def get_json_unless(self, path: str, etag: str) -> tuple[Mapping[str, Any] | None, str]:
        """(the JSON object at the path, its ETag or ""); the object is None where the ETag is still `etag`."""
        found: list[tuple[object, str]] = []

        def read(response: requests.Response) -> None:
            is_unchanged = response.status_code == 304
            found.append((None if is_unchanged else self._json(response), response.headers.get("ETag", "")))

        self.get(path, read, {"If-None-Match": etag} if etag else {})
        value, tag = found[-1]
        return (None if value is None else self._object(value)), tag

    def post_json(self, path: str, body: object, headers: Mapping[str, str], *, changes: bool) -> Mapping[str, Any]:
        """The JSON object that is the answer to a POST.

        changes: it changes something, so that a lost answer raises LostAnswerError. Status 429 is repeated anyway:
        such a request had no effect.
        """
        found: list[object] = []

        def read(response: requests.Response) -> None:
            found.append(self._json(response))

        self._ask("POST", path, read, headers, body, changes=changes)
        return self._object(found[-1])

    def get(self, path: str, read: Read, headers: Mapping[str, str] | None = None) -> None:
        """Requests the path and passes the response to `read`, which raises BrokenAnswerError for half a body."""
        self._ask("GET", path, read, headers or {}, None, changes=False)

    def _ask(
        self, method: str, path: str, read: Read, headers: Mapping[str, str], body: object, *, changes: bool
    ) -> None:
        """Sends the request, and again after growing pauses.

        A retry also follows a body that `read` finds incomplete, waits for the throttle like every request, and counts
        towards one total. urllib3's Retry ends before the body is read, and knows neither throttle nor longest pause.
        """
        for pause_s in (*_PAUSES_S, None):
            self._pace.wait(is_on_this_machine=self.project.is_on_this_machine)
            retry_after = ""
            try:
                with self._session.request(
                    method,
                    self.project.base + path,
                    timeout=_TIMEOUT_S,
                    stream=True,
                    allow_redirects=False,
                    headers=dict(headers),
                    json=body,
                ) as response:
                    if response.status_code in (200, 304):
                        read(response)
                        return
                    if response.status_code != 429 and response.status_code < 500:
                        self._refuse_status(response)
                    retry_after = response.headers.get("Retry-After", "")
                    failure = self._status_in_words(response.status_code)
                    is_unknown = response.status_code != 429
            except BrokenAnswerError:
                failure, is_unknown = f"{self.project.base} sent half an answer.", True
            except requests.RequestException as error:
                failure, is_unknown = self._network_in_words(error), not isinstance(error, requests.ConnectTimeout)
            if changes and is_unknown:
                raise LostAnswerError(failure)
            if pause_s is not None:
                pause_between_tries(pause_s, retry_after)
        raise FetchError(
            f"{failure} {len(_PAUSES_S) + 1} tries have failed. What was finished before stands; run the same command "
            "later to go on."
        )

    def _json(self, response: requests.Response) -> object:
        body = b""
        for piece in response.iter_content(PIECE):
            body += piece
            if len(body) > _LARGEST_ANSWER:
                self.refuse_answer(f"an answer of more than {_LARGEST_ANSWER:,} bytes")
        try:
            found: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BrokenAnswerError from error
        return found

    def _object(self, value: object) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self.refuse_answer("an answer")
        return value

    def refuse_answer(self, what: str) -> NoReturn:
        """Raises FetchError: `what` is in an unknown form."""
        raise FetchError(
            f"{self.project.base} sent {what} in a form that linkassist does not know. Look for a newer linkassist; "
            "until then, export the project and run `linkassist import` on the file."
        )

    def _refuse_status(self, response: requests.Response) -> NoReturn:
        status = response.status_code
        if status == 401:
            found = "The key has expired or is wrong." if self.key.text else "It is private, and no key is set."
            raise NotAllowedError(
                f"{self.project} lets nobody in who is not logged in (status 401). {found} {KEYS_ADVICE}"
            )
        if status == 403:
            raise NotAllowedError(
                f"{self.project} does not permit this with this key (status 403). Use the key of a member of the "
                "project."
            )
        if status == 404:
            raise NotThereError(f"There is no {self.project} (status 404). Correct the address of the project.")
        if status == 409:
            raise ConflictError("The page has changed in Scrapbox meanwhile (status 409).", _error_name(response))
        if status in (400, 422):
            raise RefusedEditError(f"{self.project.base} does not take the request (status {status}).")
        raise FetchError(
            f"{self.project.base} answered with status {status}; expected 200. Look at {self.project} in a browser."
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


def _error_name(response: requests.Response) -> str:
    """The name of the error in the body of a response, "" where there is none."""
    try:
        body = response.json()
    except (ValueError, RecursionError, requests.RequestException):
        return ""
    name = body.get("error") if isinstance(body, dict) else None
    return name if isinstance(name, str) else ""
