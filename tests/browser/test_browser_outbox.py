"""The outbox in a real Chromium: accept on a page, copy, download, mark as done, take back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from support.little_browser import DESK, PHONE, watched_page
from support.little_server import address, running_server
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.scrapbox.notation import page_links
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.verdicts import record_verdict
from linkassist.suggestion import Mention, Verdict
from linkassist.wiki import Line, Page

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


@pytest.mark.parametrize("is_phone", [False, True])
def test_the_text_of_a_long_page_opens_at_the_line_that_changes(
    browser: Browser, tmp_path: Path, is_phone: bool
) -> None:
    lines = [f"{number} " + "長い行" * (number % 40) for number in range(200)]
    lines[150] = "ここで茶を飲む"
    with Library.open(tmp_path) as library:
        pages = [Page("茶", (Line("茶"),)), Page("日記", tuple(map(Line, ["日記", *lines])))]
        import_pages(library, PROJECT, "", 1, pages, lambda texts: page_links(texts))
        page_id = find_page(library, project(library, PROJECT).id, "日記").id
        record_verdict(library, page_id, Verdict("茶", "accept", 1, "page", 0.5, Mention(151, 3, 4, "茶")))
    with running_server(tmp_path) as origin, watched_page(browser, origin, PHONE if is_phone else DESK) as page:
        page.goto(f"/outbox/{PROJECT}")
        copy = page.get_by_role("button", name="Copy page")
        expect(copy).to_have_accessible_description(re.compile("overwrites edits made in Scrapbox since the export"))
        expect(page.locator(".copy-warning")).to_be_visible()
        page.get_by_text("The text with its links").click()
        area = page.locator("textarea")
        chosen = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
        assert area.evaluate(chosen) == "ここで[茶]を飲む"
        # The wrapped lines above the changed one, measured in a copy of the textarea that holds no others.
        above = area.evaluate(
            """area => {
                const copy = area.cloneNode();
                [copy.rows, copy.value] = [1, area.value.slice(0, area.selectionStart - 1)];
                area.after(copy);
                const height = copy.scrollHeight;
                copy.remove();
                return height - area.scrollTop;
            }"""
        )
        assert 0 < above < area.evaluate("area => area.clientHeight - 20"), "the changed line is in sight"
        page.get_by_role("link", name="line 152").click()
        expect(page.locator("#L151")).to_be_in_viewport()
