"""The queue of a day: chosen once, the same everywhere, with an end; and what is put off comes back later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta, timezone
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.clock import Clock
from support.little_server import client_of, little_client, verdicts_of
from support.little_wiki import PROJECT

from linkassist.review.days import Today
from linkassist.review.queue import (
    CARDS_A_DAY,
    MORE_CARDS,
    QueueDay,
    add_cards,
    expected_gain,
    has_more,
    put_off,
    queue_day,
)
from linkassist.review.verdicts import ShownSuggestion, decide, lessons_of, show_from, undo, worth_showing
from linkassist.scrapbox.notation import page_links
from linkassist.server.urls import page_address
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import PageSummary, find_page, list_pages, project
from linkassist.store.queue.cards import day_cards
from linkassist.store.queue.snoozes import prune_snoozes
from linkassist.store.runs import finish_run, start_run
from linkassist.store.suggestions import StoredSuggestion, replace_suggestions
from linkassist.store.write_back.import_news import unread_news
from linkassist.suggestion import Mention, Reason, Suggestion, Verdict
from linkassist.wiki import Line, Page

QUEUE = f"/queue/{PROJECT}"
NOON = 1_790_046_000  # Tuesday 2026-09-22, 12:00 in Tokyo
HOUR_S, DAY_S = 3600, 86_400
TOKYO = timezone(timedelta(hours=9))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(NOON, monkeypatch)


@pytest.fixture
def client(tmp_path: Path, clock: Clock) -> TestClient:
    """A client in Tokyo."""
    found = little_client(tmp_path)
    found.cookies.set("linkassist_zone", "Asia/Tokyo")
    return found


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """40 pages, a link of each of which is suggested, with a second one on every fourth page."""
    with Library.open(tmp_path) as opened:
        pages = [Page(f"page {chr(0x3042 + n)}", (Line("x"),)) for n in range(40)]
        here = import_pages(opened, PROJECT, PROJECT, 0, pages, lambda lines: []).project.id
        suggest(opened, here, 0.9)
        yield opened


def suggest(library: Library, here: int, best: float, n_pages: int = 40) -> None:
    """Replaces the suggestions of all pages, as a reindex does."""
    per_page = []
    for n in range(40):
        page_id = find_page(library, here, f"page_{chr(0x3042 + n)}").id
        found = [Suggestion(f"target {n}", "page", best - n / 100)] if n < n_pages else []
        found += [Suggestion("hub", "page", 0.4)] if n % 4 == 0 else []
        per_page.append((page_id, found))
    replace_suggestions(library, here, 1, per_page)


def pairs(day: QueueDay) -> list[tuple[int, str]]:
    return [(card.item.page_id, card.item.target) for card in day.cards]


def fields(html: str) -> dict[str, str]:
    """The fields that the card sends as it is shown: those in its form, and the first place of the link."""
    card = html.split('class="card is-current')[1].split("<button")[0]
    return hidden(card.split('class="answers"')[1]) | dict(re.findall(r'name="(mention)" value="([^"]*)"', card)[:1])


def hidden(form: str) -> dict[str, str]:
    """The names and values of the hidden fields."""
    return {name: unescape(value) for name, value in re.findall(r'name="([\w.]+)" value="([^"]*)"', form)}


def answer(client: TestClient, html: str, given: str) -> str:
    response = client.post(QUEUE, data=fields(html) | {"answer": given})
    assert response.status_code == 200, response.text
    return response.text


def answer_all(client: TestClient, given: str = "accept") -> str:
    """Answers every card of the day; returns the end."""
    html = client.get(QUEUE).text
    while 'class="answers"' in html:
        html = answer(client, html, given)
    return html


def progress(html: str) -> tuple[int, int]:
    """(answered, all) cards of the day."""
    found = re.search(r'day-count"><b>(\d+)</b>/(\d+)', html)
    assert found, html
    return int(found[1]), int(found[2])


class TestDay:
    """The cards of a day."""

    def test_it_is_the_same_after_a_reindex_with_other_suggestions_in_front(self, library: Library) -> None:
        here, today = project(library, PROJECT).id, Today(NOON, TOKYO)
        first = queue_day(library, here, today)
        assert (len(first.cards), first.n_done) == (CARDS_A_DAY, 0)
        newcomer = find_page(library, here, f"page_{chr(0x3042 + 39)}").id
        replace_suggestions(library, here, 2, [(newcomer, [Suggestion("most likely", "page", 0.99)])])
        assert pairs(queue_day(library, here, Today(NOON + 11 * HOUR_S, TOKYO))) == pairs(first)
        tomorrow = queue_day(library, here, Today(NOON + 12 * HOUR_S, TOKYO))
        assert pairs(tomorrow)[0] == (newcomer, "most likely")

    def test_it_is_the_same_in_another_process(self, library: Library, tmp_path: Path) -> None:
        here, today = project(library, PROJECT).id, Today(NOON, TOKYO)
        first = queue_day(library, here, today)
        with Library.open(tmp_path) as other:
            assert queue_day(other, here, today) == first

    def test_two_that_choose_at_once_choose_one_day(self, library: Library, tmp_path: Path) -> None:
        here, today = project(library, PROJECT).id, Today(NOON, TOKYO)
        queue_day(library, here, today)
        held = day_cards(library, here, today.day)
        add_cards(library, here, today, n_seen=CARDS_A_DAY)
        with Library.open(tmp_path) as other:
            add_cards(other, here, today, n_seen=CARDS_A_DAY)  # the second click of two
        assert len(day_cards(library, here, today.day)) == CARDS_A_DAY + MORE_CARDS
        assert day_cards(library, here, today.day)[:CARDS_A_DAY] == held

    def test_its_pages_and_targets_vary(self, library: Library) -> None:
        cards = queue_day(library, project(library, PROJECT).id, Today(NOON, TOKYO)).cards
        assert len({card.item.page_id for card in cards}) == CARDS_A_DAY

    def test_it_holds_nothing_below_the_floor(self, library: Library) -> None:
        here, today = project(library, PROJECT).id, Today(NOON, TOKYO)
        suggest(library, here, 0.215, n_pages=5)
        show_from(library, here, 20, 30)
        day = queue_day(library, here, today)
        likely = {
            each.suggestion.probability
            for card in day.cards
            for each in worth_showing(library, card.item.page_id, lessons_of(library, here))
        }
        assert min(likely) >= 0.2
        assert {card.item.target for card in day.cards} == {"target 0", "target 1", "hub"}
        show_from(library, here, 35, 35)
        assert {card.item.target for card in queue_day(library, here, today).cards} == {"hub"}

    def test_an_answer_on_another_screen_is_an_answer_and_an_undo_opens_the_card_again(self, library: Library) -> None:
        here, today = project(library, PROJECT).id, Today(NOON, TOKYO)
        item = queue_day(library, here, today).cards[3].item
        decide(library, here, item.page_id, Verdict(item.target, "accept", NOON, "page", 0.5))
        day = queue_day(library, here, today)
        assert (day.cards[3].state, day.n_done, len(day.cards)) == ("accept", 1, CARDS_A_DAY)
        undo(library, here, item.page_id, item.target)
        assert queue_day(library, here, today).cards[3].state == "open"

    def test_a_card_that_is_no_longer_suggested_drops_out(self, library: Library) -> None:
        here, today = project(library, PROJECT).id, Today(NOON, TOKYO)
        item = queue_day(library, here, today).cards[0].item
        replace_suggestions(library, here, 2, [(item.page_id, [])])
        day = queue_day(library, here, today)
        assert len(day.cards) == CARDS_A_DAY - 1 and item.page_id not in dict(pairs(day))

    def test_a_day_without_any_of_its_cards_left_gets_others(self, library: Library) -> None:
        here, today = project(library, PROJECT).id, Today(NOON, TOKYO)
        day = queue_day(library, here, today)
        replace_suggestions(library, here, 2, [(page_id, []) for page_id, _ in pairs(day)])
        again = queue_day(library, here, today)
        assert len(again.cards) == CARDS_A_DAY and not set(pairs(again)) & set(pairs(day))

    def test_days_long_past_are_not_kept(self, library: Library) -> None:
        here = project(library, PROJECT).id
        for n_days in (0, 2, 5):
            queue_day(library, here, Today(NOON + n_days * DAY_S, TOKYO))
        assert not day_cards(library, here, date(2026, 9, 22)) and day_cards(library, here, date(2026, 9, 27))

    def test_where_everything_is_answered_there_are_no_more(self, library: Library) -> None:
        here, today = project(library, PROJECT).id, Today(NOON, TOKYO)
        rounds = 0
        while has_more(library, here, today):
            day = queue_day(library, here, today)
            add_cards(library, here, today, n_seen=day.n_stored)
            rounds += 1
        assert len(queue_day(library, here, today).cards) == 50
        assert rounds == 3


class TestLater:
    """Cards that are put off."""

    def test_they_do_not_come_back_the_same_day_and_stay_away_longer_each_time(self, library: Library) -> None:
        here = project(library, PROJECT).id
        page_id, target = pairs(queue_day(library, here, Today(NOON, TOKYO)))[0]
        comes: list[int] = []
        for n_day in range(30):
            evening = Today(NOON + n_day * DAY_S + 11 * HOUR_S, TOKYO)
            day = queue_day(library, here, evening)
            if day.next and (day.next.page_id, day.next.target) == (page_id, target):
                comes.append(n_day)
                put_off(library, page_id, target, evening)
                put_off(library, page_id, target, evening)  # sent twice
                assert queue_day(library, here, evening).cards[0].state == "later"
            prune_snoozes(library, evening.now)
        assert comes == [0, 1, 4, 11, 25]

    def test_they_stay_away_after_an_import_and_a_reindex(self, library: Library) -> None:
        here = project(library, PROJECT).id
        today = Today(NOON, TOKYO)
        pair = pairs(queue_day(library, here, today))[0]
        put_off(library, *pair, today)
        put_off(library, *pair, Today(NOON + DAY_S, TOKYO))
        pages = [Page(f"page {chr(0x3042 + n)}", (Line("x"), Line("more"))) for n in range(40)]
        import_pages(library, PROJECT, PROJECT, 0, pages, lambda lines: [])
        suggest(library, here, 0.9)
        shown = [pair in pairs(queue_day(library, here, Today(NOON + n * DAY_S, TOKYO))) for n in range(1, 5)]
        assert shown == [False, False, False, True]


def test_a_link_is_worth_more_to_a_page_that_has_none() -> None:
    suggestion = Suggestion("Cup", "page", 0.5)
    shown = ShownSuggestion(suggestion, StoredSuggestion(1, 1, 1, suggestion, None))
    orphan = PageSummary(1, "Tea", "tea", 0, 0, 0, n_links=0, n_suggestions=1, gain=0.5)
    linked = PageSummary(1, "Tea", "tea", 0, 0, 0, n_links=3, n_suggestions=1, gain=0.5)
    assert (expected_gain(orphan, shown), expected_gain(linked, shown)) == (1.0, 0.625)


def test_a_sitting_counts_each_card_once(tmp_path: Path, client: TestClient) -> None:
    first = client.get(QUEUE).text
    n_cards = progress(first)[1]
    second = answer(client, first, "reject")
    client.post(QUEUE, data=fields(first) | {"answer": "reject", "why": "too_common"})
    third = answer(client, second, "later")
    client.post(QUEUE, data=fields(second) | {"answer": "later"})
    assert [progress(html) for html in (first, second, third)] == [(n, n_cards) for n in range(3)]
    assert progress(client.get(QUEUE).text) == (2, n_cards)
    assert verdicts_of(tmp_path, fields(first)["page"])[0].why == "too_common"


def test_a_reload_and_another_device_show_the_same_card(tmp_path: Path, client: TestClient) -> None:
    html = answer(client, client.get(QUEUE).text, "accept")
    phone = client_of(tmp_path, "ja")
    phone.cookies.set("linkassist_zone", "Asia/Tokyo")
    for again in (client.get(QUEUE).text, phone.get(QUEUE).text):
        assert (fields(again), progress(again)) == (fields(html), progress(html))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Done for today", "accepted today", "to be written back", "1 for later", "1 day of reviewing links")),
        ("ja", ("今日は終わりました", "今日採用したリンク", "書き戻しを待っています", "あとで 1", "通算 1 日目です")),
    ],
)
def test_a_day_of_plain_forms_ends_with_what_was_done_and_what_waits(
    tmp_path: Path, client: TestClient, language: str, words: tuple[str, ...]
) -> None:
    client.headers["Accept-Language"] = language
    html = answer(client, answer(client, client.get(QUEUE).text, "reject"), "later")
    accepted = fields(html)["page"]
    end = answer_all(client)
    assert [word for word in words if word not in end] == []
    assert f'href="{page_address(PROJECT, accepted)}"' in end
    assert f'href="/outbox/{PROJECT}"' in end.split('class="ending paper')[1]


def test_the_last_answer_is_undone_after_the_end_also_from_another_device(tmp_path: Path, client: TestClient) -> None:
    html = client.get(QUEUE).text
    while progress(html)[0] + 1 < progress(html)[1]:
        html = answer(client, html, "accept")
    last = fields(html)
    for given in ("accept", "reject", "later"):
        end = answer(client, html, given)
        assert 'class="ending' in end
        other = client_of(tmp_path)
        other.cookies.set("linkassist_zone", "Asia/Tokyo")
        form = other.get(QUEUE).text.split('id="notice"')[1].split("</form>")[0]
        assert 'value="undo"' in form
        undone = other.post(QUEUE, data=hidden(form) | {"answer": "undo"})
        html = undone.text
        assert fields(html) == last


def test_an_answer_is_taken_back_and_its_card_stands_there_again(client: TestClient) -> None:
    for given in ("accept", "later"):
        html = client.get(QUEUE).text
        before = fields(html)
        answer(client, html, given)
        back = client.post(QUEUE, data=before | {"answer": "undo"}).text
        again = fields(back)
        assert (again["page"], again["target"]) == (before["page"], before["target"])


def test_ten_more_are_there_for_those_who_want_and_the_last_answer_can_still_be_undone(tmp_path: Path) -> None:
    here = many_pages(tmp_path)
    client = client_of(tmp_path)
    end = answer_all(client)
    assert "10 more" in end
    more = {"answer": "more", "number": str(CARDS_A_DAY)}
    html = client.post(QUEUE, data=more).text
    assert progress(html) == (CARDS_A_DAY, CARDS_A_DAY + MORE_CARDS)
    assert 'value="undo"' in html.split('id="notice"')[1]
    client.post(QUEUE, data=more)
    assert progress(client.get(QUEUE).text) == (CARDS_A_DAY, CARDS_A_DAY + MORE_CARDS)
    with Library.open(tmp_path) as library:
        assert len(list_pages(library, here)[0]) == 40


def many_pages(folder: Path) -> int:
    with Library.open(folder) as library:
        pages = [Page(f"page {chr(0x3042 + n)}", (Line("x"),)) for n in range(40)]
        here = import_pages(library, PROJECT, PROJECT, 0, pages, lambda lines: []).project.id
        suggest(library, here, 0.9)
    return here


def test_the_next_day_in_the_readers_time_zone_has_cards_of_its_own(tmp_path: Path, clock: Clock) -> None:
    many_pages(tmp_path)
    client = client_of(tmp_path)
    client.cookies.set("linkassist_zone", "Asia/Tokyo")
    end = answer_all(client)
    assert "Done for today" in end and "1 day of reviewing links" in end
    clock.now = NOON + 12 * HOUR_S - 1
    assert "Done for today" in client.get(QUEUE).text
    clock.now = NOON + 12 * HOUR_S
    assert progress(client.get(QUEUE).text) == (0, CARDS_A_DAY)
    assert "2 days in a row" in answer_all(client)


@pytest.mark.parametrize("zone", ["Nowhere/Nothing", "../../etc/passwd", "Asia", "/etc/passwd", "x" * 2000, "é", '"'])
def test_a_time_zone_that_is_none_counts_as_not_given(tmp_path: Path, clock: Clock, zone: str) -> None:
    client = little_client(tmp_path)
    response = client.get(QUEUE, headers={"Cookie": f"linkassist_zone={zone}".encode()})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("language", "words", "joined"),
    [
        ("en", "Last week’s 2 links are in the wiki.", "3 pages no longer stand alone."),
        ("ja", "先週の 2 本のリンクが Wiki に入りました。", "3 ページがひとりぼっちではなくなりました。"),
    ],
)
def test_the_queue_tells_of_links_that_an_import_brought_until_that_is_closed(
    tmp_path: Path, clock: Clock, language: str, words: str, joined: str
) -> None:
    def take_in(**texts: str) -> int:
        with Library.open(tmp_path) as library:
            pages = [Page(title, (Line(title), Line(text))) for title, text in texts.items()]
            return import_pages(library, PROJECT, PROJECT, 0, pages, page_links).project.id

    here = take_in(A="", B="", C="")
    with Library.open(tmp_path) as library:
        for title in "AB":
            page_id = find_page(library, here, title.lower()).id
            decide(library, here, page_id, Verdict("C", "accept", clock.now, "page", 0.5))
    clock.now += 6 * DAY_S  # Monday
    take_in(A="[C]", B="[C]", C="")
    client = client_of(tmp_path, language)
    client.cookies.set("linkassist_zone", "Asia/Tokyo")
    with Library.open(tmp_path) as library:
        for kind in ("import", "reindex"):
            finish_run(library, start_run(library, kind, here), "done")
    for screen in (QUEUE, f"/p/{PROJECT}", "/import"):
        html = client.get(screen).text
        assert words in html and joined in html
    with Library.open(tmp_path) as library:
        news = unread_news(library, here)
    assert news is not None
    assert words not in client.post(QUEUE, data={"answer": "read", "number": str(news.last_id)}).text
    assert words not in client.get(QUEUE).text
    assert words not in client.get(f"/p/{PROJECT}").text
    assert words in client.get("/import").text, "it is what the last import did"


def test_news_closed_on_the_start_of_a_project_leads_back_there(client: TestClient) -> None:
    response = client.post(QUEUE, data={"answer": "read", "number": "1", "on": "home"}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, f"/p/{PROJECT}")


def test_a_card_shows_the_line_after_then_one_reason_and_folds_the_others(tmp_path: Path) -> None:
    mentions = (Mention(1, 0, 1, "x"), Mention(2, 0, 1, "x"))
    reasons = (Reason("link_probability", 2, 3), Reason("title"))
    with Library.open(tmp_path) as library:
        pages = [Page("page", (Line("page"), Line("x and y"), Line("x again")))]
        here = import_pages(library, PROJECT, PROJECT, 0, pages, lambda lines: []).project.id
        found = [Suggestion("x", "red", 0.9, mentions, reasons)]
        replace_suggestions(library, here, 1, [(find_page(library, here, "page").id, found)])
    client = client_of(tmp_path)
    html = client.get(QUEUE).text
    line = "<ins>[</ins><em>x</em><ins>]</ins> and y"
    assert html.index(line) < html.index("2 of the 3 pages") < html.index("1 more reason")
    places = re.findall(r'form="answers" name="mention" value="([^"]*)"( checked)?', html)
    assert places == [("1:0:x", " checked"), ("2:0:x", "")]
    answer(client, html, "accept")
    [verdict] = verdicts_of(tmp_path, "page")
    assert verdict.mention == mentions[0]


def test_a_mention_in_a_table_is_shown_with_what_stands_on_both_sides_of_the_table(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    shown = client.get(QUEUE).text
    before, _, after = shown.partition("<figcaption>道具くらべ")
    assert "grow.py" in before and "使い方を知りたい" in after and "make run" not in after.split('class="answers"')[0]


def test_where_everything_is_answered_it_says_so_the_next_day(client: TestClient, clock: Clock) -> None:
    for _ in range(60):
        end = answer_all(client, "reject")
        if 'value="more"' not in end:
            break
        client.post(QUEUE, data={"answer": "more", "number": stored(end)})
    assert 'value="more"' not in end
    clock.now += DAY_S
    assert "Everything is answered" in client.get(QUEUE).text


def stored(end: str) -> str:
    """The number of cards in the form that asks for more."""
    return re.findall(r'name="number" value="(\d+)"', end)[-1]


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"answer": "maybe"}, 400, "expected accept, reject, later, undo"),
        ({"page": "no such page"}, 404, "No page has"),
    ],
)
def test_what_cannot_be_answered_is_said(tmp_path: Path, change: dict[str, str], status: int, words: str) -> None:
    client = little_client(tmp_path)
    response = client.post(QUEUE, data=fields(client.get(QUEUE).text) | {"answer": "accept"} | change)
    assert (response.status_code, words in response.text) == (status, True)


def test_an_old_or_odd_address_still_shows_a_card(client: TestClient) -> None:
    for query in ("?since=abc&of=-3", "?since=99999999999-9&of=900", "?did=accept&page=gone&target=x", "?did=undo"):
        assert 'class="answers"' in client.get(QUEUE + query).text, query
