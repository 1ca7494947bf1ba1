"""The UserScript in a real Chromium, in a page of scrapbox.io that imitates the editor: `scrapbox_editor.html`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect
from playwright.sync_api import Error as PlaywrightError
from support.little_browser import DESK, PHONE
from support.little_server import running_server, verdicts_of
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.write_back.outbox import n_waiting
from linkassist.wiki import title_key

pytestmark = pytest.mark.browser

GARDEN = "庭としてのWiki"
SITE = "https://scrapbox.io/niwa/editor"
EDITOR = Path(__file__).parents[1] / "support" / "scrapbox_editor.html"
LINE = "[gardener.icon] 最近はKJ法のラベル集めにも使っている"
LINKED = "[gardener.icon] 最近は[KJ法]のラベル集めにも使っている"
LONG_MS = 60_000


@pytest.fixture
def wiki(tmp_path: Path) -> Path:
    write_little_wiki(tmp_path)
    return tmp_path


@pytest.fixture
def origin(wiki: Path) -> Iterator[str]:
    with running_server(wiki) as address:
        yield address


def lines_of(wiki: Path, title: str = GARDEN) -> list[str]:
    with Library.open(wiki) as library:
        return list(find_page(library, project(library, PROJECT).id, title_key(title)).page.texts)


@contextmanager
def editor(
    browser: Browser,
    script: str,
    *,
    locale: str = "en-US",
    theme: Literal["light", "dark"] = "light",
    phone: bool = False,
) -> Iterator[Page]:
    """The editor with the script in it. Fails at the end if an error was thrown in the page."""
    context = browser.new_context(viewport=PHONE if phone else DESK, locale=locale, color_scheme=theme)
    with suppress(PlaywrightError):  # a Chromium that does not know this permission does not ask for it
        context.grant_permissions(["local-network-access"], origin="https://scrapbox.io")
    context.route("https://scrapbox.io/**", lambda route: route.fulfill(path=EDITOR, content_type="text/html"))
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.on("console", lambda said: note_warning(said, thrown))
    page.goto(SITE)
    if theme == "dark":
        page.evaluate("document.documentElement.classList.add('dark')")
    page.add_script_tag(content=script)
    yield page
    context.close()
    assert thrown == []


def note_warning(said: ConsoleMessage, thrown: list[str]) -> None:
    if said.type in ("error", "warning") and "linkassist" in said.text and "net::" not in said.text:
        thrown.append(said.text)


def copied_script(browser: Browser, origin: str) -> str:
    """The block that the button of the settings copies, as Scrapbox runs it."""
    context = browser.new_context(base_url=origin, viewport=DESK, locale="en-US")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"/settings/{PROJECT}")
    page.get_by_role("button", name="Copy the script").click()
    expect(page.locator("#notice")).to_contain_text("Copied the script")
    head, *rest = str(page.evaluate("navigator.clipboard.readText()")).split("\n")
    context.close()
    assert head == "code:script.js" and all(line.startswith(" ") for line in rest)
    return "\n".join(line[1:] for line in rest)


def opened(page: Page, lines: list[str]) -> None:
    page.evaluate("lines => reader.opens(lines)", lines)


def says(page: Page) -> list[str]:
    found: list[str] = page.evaluate("reader.says()")
    return found


def mark(page: Page, target: str) -> Locator:
    return page.get_by_role("button", name=f"Suggested link: {target}")


def menu_item(page: Page, text: str) -> Locator:
    return page.locator("nav li button", has_text=text)


def test_a_link_is_accepted_in_the_page_undone_there_and_both_are_told(
    browser: Browser, origin: str, wiki: Path
) -> None:
    with editor(browser, copied_script(browser, origin)) as page:
        lines = lines_of(wiki)
        opened(page, lines)
        mark(page, "KJ法").click()
        card = page.get_by_role("dialog")
        expect(card).to_contain_text("86 %")
        expect(card.locator("mark")).to_have_text("[KJ法]")
        assert page.evaluate("document.activeElement.shadowRoot.activeElement.textContent") == "Link"
        card.get_by_role("button", name="Link", exact=True).click()
        expect(page.locator(".line", has_text="最近は").locator(".link", has_text="KJ法")).to_be_visible()
        assert says(page) == [LINKED if text == LINE else text for text in lines]
        expect(mark(page, "KJ法")).to_have_count(0)
        page.wait_for_function("() => !document.querySelector('nav').textContent.includes('not delivered')")
        wait_for(page, lambda: [each.decision for each in verdicts_of(wiki, GARDEN)] == ["accept"])
        with Library.open(wiki) as library:
            assert n_waiting(library, project(library, PROJECT).id) == 0
        page.evaluate("reader.undoes()")
        assert says(page) == lines
        wait_for(page, lambda: verdicts_of(wiki, GARDEN) == [])
        expect(mark(page, "KJ法")).to_be_visible()


def wait_for(page: Page, is_so: object) -> None:
    for _ in range(200):
        if is_so():  # type: ignore[operator]
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come about within ten seconds")


def test_a_no_is_told_and_the_mark_is_gone(browser: Browser, origin: str, wiki: Path) -> None:
    with editor(browser, copied_script(browser, origin)) as page:
        opened(page, lines_of(wiki))
        mark(page, "つながり").click()
        page.get_by_role("button", name="Don't link").click()
        expect(mark(page, "つながり")).to_have_count(0)
        wait_for(page, lambda: [each.decision for each in verdicts_of(wiki, GARDEN)] == ["reject"])
        assert says(page) == lines_of(wiki)


def test_the_page_menu_has_the_suggestions_and_one_without_words_goes_to_the_end(
    browser: Browser, origin: str, wiki: Path
) -> None:
    with editor(browser, copied_script(browser, origin)) as page:
        lines = lines_of(wiki)
        opened(page, lines)
        expect(mark(page, "KJ法")).to_be_visible()
        page.get_by_role("button", name="linkassist").click()
        expect(menu_item(page, "KJ法 · 86 %")).to_be_visible()
        menu_item(page, "Reading notes").click()
        card = page.get_by_role("dialog")
        expect(card).to_contain_text("Added at the end of the page")
        page.keyboard.press("Enter")
        expect(page.locator(".link", has_text="Reading notes")).to_be_visible()
        assert says(page) == [*lines, "[Reading notes]"]


def test_a_menu_that_cannot_be_emptied_has_each_suggestion_once(browser: Browser, origin: str, wiki: Path) -> None:
    bare = """window.items = [];
    scrapbox.PageMenu = { addMenu() {}, addItem: (item) => items.push(item) };
    """
    with editor(browser, bare + copied_script(browser, origin)) as page:
        opened(page, lines_of(wiki))
        expect(mark(page, "KJ法")).to_be_visible()
        page.evaluate("reader.types(3, '別の行')")
        expect(mark(page, "KJ法")).to_be_visible()
        titles = page.evaluate("items.map((item) => item.title)")
        assert "KJ法 · 86 %" in titles and len(titles) == len(set(titles))
        page.evaluate("items.find((item) => item.title.startsWith('KJ法')).onClick()")
        expect(page.get_by_role("dialog")).to_contain_text("86 %")


def test_a_line_that_has_moved_is_found_and_one_that_has_changed_is_left(
    browser: Browser, origin: str, wiki: Path
) -> None:
    with editor(browser, copied_script(browser, origin)) as page:
        lines = lines_of(wiki)
        opened(page, lines)
        mark(page, "KJ法").click()
        page.evaluate("scrapbox.Page.insertLine('前の行', 1)")
        expect(page.get_by_text("前の行")).to_be_visible()
        page.get_by_role("button", name="Link", exact=True).click()
        moved = [lines[0], "前の行", *lines[1:]]
        wait_for(page, lambda: says(page) == [LINKED if text == LINE else text for text in moved])
        mark(page, "孤立したページ").click()
        place = next(number for number, text in enumerate(says(page)) if "孤立したページ" in text)
        page.evaluate("n => reader.types(n, ' 1. 孤立したページはどこ')", place)
        expect(page.get_by_text("はどこ")).to_be_visible()
        before = says(page)
        page.get_by_role("button", name="Link", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("This line has changed since")
        assert says(page) == before


def test_another_page_has_its_own_suggestions_and_a_list_of_pages_has_none(
    browser: Browser, origin: str, wiki: Path
) -> None:
    with editor(browser, copied_script(browser, origin)) as page:
        opened(page, lines_of(wiki))
        expect(mark(page, "KJ法")).to_be_visible()
        opened(page, lines_of(wiki, "記法の見本"))
        expect(mark(page, "書き方")).to_be_visible()
        expect(mark(page, "つながり")).to_have_count(0)
        page.evaluate("reader.opens(null)")
        expect(mark(page, "書き方")).to_have_count(0)


def test_without_an_answer_the_page_goes_on_and_the_menu_says_so(browser: Browser, wiki: Path) -> None:
    with running_server(wiki) as origin:
        script = copied_script(browser, origin)
    with editor(browser, script) as page:
        opened(page, lines_of(wiki))
        page.get_by_role("button", name="linkassist").click()
        expect(menu_item(page, "linkassist does not answer")).to_be_visible()
        expect(page.get_by_role("status")).to_have_text("")
        page.evaluate("reader.types(1, '書き続ける')")
        expect(page.get_by_text("書き続ける")).to_be_visible()


def test_an_answer_given_while_linkassist_is_gone_is_told_later(browser: Browser, origin: str, wiki: Path) -> None:
    with editor(browser, copied_script(browser, origin)) as page:
        opened(page, lines_of(wiki))
        mark(page, "KJ法").click()
        page.route("**/userscript/**", lambda route: route.abort())
        page.get_by_role("button", name="Link", exact=True).click()
        expect(page.locator(".link", has_text="KJ法").last).to_be_visible()
        page.get_by_role("button", name="linkassist").click()
        expect(menu_item(page, "not delivered to linkassist yet: 1")).to_be_visible()
        assert verdicts_of(wiki, GARDEN) == []
        page.unroute("**/userscript/**")
        page.evaluate("reader.types(2, '手を入れる')")
        wait_for(page, lambda: [each.decision for each in verdicts_of(wiki, GARDEN)] == ["accept"])


def test_a_revoked_script_says_so_and_shows_nothing(browser: Browser, origin: str, wiki: Path) -> None:
    script = copied_script(browser, origin)
    context = browser.new_context(base_url=origin, locale="en-US")
    settings = context.new_page()
    settings.goto(f"/settings/{PROJECT}")
    settings.get_by_role("button", name="Revoke all copies").click()
    expect(settings.locator("#notice")).to_contain_text("Revoked.")
    context.close()
    with editor(browser, script) as page:
        opened(page, lines_of(wiki))
        page.get_by_role("button", name="linkassist").click()
        expect(menu_item(page, "no longer valid")).to_be_visible()


def test_a_title_that_looks_like_markup_is_text(browser: Browser, origin: str, wiki: Path) -> None:
    with editor(browser, copied_script(browser, origin)) as page:
        evil = '<img src=x onerror="window.harmed = 1">'
        answer = {
            "version": "x",
            "state": "found",
            "suggestions": [
                {
                    "target": evil, "kind": "new", "percent": 50, "reason": evil, "is_draft": False,
                    "places": [{"line": 1, "before": evil, "after": f"[{evil}]", "surface": evil, "nth": 0,
                                "mention": ""}],
                }
            ],
        }  # fmt: skip
        headers = {
            "Access-Control-Allow-Origin": "https://scrapbox.io",
            "Access-Control-Allow-Headers": "*, Authorization",
        }
        page.route("**/userscript/**", lambda route: route.fulfill(json=answer, headers=headers))
        opened(page, ["題", evil])
        page.get_by_role("button", name="Suggested link").click()
        expect(page.get_by_role("dialog").locator("h2")).to_have_text(evil)
        assert page.evaluate("window.harmed") is None


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_speaks_japanese_and_follows_the_pages_colours(
    browser: Browser, origin: str, wiki: Path, theme: Literal["light", "dark"], phone: bool
) -> None:
    with editor(browser, copied_script(browser, origin), locale="ja-JP", theme=theme, phone=phone) as page:
        opened(page, lines_of(wiki))
        page.get_by_role("button", name="リンクの候補: KJ法").click()
        card = page.get_by_role("dialog")
        expect(card.get_by_role("button", name="リンクにする")).to_be_visible()
        dark = card.evaluate("card => getComputedStyle(card).backgroundColor") == "rgb(30, 35, 39)"
        assert dark == (theme == "dark")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        box = card.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]  # type: ignore[index]


def test_words_that_are_typed_get_marks_of_their_own(browser: Browser, drafted: Path) -> None:
    with running_server(drafted) as origin, editor(browser, copied_script(browser, origin)) as page:
        opened(page, lines_of(drafted, "覚え書き 1"))
        page.evaluate("reader.types(99, '雨の日に図書館へ')")
        expect(mark(page, "図書館")).to_be_visible(timeout=LONG_MS)
        mark(page, "図書館").click()
        page.get_by_role("button", name="Link", exact=True).click()
        wait_for(page, lambda: says(page)[-1] == "雨の日に[図書館]へ")
