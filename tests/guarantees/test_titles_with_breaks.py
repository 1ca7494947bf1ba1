"""Titles that hold line breaks and other control characters: each address and form that the screens print for them
leads to their page, as a browser sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import requests
from support.little_server import running_server, verdicts_of
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.scrapbox.notation import page_links
from linkassist.server.urls import (
    like_address,
    outbox_address,
    page_address,
    preview_address,
    project_address,
    queue_address,
    settings_address,
)
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import find_page
from linkassist.store.runs import finish_run, start_run
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggestion import Mention, Reason, Suggestion
from linkassist.wiki import Line, Page, title_key

TITLES = (
    "line\nfeed",
    "carriage\rreturn",
    "both\r\nof them",
    "ends with one\n",
    "\nbegins with one",
    "\n",
    "a/b\nc%0Ad",
    "nul \0 escape \x1b bell \x07",
    "line\u2028paragraph\u2029next\x85",
    "tab\tvertical\x0bform\x0c",
    'a&b\n"c"\'<d>',
)
BREAK = re.compile(r"\r\n?|\n")


class Screen(HTMLParser):
    """The links and forms of a screen, read as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(BREAK.sub("\n", html).replace("\0", "\ufffd"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "a":
            self.links.append(re.sub(r"[\t\n]", "", given.get("href", "").strip(" \n\t\f")))
        elif tag == "form":
            self.forms.append((given.get("action", ""), {}))
        elif tag == "input" and "name" in given and given.get("type") == "hidden":
            self.forms[-1][1][given["name"]] = BREAK.sub("\r\n", given.get("value", ""))

    def form(self, action: str) -> dict[str, str]:
        """What the first form that is sent there holds."""
        return next(fields for to, fields in self.forms if to == action)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("breaks")
    write_little_wiki(folder)
    pages = [
        Page(title, (Line(title), Line(f"{TITLES[place - 1]} and words")), updated=place)
        for place, title in enumerate(TITLES, 1)
    ]
    with Library.open(folder) as library:
        project = import_pages(library, PROJECT, PROJECT, 1, pages, page_links).project
        run_id = start_run(library, "reindex", project.id)
        made = []
        for place, title in enumerate(TITLES):
            target = TITLES[place - 1]  # each page says the title before its own
            mention = Mention(1, 0, len(target), target)
            suggestion = Suggestion(target, "page", 0.9, (mention,), (Reason("popular", count=4),))
            made.append((find_page(library, project.id, title_key(title)).id, [suggestion]))
        replace_suggestions(library, project.id, run_id, made)
        finish_run(library, run_id, "done", {"pages": len(pages)})
    return folder


@pytest.fixture(scope="module")
def origin(library: Path) -> Iterator[str]:
    with running_server(library) as address:
        yield address


def get(origin: str, address: str) -> str:
    response = requests.get(origin + address, headers={"Accept-Language": "en"}, timeout=30)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


def post(origin: str, address: str, fields: dict[str, str]) -> str:
    """Where the answer to the form leads."""
    response = requests.post(
        origin + address, data=fields, headers={"Origin": origin}, allow_redirects=False, timeout=30
    )
    assert response.status_code == 303, (address, fields, re.findall(r"<h1>.*?</main>", response.text, re.S))
    location = response.headers["location"]
    assert location.isascii() and location.isprintable() and " " not in location
    return location


@pytest.mark.parametrize("title", TITLES)
def test_every_address_of_the_page_leads_there(origin: str, title: str) -> None:
    address = page_address(PROJECT, title)
    assert address.isascii() and address.isprintable()
    assert "and words" in get(origin, address)
    assert "and words" in get(origin, preview_address(PROJECT, title))
    assert page_address(PROJECT, title) in get(origin, like_address(PROJECT, title))


def test_every_link_that_a_screen_prints_leads_somewhere(origin: str) -> None:
    screens = [project_address(PROJECT), queue_address(PROJECT), outbox_address(PROJECT), settings_address(PROJECT)]
    screens += [page_address(PROJECT, title) for title in TITLES]
    printed = {link.partition("#")[0] for screen in screens for link in Screen(get(origin, screen)).links}
    of_titles = {link for link in printed if link.startswith((f"/p/{PROJECT}/", f"/like/{PROJECT}/"))}
    assert {page_address(PROJECT, title) for title in TITLES} <= of_titles
    for link in sorted(of_titles):
        get(origin, link)


@pytest.mark.parametrize("title", TITLES)
def test_a_choice_of_language_comes_back_to_the_page(origin: str, title: str) -> None:
    address = page_address(PROJECT, title)
    form = Screen(get(origin, address)).form("/preferences")
    assert post(origin, "/preferences", form | {"language": "ja"}) == address


@pytest.mark.parametrize("title", TITLES)
def test_a_verdict_is_kept_for_the_page_and_taken_back(origin: str, library: Path, title: str) -> None:
    target = TITLES[TITLES.index(title) - 1]
    form = Screen(get(origin, page_address(PROJECT, title))).form("/verdict")
    location = post(origin, "/verdict", form | {"decision": "reject"})
    assert location.startswith(page_address(PROJECT, title) + "?")
    assert [(each.target, each.decision) for each in verdicts_of(library, title)] == [(target, "reject")]
    after = Screen(get(origin, location.partition("#")[0]))
    undone = post(origin, "/verdict", after.form("/verdict") | {"decision": "undo"})
    assert undone.startswith(page_address(PROJECT, title))
    assert verdicts_of(library, title) == []


@pytest.mark.parametrize("title", TITLES)
def test_an_answer_among_the_pages_alike_is_kept(origin: str, library: Path, title: str) -> None:
    target = TITLES[TITLES.index(title) - 1]
    address = like_address(PROJECT, target)
    location = post(origin, address, Screen(get(origin, address)).form(address) | {"decision": "accept"})
    assert unquote(urlsplit(location).path) == unquote(address)
    assert [(each.target, each.decision) for each in verdicts_of(library, title)] == [(target, "accept")]
    undone = post(origin, address, Screen(get(origin, location)).form(address) | {"decision": "undo"})
    get(origin, undone)
    assert verdicts_of(library, title) == []


def test_the_queue_goes_through_all_of_them(origin: str, library: Path) -> None:
    address = queue_address(PROJECT)
    for _ in range(3):  # sittings, each of some cards
        here = address
        while 'class="answers"' in (html := get(origin, here)):
            here = urljoin(address, post(origin, address, Screen(html).form(address) | {"answer": "accept"}))
    assert [[each.decision for each in verdicts_of(library, title)] for title in TITLES] == [["accept"]] * len(TITLES)
    assert {page_address(PROJECT, title) for title in TITLES} <= set(Screen(get(origin, outbox_address(PROJECT))).links)
