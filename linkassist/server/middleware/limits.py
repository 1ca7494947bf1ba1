"""Limits on requests: size and duration of a body, and the rate and concurrency of those that cost much.

Clients that are logged in have the same limits: a program that runs wild must not stop the others.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linkassist.server.auth.identity import identity_of
from linkassist.server.auth.rate_limit import RateLimiter
from linkassist.server.error_pages import failure, http_failure, too_often
from linkassist.server.messages.catalog import wording_of
from linkassist.server.middleware.script_access import script_project

MOST_FORM_BYTES: Final = 256_000
MOST_SCRIPT_BYTES: Final = 2_000_000  # all lines of an open page as JSON
MOST_DRAFT_BYTES: Final = 20_000_000  # more than a draft may hold, so that its own screen can say that it is too long
# A body may take this long, and a second more for each thousand bytes received.
BODY_S: Final = 30.0
_BYTES_A_SECOND: Final = 1_000
MOST_AT_ONCE: Final = 12  # of 40 threads, so that cheap requests are always answered
WAIT_FOR_SLOT_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class _CostlyRequest:
    """rate: for each client. holds_thread: whether it holds a thread for long."""

    rate: RateLimiter
    holds_thread: bool


class RequestLimits:
    """ASGI middleware inside of `Authentication`, which identifies the client."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._draft = _CostlyRequest(RateLimiter(60, 4.0), holds_thread=True)
        self._meaning = _CostlyRequest(RateLimiter(30, 2.0), holds_thread=True)
        self._import = _CostlyRequest(RateLimiter(10, 0.1), holds_thread=False)
        self._script = _CostlyRequest(RateLimiter(60, 4.0), holds_thread=False)
        self._new_script = _CostlyRequest(RateLimiter(10, 0.2), holds_thread=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        most = _most_bytes(scope)
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > most):
            await http_failure(request, HTTPException(413))(scope, receive, send)
            return
        costly = self._costly(request)
        if costly and (wait_s := costly.rate.wait_s(identity_of(request).key)):
            await too_often(request, wait_s)(scope, receive, send)
            return
        counted = _BoundedBody(receive, most)
        if not (costly and costly.holds_thread):
            await self.app(scope, counted, send)
            return
        try:
            await asyncio.wait_for(self._slots.acquire(), WAIT_FOR_SLOT_S)
        except TimeoutError:
            busy = failure(request, 503, "error.busy", wording_of(request)("error.busy.lead"), {"Retry-After": "5"})
            await busy(scope, receive, send)
            return
        try:
            await self.app(scope, counted, send)
        finally:
            self._slots.release()

    def _costly(self, request: Request) -> _CostlyRequest | None:
        """The limits of the request, None if it costs next to nothing."""
        path, is_post = request.scope["path"], request.method == "POST"
        if is_post and path.startswith("/draft/"):
            return self._draft
        if is_post and path in ("/import", "/import/reindex"):
            return self._import
        if path.startswith("/userscript/"):
            if not script_project(path):
                return self._new_script
            return self._draft if path.endswith("/draft") else self._script
        if path.startswith("/search/") and request.query_params.get("by") == "meaning":
            return self._meaning
        return None


def _most_bytes(scope: Scope) -> int:
    path: str = scope["path"]
    if path == "/import":
        # A file that is too long is read to its end, for browsers show an answer only then.
        return 2 * int(scope["app"].state.most_upload_bytes) + MOST_FORM_BYTES
    if script_project(path):
        return MOST_SCRIPT_BYTES
    return MOST_DRAFT_BYTES if path.startswith("/draft/") else MOST_FORM_BYTES


class _BoundedBody:
    """Wraps `receive`; raises HTTPException 413 for a body longer than most_bytes, 408 for one that takes too long."""

    def __init__(self, receive: Receive, most_bytes: int) -> None:
        self._receive, self._most_bytes = receive, most_bytes
        self._n_bytes = 0
        self._began_at = 0.0
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:  # from here on it waits for the client to disconnect, which may be hours
            return await self._receive()
        now = time.monotonic()
        self._began_at = self._began_at or now
        left_s = self._began_at + BODY_S + self._n_bytes / _BYTES_A_SECOND - now
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, left_s))
        except TimeoutError:
            raise HTTPException(408) from None
        self._n_bytes += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._n_bytes > self._most_bytes:
            raise HTTPException(413)
        return message
