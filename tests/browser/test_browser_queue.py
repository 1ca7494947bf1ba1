"""The queue in a real Chromium: by key at a desk, by swipe on a phone, to the end of a session."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from support.little_browser import DESK, PHONE, watched_page
from support.little_server import running_server
from support.little_wiki import PROJECT, write_little_wiki

pytestmark = pytest.mark.browser


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    write_little_wiki(tmp_path)
    with running_server(tmp_path) as address_of_server:
        yield address_of_server


def target(page: Page) -> str:
    return page.locator(".deck .card-target").inner_text()


def to_the_end(page: Page, keys: Sequence[str]) -> None:
    """Answers all cards of the day by these keys in turn."""
    for key in cycle(keys):
        if not page.locator(".deck").count():
            return
        before = page.locator(".day-count").inner_text()
        page.keyboard.press(key)
        page.wait_for_function("text => document.querySelector('.day-count')?.innerText !== text", arg=before)


def test_a_session_by_keys_alone(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto(f"/queue/{PROJECT}")
        first, on_page = target(page), page.locator(".said h2 a").inner_text()
        page.keyboard.press("r")
        expect(page.locator("#notice")).to_contain_text(f"Dismissed “{first}”")
        assert page.locator(".said h2 a").inner_text() != on_page
        page.keyboard.press("1")
        expect(page.locator('#notice [data-key="1"]')).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("u")
        expect(page.locator("#notice")).to_contain_text("Undid")
        with page.expect_response(lambda response: "did=undo" in response.url):
            page.keyboard.press("a")
            page.keyboard.press("u")  # before the next card is here
        to_the_end(page, ("a", "l", "ArrowRight", "ArrowLeft"))
        expect(page.locator(".ending h2")).to_have_text("Done for today")


@pytest.mark.parametrize("viewport", [DESK, {"width": 1280, "height": 640}, PHONE], ids=["desk", "low", "phone"])
@pytest.mark.parametrize("key", ["a", "r", "l"])
def test_no_notice_stands_over_the_buttons_of_the_next_card(
    browser: Browser, origin: str, viewport: ViewportSize, key: str
) -> None:
    with watched_page(browser, origin, viewport) as page:
        page.goto(f"/queue/{PROJECT}")
        page.keyboard.press(key)
        expect(page.locator("#notice p")).to_be_visible()
        page.locator(".act.yes").scroll_into_view_if_needed()
        notice = page.locator("#notice").bounding_box()
        assert notice
        for button in page.locator(".answers .act").all():
            box = button.bounding_box()
            assert box
            is_above = notice["y"] + notice["height"] <= box["y"] or box["y"] + box["height"] <= notice["y"]
            assert is_above or notice["x"] >= box["x"] + box["width"], (notice, box)


def test_the_end_can_be_undone_gone_beyond_and_left_for_the_outbox(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto(f"/queue/{PROJECT}")
        to_the_end(page, ("a", "a", "r"))
        n_cards = page.locator(".accepted-today li").count()
        assert n_cards > 0
        page.reload()
        page.keyboard.press("u")
        expect(page.locator("#notice")).to_contain_text("Undid")
        expect(page.locator(".day-count")).to_have_text(re.compile(r"^(\d+)/(?!\1$)\d+$"))
        last = target(page)
        page.keyboard.press("a")
        expect(page.locator(".ending")).to_be_visible()
        expect(page.locator("#notice")).to_contain_text(last)
        assert page.locator("#notice").evaluate("notice => getComputedStyle(notice).position") == "static"
        page.locator(".ending").get_by_role("link", name="To the outbox").click()
        expect(page).to_have_url(re.compile("/outbox/"))


def test_the_day_is_the_one_of_the_browsers_time_zone(browser: Browser, origin: str) -> None:
    context = browser.new_context(base_url=origin, timezone_id="Pacific/Kiritimati")
    page = context.new_page()
    page.goto(f"/p/{PROJECT}")
    assert [each["value"] for each in context.cookies() if each["name"] == "linkassist_zone"] == ["Pacific/Kiritimati"]
    context.close()


def test_swipes_answer_and_scrolling_does_not(browser: Browser, origin: str) -> None:
    swipe = """([dx, dy]) => {
        const deck = document.querySelector('.deck .said');
        const touch = (x, y) => [new Touch({ identifier: 1, target: deck, clientX: x, clientY: y })];
        const send = (name, now, changed) =>
            deck.dispatchEvent(new TouchEvent(name, { bubbles: true, touches: now, changedTouches: changed }));
        send('touchstart', touch(180, 300), touch(180, 300));
        send('touchend', [], touch(180 + dx, 300 + dy));
    }"""
    with watched_page(browser, origin, PHONE, "ja-JP") as page:
        page.goto(f"/queue/{PROJECT}")
        first = target(page)
        page.evaluate(swipe, [90, 200])
        assert target(page) == first
        page.evaluate(swipe, [140, 10])
        expect(page.locator("#notice")).to_contain_text(f"「{first}」を採用しました")
        expect(page.locator("#tab-count")).to_have_text("1")
        second = target(page)
        page.evaluate(swipe, [-140, 10])
        expect(page.locator("#notice")).to_contain_text(f"「{second}」を見送りました")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
