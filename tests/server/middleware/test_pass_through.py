"""What passes through each middleware untouched: scopes other than HTTP, and requests that need no turn.

An application that waits stands in for work that takes long; the event loop runs it until nothing moves any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linkassist.server.middleware.authentication import Entrance
from linkassist.server.middleware.concurrency import AT_ONCE, Turns
from linkassist.server.middleware.host_guard import Guard, Names
from linkassist.server.middleware.limits import Limits


async def nothing_comes() -> Message:
    raise AssertionError("nothing is received here")


async def nothing_is_sent(message: Message) -> None:
    raise AssertionError(f"nothing is answered here, but {message} was")


LAYERS: dict[str, Callable[[ASGIApp], ASGIApp]] = {
    "guard": lambda app: Guard(app, Names("127.0.0.1")),
    "entrance": lambda app: Entrance(app, is_private=False),
    "limits": Limits,
    "turns": Turns,
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_what_is_no_request_reaches_the_application(layer: Callable[[ASGIApp], ASGIApp], kind: str) -> None:
    reached: list[str] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["type"])

    asyncio.run(layer(application)({"type": kind}, nothing_comes, nothing_is_sent))
    assert reached == [kind]


class Waiting:
    """An application that answers nothing until it is let go; `begun` has the paths of what it was asked."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun.append(scope["path"])
        if scope["path"].startswith("/slow") or scope["path"].startswith("/draft"):
            await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})


def request_for(path: str, method: str = "POST") -> Scope:
    app = SimpleNamespace(state=SimpleNamespace(most_upload_bytes=1_000))
    return {"type": "http", "method": method, "path": path, "headers": [], "query_string": b"", "app": app}


async def take(message: Message) -> None:
    """Takes an answer."""


async def until_nothing_moves() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


def test_an_import_needs_no_turn_while_drafts_hold_them_all() -> None:
    async def run() -> None:
        application = Waiting()
        limited = Limits(application)
        drafts = [asyncio.create_task(limited(request_for("/draft/p"), nothing_comes, take)) for _ in range(20)]
        await until_nothing_moves()
        assert application.begun == ["/draft/p"] * 12
        await limited(request_for("/import"), nothing_comes, take)
        assert application.begun[12:] == ["/import"]
        application.go.set()
        await asyncio.gather(*drafts)
        assert len(application.begun) == 21

    asyncio.run(run())


def test_a_request_that_has_ended_frees_one_turn_and_no_more() -> None:
    async def run() -> None:
        application = Waiting()
        turns = Turns(application)
        for _ in range(10):
            await turns(request_for("/quick", "GET"), nothing_comes, take)
        slow = [
            asyncio.create_task(turns(request_for("/slow", "GET"), nothing_comes, take)) for _ in range(AT_ONCE + 5)
        ]
        await until_nothing_moves()
        assert application.begun.count("/slow") == AT_ONCE
        application.go.set()
        await asyncio.gather(*slow)

    asyncio.run(run())
