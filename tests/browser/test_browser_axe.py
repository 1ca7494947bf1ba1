"""No screen has a serious fault of accessibility by axe-core, in light and dark, at a desk and on a phone.

axe runs by way of the browser's debugger, which the screens' Content-Security-Policy does not bind.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize
from support.all_screens import SCREENS, Origins, every_screen, looking_page, screen_at
from support.little_browser import DESK, PHONE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origins]:
    with every_screen(tmp_path_factory.mktemp("screens")) as running:
        yield running


# The nodes that pass are not gathered; the style sheets are not fetched again for a rule that is off by default.
ONLY_FAULTS = {"resultTypes": ["violations"], "preload": False}


def faults(page: Page) -> list[str]:
    """What axe finds serious or critical on the page as it is: the rule, the place and what is wrong with it."""
    found = Axe().run(page, options=ONLY_FAULTS).response["violations"]
    return [
        f"{each['id']} at {node['target']}: {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(
    ("viewport", "theme", "locale"),
    [
        pytest.param(DESK, "light", "ja-JP", id="desk, light"),
        pytest.param(PHONE, "dark", "en-US", id="phone, dark"),
    ],
)
def test_no_screen_has_a_serious_fault(
    browser: Browser, origins: Origins, viewport: ViewportSize, theme: Literal["light", "dark"], locale: str
) -> None:
    found = []
    with looking_page(browser, viewport, locale, theme) as page:
        for name in SCREENS:
            page.goto(screen_at(origins, name))
            found += [f"{name}: {fault}" for fault in faults(page)]
    assert found == [], "\n".join(found)


def test_a_fault_would_be_found(browser: Browser, origins: Origins) -> None:
    with looking_page(browser, DESK) as page:
        page.goto(screen_at(origins, "empty"))
        page.evaluate("document.querySelector('main').append(document.createElement('img'))")
        (fault,) = faults(page)
    assert fault.startswith("image-alt")
