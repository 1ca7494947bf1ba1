"""What Scrapbox's answers must hold to be believed: a list of pages with ids, titles and times; lines as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.little_scrapbox import KEY, Answer, LittleScrapbox, little_scrapbox

from linkassist.errors import FetchError
from linkassist.scrapbox.client.address import remote_project
from linkassist.scrapbox.client.keys import access_key
from linkassist.scrapbox.client.reading import Client
from linkassist.scrapbox.client.throttle import Throttle


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put("a", "庭", "[道具]")
        yield found


@pytest.fixture
def client(scrapbox: LittleScrapbox) -> Iterator[Client]:
    with Client(remote_project(scrapbox.project), access_key(KEY), Throttle()) as opened:
        yield opened


GOOD = {"id": "a", "title": "庭", "updated": 7}


@pytest.mark.parametrize("bad", [{"id": 1}, {"title": None}, {"updated": "7"}], ids=["id", "title", "updated"])
def test_a_listed_page_without_id_title_or_time_is_refused(
    client: Client, scrapbox: LittleScrapbox, bad: dict[str, Any]
) -> None:
    def answer(page: dict[str, Any]) -> Answer:
        return Answer(200, json.dumps({"count": 1, "pages": [page]}).encode())

    scrapbox.failures = [answer(GOOD)]
    assert [page.title for page in client.list_pages(lambda done, total: None)] == ["庭"]
    scrapbox.failures = [answer(GOOD | bad)]
    with pytest.raises(FetchError, match="sent the list of pages in a form that linkassist does not know"):
        client.list_pages(lambda done, total: None)


@pytest.mark.parametrize(
    ("updated", "read_as"),
    [(1_616_457_600_000, 1_616_457_600), (1_616_457_600.5, 1_616_457_600), (-7, 0), (10**30, 0)],
)
def test_the_time_of_a_listed_page_is_a_unix_second_whatever_its_unit(
    client: Client, scrapbox: LittleScrapbox, updated: float, read_as: int
) -> None:
    scrapbox.failures = [Answer(200, json.dumps({"count": 1, "pages": [GOOD | {"updated": updated}]}).encode())]
    assert [page.updated for page in client.list_pages(lambda done, total: None)] == [read_as]


def test_a_line_of_a_page_keeps_what_an_export_has_and_another_value_is_left_to_the_import(
    client: Client, scrapbox: LittleScrapbox
) -> None:
    scrapbox.pages["a"]["lines"] = ["庭", {"id": "x", "text": "二", "created": 1, "extra": True}, 7]
    page = client.page("庭")
    assert page is not None and page["lines"] == ["庭", {"text": "二", "created": 1}, 7]
