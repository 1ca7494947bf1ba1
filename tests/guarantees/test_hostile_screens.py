"""Titles and lines full of markup, scripts, control and direction marks: text on every screen and in every file."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, ViewportSize
from support.hostile_wiki import LINES, PROJECT, TITLES, write_hostile_wiki
from support.little_browser import DESK, PHONE, PICTURE
from support.little_server import client_of, running_server

from linkassist.scrapbox.export import read_export
from linkassist.scrapbox.notation import page_links
from linkassist.server.urls import like_address, page_address, preview_address, search_address
from linkassist.wiki import title_key

PLAIN = [
    "/",
    f"/p/{PROJECT}",
    f"/queue/{PROJECT}",
    f"/outbox/{PROJECT}",
    f"/settings/{PROJECT}",
    f"/quality/{PROJECT}",
    f"/draft/{PROJECT}",
    "/import",
    *(search_address(PROJECT, title[:50]) for title in TITLES),
]
OF_TITLES = [make(PROJECT, title) for title in TITLES for make in (page_address, like_address, preview_address)]
SCHEMES = ("http:", "https:", "/", "#", "?", "mailto:")


class Markup(HTMLParser):
    """What a page is made of: scripts, attributes that run something, addresses and frames."""

    def __init__(self) -> None:
        super().__init__()
        self.harm: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag in ("iframe", "object", "embed", "base", "style") or (tag == "script" and "src" not in given):
            self.harm.append(tag)
        for name, value in attributes:
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.harm.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction") and not (value or "").startswith(SCHEMES):
                self.harm.append(f"{tag} {name}={value}")
            if name == "src" and tag == "script" and not (value or "").startswith("/static/"):
                self.harm.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    write_hostile_wiki(folder)
    return folder


@pytest.fixture(scope="module")
def origin(library: Path) -> Iterator[str]:
    with running_server(library) as origin:
        yield origin


def read(address: str, language: str) -> Markup:
    answer = requests.get(address, headers={"Accept-Language": language}, timeout=20)
    assert answer.status_code == 200, answer.text[:500]
    markup = Markup()
    markup.feed(answer.text)
    return markup


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_screen_holds_markup_that_the_wiki_brought(origin: str, language: str) -> None:
    for address in (*PLAIN, *OF_TITLES):
        assert read(origin + address, language).harm == [], address


@pytest.mark.parametrize("title", TITLES)
def test_a_page_shows_its_title_and_lines_as_they_are(origin: str, title: str) -> None:
    markup = read(origin + page_address(PROJECT, title), "ja")
    assert title.strip() in markup.words
    assert "<script>window.harmed=1</script>" in markup.words
    assert "<style>body{display:none}</style>" in markup.words


def test_accepted_links_leave_as_the_same_text(tmp_path: Path) -> None:
    """Also through the import file, whose name in the header is our own. What holds a bracket can be no link."""
    write_hostile_wiki(tmp_path)
    with client_of(tmp_path) as client:
        for number, title in enumerate(TITLES):
            said = TITLES[(number + 2) % len(TITLES)]
            form = {"project": PROJECT, "page": title, "target": said, "decision": "accept"}
            assert client.post("/verdict", data=form, follow_redirects=False).status_code == 303
        markup = Markup()
        markup.feed(client.get(f"/outbox/{PROJECT}").text)
        assert markup.harm == []
        answer = client.get(f"/outbox/{PROJECT}/import.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="linkassist-import.json"'
    pages = {page.title: page.texts for page in read_export(io.BytesIO(answer.content))}
    linkable = {title for number, title in enumerate(TITLES) if not set(TITLES[(number + 2) % len(TITLES)]) & set("[]")}
    assert pages.keys() == linkable
    assert len(linkable) == len(TITLES) - 1
    for number, title in enumerate(TITLES):
        if title in linkable:
            said = TITLES[(number + 2) % len(TITLES)]
            texts = list(pages[title])
            assert [texts[0], *texts[2:]] == [title, *LINES]
            assert title_key(said) in {link.key for link in page_links(texts[:2])}


def test_a_terminal_gets_no_orders_from_a_wiki(library: Path) -> None:
    for command in (["suggest", "--all"], ["status"], ["import", str(library / "hostile.json"), "--no-reindex"]):
        run = [sys.executable, "-m", "linkassist", *command, "--library", str(library)]
        done = subprocess.run(run, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        words = (done.stdout + done.stderr).decode()
        assert not set(words) & set("\x00\x07\x1b\x7f\x9b\u202e\u2066\u2069\u2028"), command
        assert command[0] != "suggest" or "ring␇ ␛[2J" in words


@pytest.mark.browser
@pytest.mark.parametrize(("viewport", "theme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_nothing_that_the_wiki_brought_runs_in_chromium(
    browser: Browser, origin: str, viewport: ViewportSize, theme: Literal["light", "dark"]
) -> None:
    logged: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            logged.append(message.text)

    context = browser.new_context(viewport=viewport, color_scheme=theme)
    answer = {"content_type": "image/svg+xml", "body": PICTURE}
    context.route(lambda url: not url.startswith(origin), lambda route: route.fulfill(**answer))
    page = context.new_page()
    page.on("dialog", lambda dialog: logged.append(dialog.message))
    page.on("console", note)
    for address in (*PLAIN[:8], *(page_address(PROJECT, title) for title in TITLES[::2])):
        page.goto(origin + address)
        assert page.evaluate("window.harmed") is None, address
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], address
        assert page.locator("main").is_visible(), address
    context.close()
    assert logged == []


@pytest.mark.browser
def test_a_title_that_turns_the_writing_turns_only_itself(browser: Browser, origin: str) -> None:
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.goto(f"{origin}/p/{PROJECT}")
    turned = page.locator("a", has_text="txt.exe").first
    assert turned.evaluate("element => getComputedStyle(element).unicodeBidi") == "isolate"
    context.close()
