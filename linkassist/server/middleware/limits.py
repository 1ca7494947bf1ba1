"""How much and how often: bytes of a body counted as they come, the time it may take, and what is costly.

A program behind the password is held to the same limits as a stranger: one that runs wild must not stop the others.
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

MOST_FORM_BYTES: Final = 256_000
MOST_DRAFT_BYTES: Final = 20_000_000  # beyond what a draft may hold, which its own screen then tells
# A body may take so long, and a second more for each thousand bytes that have come.
BODY_S: Final = 30.0
_BYTES_A_SECOND: Final = 1_000
MOST_AT_ONCE: Final = 12  # of 40 threads, so that the screens that cost little are always answered
WAIT_FOR_SLOT_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class _CostlyRequest:
    """pace: of each visitor. takes_turns: whether it holds a thread for long."""

    pace: RateLimiter
    takes_turns: bool


class RequestLimits:
    """ASGI middleware; it stands inside of `Authentication`, which tells who asks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._draft = _CostlyRequest(RateLimiter(60, 4.0), takes_turns=True)
        self._meaning = _CostlyRequest(RateLimiter(30, 2.0), takes_turns=True)
        self._import = _CostlyRequest(RateLimiter(10, 0.1), takes_turns=False)

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
        if costly and (wait_s := costly.pace.wait_s(identity_of(request).key)):
            await too_often(request, wait_s)(scope, receive, send)
            return
        counted = _BoundedBody(receive, most)
        if not (costly and costly.takes_turns):
            await self.app(scope, counted, send)
            return
        try:
            await asyncio.wait_for(self._turns.acquire(), WAIT_FOR_SLOT_S)
        except TimeoutError:
            say = wording_of(request)
            answer = failure(request, 503, say("error.busy"), say("error.busy.lead"), {"Retry-After": "5"})
            await answer(scope, receive, send)
            return
        try:
            await self.app(scope, counted, send)
        finally:
            self._turns.release()

    def _costly(self, request: Request) -> _CostlyRequest | None:
        """What the request costs, None for next to nothing."""
        path, is_post = request.scope["path"], request.method == "POST"
        if is_post and path.startswith("/draft/"):
            return self._draft
        if is_post and path in ("/import", "/import/reindex"):
            return self._import
        if path.startswith("/search/") and request.query_params.get("by") == "meaning":
            return self._meaning
        return None


def _most_bytes(scope: Scope) -> int:
    path: str = scope["path"]
    if path == "/import":
        # A file that is too long is read to its end and answered in words, for browsers show an answer only then.
        return 2 * int(scope["app"].state.most_upload_bytes) + MOST_FORM_BYTES
    return MOST_DRAFT_BYTES if path.startswith("/draft/") else MOST_FORM_BYTES


class _BoundedBody:
    """`receive`, as long as the body keeps within its bytes and its time; HTTPException 413 or 408 after that."""

    def __init__(self, receive: Receive, most_bytes: int) -> None:
        self._receive, self._most_bytes = receive, most_bytes
        self._n_bytes = 0
        self._began_at = 0.0
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:  # now it waits for the reader to leave, which may be hours
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
