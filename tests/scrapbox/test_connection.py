"""Requests to Scrapbox: pauses that the server asks for, a rate of our own, and a key that nothing replaces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from support.little_scrapbox import KEY, Answer, LittleScrapbox, little_scrapbox

from linkassist.scrapbox.client import throttle
from linkassist.scrapbox.client.address import project_at, remote_project
from linkassist.scrapbox.client.connection import Connection
from linkassist.scrapbox.client.editing import Editor
from linkassist.scrapbox.client.keys import access_key
from linkassist.scrapbox.client.throttle import MOST_REQUESTS, Throttle

PAGE = "a" * 24


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses, which take no time but on the clock."""
    found: list[float] = []
    monkeypatch.setattr(throttle, "_sleep", found.append)
    monkeypatch.setattr(throttle, "_now", lambda: sum(found))
    return found


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put(PAGE, "庭", "[道具]")
        yield found


@pytest.fixture
def editor(scrapbox: LittleScrapbox) -> Iterator[Editor]:
    with Connection(remote_project(scrapbox.project), access_key(KEY), Throttle()) as connection:
        yield Editor(connection)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("", 2, 2),
        ("1", 2, 2),
        ("45", 45, 45),
        ("9" * 30, 2, 2),
        ("soon", 2, 2),
        ("99999", 180, 180),
        ("Tue, 01 Dec 2020 12:00:00 GMT", 2, 2),  # a moment that is over
    ],
)
def test_the_pause_is_what_the_server_asks_for_within_bounds(
    scrapbox: LittleScrapbox, editor: Editor, pauses: list[float], header: str, least: float, most: float
) -> None:
    scrapbox.failures = [Answer(429, headers={"Retry-After": header} if header else {})]
    assert editor.page("庭") is not None
    (pause_s,) = pauses
    assert least <= pause_s <= most


def test_a_pause_can_be_given_as_a_date(scrapbox: LittleScrapbox, editor: Editor, pauses: list[float]) -> None:
    until = datetime.now(UTC) + timedelta(seconds=100)
    scrapbox.failures = [Answer(503, headers={"Retry-After": format_datetime(until, usegmt=True)})]
    assert editor.page("庭") is not None
    assert 30 < pauses[0] <= 100


def test_a_server_elsewhere_gets_twenty_requests_a_minute_and_one_on_this_machine_any_number(
    pauses: list[float],
) -> None:
    pace = Throttle()
    for _ in range(2 * MOST_REQUESTS + 1):
        pace.wait(is_on_this_machine=False)
    assert sum(pauses) == 120
    for _ in range(100):
        pace.wait(is_on_this_machine=True)
    assert sum(pauses) == 120
    assert not project_at("https://scrapbox.io", "niwa").is_on_this_machine
    assert project_at("http://127.0.0.1:8000/", "庭/1").is_on_this_machine


def test_a_cookie_of_the_server_does_not_take_the_place_of_the_key(scrapbox: LittleScrapbox, editor: Editor) -> None:
    scrapbox.failures = [Answer(429, headers={"Set-Cookie": "connect.sid=s:another; Path=/"})]
    editor.page("庭")
    assert set(scrapbox.keys) == {KEY}


def test_an_absent_page_is_none_and_an_unchanged_one_is_told_by_its_etag(
    scrapbox: LittleScrapbox, editor: Editor
) -> None:
    assert editor.page("ない") is None
    page = editor.page("庭")
    assert page is not None and page.etag and editor.is_unchanged(page)
    scrapbox.write(PAGE, 1, "x")
    assert not editor.is_unchanged(page)
    scrapbox.write(PAGE, 1, "[道具]")
    assert editor.is_unchanged(page)  # another commit with the same lines
    del scrapbox.pages[PAGE]
    assert not editor.is_unchanged(page)
