"""The time that a request's body may take: 30 seconds, and one more for each thousand bytes that have come."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from linkassist.server.middleware import limits
from linkassist.server.middleware.limits import RequestLimits

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/verdict", "headers": [], "query_string": b""}


def received(monkeypatch: pytest.MonkeyPatch, parts: Sequence[tuple[float, int]]) -> int:
    """How many bytes an application behind the limits reads of a body that comes in these (seconds, bytes)."""
    now = 1000.0
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: now))
    left = list(parts)
    n_read = 0

    async def receive() -> Message:
        nonlocal now
        seconds, n_bytes = left.pop(0)
        now += seconds
        return {"type": "http.request", "body": bytes(n_bytes), "more_body": bool(left)}

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal n_read
        is_whole = False
        while not is_whole:
            message = await receive()
            n_read += len(message["body"])
            is_whole = not message["more_body"]

    async def send(message: Message) -> None:
        raise AssertionError(f"nothing is answered here, but {message} was")

    asyncio.run(RequestLimits(application)(SCOPE, receive, send))
    return n_read


def test_a_body_that_keeps_coming_gets_more_time_for_what_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """After 25 s and 60 kB there are 65 s left; after 65 s and 100 kB, 65 s."""
    assert received(monkeypatch, [(25, 60_000), (40, 40_000), (60, 1_000)]) == 101_000


@pytest.mark.parametrize("slow", [[(29.9, 0), (0.2, 0), (0, 1)], [(29.9, 5_000), (5.2, 0), (0, 1)]])
def test_a_body_that_comes_too_slowly_is_given_up(
    monkeypatch: pytest.MonkeyPatch, slow: Sequence[tuple[float, int]]
) -> None:
    with pytest.raises(HTTPException) as refused:
        received(monkeypatch, slow)
    assert refused.value.status_code == 408


@pytest.mark.parametrize("parts", [[(29.9, 0), (0, 1)], [(29.9, 5_000), (5.0, 0), (0, 1)]])
def test_a_body_that_is_just_in_time_is_read(
    monkeypatch: pytest.MonkeyPatch, parts: Sequence[tuple[float, int]]
) -> None:
    assert received(monkeypatch, parts) == sum(n_bytes for _, n_bytes in parts)


def test_the_time_is_counted_from_the_first_time_the_body_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part within its 30 s, all of them after 35 s with hardly a byte: given up."""
    with pytest.raises(HTTPException):
        received(monkeypatch, [(7.0, 10)] * 6)


def test_after_the_body_the_wait_for_the_reader_to_leave_has_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the message does not say that it is the last: `more_body` is optional."""
    now = 1000.0
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: now))
    coming: list[Message] = [{"type": "http.request", "body": b"x"}, {"type": "http.disconnect"}]
    seen: list[str] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal now
        for _ in range(2):
            seen.append((await receive())["type"])
            now += 3600

    async def send(message: Message) -> None:
        raise AssertionError(f"nothing is answered here, but {message} was")

    asyncio.run(RequestLimits(application)(SCOPE, receive, send))
    assert seen == ["http.request", "http.disconnect"]
