"""Limits how many screens are rendered at once; other requests wait in order of arrival.

All threads share the interpreter lock. SQLite releases it for every row it reads, and gets it back only after five
milliseconds while another thread computes: many screens rendered at once each take many times as long. With one at a
time the processor would be idle while the lock passes from thread to thread.
"""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

from starlette.types import ASGIApp, Message, Receive, Scope, Send

AT_ONCE: Final = 3
LONGEST_S: Final = 0.25  # a request that takes longer, as one that waits for the models, no longer counts
_SHOWS: Final = frozenset({"GET", "HEAD"})
_STATIC: Final = "/static/"


class ConcurrencyLimit:
    """ASGI middleware, the innermost. Only GET and HEAD are limited: a POST may wait for the disk."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        # A server has one event loop; in tests each request may have its own.
        self._free: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _SHOWS or scope["path"].startswith(_STATIC):
            await self.app(scope, receive, send)
            return
        free = self._free.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
        await free.acquire()
        slot = _Slot(free)

        async def send_it(message: Message) -> None:
            slot.release()  # from here on the client's connection takes the time
            await send(message)

        try:
            await self.app(scope, receive, send_it)
        finally:
            slot.release()


class _Slot:
    """A slot of the semaphore, given back by `release` or after LONGEST_S."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free = free
        self._is_over = False
        self._timer = asyncio.get_running_loop().call_later(LONGEST_S, self.release)

    def release(self) -> None:
        """Gives the slot back; a second call does nothing."""
        if not self._is_over:
            self._is_over = True
            self._timer.cancel()
            self._free.release()
