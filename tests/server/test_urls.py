"""The addresses of pages whose titles are awkward."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from support.little_server import address, running_server
from support.little_wiki import AWKWARD_TITLES, write_little_wiki

from linkassist.server.urls import (
    page_address,
    page_in_scrapbox,
    project_address,
    scrapbox_address,
    search_address,
)
from linkassist.server.views.page_list import PageList


def test_a_title_is_one_quoted_segment() -> None:
    assert page_address("niwa", "入力/出力") == "/p/niwa/%E5%85%A5%E5%8A%9B%2F%E5%87%BA%E5%8A%9B"
    assert page_address("niwa", "100%2F a") == "/p/niwa/100%252F_a"


@pytest.mark.parametrize("title", ["", ".", ".."])
def test_a_title_that_browsers_would_resolve_away_is_a_parameter(title: str) -> None:
    assert page_address("niwa", title) == f"/p/niwa/?title={title}"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_an_address_holds_no_character_that_ends_or_splits_it(title: str) -> None:
    path = page_address("niwa", title).removeprefix("/p/niwa/").removeprefix("?title=")
    assert not set(path) & set("/?#\\ \"'<>")


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("KJ method", "/KJ_method"),
        ("入力/出力", "/%E5%85%A5%E5%8A%9B%2F%E5%87%BA%E5%8A%9B"),
        ("/a/", "/%2Fa%2F"),
        ("100%?#", "/100%25%3F%23"),
        (".", ""),
    ],
)
def test_a_page_is_found_in_scrapbox_whatever_its_title_holds(title: str, path: str) -> None:
    assert page_in_scrapbox("niwa", title) == f"https://scrapbox.io/niwa{path}"


def test_pages_with_awkward_titles_open_from_their_own_addresses(tmp_path: Path) -> None:
    # Over a real connection: a client in the process unquotes the path twice, and so cannot tell "%2F" from "/".
    write_little_wiki(tmp_path)
    with running_server(tmp_path) as origin:
        for title in AWKWARD_TITLES:
            with urlopen(origin + address(title)) as response:
                assert f"<h1>{escape(title)}</h1>" in response.read().decode()


def test_a_link_keeps_its_defaults_out_of_the_address() -> None:
    assert project_address("niwa") == "/p/niwa"
    assert search_address("niwa") == "/search/niwa"
    assert search_address("niwa", "a b", text_at=200) == "/search/niwa?q=a+b&texts=200"
    assert PageList().address("niwa") == "/p/niwa"
    wanted = PageList("title", only="alone", links="3-4", made="2021-01/2021-03", days=7, number=2)
    assert wanted.address("niwa") == "/p/niwa?sort=title&only=alone&links=3-4&made=2021-01/2021-03&days=7&page=2"


def test_a_page_of_another_project_is_at_scrapbox() -> None:
    assert scrapbox_address("/villagepump/a b/c") == "https://scrapbox.io/villagepump/a_b%2Fc"
