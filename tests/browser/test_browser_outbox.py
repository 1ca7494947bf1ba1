"""The outbox in a real Chromium: accept on a page, copy, download, mark as done, take back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from support.little_browser import DESK, PHONE, watched_page
from support.little_server import address, running_server
from support.little_wiki import PROJECT, write_little_wiki

pytestmark = pytest.mark.browser


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    write_little_wiki(tmp_path)
    with running_server(tmp_path) as address_of_server:
        yield address_of_server


@pytest.mark.parametrize("is_phone", [False, True])
def test_from_an_accepted_card_to_an_import_file_and_back(browser: Browser, origin: str, is_phone: bool) -> None:
    with watched_page(browser, origin, PHONE if is_phone else DESK) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(address("庭としてのWiki"))
        page.locator(".card .act.yes").first.click()
        expect(page.locator(".card.is-accepted")).to_have_count(1)
        page.goto(f"/outbox/{PROJECT}")
        expect(page.locator(".diff li")).to_have_count(1)
        changed = page.locator("[data-copy]").get_attribute("data-copy")
        page.locator("[data-copy]").click()
        expect(page.locator("#copied")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == changed
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
        with page.expect_download() as download:
            page.get_by_text("Download the import file").click()
        [entry] = json.loads(Path(download.value.path()).read_text("utf-8"))["pages"]
        assert changed in entry["lines"]
        page.get_by_text("I imported it").click()
        expect(page.get_by_text("Nothing to write back")).to_be_visible()
        page.get_by_role("button", name="Undo the batch").click()
        expect(page.locator(".diff li")).to_have_count(1)
