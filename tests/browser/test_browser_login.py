"""The login in Chromium: by the keyboard and without a script, and what a page does when its session has ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from support.little_browser import PHONE
from support.little_server import address, running_server, verdicts_of
from support.locked_wiki import WORD, cheap_access, write_locked_wiki

from linkassist.server.auth.password import write_access

pytestmark = pytest.mark.browser

PAGE = address("庭としてのWiki")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("locked")
    write_locked_wiki(found)
    return found


@pytest.fixture(scope="module")
def origin(folder: Path) -> Iterator[str]:
    with running_server(folder) as found:
        yield found


def test_without_a_script_and_by_the_keyboard_one_comes_in_and_goes_out(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE, locale="en-US")
    page = context.new_page()
    page.goto(origin + PAGE)
    page.keyboard.type("not the password")  # the field has the focus
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("Wrong password.").wait_for()
    page.keyboard.type(WORD)
    page.keyboard.press("Enter")
    page.wait_for_url(origin + PAGE)
    page.locator(".settings summary").press("Enter")
    page.get_by_role("button", name="Log out").press("Enter")
    page.wait_for_url(origin + "/login")
    assert context.cookies() == []
    page.goto(origin + PAGE)
    assert page.get_by_role("heading", name="Log in").is_visible()
    context.close()


def test_a_page_whose_session_has_ended_leads_to_the_login(browser: Browser, origin: str, folder: Path) -> None:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(origin + PAGE)
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(WORD)
    page.keyboard.press("Enter")
    page.wait_for_url(origin + PAGE)
    write_access(folder, cheap_access("another password"))
    page.keyboard.press("a")
    expect(page.get_by_label("Password")).to_be_focused()
    assert verdicts_of(folder, "庭としてのWiki") == []
    page.keyboard.type("another password")
    page.keyboard.press("Enter")
    page.wait_for_url(origin + PAGE)
    context.close()
