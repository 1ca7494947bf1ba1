"""A few screens are made at once, the others wait in the order in which they were asked for.

All threads share one interpreter. SQLite lets go of it for every row that it reads, and while another thread computes,
it comes back only after five milliseconds: of many screens made at once each takes many times as long. One alone would
leave the processor idle while it passes from thread to thread.
"""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

from starlette.types import ASGIApp, Message, Receive, Scope, Send

AT_ONCE: Final = 3
LONGEST_S: Final = 0.25  # a turn; whoever takes longer, as one that waits for the models, goes on beside the next
_SHOWS: Final = frozenset({"GET", "HEAD"})
_STATIC: Final = "/static/"


class ConcurrencyLimit:
    """ASGI middleware, the innermost. What is sent to the server, which may wait for the disk, needs no turn."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        # A server has one loop; where an application is asked without one, as in tests, each request has its own.
        self._free: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _SHOWS or scope["path"].startswith(_STATIC):
            await self.app(scope, receive, send)
            return
        free = self._free.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
        await free.acquire()
        turn = _Slot(free)

        async def send_it(message: Message) -> None:
            turn.end()  # from here on it is the reader's line that takes time
            await send(message)

        try:
            await self.app(scope, receive, send_it)
        finally:
            turn.end()


class _Slot:
    """One that was taken, and ends by itself after the longest time."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free = free
        self._is_over = False
        self._timer = asyncio.get_running_loop().call_later(LONGEST_S, self.end)

    def end(self) -> None:
        """Lets the next one in; a second call does nothing."""
        if not self._is_over:
            self._is_over = True
            self._timer.cancel()
            self._free.release()
