"""The queue: what comes first, what is put off, and that a sitting ends where it should."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.little_server import little_client, verdicts_of
from support.little_wiki import PROJECT

from linkassist.review import queue as queueing
from linkassist.review.queue import QueueItem, expected_gain, next_item, queue_session, session_start, waiting_items
from linkassist.review.verdicts import ShownSuggestion, lessons_of, worth_showing
from linkassist.store.library import Library
from linkassist.store.pages import PageSummary, list_pages, project
from linkassist.store.snoozes import n_snoozed_since, snooze, snoozed, wake
from linkassist.store.suggestions import StoredSuggestion
from linkassist.suggestion import Suggestion

QUEUE = f"/queue/{PROJECT}"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    little_client(tmp_path)
    with Library.open(tmp_path) as opened:
        yield opened


def fields(html: str) -> dict[str, str]:
    """The hidden fields of the card that is shown."""
    form = html.split('class="answers"')[1].split("</form>")[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.split("<button")[0]))


def answer(client: TestClient, html: str, given: str) -> str:
    response = client.post(QUEUE, data=fields(html) | {"answer": given})
    assert response.status_code == 200, response.text
    return response.text


def test_what_is_worth_most_comes_first_and_a_page_comes_once(library: Library) -> None:
    items = waiting_items(library, project(library, PROJECT).id, 0)
    assert items == sorted(items, key=lambda item: -item.gain)
    assert len({item.page_id for item in items}) == len(items)


def test_a_link_is_worth_more_to_a_page_that_has_none() -> None:
    suggestion = Suggestion("Cup", "page", 0.5)
    shown = ShownSuggestion(suggestion, StoredSuggestion(1, 1, 1, suggestion, None))
    orphan = PageSummary(1, "Tea", "tea", 0, 0, 0, n_links=0, n_suggestions=1, gain=0.5)
    linked = PageSummary(1, "Tea", "tea", 0, 0, 0, n_links=3, n_suggestions=1, gain=0.5)
    assert (expected_gain(orphan, shown), expected_gain(linked, shown)) == (1.0, 0.625)


def test_the_same_page_never_comes_twice_in_a_row_unless_it_is_the_only_one() -> None:
    one, other = QueueItem(1, "A", "a", 0.9), QueueItem(2, "B", "b", 0.1)
    assert next_item([one, other], None) == one
    assert next_item([one, other], 1) == other
    assert next_item([one], 1) == one
    assert next_item([], 1) is None


def test_a_sitting_goes_to_every_page_before_it_comes_back_to_one() -> None:
    one, other, third = QueueItem(1, "A", "a", 0.9), QueueItem(2, "B", "b", 0.5), QueueItem(3, "C", "c", 0.1)
    assert next_item([one, other, third], 2, had={"A", "B"}) == third
    assert next_item([one, other], 2, had={"A", "B"}) == one
    assert next_item([other], 2, had={"A", "B"}) == other


def test_what_is_put_off_comes_back_when_its_time_has_come(library: Library) -> None:
    here = project(library, PROJECT).id
    first = waiting_items(library, here, now=100)[0]
    snooze(library, first.page_id, first.target.lower(), at=100, until=200)
    assert snoozed(library, here, 150) == {(first.page_id, first.target.lower())}
    assert (first.page_id, first.target) not in {(i.page_id, i.target) for i in waiting_items(library, here, 150)}
    assert waiting_items(library, here, now=200)[0] == first
    assert n_snoozed_since(library, here, since=99, now=150) == 1
    wake(library, first.page_id, first.target.lower())
    assert waiting_items(library, here, now=150)[0] == first


def test_a_sitting_counts_each_card_once(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    first = client.get(QUEUE).text
    since = fields(first)["since"]
    second = answer(client, first, "reject")
    why = fields(first) | {"answer": "reject", "why": "too_common"}
    client.post(QUEUE, data=why)
    answer(client, second, "later")
    with Library.open(tmp_path) as library:
        so_far = queue_session(
            library, project(library, PROJECT).id, session_start(library, since, 0), int(time.time())
        )
    assert (len(so_far.decided), so_far.n_later, so_far.n_done) == (1, 1, 2)
    assert verdicts_of(tmp_path, so_far.decided[0].title)[0].why == "too_common"


@pytest.mark.parametrize(
    ("language", "card", "end"), [("en", "Card 2 of", "Done for today"), ("ja", "2 枚目", "おつかれ")]
)
def test_a_sitting_of_plain_forms_ends_with_a_summary(tmp_path: Path, language: str, card: str, end: str) -> None:
    client = little_client(tmp_path, language)
    html = client.get(QUEUE).text
    length = int(fields(html)["of"])
    assert 3 <= length <= 9
    pages = [fields(html)["page"]]
    html = answer(client, html, "accept")
    assert card in html
    for given in ["reject", "later", *["accept"] * length][: length - 1]:
        pages.append(fields(html)["page"])
        html = answer(client, html, given)
        if end in html:
            break
    assert end in html
    assert all(one != other for one, other in zip(pages, pages[1:3], strict=False))


def test_an_answer_is_taken_back_and_its_card_stands_there_again(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    for given in ("accept", "later"):
        html = client.get(QUEUE).text
        before = fields(html)
        answer(client, html, given)
        back = client.post(QUEUE, data=before | {"answer": "undo"}).text
        again = fields(back)
        assert (again["page"], again["target"]) == (before["page"], before["target"])


def test_a_mention_in_a_table_is_shown_with_what_stands_on_both_sides_of_the_table(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    shown = client.get(QUEUE).text
    before, _, after = shown.partition("<figcaption>道具くらべ")
    assert "grow.py" in before and "使い方を知りたい" in after and "make run" not in after.split('class="answers"')[0]


def test_where_nothing_waits_it_says_so(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    for _ in range(60):
        html = client.get(QUEUE).text
        if 'class="answers"' not in html:
            break
        answer(client, html, "reject")
    assert "Nothing to answer right now" in html


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


def test_an_old_or_odd_address_still_shows_a_card(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    for query in ("?since=abc&of=-3", "?since=99999999999-9&of=900", "?did=accept&page=gone&target=x", "?did=undo"):
        assert 'class="answers"' in client.get(QUEUE + query).text, query


def test_the_queue_begins_as_it_would_if_every_page_were_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = project(library, PROJECT).id
    lessons = lessons_of(library, here)
    best = [
        max(expected_gain(page, each) for each in worth_showing(library, page.id, lessons))
        for page in list_pages(library, here)[0]
        if page.n_suggestions
    ]
    read: list[int] = []

    def told(of: Library, page_id: int, *arguments: object, **others: float) -> list[ShownSuggestion]:
        read.append(page_id)
        return worth_showing(of, page_id, lessons, **others)

    monkeypatch.setattr(queueing, "worth_showing", told)
    assert [item.gain for item in waiting_items(library, here, 0, max_cards=3)][:4] == sorted(best, reverse=True)[:4]
    assert len(set(read)) < len(best)
