"""A whole evening in a real Chromium: import, queue, a page, outbox, and the changed wiki imported again."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from playwright.sync_api import Page as Tab
from support.drafted_wiki import PROJECT, pages_of_a_wiki
from support.little_browser import DESK, watched_page
from support.little_server import address, running_server, verdicts_of
from support.small_export import export_of

from linkassist.review.verdicts import show_from
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.wiki import Line, Page

pytestmark = pytest.mark.browser
LONG_MS = 240_000.0  # on a machine that is busy with other things


def take_in(tab: Tab, pages: Sequence[Page]) -> None:
    """Imports an export of the pages through the screen, to the end of the reindex."""
    tab.goto("/import")
    export = {"name": "notes.json", "mimeType": "application/json", "buffer": export_of(pages)}
    tab.set_input_files("#file", export)  # type: ignore[arg-type]
    tab.get_by_role("button", name="Start the import").click()
    expect(tab.locator("#run-title")).to_have_text("Importing notes.json")
    expect(tab.locator("#run-title")).to_have_text("Imported 庭の手帖", timeout=LONG_MS)


def card_of(tab: Tab) -> tuple[str, str]:
    """The page and the target of the queue's card."""
    return tab.locator(".said h2 a").inner_text(), tab.locator(".deck .card-target").inner_text()


def answer(tab: Tab, key: str, told: str) -> tuple[str, str]:
    """Answers the card of the queue by a key; returns its page and its target."""
    pair = card_of(tab)
    tab.keyboard.press(key)
    expect(tab.locator("#notice")).to_contain_text(told.format(pair[1]))
    return pair


def overwritten(pages: Sequence[Page], file: Path) -> list[Page]:
    """The wiki after Scrapbox has imported the file: pages of the same title are overwritten."""
    lines = {each["title"]: tuple(map(Line, each["lines"])) for each in json.loads(file.read_text("utf-8"))["pages"]}
    return [replace(page, lines=lines.get(page.title, page.lines), updated=page.updated + 1) for page in pages]


def link(tab: Tab, target: str) -> Locator:
    """What links the target in the text, or below it, as the wiki's own notation does."""
    return tab.locator(".text .link:not(.accepted)").get_by_text(target, exact=True)


def test_what_was_decided_in_an_evening_is_in_the_wiki_and_still_decided_after_the_next_import(
    browser: Browser, tmp_path: Path
) -> None:
    pages, folder = pages_of_a_wiki()[:22], tmp_path / "library"
    with running_server(folder) as origin, watched_page(browser, origin, DESK) as tab:
        take_in(tab, pages)
        with Library.open(folder) as library:
            show_from(library, project(library, PROJECT).id, 10, 10)  # so small a wiki has few likely links

        tab.goto(f"/queue/{PROJECT}")
        accepted = answer(tab, "a", "Accepted “{}”")
        dismissed = answer(tab, "r", "Dismissed “{}”")
        tab.keyboard.press("1")
        expect(tab.locator('#notice [data-key="1"]')).to_have_attribute("aria-pressed", "true")
        put_off = answer(tab, "l", "“{}” will be back tomorrow")

        on_page = card_of(tab)
        tab.locator(".said h2 a").click()
        expect(tab.locator("h1")).to_have_text(on_page[0])
        tab.get_by_role("button", name=f"Link to “{on_page[1]}”").click()
        expect(tab.locator(".card.is-accepted")).to_have_count(1)

        tab.goto(f"/outbox/{PROJECT}")
        expect(tab.locator(".diff li")).to_have_count(2)
        with tab.expect_download() as download:
            tab.get_by_text("Download the import file").click()
        changed = overwritten(pages, Path(download.value.path()))
        unlike = {new.title for new, old in zip(changed, pages, strict=True) if new.texts != old.texts}
        assert unlike == {accepted[0], on_page[0]}

        take_in(tab, changed)
        expect(tab.locator("#run")).to_contain_text("changed")
        tab.goto(f"/outbox/{PROJECT}")
        expect(tab.get_by_text("Nothing to write back")).to_be_visible()
        for title, target in (accepted, on_page):
            tab.goto(address(title))
            expect(link(tab, target)).not_to_have_count(0)
            expect(tab.locator(f'.card[data-target="{target}"][data-state="open"]')).to_have_count(0)
            assert [(each.target, each.decision) for each in verdicts_of(folder, title)] == [(target, "accept")]
        [kept] = verdicts_of(folder, dismissed[0])
        assert (kept.target, kept.decision) == (dismissed[1], "reject") and kept.why
        tab.goto(f"/settings/{PROJECT}")
        expect(tab.locator("#rejected")).to_contain_text(dismissed[1])
        tab.goto(f"/queue/{PROJECT}")
        expect(tab.locator(".news")).to_contain_text(re.compile(r"\b2 links"))
        tab.get_by_role("button", name="Close this message").click()
        expect(tab.locator(".news")).to_have_count(0)
        assert card_of(tab) not in (accepted, dismissed, put_off, on_page)
