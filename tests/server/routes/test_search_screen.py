"""The search through the application: titles, then text, in both languages, and what it says where there is nothing."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from support.little_server import client_of, little_client
from support.little_wiki import PROJECT

from linkassist.errors import LinkAssistError
from linkassist.scrapbox.notation import page_links
from linkassist.server.jobs.model_requests import Nearness, Progress
from linkassist.server.jobs.model_worker import ModelWorker, StillPreparing
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.wiki import Line, Page, title_key

FOUND = re.compile(r'<h3><a href="[^"]*" data-walk>(.*?)</a>', re.DOTALL)


def titles_in(html: str) -> list[str]:
    """The pages found, without the marks in their titles."""
    return [unescape(re.sub("<[^>]*>", "", title)) for title in FOUND.findall(html)]


def test_titles_come_before_texts_and_the_words_are_marked(tmp_path: Path) -> None:
    html = little_client(tmp_path).get("/search/niwa", params={"q": "ＷＩＫＩ"}).text
    assert titles_in(html)[0] == "庭としてのWiki"
    assert "庭としての<mark>Wiki</mark>" in html
    assert html.index('id="by-title"') < html.index('id="by-text"')


def test_a_line_that_is_found_leads_to_its_place_on_the_page(tmp_path: Path) -> None:
    html = little_client(tmp_path).get("/search/niwa", params={"q": "草むしり"}).text
    assert "毎日すこしだけ<mark>草むしり</mark>をする" in html
    assert re.search(r'href="/p/niwa/[^"#]*#L4"', html)


@pytest.mark.parametrize("query", ['<script>alert("庭")</script>', "a&b=c <d>", '"', "' OR 1=1"])
def test_what_is_looked_for_is_text_wherever_it_stands(tmp_path: Path, query: str) -> None:
    html = little_client(tmp_path).get("/search/niwa", params={"q": query}).text
    assert "<script>" not in html and "<d>" not in html
    if query == "a&b=c <d>":
        assert titles_in(html)[0] == query


@pytest.mark.parametrize(
    ("language", "words"), [("en", "No pages contain “zzz”"), ("ja", "「zzz」を含むページはありません")]
)
def test_a_search_without_a_result_says_so(tmp_path: Path, language: str, words: str) -> None:
    client = little_client(tmp_path, language)
    assert words in client.get("/search/niwa?q=zzz").text
    assert words in client.get("/search/niwa?q=zzz", headers={"X-Fragment": "hits"}).text


def test_an_empty_search_says_what_it_does(tmp_path: Path) -> None:
    assert "Several words find the pages" in little_client(tmp_path).get("/search/niwa?q=%20").text


@pytest.mark.parametrize("fragment", ["results", "hits"])
def test_the_script_gets_a_fragment_and_no_whole_document(tmp_path: Path, fragment: str) -> None:
    html = little_client(tmp_path).get("/search/niwa?q=wiki", headers={"X-Fragment": fragment}).text
    assert "<mark>Wiki</mark>" in html and "<html" not in html


def test_many_titles_and_texts_are_shown_screen_by_screen(tmp_path: Path) -> None:
    titled = [Page(f"word {number:02}", (Line(f"word {number:02}"),)) for number in range(10)]
    saying = [Page(f"T{number:02}", (Line(f"T{number:02}"), Line("a word"))) for number in range(25)]
    with Library.open(tmp_path) as library:
        import_pages(library, PROJECT, "", 0, [*titled, *saying], page_links)
    client = client_of(tmp_path)
    seen: list[str] = []
    screens = ["/search/niwa?q=word"]
    while screens:
        html = client.get(screens.pop()).text
        seen += titles_in(html)
        screens += [unescape(link) for link in re.findall(r'rel="next" href="([^"]*)"', html)]
    assert sorted(seen) == sorted(page.title for page in [*titled, *saying])


def test_a_long_line_is_shown_around_the_words(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        page = Page("long", (Line("long"), Line("x " * 500 + "needle" + " y" * 500)))
        import_pages(library, PROJECT, "", 0, [page], page_links)
    html = client_of(tmp_path).get("/search/niwa?q=needle").text
    assert "<mark>needle</mark>" in html and html.count("x ") < 60
    assert html.count("…") == 2


def test_texts_that_the_search_does_not_know_yet_are_told_of(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    with Library.open(tmp_path) as library, library.transaction() as connection:
        connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
    assert "cannot be searched yet" in client.get("/search/niwa?q=wiki").text


def test_pages_close_in_meaning_are_shown_nearest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = little_client(tmp_path)
    with Library.open(tmp_path) as library:
        here = project(library, PROJECT).id
        ids = [find_page(library, here, title_key(title)).id for title in ("類似度", "検索")]
    asked: list[tuple[str, str]] = []

    def nearest(self: ModelWorker, name: str, query: str, k: int, *, start_s: float) -> list[tuple[int, float]]:
        asked.append((name, query))
        return [(ids[0], 0.91), (ids[1], 0.5), (10**6, 0.4)]  # the last is gone since

    monkeypatch.setattr(ModelWorker, "nearest", nearest)
    html = client.get("/search/niwa?q=近さ&by=meaning").text
    assert titles_in(html) == ["類似度", "検索"] and "91% similar" in html
    assert asked == [("niwa", "近さ")]


def test_the_title_that_says_the_sentence_is_first_and_words_count_beside_meaning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = little_client(tmp_path)
    with Library.open(tmp_path) as library:
        here = project(library, PROJECT).id
        ids = {
            title: find_page(library, here, title_key(title)).id for title in ("類似度", "検索", "なぜ書く?", "発想法")
        }

    def nearest(self: ModelWorker, name: str, query: str, k: int, *, start_s: float) -> list[tuple[int, float]]:
        return [(ids["類似度"], 0.9), (ids["検索"], 0.8), (ids["発想法"], 0.7)]

    monkeypatch.setattr(ModelWorker, "nearest", nearest)
    found = client.get("/search/niwa?q=なぜ、書く？&by=meaning").text
    assert titles_in(found)[0] == "なぜ書く?" and set(titles_in(found)[1:]) == {"類似度", "検索", "発想法"}
    found = client.get("/search/niwa?q=発想&by=meaning").text
    assert titles_in(found)[0] == "発想法", "it has the word and is similar"
    assert "70% similar" in found and "has the words" in found
    found = client.get("/search/niwa?q=ばらばらの紙片から&by=meaning").text
    assert "KJ法" in titles_in(found), "its text says so, though it is not among the similar ones"


def test_where_the_models_cannot_tell_the_search_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nearest(self: ModelWorker, name: str, query: str, k: int, *, start_s: float) -> list[tuple[int, float]]:
        raise LinkAssistError("Run `linkassist reindex` first.")

    monkeypatch.setattr(ModelWorker, "nearest", nearest)
    html = little_client(tmp_path).get("/search/niwa?q=x&by=meaning").text
    assert "Run `linkassist reindex --library " in html and 'role="alert"' in html


@pytest.mark.parametrize(("language", "words"), [("ja", "準備しています"), ("en", "Getting ready")])
def test_while_the_models_are_loaded_the_screen_says_so_and_asks_again_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    def not_yet(self: ModelWorker, project_name: str, query: str, k: int, *, start_s: float) -> list[Nearness]:
        raise StillPreparing(Progress(project_name, "start", 0, 0))

    monkeypatch.setattr(ModelWorker, "nearest", not_yet)
    response = little_client(tmp_path, language).get("/search/niwa?q=x&by=meaning")
    assert words in response.text and int(response.headers["refresh"]) <= 5
    assert 'role="alert"' not in response.text.partition("<main")[2].partition("</main>")[0]
