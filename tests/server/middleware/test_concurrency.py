"""A few screens are made at once, in order; what takes long, or is no screen, holds up nobody."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from linkassist.server.middleware import concurrency as turns
from linkassist.server.middleware.concurrency import AT_ONCE, ConcurrencyLimit


class Screens:
    """An application that takes its time, and notes in which order screens began and ended, and how many at once."""

    def __init__(self, takes_s: float, *, fails: bool = False) -> None:
        self.takes_s = takes_s
        self.fails = fails
        self.began: list[str] = []
        self.n_now = 0
        self.n_most = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.began.append(scope["path"])
        self.n_now += 1
        self.n_most = max(self.n_most, self.n_now)
        await asyncio.sleep(self.takes_s)
        self.n_now -= 1
        if self.fails:
            raise ZeroDivisionError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(5 * self.takes_s)  # a reader with a slow line
        await send({"type": "http.response.body", "body": b""})


def asked_at_once(screens: Screens, paths: list[str], method: str = "GET") -> float:
    """The seconds until all are answered."""

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        pass

    async def ask() -> float:
        app = ConcurrencyLimit(screens)
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        scopes = [{"type": "http", "method": method, "path": path} for path in paths]
        await asyncio.gather(*(app(scope, receive, send) for scope in scopes), return_exceptions=True)
        return loop.time() - began_at

    return asyncio.run(ask())


N_ROUNDS = 4
PATHS = [f"/p/{n}" for n in range(N_ROUNDS * AT_ONCE)]


def test_a_few_screens_are_made_at_once_in_the_order_in_which_they_were_asked_for() -> None:
    screens = Screens(0.02)
    asked_at_once(screens, PATHS)
    assert screens.n_most == AT_ONCE and screens.began == PATHS


def test_a_slow_line_holds_up_nobody() -> None:
    screens = Screens(0.05)
    seconds = asked_at_once(screens, PATHS)
    assert seconds < (N_ROUNDS + 5) * screens.takes_s + 0.3  # were lines waited for, it would be 1.2 s


def test_the_next_begins_also_after_a_fault() -> None:
    screens = Screens(0.001, fails=True)
    asked_at_once(screens, PATHS)
    assert screens.began == PATHS and screens.n_most == AT_ONCE


def test_one_that_takes_long_goes_on_beside_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_S", 0.01)
    screens = Screens(0.2)
    asked_at_once(screens, PATHS)
    assert screens.began == PATHS and screens.n_most == len(PATHS)


@pytest.mark.parametrize(("method", "path"), [("POST", "/p/x"), ("GET", "/static/style.css")])
def test_what_is_no_screen_needs_no_turn(method: str, path: str) -> None:
    screens = Screens(0.05)
    asked_at_once(screens, [path] * 9, method)
    assert screens.n_most == 9
