"""The start of a project: queue, index, picture and filters, through the application."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.little_server import client_of, little_client
from support.little_wiki import PROJECT

from linkassist.files.catalogs import Language
from linkassist.review.days import Today
from linkassist.review.queue import queue_day
from linkassist.review.verdicts import decide as decide_in
from linkassist.scrapbox.notation import page_links
from linkassist.server.messages.catalog import Wording
from linkassist.server.views.page_list import PageList, page_list_of
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.locks import work_lock
from linkassist.store.pages import find_page, list_pages, project
from linkassist.store.queue.snoozes import snooze
from linkassist.store.runs import finish_run, start_run
from linkassist.store.suggestions import page_suggestions, replace_suggestions
from linkassist.suggestion import Suggestion, Verdict
from linkassist.wiki import Line, Page

HOUR_S = 3600
ROW_TITLE = re.compile(r'class="row-title"[^>]*>([^<]*)<')
BAR = re.compile(r'<a href="([^"]*)"[^>]*aria-label="([^"]*)">\s*<title>')


def titles_in(html: str) -> set[str]:
    return {unescape(title) for title in ROW_TITLE.findall(html)}


def page(title: str, *lines: str, made: str = "", updated: int = 0) -> Page:
    created = int(datetime.fromisoformat(made).replace(tzinfo=UTC).timestamp()) if made else 0
    return Page(title, (Line(title), *map(Line, lines)), created=created, updated=updated)


def put(folder: Path, *pages: Page) -> None:
    with Library.open(folder) as library:
        import_pages(library, PROJECT, "", 0, pages, page_links)


def set_times(folder: Path, *, made_h: int, imported_h: int) -> None:
    """How many hours ago the last reindex was over, and the last import."""
    now = int(time.time())
    with Library.open(folder) as library, library.transaction() as connection:
        connection.execute("UPDATE runs SET finished_at = ?", (now - made_h * HOUR_S,))
        connection.execute("UPDATE projects SET imported_at = ?", (now - imported_h * HOUR_S,))


def test_the_queue_is_told_with_its_next_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_790_046_000.0)
    client = little_client(tmp_path)
    with Library.open(tmp_path) as library:
        day = queue_day(library, project(library, PROJECT).id, Today(1_790_046_000))
    first, second = (card.item for card in day.cards[:2])
    html = unescape(client.get("/p/niwa").text)
    assert f"{len(day.cards)} cards" in html and 'class="button primary" href="/queue/niwa"' in html
    assert f"The first: “{first.target}” on “{first.title}”" in html
    for card in day.cards:
        answered = {"page": card.item.title, "target": card.item.target, "answer": "later"}
        assert client.post("/queue/niwa", data=answered).status_code == 200
        html = unescape(client.get("/p/niwa").text)
        if card is day.cards[0]:
            assert f"{len(day.cards) - 1} cards" in html
            assert f"The first: “{second.target}” on “{second.title}”" in html
    assert "Done for today" in html


@pytest.mark.parametrize(
    ("made_h", "imported_h", "state"),
    [
        pytest.param(1, 2, "Updated 1 hour ago", id="as it should be"),
        pytest.param(24, 1, "Updated 1 day ago", id="the night is still to come"),
        pytest.param(90, 91, "Updated 3 days ago", id="old, but nothing was imported since"),
        pytest.param(37, 1, "An update was missed", id="a night was missed"),
    ],
)
def test_a_missed_night_is_an_alarm(tmp_path: Path, made_h: int, imported_h: int, state: str) -> None:
    client = little_client(tmp_path)
    set_times(tmp_path, made_h=made_h, imported_h=imported_h)
    html = client.get("/p/niwa").text
    assert state in html
    assert (f"linkassist reindex --library {tmp_path}" in html) == (state == "An update was missed")


def test_an_import_that_changed_nothing_is_no_missed_night(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    set_times(tmp_path, made_h=37, imported_h=1)
    with Library.open(tmp_path) as library, library.transaction() as connection:
        connection.execute(
            """
            INSERT OR IGNORE INTO suggestion_lists (page_id, run_id, text_hash, list_hash, suggestions)
            SELECT id, 1, text_hash, list_hash, suggestions FROM pages, (SELECT * FROM suggestion_lists LIMIT 1)
            """.replace("id, 1, text_hash,", "pages.id, 1, pages.text_hash,")
        )
    assert "An update was missed" not in client.get("/p/niwa").text


@pytest.mark.parametrize(("language", "words"), [("en", "The last update failed"), ("ja", "最後の更新は失敗しました")])
def test_a_failed_run_is_an_alarm_that_says_why(tmp_path: Path, language: str, words: str) -> None:
    client = little_client(tmp_path, language)
    with Library.open(tmp_path) as library:
        run_id = start_run(library, "reindex", project(library, PROJECT).id)
        finish_run(
            library,
            run_id,
            "failed",
            message="/a <b> cannot be written (the disk is full). Free some space, then try again.",
        )
    html = client.get("/p/niwa").text
    why = {
        "en": "cannot be written (the disk is full)",
        "ja": "に書けません (ディスクに空きがありません)。空きを作って",
    }
    assert words in html and f"/a &lt;b&gt;{' ' if language == 'en' else ''}{why[language]}" in html
    assert ("Free some space" in html) == (language == "en")


def test_a_run_is_under_way_only_while_some_process_does_it(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    with Library.open(tmp_path) as library:
        start_run(library, "reindex", project(library, PROJECT).id)
    with work_lock(tmp_path):
        assert "An update is running" in client.get("/p/niwa").text
    assert "The last update was interrupted" in client.get("/p/niwa").text


def test_a_project_without_an_index_says_how_to_make_one(tmp_path: Path) -> None:
    put(tmp_path, page("one"), page("two", "[one]"))
    html = client_of(tmp_path).get("/p/niwa").text
    assert (
        "No suggestions yet" in html
        and 'action="/import/reindex"' in html
        and f"linkassist reindex --library {tmp_path}" in html
    )
    assert html.count('action="/import/reindex"') == 1, "one button for one thing"


def test_a_command_in_the_error_of_a_run_names_the_library(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    with Library.open(tmp_path) as library:
        run_id = start_run(library, "reindex", project(library, PROJECT).id)
        finish_run(library, run_id, "failed", message="/a: a file is not what was written. Run `linkassist reindex`.")
    for screen in ("/p/niwa", "/import"):
        assert f"Run `linkassist reindex --library {tmp_path}`." in client.get(screen).text


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_reason_for_an_empty_queue_has_its_sentence_and_its_button(tmp_path: Path, language: str) -> None:
    say = Wording(cast(Language, language))

    def tile() -> str:
        found = re.search(r'<section class="tile today".*?</section>', client.get("/p/niwa").text, re.S)
        assert found
        return unescape(found[0])

    def is_told(state: str, address: str) -> bool:
        html = tile()
        return all(say(f"home.queue.{state}{end}") in html for end in ("", ".lead", ".act")) and address in html

    put(tmp_path, page("one"), page("two", "[one]"))
    client = client_of(tmp_path, language)
    assert is_told("never", 'action="/import/reindex"')
    with Library.open(tmp_path) as library:
        of = project(library, PROJECT).id
        run_id = start_run(library, "reindex", of)
        with work_lock(tmp_path):
            assert is_told("running", 'href="/import"')
        finish_run(library, run_id, "broken_off")
        assert is_told("broken", 'action="/import/reindex"')
        finish_run(library, start_run(library, "reindex", of), "done")
        assert is_told("nothing", 'href="/settings/niwa#floor"')
        page_id = find_page(library, of, "one").id
        replace_suggestions(library, of, run_id, [(page_id, [Suggestion("two", "page", 0.5)])])
        now = int(time.time())
        snooze(library, page_id, "two", now, now + 9000)
        assert is_told("later", "only=suggestions")
        decide_in(library, of, page_id, Verdict("two", "reject", now, "page", 0.5))
        assert is_told("settled", 'href="/settings/niwa#floor"')
        decide_in(library, of, page_id, Verdict("two", "accept", now, "page", 0.5))
        assert is_told("answered", 'href="/outbox/niwa"')
        replace_suggestions(
            library, of, run_id, [(page_id, [Suggestion("three", "new", 0.5), Suggestion("four", "new", 0.4)])]
        )
        assert "home.queue" not in tile() and say("home.queue.start") in tile()
    assert client.post("/queue/niwa", data={"page": "one", "target": "three", "answer": "reject"}).status_code == 200
    assert "home.queue" not in tile() and say("home.queue.start") in tile()
    assert client.post("/queue/niwa", data={"page": "one", "target": "four", "answer": "reject"}).status_code == 200
    assert is_told("answered", 'href="/outbox/niwa"')
    with Library.open(tmp_path) as library:
        replace_suggestions(library, of, run_id, [(page_id, [Suggestion("five", "new", 0.4)])])
    assert is_told("done", 'href="/queue/niwa"')


def test_a_project_without_pages_says_so(tmp_path: Path) -> None:
    put(tmp_path)
    assert "This project has no pages" in client_of(tmp_path).get("/p/niwa").text


def test_each_bar_of_the_picture_leads_to_the_pages_it_counts(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    bars = BAR.findall(client.get("/p/niwa").text)
    links = [(link, label) for link, label in bars if label.startswith("Links ")]
    assert len(links) == 7
    assert sum(int(label.split()[-2].replace(",", "")) for _, label in links) == 22
    for link, label in links:
        assert len(titles_in(client.get(unescape(link)).text)) == int(label.split()[-2])


def test_the_share_of_linked_pages_is_told_by_the_time_they_were_made(tmp_path: Path) -> None:
    put(
        tmp_path,
        page("a", made="2021-01-01"),
        page("b", "[a]", made="2021-01-31T23:59:59"),
        page("c", "[a]", made="2021-02-01"),
        page("unknown"),
    )
    client = client_of(tmp_path)
    bars = {unescape(label): unescape(link) for link, label in BAR.findall(client.get("/p/niwa").text)}
    assert titles_in(client.get(bars["2021-01: 50% of 2 pages"]).text) == {"a", "b"}
    assert titles_in(client.get(bars["2021-02: 100% of 1 page"]).text) == {"c"}


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        pytest.param("2020-01-15", "2020-03-15", ["2020-01", "2020-02", "2020-03"], id="months"),
        pytest.param("2020-02-15", "2022-12-15", ["2020-01/03", "2022-10/12"], id="quarters"),
        pytest.param("2010-02-15", "2022-12-15", ["2010", "2022"], id="years"),
    ],
)
def test_many_months_become_quarters_or_years(tmp_path: Path, first: str, last: str, labels: list[str]) -> None:
    put(tmp_path, page("a", made=first), page("b", "[a]", made=last))
    told = [label.split(":")[0] for _, label in BAR.findall(client_of(tmp_path).get("/p/niwa").text)[7:]]
    assert [told[0], told[-1]] == [labels[0], labels[-1]] and len(told) <= 28


def test_an_export_without_times_says_so_in_place_of_the_picture(tmp_path: Path) -> None:
    put(tmp_path, page("a"))
    assert "does not tell when its pages were created" in client_of(tmp_path).get("/p/niwa").text


def test_the_filters_leave_the_pages_that_meet_all_of_them(tmp_path: Path) -> None:
    now = int(time.time())
    put(
        tmp_path,
        page("alone", updated=now - 3 * 24 * HOUR_S),
        page("linked", updated=now - 20 * 24 * HOUR_S),
        page("links", "[linked]", updated=now),
        page("red", "[nowhere]"),
    )
    with Library.open(tmp_path) as library:  # that another project links it is of no help to the page
        import_pages(library, "other", "", 0, [page("far", "[alone]")], page_links)
    client = client_of(tmp_path)

    def shown(query: str) -> set[str]:
        return titles_in(client.get(f"/p/niwa?{query}").text)

    assert shown("only=alone") == {"alone"}
    assert shown("links=0") == {"alone", "linked"}
    assert shown("links=1-") == {"links", "red"}
    assert shown("days=7") == {"alone", "links"}
    assert shown("days=30&links=0") == {"alone", "linked"}
    assert shown("only=suggestions") == set()
    assert "No matching pages" in client.get("/p/niwa?only=suggestions").text
    assert shown("only=x&links=y&made=z&days=w") == {"alone", "linked", "links", "red"}


def test_a_filter_stays_when_the_order_changes_and_goes_when_chosen_again(tmp_path: Path) -> None:
    html = little_client(tmp_path).get("/p/niwa?only=suggestions&days=30").text
    assert 'href="/p/niwa?sort=title&amp;only=suggestions&amp;days=30#list"' in html
    assert re.search(r'<a href="/p/niwa\?days=30#list" aria-current="true">With suggestions', html)
    assert re.search(r'<a href="/p/niwa\?only=suggestions#list" aria-current="true">Last 30 days', html)


@given(st.dictionaries(st.sampled_from(["sort", "only", "links", "made", "days", "page"]), st.text(max_size=12)))
def test_whatever_an_address_says_it_is_some_list(query: dict[str, str]) -> None:
    wanted = page_list_of(query)
    wanted.filter(now=10**9).conditions()
    assert wanted.address("niwa").startswith("/p/niwa")


@pytest.mark.parametrize("made", ["2021-13", "0000-01", "9999-12", "2021-01/", "x"])
def test_months_that_are_none_are_left_out(made: str) -> None:
    assert page_list_of({"made": made}) in (PageList(), PageList(made="2021-01/"))


@pytest.mark.parametrize("group", ["page", "red", "new"])
def test_pages_are_filtered_by_the_kind_of_what_they_are_offered(tmp_path: Path, group: str) -> None:
    client = little_client(tmp_path)
    html = client.get(f"/p/{PROJECT}?only={group}").text
    with Library.open(tmp_path) as library:
        pages, _ = list_pages(library, project(library, PROJECT).id)
        wanted = {
            page.title
            for page in pages
            for each in page_suggestions(library, page.id)
            if each.suggestion.is_worth_showing and each.suggestion.kind == group
        }
    assert titles_in(html) == wanted and 0 < len(wanted) < len(pages)
    assert f'<a href="/p/{PROJECT}#list" aria-current="true">' in html, "chosen again, it leads back to all pages"
    assert "only=far" not in html, "what no page is offered is not asked for"


def test_where_no_page_tells_when_it_changed_there_is_no_column_order_or_filter_for_it(tmp_path: Path) -> None:
    put(tmp_path, page("a"), page("b"))
    undated = client_of(tmp_path).get(f"/p/{PROJECT}").text
    assert 'class="rows undated"' in undated and "sort=updated" not in undated and "days=" not in undated
    put(tmp_path, page("a", updated=1_700_000_000), page("b"))
    dated = client_of(tmp_path).get(f"/p/{PROJECT}").text
    assert 'class="rows"' in dated and "sort=updated" in dated and "days=7" in dated
