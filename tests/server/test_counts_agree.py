"""Every screen and command that says how many suggestions there are says the same, and so does the last import."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient
from support.little_server import client_of, decide, little_client
from support.little_wiki import PROJECT
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.review.verdicts import ignore, ignore_titles_like, offer_at_most, show_from
from linkassist.store.library import Library
from linkassist.store.pages import list_pages, project

GARDEN = "庭としてのWiki"


def crawlable(folder: Path) -> TestClient:
    """A client of the little wiki without suggestions for the one page whose address the test client unquotes twice."""
    client = little_client(folder)
    with Library.open(folder) as library:
        ignore(library, project(library, PROJECT).id, "page", "100%2Fの謎")
    return client


def number_in(pattern: str, html: str) -> int:
    found = re.search(pattern, html, re.S)
    assert found, pattern
    return int(found[1].replace(",", ""))


def rows_of_list(client: TestClient, query: str) -> dict[str, int]:
    """{address of a page: its count} of every page of a list."""
    found: dict[str, int] = {}
    number = 1
    while rows := re.findall(r'<li class="row">.*?</li>', client.get(f"/p/{PROJECT}?{query}&page={number}").text, re.S):
        for row in rows:
            address = re.search(r'href="([^"]*)"', row)
            count = re.search(r"<small>([\d,]+) ", row)
            assert address
            found[address[1]] = int(count[1]) if count else 0
        number += 1
    return found


def counts_everywhere(client: TestClient, folder: Path) -> dict[str, int]:
    """The number of suggestions by every place that tells it."""
    listed = rows_of_list(client, "sort=title")
    with_suggestions = rows_of_list(client, "only=suggestions")
    badges = cards = chips = 0
    for address in listed:
        html = client.get(address).text
        badge = re.search(r'<span class="count">(\d+)</span>', html)
        n_open = html.count('data-state="open"')
        badges += int(badge[1]) if badge else 0
        cards += n_open
        every_chip = re.search(r'<nav class="groups".*?<small>(\d+)</small>', html, re.S)
        n_decided = len(re.findall(r'data-state="(?:accepted|rejected)"', html))
        chips += int(every_chip[1]) - n_decided if every_chip else n_open
    status = json.loads(CliRunner().invoke(app, ["status", "--json", "--library", str(folder)]).stdout)
    command = CliRunner().invoke(app, ["suggest", "--all", "--library", str(folder), "--language", "en"]).stdout
    shown = re.sub(r"\n  [\d,]+ more, less likely or held back\n(?:   .*\n)*", "\n", command)
    return {
        "home": number_in(r"([\d,]+) suggestions?</span>", client.get(f"/p/{PROJECT}").text),
        "list": sum(listed.values()),
        "list of pages with suggestions": sum(with_suggestions.values()),
        "badges": badges,
        "cards": cards,
        "chips": chips,
        "import": number_in(r"([\d,]+) suggestions?", client.get("/import").text),
        "settings": number_in(r"([\d,]+) suggestions? (?:is|are) shown now", client.get(f"/settings/{PROJECT}").text),
        "status": status["projects"][0]["suggestions"],
        "suggest": len(re.findall(r"^ +\d+%  (?:page|red|new)", shown, re.M)),
    }


@pytest.mark.parametrize(
    ("known", "new", "most", "patterns"),
    [(None, None, None, ()), (50, 45, None, ()), (10, 10, 2, ()), (25, 35, None, ("reading*", "庭*"))],
)
def test_every_place_counts_the_same(
    tmp_path: Path, known: int | None, new: int | None, most: int | None, patterns: tuple[str, ...]
) -> None:
    client = crawlable(tmp_path)
    with Library.open(tmp_path) as library:
        of = project(library, PROJECT).id
        show_from(library, of, known, new)
        offer_at_most(library, of, most)
        ignore_titles_like(library, of, patterns)
        n = sum(page.n_suggestions for page in list_pages(library, of, limit=100)[0])
    assert n > 0
    assert counts_everywhere(client, tmp_path) == dict.fromkeys(counts_everywhere(client, tmp_path), n)


def test_a_decision_is_counted_everywhere_at_once(tmp_path: Path) -> None:
    client = crawlable(tmp_path)
    decide(client, GARDEN, "KJ法", "accept")
    decide(client, GARDEN, "検索", "reject")
    counted = counts_everywhere(client, tmp_path)
    assert set(counted.values()) == {17}, counted


def test_a_page_that_is_below_the_floors_waits_in_no_queue(tmp_path: Path) -> None:
    client = crawlable(tmp_path)
    with Library.open(tmp_path) as library:
        show_from(library, project(library, PROJECT).id, 95, 95)
    fresh = client_of(tmp_path)
    assert "data-target" not in fresh.get(f"/queue/{quote(PROJECT)}").text
    assert set(counts_everywhere(client, tmp_path).values()) == {0}
