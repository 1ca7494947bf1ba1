"""What holds for all tests: Hypothesis finds failures, not slow machines, and in CI the same examples every time; and
one Chromium drives the screens for them all."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from little_browser import FLAGS, chromium_path, no_chromium
from playwright.sync_api import Browser, sync_playwright

settings.register_profile(
    "linkassist", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("linkassist")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium_path() or no_chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()
