"""The Chromium that the tests of the screens drive: the one that is there, and pages in it that tell of every fault."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

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


@contextmanager
def watched_page(browser: Browser, origin: str, viewport: ViewportSize, locale: str = "en-US") -> Iterator[Page]:
    """A page of the server at `origin`; fails at the end if the screens logged an error or broke their own policy."""
    faults: list[str] = []
    context = browser.new_context(
        base_url=origin, viewport=viewport, locale=locale, has_touch=viewport["width"] < 600, accept_downloads=True
    )
    context.route("https://example.com/**", lambda route: route.fulfill(content_type="image/svg+xml", body=PICTURE))
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert faults == []


def no_chromium() -> NoReturn:
    """Skips the test, or fails it where browser tests must run."""
    message = "No Chromium or Chrome is installed. Install one, or name it in LINKASSIST_CHROMIUM."
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
