"""What a page offers beyond yes and no, and the settings, in a real Chromium: at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize, expect
from playwright.sync_api import Page as Tab
from support.little_browser import DESK, PHONE, watched_page
from support.little_server import address, running_server, verdicts_of
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.scrapbox.notation import page_links
from linkassist.server.urls import like_address
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggestion import Mention, Suggestion
from linkassist.wiki import Line, Page

pytestmark = pytest.mark.browser

GARDEN = "庭としてのWiki"


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    write_little_wiki(tmp_path)
    with running_server(tmp_path) as address_of_server:
        yield address_of_server


def open_targets(page: Tab) -> list[str]:
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


def test_a_word_is_answered_where_it_stands(browser: Browser, origin: str, tmp_path: Path) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto(address(GARDEN))
        page.locator("#L11 .mark").click()
        box = page.locator("#at-word")
        expect(box.locator(".snippet")).to_have_text("[gardener.icon] 最近は[KJ法]のラベル集めにも使っている")
        expect(box.locator("ins")).to_have_text(["[", "]"])
        word, answers = page.locator("#L11 .mark").bounding_box(), box.bounding_box()
        assert word and answers and answers["y"] - (word["y"] + word["height"]) < 24, "just below the word"
        box.get_by_role("button", name="Link to “KJ法”").click()
        expect(page.locator("#L11 .accepted")).to_have_text("KJ法")
        expect(box).to_have_count(0)
        assert [(each.target, each.decision) for each in verdicts_of(tmp_path, GARDEN)] == [("KJ法", "accept")]


def test_a_word_is_answered_by_key_and_the_focus_goes_on_to_the_next(
    browser: Browser, origin: str, tmp_path: Path
) -> None:
    with watched_page(browser, origin, DESK) as page:
        page.goto(address(GARDEN))
        first, second = page.locator(".mark").nth(0), page.locator(".mark").nth(1)
        after = second.inner_text()
        first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#at-word .act.yes")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#at-word")).to_have_count(0)
        expect(first).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("#at-word .act.no")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#notice")).to_contain_text("Dismissed")
        assert [each.decision for each in verdicts_of(tmp_path, GARDEN)] == ["reject"]
        expect(page.locator(".mark", has_text=after).first).to_be_focused()


def test_on_a_phone_the_word_stays_in_sight_above_its_card_which_a_cross_closes(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, PHONE, "ja-JP") as page:
        page.goto(address(GARDEN))
        mark = page.locator("#L11 .mark")
        mark.evaluate("mark => scrollTo(0, scrollY + mark.getBoundingClientRect().bottom - innerHeight + 70)")
        mark.tap()
        card = page.locator(".card.is-lifted")
        expect(card.locator(".act.yes")).to_have_text("リンクする")
        expect(card.locator(".act.no")).to_have_text("しない")
        page.wait_for_function(
            "() => document.querySelector('#L11 .mark').getBoundingClientRect().bottom"
            " < document.querySelector('.card.is-lifted').getBoundingClientRect().top"
        )
        card.get_by_role("button", name="閉じる").tap()
        expect(page.locator(".card.is-lifted")).to_have_count(0)
        mark.tap()
        page.locator(".card.is-lifted .act.yes").tap()
        expect(page.locator("#L11 .accepted")).to_have_text("KJ法")


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_the_word_that_is_pressed_is_the_one_that_becomes_the_link(
    browser: Browser, tmp_path: Path, viewport: ViewportSize
) -> None:
    with Library.open(tmp_path) as library:
        pages = [Page("茶", (Line("茶"),)), Page("日記", tuple(map(Line, ["日記", "緑の茶", "赤い茶", "黒い茶"])))]
        import_pages(library, PROJECT, "", 1, pages, lambda lines: page_links(lines))
        project_id = project(library, PROJECT).id
        places = tuple(Mention(number, 2, 3, "茶") for number in (1, 2, 3))
        found = [Suggestion("茶", "page", 0.8, places)]
        replace_suggestions(library, project_id, 1, [(find_page(library, project_id, "日記").id, found)])
    with running_server(tmp_path) as origin, watched_page(browser, origin, viewport) as page:
        page.goto(address("日記"))
        card = page.locator("#c0" if page.locator("#c0").count() else "#c1")
        card.locator(".where-more summary").click()
        card.locator(".where-more label").last.click()
        card.locator(".where-more summary").click()
        expect(card.locator(".where > label .snippet")).to_have_text("黒い[茶]")
        page.locator("#L2 .mark").click()
        expect(card.locator(".where > label .snippet")).to_have_text("赤い[茶]")
        page.locator("#at-word .act.yes" if viewport == DESK else ".card.is-lifted .act.yes").click()
        expect(page.locator("#L2 .accepted")).to_have_text("茶")
        expect(page.locator("#L1 .accepted")).to_have_count(0)


def test_from_the_top_of_a_long_page_a_pill_leads_to_the_suggestions(browser: Browser, origin: str) -> None:
    with watched_page(browser, origin, PHONE, "ja-JP") as page:
        page.goto(address(GARDEN))
        pill = page.locator("#to-suggestions")
        expect(pill).to_have_text("提案 6")
        expect(pill).to_be_in_viewport(ratio=1)
        expect(page.locator("#side-title")).not_to_be_in_viewport()
        pill.tap()
        expect(page.locator("#side-title")).to_be_in_viewport()
        page.locator(".card .act.no").first.tap()
        expect(pill).to_have_text("提案 5")


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_all_from_70_percent_are_linked_by_one_press_and_taken_back_by_one(
    browser: Browser, origin: str, tmp_path: Path, viewport: ViewportSize
) -> None:
    with watched_page(browser, origin, viewport) as page:
        page.goto(address(GARDEN))
        page.get_by_role("button", name="Link all 2 at 70% or more").click()
        expect(page.locator("#notice")).to_contain_text("Accepted 2 suggestions")
        expect(page.locator(".card.is-accepted .card-target")).to_have_text(["KJ法", "孤立したページ"])
        expect(page.locator("#L11 .accepted")).to_have_text("KJ法")
        assert len(verdicts_of(tmp_path, GARDEN)) == 2
        if viewport == DESK:
            page.keyboard.press("u")
        else:
            page.locator("#notice [data-undo]").tap()
        expect(page.get_by_role("button", name="Link all 2 at 70% or more")).to_be_visible()
        assert verdicts_of(tmp_path, GARDEN) == []


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
    page.get_by_role("button", name="Link all 2 at 70% or more").click()
    expect(page.locator("#L11 .accepted")).to_have_text("KJ法")
    page.locator("#notice [data-undo]").click()
    expect(page.locator(".card.is-accepted")).to_have_count(0)
    page.goto(like_address(PROJECT, "100%2Fの謎"))
    expect(page.locator("h1")).to_have_text("100%2Fの謎")
    context.close()
