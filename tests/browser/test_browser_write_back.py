"""Writing to Scrapbox from the outbox in a real Chromium: preview, yes, progress, undo; also without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from support.little_browser import DESK, PHONE, watched_page
from support.little_scrapbox import TOKEN, LittleScrapbox, little_scrapbox
from support.little_server import running_server
from support.pushed_wiki import PushedWiki

from linkassist.settings import remember_key, remember_source

pytestmark = pytest.mark.browser

TEA, CUP = "a" * 24, "b" * 24
LIMIT_MS = 60_000


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put(TEA, "Tea", "green tea in a cup")
        found.put(CUP, "Cup", "made of clay")
        yield found


@pytest.fixture
def origin(tmp_path: Path, scrapbox: LittleScrapbox) -> Iterator[str]:
    wiki = PushedWiki(tmp_path, scrapbox)
    wiki.fetch()
    wiki.accept("Tea", "Cup", "cup", 1)
    wiki.accept("Cup", "Clay", "clay", 1)
    with running_server(tmp_path) as address:
        remember_key(tmp_path, TOKEN)
        remember_source(tmp_path, "niwa", scrapbox.project)
        yield address


@pytest.mark.parametrize("is_phone", [False, True])
def test_from_the_button_to_the_wiki_and_back_without_a_reload(
    browser: Browser, origin: str, scrapbox: LittleScrapbox, is_phone: bool
) -> None:
    with watched_page(browser, origin, PHONE if is_phone else DESK) as page:
        page.goto("/outbox/niwa")
        page.get_by_role("button", name="Preview in Scrapbox").click()
        title = page.locator("#run-title")
        expect(title).to_have_text("This is what would change", timeout=LIMIT_MS)
        expect(page.locator(".written ins")).to_have_text(["[", "]", "[", "]"])
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
        page.get_by_role("checkbox", name="Cup").uncheck()
        page.get_by_role("button", name="Write the ticked pages").click()
        expect(title).to_have_text("Written to Scrapbox", timeout=LIMIT_MS)
        assert (scrapbox.texts(TEA)[1], scrapbox.texts(CUP)[1]) == ("green tea in a [cup]", "made of clay")
        page.goto("/outbox/niwa")
        page.get_by_role("button", name="Undo the batch").click()
        expect(title).to_have_text("Taken out of Scrapbox", timeout=LIMIT_MS)
        assert scrapbox.texts(TEA)[1] == "green tea in a cup"


def test_without_javascript_the_screen_loads_itself_until_it_is_done(
    browser: Browser, origin: str, scrapbox: LittleScrapbox
) -> None:
    context = browser.new_context(base_url=origin, java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto("/outbox/niwa")
    page.get_by_role("button", name="Preview in Scrapbox").click()
    page.get_by_role("button", name="Write the ticked pages").click(timeout=LIMIT_MS)
    expect(page.locator("#run-title")).to_have_text("Written to Scrapbox", timeout=LIMIT_MS)
    assert (scrapbox.texts(TEA)[1], scrapbox.texts(CUP)[1]) == ("green tea in a [cup]", "made of [clay]")
    context.close()
