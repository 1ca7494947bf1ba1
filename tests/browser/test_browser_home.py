"""The search and the start of a project in a real Chromium: as one types at a desk, by touch on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from support.little_browser import DESK, PHONE, watched_page
from support.little_server import address, running_server
from support.little_wiki import PROJECT, write_little_wiki

pytestmark = pytest.mark.browser
GARDEN = "庭としてのWiki"


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    write_little_wiki(tmp_path)
    with running_server(tmp_path) as address_of_server:
        yield address_of_server


def test_the_box_answers_as_one_types_and_arrows_lead_to_a_line(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto(address("KJ法"))
        page.keyboard.press("/")
        page.keyboard.type("道具")
        expect(page.locator("#hits a").first).to_have_text("道具")
        expect(page.locator("#hits .hit-text mark").first).to_have_text("道具")
        page.locator("#search").fill("草むしり")
        expect(page.locator("#hits .hit-text")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(GARDEN)
        expect(page).to_have_url(re.compile("#L4$"))
        page.locator("#search").fill(" ")
        expect(page.locator("#hits")).to_be_hidden()


def test_on_its_own_screen_the_search_keeps_its_words_in_the_address(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto(f"/p/{PROJECT}")
        page.keyboard.press("/")
        page.keyboard.type("Read")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Search for “Read”")
        page.locator("#search").fill("Reading")
        expect(page.locator(".found-page a mark")).to_have_text(["Reading"])
        expect(page).to_have_url(re.compile(r"\?q=Reading$"))
        page.reload()
        expect(page.locator(".found-page a mark")).to_have_text(["Reading"])
        page.keyboard.press("j")
        expect(page.locator(".found-page h3 a")).to_be_focused()


def test_without_a_script_the_search_leads_to_its_screen(browser: Browser, origin: str) -> None:
    context = browser.new_context(base_url=origin, java_script_enabled=False, locale="ja-JP")
    page = context.new_page()
    page.goto(f"/p/{PROJECT}")
    page.locator("#search").fill("埋め込み")
    page.locator("#search").press("Enter")
    expect(page.locator("h1")).to_have_text("「埋め込み」の検索")
    expect(page.locator(".found-page h3 a")).to_have_text(["検索", "類似度"])
    context.close()


def test_a_bar_of_the_picture_filters_the_list_by_key_and_again_shows_all(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto(f"/p/{PROJECT}")
        page.locator('.bars a[aria-label^="Links 0:"]').focus()
        page.keyboard.press("Enter")
        expect(page.locator(".row-title")).to_have_count(2)
        expect(page.locator(".filters a[aria-current]")).to_have_text(["Without links"])
        page.locator(".filters a[aria-current]").click()
        expect(page.locator(".row-title")).to_have_count(22)


@pytest.mark.parametrize("where", [f"/p/{PROJECT}", f"/search/{PROJECT}?q=道具"])
def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, origin: str, where: str) -> None:
    with watched_page(browser, origin, PHONE, "ja-JP") as page:
        page.goto(where)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.locator("#search").fill("知的")
        if "search" not in where:
            expect(page.locator("#hits a").first).to_be_visible()
            for link in page.locator("#hits a").all():
                box = link.bounding_box()
                assert box is not None and box["height"] >= 44 and box["x"] >= 0
                assert box["x"] + box["width"] <= PHONE["width"]
