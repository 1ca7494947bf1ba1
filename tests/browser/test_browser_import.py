"""The import in a real Chromium: a file dropped at a desk, one chosen on a phone, and the way to the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.drafted_wiki import a_page, pages_of_a_wiki
from support.little_browser import DESK, PHONE, watched_page
from support.little_server import running_server
from support.small_export import export_of

from linkassist.store.library import Library
from linkassist.store.pages import projects

pytestmark = pytest.mark.browser
LONG_MS = 240_000.0  # on a machine that is busy with other things

_DROP = """([target, name, text]) => {
    const files = new DataTransfer();
    files.items.add(new File([text], name, { type: "application/json" }));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        const place = document.querySelector(target);
        place.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: files }));
    }
}"""


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    with running_server(tmp_path) as address_of_server:
        yield address_of_server


def drop(page: Page, name: str, content: bytes) -> None:
    page.wait_for_url("**/import")
    page.wait_for_load_state()
    page.evaluate(_DROP, [".drop", name, content.decode()])


def test_a_dropped_file_is_watched_to_its_end_and_leads_to_the_project(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto("/")
        page.get_by_role("link", name="Import a file").click()
        drop(page, "notes.json", export_of(pages_of_a_wiki()[:14]))
        expect(page.locator("#chosen")).to_contain_text("notes.json")
        expect(page.get_by_role("button", name="Start the import")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#run-title")).to_have_text("Importing notes.json")
        expect(page.locator("#run-title")).to_be_focused()
        expect(page.locator("#group-reading")).to_have_class("group-done", timeout=LONG_MS)
        page.get_by_role("button", name="Cancel").focus()
        expect(page.locator("#group-words, #group-encoding").first).not_to_have_class("group-waiting", timeout=LONG_MS)
        # What changes around it takes the focus from nobody, and hands it on at the end.
        expect(page.locator("#run-acts :focus")).to_have_count(1)
        expect(page.locator("#run-title")).to_have_text("Imported 庭の手帖", timeout=LONG_MS)
        way = page.get_by_role("link", name="Open 庭の手帖")
        expect(way).to_be_focused()
        way.click()
        expect(page.locator("h1")).to_have_text("庭の手帖")
        page.locator(".switcher summary").click()
        page.get_by_role("link", name="＋ Import").click()
        expect(page.locator("#run-title")).to_have_text("Imported 庭の手帖")


def test_a_broken_file_tells_page_and_line_and_another_can_follow(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto("/import")
        broken = export_of([a_page("索引カード", "ひとつ", 1)]).replace('"ひとつ"'.encode(), b"12")
        drop(page, "notes.json", broken)
        page.keyboard.press("Enter")
        message = page.locator("#run .run-message")
        expect(message).to_contain_text('notes.json: page "索引カード" (id id of 索引カード), line 1', timeout=LONG_MS)
        expect(page.locator("#upload")).to_be_visible()


def test_on_a_phone_a_file_is_chosen_and_cancelled(browser: Browser, origin: str, tmp_path: Path) -> None:
    chosen = tmp_path / "長い書き出し.json"
    chosen.write_bytes(export_of([a_page(f"覚え書き {n}", "[道具]について " * 20, n + 1) for n in range(40_000)]))
    with watched_page(browser, origin, PHONE, locale="ja") as page:
        page.goto("/import")
        page.set_input_files("#file", chosen)
        page.get_by_role("button", name="取り込みを始める").click()
        page.get_by_role("button", name="中止する").click(timeout=LONG_MS)
        expect(page.locator("#run-title")).to_have_text("途中で止まりました", timeout=LONG_MS)
        expect(page.locator("#run-why")).to_contain_text("何も取り込まれていません")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    with Library.open(tmp_path) as library:
        assert projects(library) == []


def test_a_file_beyond_the_limit_is_not_even_sent(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto("/import")
        page.evaluate("document.querySelector('#upload').dataset.most = 10")
        drop(page, "notes.json", b" " * 11)
        expect(page.locator("#chosen")).to_contain_text("“notes.json” is too large: the limit here is 2,000 MB")
        page.get_by_role("button", name="Start the import").click()
        expect(page.locator("#sending")).to_be_hidden()
        expect(page.locator("#run")).to_have_count(0)
