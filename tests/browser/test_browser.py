"""The screens in a real Chromium, against a real server: what a reader does by mouse, by key and without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from support.little_browser import DESK, PHONE, watched_page
from support.little_server import address, running_server, verdicts_of
from support.little_wiki import AWKWARD_TITLES, PROJECT, write_little_wiki
from support.reports_by_hand import report

from linkassist.evaluate.last_report import keep_report
from linkassist.store.library import Library
from linkassist.store.pages import project

pytestmark = pytest.mark.browser

GARDEN = "庭としてのWiki"


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    write_little_wiki(tmp_path)
    with running_server(tmp_path) as address_of_server:
        yield address_of_server


@pytest.fixture
def desk(browser: Browser, origin: str) -> Iterator[Page]:
    """A page at desktop width, in English; the test fails if the screens log an error or break their own policy."""
    with watched_page(browser, origin, DESK) as page:
        yield page


def test_the_list_leads_to_a_page(desk: Page) -> None:
    desk.goto("/")
    expect(desk.locator(".row-title").first).to_have_text(GARDEN)
    desk.locator(".row-title").first.click()
    expect(desk.locator("h1")).to_have_text(GARDEN)


def test_accept_reject_and_undo_by_mouse(desk: Page, tmp_path: Path) -> None:
    desk.goto(address(GARDEN))
    desk.get_by_role("button", name="Link to “KJ法”").click()
    expect(desk.locator("#L11 .accepted")).to_have_text("KJ法")
    expect(desk.locator("#notice")).to_contain_text("Accepted “KJ法”")
    desk.get_by_role("button", name="No to “検索”").click()
    expect(desk.locator('.cards > .card[data-target="検索"][data-state="open"]')).to_have_count(0)
    assert [(verdict.target, verdict.decision) for verdict in verdicts_of(tmp_path, GARDEN)] == [
        ("検索", "reject"),
        ("KJ法", "accept"),
    ]
    desk.locator("#notice [data-undo]").click()
    expect(desk.locator('.card[data-target="検索"]')).to_have_attribute("data-state", "open")
    desk.get_by_role("button", name="Undo the decision on “KJ法”").click()
    expect(desk.locator("#L11 .mark")).to_have_text("KJ法")
    assert verdicts_of(tmp_path, GARDEN) == []


def test_a_verdict_is_there_after_the_page_is_loaded_again(desk: Page) -> None:
    desk.goto(address(GARDEN))
    desk.get_by_role("button", name="Link to “孤立したページ”").click()
    expect(desk.locator("#L13 .accepted")).to_have_text("孤立したページ")
    desk.goto(address(GARDEN))
    expect(desk.locator("#L13 .accepted")).to_have_text("孤立したページ")


def test_the_whole_page_can_be_decided_with_keys(desk: Page, tmp_path: Path) -> None:
    desk.goto(address(GARDEN))
    current = desk.locator(".card.is-current")
    expect(current).to_have_attribute("data-target", "KJ法")
    desk.keyboard.press("j")
    expect(current).to_have_attribute("data-target", "検索")
    expect(current).to_be_focused()
    desk.keyboard.press("a")
    expect(current).to_have_attribute("data-target", "Reading notes")
    desk.keyboard.press("x")
    expect(current).to_have_attribute("data-target", "孤立したページ")
    desk.keyboard.press("u")
    expect(current).to_have_attribute("data-target", "Reading notes")
    desk.keyboard.press("k")
    desk.keyboard.press("k")
    expect(current).to_have_attribute("data-target", "KJ法")
    desk.keyboard.press("Enter")
    expect(desk.locator("#L11 .accepted")).to_have_text("KJ法")
    for target in ("Reading notes", "孤立したページ", "つながり", "草むしり"):
        expect(current).to_have_attribute("data-target", target)
        desk.keyboard.press("r")
    expect(desk.get_by_text("This page is done")).to_be_visible()
    assert {verdict.decision for verdict in verdicts_of(tmp_path, GARDEN)} == {"accept", "reject"}
    assert len(verdicts_of(tmp_path, GARDEN)) == 6


def why_of(folder: Path, page: str) -> list[str]:
    return [verdict.why for verdict in verdicts_of(folder, page)]


def test_after_a_rejection_a_digit_says_why_and_the_same_again_takes_it_back(desk: Page, tmp_path: Path) -> None:
    desk.goto(address(GARDEN))
    expect(desk.locator(".card.is-current")).to_have_attribute("data-target", "KJ法")
    desk.keyboard.press("x")
    desk.keyboard.press("2")
    expect(desk.locator("#notice")).to_contain_text("Will be suggested only where the context is close")
    expect(desk.locator(".card.is-current")).to_have_attribute("data-target", "検索")
    assert why_of(tmp_path, GARDEN) == ["wrong_sense"]
    desk.keyboard.press("1")
    expect(desk.get_by_role("button", name="Too common").first).to_have_attribute("aria-pressed", "true")
    desk.keyboard.press("1")
    expect(desk.locator('#notice [aria-pressed="true"]')).to_have_count(0)
    assert why_of(tmp_path, GARDEN) == [""]
    desk.keyboard.press("u")
    expect(desk.locator(".card.is-current")).to_have_attribute("data-target", "KJ法")
    assert verdicts_of(tmp_path, GARDEN) == []


def test_why_can_be_said_later_by_mouse_on_the_card_of_what_was_dismissed(desk: Page, tmp_path: Path) -> None:
    desk.goto(address(GARDEN))
    desk.get_by_role("button", name="No to “検索”").click()
    desk.locator("#rejected > summary").click()
    card = desk.locator('#rejected .card[data-target="検索"]')
    card.get_by_role("button", name="Wrong words").click()
    expect(card.get_by_role("button", name="Wrong words")).to_have_attribute("aria-pressed", "true")
    assert why_of(tmp_path, GARDEN) == ["wrong_span"]
    notice = desk.locator("#notice").get_by_role("button", name="Wrong words")
    notice.focus()
    desk.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Wrong words")).to_have_attribute("aria-pressed", "false")
    expect(notice).to_be_focused()


def test_a_target_dismissed_on_two_pages_falls_on_the_third_and_says_why(desk: Page) -> None:
    first, second, third = AWKWARD_TITLES[4:7]
    for title in (first, second):
        desk.goto(address(title))
        desk.get_by_role("button", name="No to “道具”").click()
        expect(desk.locator("#notice")).to_contain_text("Dismissed “道具”")
    desk.goto(f"{address(third)}?all=1")  # it waits below the floor now
    expect(desk.locator('.card[data-target="道具"]')).to_contain_text("you dismissed this link on 2 pages")
    expect(desk.locator('.card[data-target="道具"] .chance')).to_have_text("12%")


def test_keys_pressed_faster_than_the_server_answers_each_find_their_card(desk: Page, tmp_path: Path) -> None:
    desk.goto(address(GARDEN))
    expect(desk.locator(".card.is-current")).to_be_visible()
    for key in "axau":
        desk.keyboard.press(key)
    expect(desk.locator("#notice")).to_contain_text("Undid the decision on “Reading notes”")
    assert [(verdict.target, verdict.decision) for verdict in verdicts_of(tmp_path, GARDEN)] == [
        ("検索", "reject"),
        ("KJ法", "accept"),
    ]


def test_a_decision_that_cannot_be_saved_is_said_and_taken_back(browser: Browser, origin: str) -> None:
    context = browser.new_context(base_url=origin, viewport=DESK, locale="en-US")
    page = context.new_page()
    page.route("**/verdict", lambda route: route.fulfill(status=503, body="busy"))
    page.goto(address(GARDEN))
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("Could not save")
    expect(page.locator('.card[data-target="KJ法"]')).to_have_attribute("data-state", "open")
    expect(page.locator(".card.is-underway")).to_have_count(0)
    context.close()


def test_u_undoes_the_last_decision_also_after_a_reload(desk: Page, tmp_path: Path) -> None:
    desk.goto(address(GARDEN))
    desk.keyboard.press("a")
    expect(desk.locator("#L11 .accepted")).to_be_visible()
    desk.reload()
    desk.keyboard.press("u")
    expect(desk.locator("#L11 .mark")).to_be_visible()
    assert verdicts_of(tmp_path, GARDEN) == []


def test_n_and_p_walk_through_the_pages_by_gain(desk: Page) -> None:
    desk.goto(address(GARDEN))
    for key, title in (("n", "記法の見本"), ("n", "Reading notes"), ("p", "記法の見本")):
        # The script marks the current card when it is ready for keys.
        expect(desk.locator(".card.is-current")).to_be_visible()
        desk.keyboard.press(key)
        expect(desk.locator("h1")).to_have_text(title)


def test_the_question_mark_shows_the_keys_and_escape_hides_them(desk: Page) -> None:
    desk.goto(address(GARDEN))
    desk.keyboard.press("?")
    expect(desk.get_by_role("dialog", name="Keys")).to_be_visible()
    desk.keyboard.press("j")
    expect(desk.locator(".card.is-current")).to_have_attribute("data-target", "KJ法")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_escape_closes_a_menu_and_gives_the_focus_back(desk: Page) -> None:
    desk.goto(address(GARDEN))
    desk.locator(".switcher summary").click()
    desk.keyboard.press("Tab")
    desk.keyboard.press("Escape")
    expect(desk.locator(".switcher")).not_to_have_attribute("open", "")
    expect(desk.locator(".switcher summary")).to_be_focused()


def test_keys_typed_into_the_search_are_text(desk: Page, tmp_path: Path) -> None:
    desk.goto(address(GARDEN))
    desk.locator("#search").fill("")
    desk.locator("#search").press_sequentially("axur")
    expect(desk.locator("#hits")).to_contain_text("axur")
    assert verdicts_of(tmp_path, GARDEN) == []


def test_a_mark_and_its_card_light_each_other_up(desk: Page) -> None:
    desk.goto(address(GARDEN))
    mark = desk.locator('.mark[data-card="2"]')
    desk.locator("#c2 h3").hover()
    expect(mark).to_have_class(re.compile("is-lit"))
    mark.hover()
    expect(desk.locator("#c2")).to_have_class(re.compile("is-lit"))
    mark.click()
    expect(desk.locator(".card.is-current")).to_have_attribute("data-target", "孤立したページ")


def test_the_preview_follows_the_card_and_the_link_under_the_pointer(desk: Page) -> None:
    desk.goto(address(GARDEN))
    expect(desk.locator("#peek")).to_contain_text("ばらばらの紙片から")
    desk.locator("#c2 h3").hover()
    expect(desk.locator("#peek")).to_contain_text("日々の記録")
    desk.get_by_role("link", name="知的生産").first.hover()
    expect(desk.locator("#peek")).to_contain_text("集めるより、つなぐほうがむずかしい")


def test_deciding_leaves_the_text_where_it_is(desk: Page) -> None:
    desk.goto(address(GARDEN))
    desk.set_viewport_size({"width": 1280, "height": 500})
    desk.mouse.move(300, 300)
    desk.mouse.wheel(0, 250)
    desk.wait_for_function("window.scrollY > 200")
    desk.wait_for_timeout(300)
    before = desk.locator("#L5").bounding_box()
    desk.keyboard.press("a")
    expect(desk.locator("#L11 .accepted")).to_be_visible()
    assert desk.locator("#L5").bounding_box() == before


def test_a_picture_keeps_its_place_until_it_comes_and_gives_it_back_if_it_never_does(
    browser: Browser, origin: str
) -> None:
    context = browser.new_context(base_url=origin, viewport=DESK, locale="en-US")
    page = context.new_page()
    waiting: list[Route] = []
    page.route("https://example.com/**", lambda route: waiting.append(route))
    page.goto(address("記法の見本"))
    picture = page.locator(".picture img").first
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box and box["height"] > 100
    for route in waiting:
        route.abort()
    expect(page.locator(".picture-off").first).to_have_text("Image")
    context.close()


def test_everything_works_without_a_script(browser: Browser, origin: str, tmp_path: Path) -> None:
    context = browser.new_context(base_url=origin, viewport=DESK, locale="en-US", java_script_enabled=False)
    page = context.new_page()
    page.goto("/p/niwa")
    page.locator("#search").fill("wiki")
    page.locator("#search").press("Enter")
    page.get_by_role("link", name=GARDEN, exact=True).click()
    page.locator("#c1 .peek-fold summary").click()
    expect(page.locator("#c1 .peek-body")).to_contain_text("ばらばらの紙片から")
    page.get_by_role("button", name="Link to “KJ法”").click()
    expect(page.locator("#L11 .accepted")).to_have_text("KJ法")
    expect(page.locator("#notice")).to_contain_text("Accepted “KJ法”")
    page.locator("#notice [data-undo]").click()
    expect(page.locator("#L11 .mark")).to_have_text("KJ法")
    page.get_by_role("button", name="No to “検索”").click()
    page.locator("#notice").get_by_role("button", name="Already close").click()
    assert why_of(tmp_path, GARDEN) == ["too_near"]
    expect(page.locator("#notice")).to_contain_text("Suggestions from similar pages will count a little less")
    page.locator("#rejected > summary").click()
    page.locator("#rejected").get_by_role("button", name="Already close").click()
    assert why_of(tmp_path, GARDEN) == [""]
    page.locator("#rejected > summary").click()
    page.get_by_role("button", name="Undo the decision on “検索”").click()
    assert verdicts_of(tmp_path, GARDEN) == []
    page.locator(".settings summary").click()
    page.get_by_role("button", name="日本語").click()
    expect(page.get_by_role("heading", name="リンクの提案")).to_be_visible()
    context.close()


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, origin: str) -> None:
    context = browser.new_context(base_url=origin, viewport=PHONE, locale="ja-JP", has_touch=True, is_mobile=True)
    page = context.new_page()
    page.route("https://example.com/**", lambda route: route.abort())
    for path in ("/p/niwa", address(GARDEN), address("記法の見本"), address("芽"), "/nothing"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    context.close()


def test_on_a_phone_a_tapped_mark_brings_its_card_up(browser: Browser, origin: str) -> None:
    context = browser.new_context(base_url=origin, viewport=PHONE, locale="ja-JP", has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address(GARDEN))
    page.locator('.mark[data-card="1"]').tap()
    expect(page.locator("#c1")).to_be_in_viewport()
    box = page.get_by_role("button", name="「KJ法」へリンクする").bounding_box()
    assert box is not None and min(box["width"], box["height"]) >= 44, "large enough for a finger"
    page.get_by_role("button", name="「KJ法」へリンクする").tap()
    expect(page.locator("#L11 .accepted")).to_have_text("KJ法")
    context.close()


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_theme_follows_the_system_until_one_is_chosen(
    browser: Browser, origin: str, scheme: str, is_dark: bool
) -> None:
    context = browser.new_context(base_url=origin, locale="en-US", color_scheme="dark" if is_dark else "light")
    page = context.new_page()
    page.goto("/p/niwa")
    assert paper_is_dark(page) == is_dark
    page.locator(".settings summary").click()
    page.get_by_role("button", name="Light" if is_dark else "Dark").click()
    page.wait_for_url("**/p/niwa")
    expect(page.locator("html")).to_have_attribute("data-theme", "light" if is_dark else "dark")
    assert paper_is_dark(page) != is_dark
    context.close()


def paper_is_dark(page: Page) -> bool:
    colour: str = page.locator(".bar").evaluate("bar => getComputedStyle(bar).backgroundColor")
    return sum(map(int, re.findall(r"\d+", colour)[:3])) < 3 * 128


@pytest.mark.parametrize(("locale", "heading"), [("ja-JP", "リンクの提案"), ("en-US", "Suggested links")])
def test_the_screen_speaks_the_language_of_the_browser(
    browser: Browser, origin: str, locale: str, heading: str
) -> None:
    context = browser.new_context(base_url=origin, locale=locale)
    page = context.new_page()
    page.goto(address(GARDEN))
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    context.close()


def test_how_far_to_trust_the_suggestions_is_a_step_from_the_list(desk: Page, tmp_path: Path) -> None:
    desk.goto("/p/niwa")
    desk.get_by_role("link", name="Quality").click()
    expect(desk.get_by_text("linkassist evaluate")).to_be_visible()
    keep_a_report(tmp_path)
    desk.reload()
    expect(
        desk.get_by_text("Of every 10 suggestions shown at 70–80%, 7 were links that people had made")
    ).to_be_visible()
    diagram = desk.get_by_role("img", name="Predicted and actual")
    box = diagram.bounding_box()
    assert box is not None and box["width"] > 300
    desk.get_by_text("Show as a table").click()
    expect(desk.get_by_role("row", name="70–80% 60 75% 72%")).to_be_visible()


def test_how_far_to_trust_them_fits_a_phone_and_needs_no_script(browser: Browser, origin: str, tmp_path: Path) -> None:
    keep_a_report(tmp_path)
    context = browser.new_context(
        base_url=origin, viewport=PHONE, locale="ja-JP", is_mobile=True, java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/quality/niwa")
    page.get_by_text("表で見る").click()
    expect(page.get_by_role("row", name="70–80% 60 75% 72%")).to_be_visible()
    for table in page.get_by_role("table").all():
        box = table.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    context.close()


def keep_a_report(folder: Path) -> None:
    with Library.open(folder) as library:
        keep_report(library, project(library, PROJECT).id, report())
