"""What holds on every screen in Chromium: it fits any width, nothing jumps, focus shows, and `?` opens the keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize
from support.all_screens import SCREENS, Origins, every_screen, looking_page, screen_at
from support.little_browser import DESK, PHONE

pytestmark = pytest.mark.browser

WIDTHS = (360, 390, 641, 768, 961, 1280, 2560)
LARGEST_SHIFT = 0.05  # of the layout, cumulated, without unit: https://web.dev/articles/cls

# The cumulative layout shift since the page began to load, once two frames have been painted after the load.
SHIFT = """() => new Promise(resolve => {
    let sum = 0;
    new PerformanceObserver(list => { for (const shift of list.getEntries()) sum += shift.value; })
        .observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum), 50)));
})"""

# What can be reached by Tab and shows nothing when it is: neither an outline nor another look than before.
UNMARKED = """() => {
    const seen = element => {
        const style = getComputedStyle(element);
        return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor, style.backgroundColor];
    };
    const around = element => [element, element.parentElement, element.parentElement?.parentElement].filter(Boolean);
    const active = document.activeElement;
    if (!active || active === document.body) return "";
    const focused = around(active).map(seen).join();
    active.blur();
    const blurred = around(active).map(seen).join();
    active.focus({ preventScroll: true, focusVisible: true });
    return focused === blurred ? active.outerHTML.slice(0, 160) : "";
}"""


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origins]:
    with every_screen(tmp_path_factory.mktemp("screens")) as running:
        yield running


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Page]:
    with looking_page(browser, DESK) as page:
        yield page


@pytest.mark.parametrize("locale", ["ja-JP", "en-US"])
def test_no_screen_scrolls_sideways_at_any_width(browser: Browser, origins: Origins, locale: str) -> None:
    too_wide = []
    with looking_page(browser, DESK, locale) as page:
        for name in SCREENS:
            page.goto(screen_at(origins, name))
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 300})  # less to paint
                wide = page.evaluate("document.documentElement.scrollWidth")
                too_wide += [f"{name} is {wide} px wide at {width}"] if wide > width else []
    assert too_wide == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_jumps_while_a_screen_loads(browser: Browser, origins: Origins, viewport: ViewportSize) -> None:
    shifts = {}
    with looking_page(browser, viewport) as page:
        for name in SCREENS:
            page.goto(screen_at(origins, name))
            shifts[name] = page.evaluate(SHIFT)
    assert {name: shift for name, shift in shifts.items() if shift >= LARGEST_SHIFT} == {}


def test_a_jump_would_be_seen(desk: Page, origins: Origins) -> None:
    desk.goto(screen_at(origins, "home"))
    desk.evaluate("document.querySelector('.bar').insertAdjacentHTML('afterend', '<br>'.repeat(20))")
    assert desk.evaluate(SHIFT) >= LARGEST_SHIFT


def test_whatever_tab_reaches_shows_that_it_is_reached(desk: Page, origins: Origins) -> None:
    unmarked = set()
    for name in SCREENS:
        desk.goto(screen_at(origins, name))
        if name != "home":  # what stands above the content is the same on all
            desk.locator("#content").focus()
        for _ in range(25 if name == "home" else 10):
            desk.keyboard.press("Tab")
            unmarked.add(f"{name}: {desk.evaluate(UNMARKED)}")
    assert [each for each in sorted(unmarked) if not each.endswith(": ")] == []


def test_a_focus_that_does_not_show_would_be_seen(desk: Page, origins: Origins) -> None:
    desk.goto(screen_at(origins, "home"))
    desk.keyboard.press("Tab")
    desk.keyboard.press("Tab")
    desk.evaluate("document.activeElement.style.outline = 'none'")
    assert desk.evaluate(UNMARKED).startswith("<a")


def test_the_keys_dialog_opens_by_key_and_closes_on_every_screen(desk: Page, origins: Origins) -> None:
    for name in SCREENS:
        desk.goto(screen_at(origins, name))
        desk.evaluate("document.activeElement.blur()")  # the login begins in its field
        desk.keyboard.press("?")
        assert desk.locator("dialog#keys").is_visible(), name
        desk.keyboard.press("Escape")
        assert not desk.locator("dialog#keys").is_visible(), name
