"""More like this, and never this word: through the app, from a card and on the screen of one target."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.little_server import address, decide, little_client, verdicts_of
from support.little_wiki import AWKWARD_TITLES, PROJECT

from linkassist.server.urls import like_address

GARDEN = "庭としてのWiki"


def targets(client: TestClient, title: str = GARDEN) -> list[str]:
    shown = client.get(address(title)).text
    return [html.unescape(target) for target in re.findall(r'data-target="([^"]*)" data-state="open"', shown)]


def never(client: TestClient, target: str, decision: str = "never", page: str = GARDEN) -> str:
    form = {"project": PROJECT, "page": page, "target": target, "decision": decision}
    response = client.post("/never", data=form, follow_redirects=False)
    assert response.status_code == 303, response.text
    return client.get(response.headers["location"]).text


def pages(shown: str) -> list[str]:
    return [html.unescape(title) for title in re.findall(r'<h3><a href="[^"]*" data-walk>([^<]*)</a>', shown)]


def answer(client: TestClient, target: str, page: str, decision: str) -> str:
    form = {"page": page, "target": target, "decision": decision}
    response = client.post(like_address(PROJECT, target), data=form)
    assert response.status_code == 200, response.text
    return response.text


def test_the_cards_stand_in_lanes_with_headings_best_first_in_each(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    shown = client.get(address(GARDEN)).text
    assert re.findall(r'<h3 class="lane"[^>]*>([^<]*)</h3>', shown) == [
        "In the text",
        "Related pages",
        "Red and new links",
    ]
    assert targets(client) == ["KJ法", "検索", "Reading notes", "孤立したページ", "つながり", "草むしり"]


def test_a_decided_card_stays_in_its_lane(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    shown = decide(client, GARDEN, "KJ法", "accept")
    assert shown.index('data-target="KJ法"') < shown.index("Related pages")


@pytest.mark.parametrize(
    ("language", "said", "undone"),
    [
        ("en", "“KJ法” will not be suggested any more", "“KJ法” will be suggested again"),
        ("ja", "「KJ法」はもう提案しません", "「KJ法」をまた提案します"),
    ],
)
def test_never_this_word_from_a_card_holds_everywhere_and_is_undone_in_the_notice(
    tmp_path: Path, language: str, said: str, undone: str
) -> None:
    client = little_client(tmp_path, language)
    before = targets(client), targets(client, "記法の見本")
    shown = never(client, "KJ法")
    assert said in shown and 'value="again" data-undo' in shown
    assert "KJ法" not in targets(client) and "KJ法" not in targets(client, "記法の見本")
    assert undone in never(client, "KJ法", "again")
    assert (targets(client), targets(client, "記法の見本")) == before


def test_an_old_address_does_not_claim_what_is_no_longer_so(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    assert "is never suggested now" not in client.get(address(GARDEN) + "?did=never&target=KJ法").text


def test_an_ignored_page_says_why_it_is_empty(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    client.post(f"/settings/{PROJECT}/ignored", data={"sort": "page", "title": GARDEN, "action": "add"})
    shown = client.get(address(GARDEN)).text
    assert "This page gets no suggestions" in shown and f'href="/settings/{PROJECT}#pages"' in shown


def test_every_page_that_is_suggested_the_target_is_listed_with_its_line(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    shown = client.get(like_address(PROJECT, "KJ法")).text
    assert pages(shown) == ["記法の見本", GARDEN], "the likeliest first"
    assert "<ins>[</ins><em>KJ法</em><ins>]</ins>のラベル集めにも使っている" in shown
    assert set(pages(client.get(like_address(PROJECT, "道具")).text)) == set(AWKWARD_TITLES)


def test_a_page_is_answered_there_and_the_answer_taken_back(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    shown = answer(client, "KJ法", GARDEN, "accept")
    assert pages(shown) == ["記法の見本"] and f"Accepted on “{GARDEN}”" in shown
    (verdict,) = verdicts_of(tmp_path, GARDEN)
    assert (verdict.decision, verdict.mention.surface if verdict.mention else "") == ("accept", "KJ法")
    shown = answer(client, "KJ法", GARDEN, "undo")
    assert pages(shown) == ["記法の見本", GARDEN] and verdicts_of(tmp_path, GARDEN) == []
    answer(client, "KJ法", GARDEN, "reject")
    assert "Not suggested on any other page" in answer(client, "KJ法", "記法の見本", "reject")


# The client of these tests unquotes twice, which a server does not: "%2F" is tried in test_browser_page.py.
@pytest.mark.parametrize("title", [title for title in AWKWARD_TITLES if "%" not in title])
def test_a_target_of_any_title_has_its_screen(tmp_path: Path, title: str) -> None:
    shown = little_client(tmp_path).get(like_address(PROJECT, title))
    headings = re.findall(r'<a class="like-target"[^>]*>([^<]*)</a>', shown.text)
    assert (shown.status_code, [html.unescape(heading) for heading in headings]) == (200, [title])


def test_a_red_link_leads_to_the_pages_that_could_link_it(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    assert f'href="{like_address(PROJECT, "孤立したページ")}"' in client.get(address("孤立したページ")).text
    assert pages(client.get(like_address(PROJECT, "孤立したページ")).text) == [GARDEN]


def test_an_ignored_target_says_so_and_leads_to_the_settings(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    never(client, "KJ法")
    shown = client.get(like_address(PROJECT, "KJ法")).text
    assert "It is on the list of words never suggested" in shown and f'href="/settings/{PROJECT}#words"' in shown


def test_the_picture_shows_links_proposals_and_what_a_red_link_joins(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    shown = client.get(address(GARDEN)).text
    labels = re.findall(r'<a class="graph-node is-(\w+) kind-(\w+)" href="[^"]*" aria-label="([^"]*)"', shown)
    assert ("here", "page", f"This page: {GARDEN}") in labels
    assert ("link", "page", "Linked: 道具") in labels and ("link", "red", "Linked: 芽") in labels
    assert ("proposed", "red", "Suggested: 孤立したページ") in labels
    assert ("joined", "page", "Connected through “孤立したページ”: 日々の記録") in labels
    assert ("accepted", "page", "Accepted: KJ法") in re.findall(
        r'<a class="graph-node is-(\w+) kind-(\w+)" href="[^"]*" aria-label="([^"]*)"',
        decide(client, GARDEN, "KJ法", "accept"),
    )
    assert "graph-picture" not in client.get(address("空のページ")).text


@pytest.mark.parametrize(
    ("where", "form", "status", "words"),
    [
        (
            "/never",
            {"project": PROJECT, "page": GARDEN, "target": "KJ法", "decision": "perhaps"},
            400,
            "never or again",
        ),
        ("/never", {"project": PROJECT, "page": GARDEN, "target": "KJ法", "decision": "again"}, 404, "is not ignored"),
        (like_address(PROJECT, "KJ法"), {"page": GARDEN, "target": "KJ法", "decision": "no"}, 400, "expected accept"),
        (like_address(PROJECT, "KJ法"), {"page": "x", "target": "KJ法", "decision": "accept"}, 404, "No page has"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, where: str, form: dict[str, str], status: int, words: str) -> None:
    response = little_client(tmp_path).post(where, data=form)
    assert (response.status_code, words in response.text) == (status, True)
