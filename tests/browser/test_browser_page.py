"""What a page offers beyond yes and no, and the settings, in a real Chromium: at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from support.little_browser import DESK, PHONE, watched_page
from support.little_server import address, running_server, verdicts_of
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.server.urls import like_address

pytestmark = pytest.mark.browser

GARDEN = "庭としてのWiki"


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    write_little_wiki(tmp_path)
    with running_server(tmp_path) as address_of_server:
        yield address_of_server


def open_targets(page: Page) -> list[str]:
    return page.locator('.card[data-state="open"] .card-target').all_inner_texts()


def test_the_keys_walk_the_lanes_in_the_order_of_the_screen(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto(address(GARDEN))
        seen = []
        for _ in range(6):
            seen.append(page.locator(".card.is-current .card-target").inner_text())
            page.keyboard.press("j")
        assert seen == open_targets(page) == ["KJ法", "検索", "Reading notes", "孤立したページ", "つながり", "草むしり"]
        tops = page.locator(".card").evaluate_all("cards => cards.map((card) => card.getBoundingClientRect().top)")
        assert tops == sorted(tops)


@pytest.mark.parametrize(("viewport", "locale"), [(DESK, "en-US"), (PHONE, "ja-JP")])
def test_never_this_word_and_its_undo(browser: Browser, origin: str, viewport: ViewportSize, locale: str) -> None:
    with watched_page(browser, origin, viewport, locale) as page:
        page.goto(address(GARDEN))
        before = open_targets(page)
        card = page.locator('.card[data-target="検索"]')
        card.locator(".card-more summary").click()
        card.locator(".card-deeds button").click()
        expect(page.locator("#notice")).to_contain_text(
            "will not be suggested any more" if locale == "en-US" else "もう提案しません"
        )
        assert open_targets(page) == [target for target in before if target != "検索"]
        page.locator("#notice [data-undo]").click()
        expect(page.locator('.card[data-target="検索"]')).to_be_visible()
        assert open_targets(page) == before
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_u_takes_never_back(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto(address(GARDEN))
        page.locator(".card.is-current .card-more summary").click()
        page.locator(".card.is-current .card-deeds button").click()
        expect(page.locator("#notice")).to_contain_text("“KJ法” will not be suggested any more")
        page.keyboard.press("u")
        expect(page.locator('.card[data-target="KJ法"]')).to_be_visible()


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_more_like_this_is_answered_there(
    browser: Browser, origin: str, tmp_path: Path, viewport: ViewportSize
) -> None:
    with watched_page(browser, origin, viewport) as page:
        page.goto(address(GARDEN))
        card = page.locator('.card[data-target="KJ法"]')
        card.locator(".card-more summary").click()
        card.locator(".card-deeds a").click()
        expect(page.locator(".like-rows h3")).to_have_text(["記法の見本", GARDEN])
        page.wait_for_load_state()  # the script, which knows the keys, comes after the rows
        if viewport == DESK:
            page.keyboard.press("j")
            page.keyboard.press("a")
        else:
            page.locator(".like-rows .act.yes").first.click()
        expect(page.locator("#notice")).to_contain_text("Accepted on “記法の見本”")
        expect(page.locator(".like-rows h3")).to_have_text([GARDEN])
        expect(page.locator(".like-rows h3 a")).to_be_focused()  # the keys go on with the next
        assert verdicts_of(tmp_path, "記法の見本")[0].target == "KJ法"
        page.keyboard.press("u")
        expect(page.locator(".like-rows h3")).to_have_text(["記法の見本", GARDEN])
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_the_picture_is_clicked_and_follows_a_decision(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto(address(GARDEN))
        assert page.locator(".graph-edge.is-proposed").count() > 0
        page.keyboard.press("a")
        expect(page.locator(".graph-node.is-accepted")).to_have_count(1)
        boxes = page.locator(".graph-node text").evaluate_all(
            "texts => texts.map((text) => text.getBBox()).map((b) => [b.x, b.y, b.x + b.width, b.y + b.height])"
        )
        for place, (left, top, right, bottom) in enumerate(boxes):
            for other in boxes[:place]:
                assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
        page.locator(".graph-node.is-joined").first.click()
        expect(page.locator("h1")).to_have_text("日々の記録")


def test_on_a_phone_the_picture_is_folded_away_until_it_is_wanted(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, PHONE, "ja-JP") as page:
        page.goto(address(GARDEN))
        expect(page.locator(".graph-picture")).to_be_hidden()
        page.locator(".graph-label").click()
        expect(page.locator(".graph-picture")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize(("viewport", "locale"), [(DESK, "en-US"), (PHONE, "ja-JP")])
def test_the_settings_are_made_and_felt(browser: Browser, origin: str, viewport: ViewportSize, locale: str) -> None:
    with watched_page(browser, origin, viewport, locale) as page:
        page.goto(f"/settings/{PROJECT}")
        page.locator('.offered input[type="number"]').fill("1")
        assert page.locator("#offered-number").is_checked(), "who writes a number means it"
        with page.expect_navigation():  # the form as it is sent back
            page.locator(".offered .button").click()
        page.goto(address(GARDEN))
        assert open_targets(page) == ["KJ法"]
        page.goto(f"/settings/{PROJECT}")
        page.locator('.offered input[value="wiki"]').check()
        with page.expect_navigation():  # the form as it is sent back
            page.locator(".offered .button").click()
        page.locator("#words input[type=text]").fill("KJ法")
        page.keyboard.press("Enter")
        expect(page.locator("#words .tags li")).to_have_text(["KJ法"])
        page.goto(address(GARDEN))
        assert "KJ法" not in open_targets(page) and len(open_targets(page)) == 5
        page.locator('.card[data-target="検索"] .act.no').click()
        expect(page.locator("#notice")).to_contain_text("検索")
        page.goto(f"/settings/{PROJECT}")
        page.locator("#words .tags button").click()
        expect(page.locator("#words .tags")).to_have_count(0)
        expect(page.locator(".past b")).to_have_text(["検索"])
        page.locator(".past-undo").click()
        expect(page.locator(".past")).to_have_count(0)
        page.goto(address(GARDEN))
        assert len(open_targets(page)) == 6
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_everything_works_without_a_script(browser: Browser, origin: str) -> None:
    context = browser.new_context(base_url=origin, java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(address(GARDEN))
    card = page.locator('.card[data-target="KJ法"]')
    card.locator(".card-more summary").click()
    card.locator(".card-deeds button").click()
    expect(page.locator("#notice")).to_contain_text("“KJ法” will not be suggested any more")
    page.locator("#notice button").click()
    expect(page.locator('.card[data-target="KJ法"]')).to_have_count(1)
    page.goto(like_address(PROJECT, "100%2Fの謎"))
    expect(page.locator("h1")).to_have_text("100%2Fの謎")
    context.close()
