"""The settings screen through the app: every form, in both languages, and what it refuses."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import cast

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support.little_server import address, client_of, decide, little_client, verdicts_of
from support.little_wiki import AWKWARD_TITLES, PROJECT

from linkassist.review.verdicts import lessons_of
from linkassist.server.app import create_app
from linkassist.server.jobs.import_job import Importer
from linkassist.settings import Settings, remember_encoder
from linkassist.store.ignored import ignored_patterns, pages_like
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.verdict_history import decision_figures, rejections
from linkassist.wiki import Line, Page

SETTINGS = f"/settings/{PROJECT}"
GARDEN = "庭としてのWiki"


def post(client: TestClient, part: str, **form: str) -> str:
    response = client.post(f"{SETTINGS}/{part}", data=form, follow_redirects=False)
    assert response.status_code == 303, response.text
    return client.get(response.headers["location"]).text


def targets(client: TestClient, title: str = GARDEN) -> list[str]:
    """The targets of the cards that are open on a page."""
    shown = client.get(address(title)).text
    return [html.unescape(target) for target in re.findall(r'data-target="([^"]*)" data-state="open"', shown)]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Settings", "Words never suggested", "None yet.")),
        ("ja", ("設定", "提案しない言葉", "まだありません。")),
    ],
)
def test_the_screen_speaks_both_languages_and_is_a_tab(tmp_path: Path, language: str, words: tuple[str, ...]) -> None:
    shown = little_client(tmp_path, language).get(SETTINGS).text
    assert all(word in shown for word in words)
    assert f'href="{SETTINGS}" aria-current="page"' in shown


def test_a_word_is_ignored_everywhere_until_it_is_taken_off(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    before = {title: targets(client, title) for title in (GARDEN, "記法の見本", "検索")}
    shown = post(client, "ignored", sort="word", title=" kj法 ", action="add")
    assert "<span>kj法</span>" in shown and "Saved" in shown
    assert {title: targets(client, title) for title in before} == {
        title: [target for target in found if target != "KJ法"] for title, found in before.items()
    }
    post(client, "ignored", sort="word", title="kj法", action="remove")
    assert {title: targets(client, title) for title in before} == before


def test_a_page_is_ignored_by_its_title_as_it_stands_in_the_wiki(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    shown = post(client, "ignored", sort="page", title="reading_NOTES", action="add")
    assert "<span>Reading notes</span>" in shown
    assert targets(client, "Reading notes") == [] and targets(client)
    refused = client.post(f"{SETTINGS}/ignored", data={"sort": "page", "title": "Reading note", "action": "add"})
    assert refused.status_code == 404 and "Reading notes" in refused.text, "the nearest title is named"


def test_a_page_is_offered_at_most_so_many_and_the_rest_is_kept_for_those_who_ask(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    everything = targets(client)
    shown = post(client, "most", how="number", most="2")
    assert 'value="2"' in shown and shown.index('value="number" id="offered-number" checked')
    assert targets(client) == ["KJ法", "孤立したページ"]
    weaker = client.get(address(GARDEN) + "?all=1").text
    assert weaker.count('data-state="open"') == len(everything)
    assert "beyond the number per page that you have set" in weaker
    post(client, "most", how="wiki", most="2")
    assert targets(client) == everything


def test_what_was_rejected_is_listed_with_its_reason_found_and_taken_back(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    before = targets(client)
    decide(client, GARDEN, "検索", "reject")
    decide(client, AWKWARD_TITLES[6], "道具", "reject")
    why = {"project": PROJECT, "page": GARDEN, "target": "検索", "decision": "reject", "why": "wrong_sense"}
    client.post("/verdict", data=why)
    shown = client.get(SETTINGS).text
    assert shown.index("<b>検索</b>") < shown.index("<b>道具</b>"), "the latest stands first"
    assert '<span class="past-why">Wrong sense</span>' in shown
    assert "on a&amp;b=c &lt;d&gt;" in shown
    found = client.get(f"{SETTINGS}?q=B%3DC").text
    assert "<b>道具</b>" in found and "<b>検索</b>" not in found
    assert "Nothing matches “zzz”" in client.get(f"{SETTINGS}?q=zzz").text
    numbers = dict(re.findall(r'name="page" value="(\d+)"><input type="hidden" name="target" value="([^"]+)"', shown))
    page = next(number for number, target in numbers.items() if target == "検索")
    assert "It will be suggested again" in post(client, "rejected", page=page, target="検索", q="")
    assert targets(client) == before and verdicts_of(tmp_path, GARDEN) == []


def test_the_figures_tell_what_was_decided(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    assert "No decisions yet" in client.get(SETTINGS).text
    decide(client, GARDEN, "KJ法", "accept")
    decide(client, GARDEN, "検索", "reject")
    with Library.open(tmp_path) as library:
        figures = decision_figures(library, project(library, PROJECT).id)
    assert (figures.n_accepted, figures.n_rejected, figures.whys) == (1, 1, ())
    assert figures.n_expected == pytest.approx(0.86 + 0.64)
    assert (
        "You accepted 50% of what you answered; the probabilities shown had predicted 75%" in client.get(SETTINGS).text
    )


def test_the_rejected_ones_come_in_parts(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    for title in AWKWARD_TITLES:
        decide(client, title, "道具", "reject")
    with Library.open(tmp_path) as library:
        here = project(library, PROJECT).id
        everything, n_all = rejections(library, here, limit=100)
        parts = [rejections(library, here, limit=4, offset=first)[0] for first in (0, 4, 8)]
    assert n_all == len(AWKWARD_TITLES) and sum(parts, []) == everything
    assert [each.title for each in everything] == list(reversed(AWKWARD_TITLES))


def test_a_rejection_on_a_page_that_is_gone_is_kept_and_has_no_address(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    decide(client, GARDEN, "検索", "reject")
    with Library.open(tmp_path) as library:
        import_pages(library, PROJECT, "庭の手帖", 1, [Page("道具", (Line("道具"),))], lambda _: [])
    assert f"<span>on {GARDEN}</span>" in client.get(SETTINGS).text


def test_the_encoder_is_named_with_the_way_to_another(tmp_path: Path) -> None:
    own = little_client(tmp_path).get(SETTINGS).text
    assert "Learned from this wiki" in own and "linkassist reindex --encoder NAME" in own
    other = TestClient(create_app(Settings(tmp_path, encoder="some/model")), base_url="http://127.0.0.1:8000")
    shown = other.get(SETTINGS).text
    assert "<code>some/model</code>" in shown and "linkassist reindex --encoder wiki" in shown


def test_language_theme_and_images_are_chosen_here_too(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    back = client.post("/preferences", data={"back": f"{SETTINGS}#display", "theme": "dark"})
    assert 'data-theme="dark"' in back.text and str(back.url).endswith("#display")


@pytest.mark.parametrize(
    ("part", "form", "status", "words"),
    [
        ("most", {"how": "number", "most": "0"}, 400, "from 1 to 50"),
        ("most", {"how": "number", "most": "many"}, 400, "from 1 to 50"),
        ("most", {"how": "else", "most": "3"}, 400, "from 1 to 50"),
        ("ignored", {"sort": "word", "title": "  ", "action": "add"}, 400, "cannot be ignored"),
        ("ignored", {"sort": "verb", "title": "x", "action": "add"}, 400, "cannot be ignored"),
        ("ignored", {"sort": "word", "title": "x", "action": "remove"}, 404, "is not ignored"),
        ("rejected", {"page": "x", "target": "y"}, 400, "not the number of a page"),
        ("rejected", {"page": "1", "target": "y"}, 404, "nothing to undo"),
    ],
)
def test_what_cannot_be_set_is_said(tmp_path: Path, part: str, form: dict[str, str], status: int, words: str) -> None:
    response = little_client(tmp_path).post(f"{SETTINGS}/{part}", data=form)
    assert (response.status_code, words in html.unescape(response.text)) == (status, True)


def test_a_page_of_another_project_is_not_reached_from_here(tmp_path: Path) -> None:
    little_client(tmp_path)
    with Library.open(tmp_path) as library:
        import_pages(library, "hatake", "畑", 1, [Page("甲", (Line("甲"),))], lambda _: [])
    refused = client_of(tmp_path).post("/settings/hatake/rejected", data={"page": "1", "target": "検索"})
    assert refused.status_code == 400


def test_the_encoder_in_force_is_the_one_that_the_library_names_by_now(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    importer = cast(Starlette, client.app).state.importer
    assert importer.settings.encoder == "wiki"
    remember_encoder(tmp_path, "some/model")  # as `linkassist reindex --encoder` does while the server runs
    assert importer.settings.encoder == "some/model", "the next reindex of the browser goes by it"
    assert "<code>some/model</code>" in client.get(SETTINGS).text
    above = Importer(Settings(tmp_path, encoder="another/model"))  # as the environment names it
    remember_encoder(tmp_path, "wiki")
    assert above.settings.encoder == "another/model"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_way_to_the_import_stands_among_the_settings(tmp_path: Path, language: str) -> None:
    assert re.search(r'<a class="button" href="/import">', little_client(tmp_path, language).get(SETTINGS).text)


def test_the_floors_are_moved_and_go_back_to_where_a_wiki_starts(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    before = targets(client)
    assert 'name="known" min="10" max="95" value="20"' in client.get(SETTINGS).text
    shown = post(client, "floor", known="65", new="30")
    assert 'name="known" min="10" max="95" value="65"' in shown and "Back to 20 % and 30 %" in shown
    assert "6 suggestions are shown now" in shown  # two pages, a red link and three new ones
    assert targets(client) == ["KJ法", "孤立したページ", "つながり", "草むしり"]
    shown = post(client, "floor", known="65", new="30", how="default")
    assert "Back to 20" not in shown and "20 suggestions are shown now" in shown
    assert targets(client) == before


@pytest.mark.parametrize(("known", "new"), [("9", "30"), ("20", "96"), ("", "30"), ("20.5", "30"), ("x", "30")])
def test_a_floor_that_is_none_is_refused_with_what_was_expected(tmp_path: Path, known: str, new: str) -> None:
    client = little_client(tmp_path)
    response = client.post(f"{SETTINGS}/floor", data={"known": known, "new": new})
    assert response.status_code == 400 and "from 10 to 95" in response.text
    assert 'value="20"' in client.get(SETTINGS).text


def test_pages_of_a_pattern_get_no_list_no_count_and_no_card(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    folder = Path(tmp_path)
    assert "2 pages" in post(client, "patterns", patterns="reading *\r\n\r\n 庭として* \r\nnothing like this\r\n")
    assert targets(client) == [] and targets(client, "Reading notes") == [] and targets(client, "検索")
    assert "This page gets no suggestions" in client.get(address(GARDEN)).text
    home = client.get(f"/p/{PROJECT}").text
    assert "13 suggestions" in home
    assert GARDEN not in client.get(f"/queue/{PROJECT}").text
    with Library.open(folder) as library:
        of = project(library, PROJECT)
        assert ignored_patterns(library, of.id) == ("reading *", "庭として*", "nothing like this")
        assert lessons_of(library, of.id).targets == {}
    assert "reading *\n庭として*" in client.get(SETTINGS).text
    post(client, "patterns", patterns="")
    assert targets(client) and "20 suggestions" in client.get(f"/p/{PROJECT}").text


@pytest.mark.parametrize(
    ("pattern", "title", "is_like"),
    [
        ("2021/*", "2021/03/05", True),
        ("2021/*", "12021/03", False),
        ("[0-9][0-9][0-9][0-9]/*", "1999/1", True),
        ("Daily *", "daily_2021", True),
        ("日?", "日記", True),
        ("日?", "日記帳", False),
        ("*.log", "a.log\n", False),
        ("[", "[", True),
    ],
)
def test_a_pattern_is_read_as_a_shell_reads_it(tmp_path: Path, pattern: str, title: str, is_like: bool) -> None:
    with Library.open(tmp_path) as library:
        import_pages(library, "w", "W", 1, [Page(title, (Line(title),), "1")], lambda texts: [])
        assert bool(pages_like(library, project(library, "w").id, [pattern])) == is_like
