"""The Chromium that the tests of the screens drive: the one that is there, and pages in it that tell of every fault."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"/>'
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str | None:
    """The Chromium to drive: the one that LINKASSIST_CHROMIUM names, else an installed one."""
    named = os.environ.get("LINKASSIST_CHROMIUM")
    found = [named] if named else [*map(shutil.which, _NAMES), _MAC_CHROME if Path(_MAC_CHROME).exists() else None]
    return next(filter(None, found), None)


_left: dict[tuple[Browser, str, tuple[int, int], str], Page] = {}  # pages that tests were done with


@contextmanager
def watched_page(browser: Browser, origin: str, viewport: ViewportSize, locale: str = "en-US") -> Iterator[Page]:
    """A page of the server at `origin`; fails at the end if the screens logged an error or broke their own policy.

    It may be one that an earlier test has left: to make another takes Chromium longer than most tests. Nothing of
    what was stored in it is there any more, but for styles and scripts.
    """
    faults: list[str] = []

    def note_error(error: object) -> None:
        faults.append(str(error))

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(message.text)

    kind = (browser, origin, (viewport["width"], viewport["height"]), locale)
    page = _left.pop(kind, None) or _new_page(browser, origin, viewport, locale)
    page.on("pageerror", note_error)
    page.on("console", note_message)
    yield page
    page.goto("/static/icon.svg")
    page.remove_listener("pageerror", note_error)
    page.remove_listener("console", note_message)
    _forget(page, viewport)
    _left[kind] = page
    assert faults == []


def _new_page(browser: Browser, origin: str, viewport: ViewportSize, locale: str) -> Page:
    context = browser.new_context(
        base_url=origin, viewport=viewport, locale=locale, has_touch=viewport["width"] < 600, accept_downloads=True
    )
    context.route("https://example.com/**", lambda route: route.fulfill(content_type="image/svg+xml", body=PICTURE))
    return context.new_page()


def _forget(page: Page, viewport: ViewportSize) -> None:
    page.evaluate("localStorage.clear(), sessionStorage.clear()")
    page.set_viewport_size(viewport)
    page.context.clear_cookies()
    page.context.clear_permissions()
    for other in page.context.pages:
        if other is not page:
            other.close()


def no_chromium() -> NoReturn:
    """Skips the test, or fails it where browser tests must run."""
    message = "No Chromium or Chrome is installed. Install one, or name it in LINKASSIST_CHROMIUM."
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
