"""The draft in a real Chromium: as one types, by mouse and by key, on a phone, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.drafted_wiki import PROJECT
from support.little_browser import DESK, PHONE, watched_page
from support.little_server import running_server

pytestmark = pytest.mark.browser

ADDRESS = f"/draft/{PROJECT}"
TEXT = "雨の日には万年筆と索引カード\n 図書館の地図帳も、[付箋]も"
LONG_MS = 240_000  # the wiki is read first, on a machine that may be busy


@pytest.fixture(scope="module")
def origin(drafted: Path) -> Iterator[str]:
    with running_server(drafted) as address:
        yield address


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(browser: Browser, origin: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in English."""
    with watched_page(browser, origin, request.param) as opened:
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield opened


def write(page: Page, text: str = TEXT) -> None:
    """Opens the screen and writes the text; waits for its suggestions."""
    page.goto(ADDRESS)
    page.locator("#draft-text").fill(text)
    expect(page.locator('.card[data-target="図書館"]')).to_be_visible(timeout=LONG_MS)


def test_a_text_gets_marks_and_cards_links_and_undo_and_is_copied(page: Page) -> None:
    write(page)
    expect(page.locator("#L2 .mark", has_text="図書館")).to_be_visible()
    page.get_by_role("button", name="Link to “図書館”").click()
    expect(page.locator("#draft-text")).to_have_value(TEXT.replace("図書館", "[図書館]"))
    expect(page.locator('.card[data-target="図書館"]')).to_have_count(0)
    expect(page.locator("#L2 .link", has_text="図書館")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#notice")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == TEXT.replace("図書館", "[図書館]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_text_is_there_again_when_the_screen_is_loaded_again_until_it_is_cleared(page: Page) -> None:
    write(page)
    page.locator("#draft-title").fill("題")
    page.reload()
    expect(page.locator("#draft-text")).to_have_value(TEXT)
    expect(page.locator("#draft-title")).to_have_value("題")
    expect(page.locator('.card[data-target="図書館"]')).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator('#draft-result[data-state="empty"]')).to_be_visible()
    page.reload()
    expect(page.locator("#draft-text")).to_have_value("")


def test_what_was_cleared_comes_back_as_it_was_until_something_new_is_written(page: Page) -> None:
    write(page)
    page.locator("#draft-title").fill("題")
    dismissed = page.locator(".card").first.get_attribute("data-target")
    page.locator(".card .act.no").first.click()
    expect(page.locator(f'.card[data-target="{dismissed}"]')).to_have_count(0)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator('#draft-result[data-state="empty"]')).to_be_visible()
    expect(page.locator("#notice")).to_contain_text("Cleared the draft")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#draft-text")).to_have_value(TEXT)
    expect(page.locator("#draft-title")).to_have_value("題")
    expect(page.locator(".card").first).to_be_visible()
    expect(page.locator(f'.card[data-target="{dismissed}"]')).to_have_count(0)
    page.reload()
    expect(page.locator("#draft-text")).to_have_value(TEXT)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#notice [data-undo]")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("#draft-text")).to_have_value(TEXT)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#notice [data-undo]")).to_be_visible()
    page.locator("#draft-text").fill("新しい文章")
    expect(page.locator("#notice [data-undo]")).to_have_count(0)
    expect(page.locator("#draft-text")).to_have_value("新しい文章")


@pytest.mark.parametrize("page", [DESK], indirect=True)
def test_links_go_in_and_out_by_key(page: Page) -> None:
    write(page)
    page.locator("h1").click()
    first = page.locator(".card.is-current").get_attribute("data-target")
    page.keyboard.press("a")
    expect(page.locator("#draft-text")).to_have_value(TEXT.replace(str(first), f"[{first}]", 1))
    page.keyboard.press("u")
    expect(page.locator("#draft-text")).to_have_value(TEXT)
    second = page.locator(".card").nth(1).get_attribute("data-target")
    page.locator(".card").first.click()
    page.keyboard.press("r")
    expect(page.locator(f'.card[data-target="{first}"]')).to_have_count(0)
    expect(page.locator(".card.is-current")).to_have_attribute("data-target", str(second))
    page.reload()
    expect(page.locator(f'.card[data-target="{second}"]')).to_be_visible()
    expect(page.locator(f'.card[data-target="{first}"]')).to_have_count(0)
    page.locator(".draft-dismissed summary").click()
    page.get_by_role("button", name=f"Suggest “{first}” again").click()
    expect(page.locator(f'.card[data-target="{first}"]')).to_be_visible()


@pytest.mark.parametrize("page", [DESK], indirect=True)
def test_a_text_that_is_too_long_is_said_to_be_so(page: Page) -> None:
    page.goto(ADDRESS)
    page.locator("#draft-text").fill("あ" * 50_001)
    expect(page.get_by_role("alert")).to_contain_text("50,001 characters")
    page.evaluate("localStorage.clear()")


def test_without_a_script_the_form_gives_the_text_with_its_brackets(browser: Browser, origin: str) -> None:
    context = browser.new_context(base_url=origin, locale="ja-JP", java_script_enabled=False)
    page = context.new_page()
    page.goto(ADDRESS)
    page.locator("#draft-text").fill(TEXT)
    page.set_default_timeout(LONG_MS)
    card = page.locator('.card[data-target="図書館"]')
    for _ in range(20):  # each waits some seconds for the wiki to be read
        page.get_by_role("button", name="リンクを探す").click()
        if card.count():
            break
    page.get_by_role("button", name="「図書館」へリンクする").click()
    expect(page.locator("#draft-text")).to_have_value(TEXT.replace("図書館", "[図書館]"))
    page.get_by_role("button", name="取り消す").click()
    expect(page.locator("#draft-text")).to_have_value(TEXT)
    page.get_by_role("button", name="「図書館」へリンクしない").click()
    expect(card).to_have_count(0)
    page.get_by_role("button", name="取り消す", exact=False).first.click()
    expect(card).to_have_count(1)
    context.close()
