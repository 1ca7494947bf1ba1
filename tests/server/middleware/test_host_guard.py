"""Who may ask the server, who may change anything, and the headers that keep a page to itself."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from support.little_server import ORIGIN, address, client_of, decide, little_client, verdicts_of
from support.little_wiki import PROJECT

from linkassist.files.assets import shipped_folder
from linkassist.server.middleware.host_guard import AllowedHosts, HostGuard, is_loopback
from linkassist.store.library import Library

FORM = {"project": PROJECT, "page": "庭としてのWiki", "target": "KJ法", "decision": "accept"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return little_client(tmp_path_factory.mktemp("guarded"))


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "127.0.0.2"])
def test_loopback_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/p/niwa", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "", "192.168.0.7:8000"]
)
def test_a_foreign_host_is_refused(client: TestClient, host: str) -> None:
    response = client.get("/p/niwa", headers={"Host": host})
    assert response.status_code == 421
    assert "Open it under that address" in response.text


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("wiki.localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("example.com", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def guarded(bound_host: str) -> TestClient:
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("here"))])
    return TestClient(HostGuard(app, AllowedHosts(bound_host)))


@pytest.mark.parametrize(
    ("bound_host", "host", "status"),
    [
        ("192.168.0.7", "192.168.0.7:8000", 200),
        ("192.168.0.7", "192.168.0.8:8000", 421),
        ("0.0.0.0", "192.168.0.8:8000", 200),
        ("0.0.0.0", "evil.example", 421),
    ],
)
def test_the_bound_address_is_answered_too(bound_host: str, host: str, status: int) -> None:
    assert guarded(bound_host).get("/", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="another port of this machine"),
        pytest.param({"Origin": "https://evil.example"}, id="a foreign origin"),
        pytest.param({"Origin": "null"}, id="a hidden origin"),
        pytest.param({}, id="nothing said"),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN}, id="the two disagree"),
    ],
)
def test_a_change_that_another_site_asks_for_is_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    client = little_client(tmp_path)
    del client.headers["Sec-Fetch-Site"]
    several = {**FORM, "target-0": FORM["target"], "decision": "accept_all"}
    assert client.post("/verdicts", data=several, headers=headers).status_code == 403
    response = client.post("/verdict", data=FORM, headers=headers)
    assert response.status_code == 403
    assert f"`Origin: {ORIGIN}`" in response.text
    assert verdicts_of(tmp_path, "庭としてのWiki") == []


def test_a_browser_without_fetch_metadata_is_known_by_its_origin(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    del client.headers["Sec-Fetch-Site"]
    assert client.post("/verdict", data=FORM, headers={"Origin": ORIGIN}).status_code == 200
    assert len(verdicts_of(tmp_path, "庭としてのWiki")) == 1


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, id="image"
        ),
        pytest.param(
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, id="events"
        ),
        pytest.param({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, id="port"),
        pytest.param(
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, id="frame"
        ),
    ],
)
@pytest.mark.parametrize("path", ["/p/niwa", "/import/progress", "/static/icon.svg", "/outbox/niwa/import.json"])
def test_another_site_cannot_have_anything_in_its_own_pages(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    assert client.get(path, headers=headers).status_code == 403


def test_a_link_of_another_site_leads_here(client: TestClient) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/p/niwa", headers=link).status_code == 200


def test_the_first_look_at_the_queue_stores_the_cards_of_the_day_and_nothing_else(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    before = contents_of(tmp_path)
    client.get(f"/queue/{PROJECT}")
    written = Counter(contents_of(tmp_path)) - Counter(before)
    assert written and all(statement.startswith('INSERT INTO "queue_cards"') for statement in written)
    assert not Counter(before) - Counter(contents_of(tmp_path))


def test_looking_at_screens_changes_nothing_once_the_cards_of_the_day_are_chosen(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    client.get(f"/queue/{PROJECT}")
    found = [route.path for route in client.app.routes if isinstance(route, Route) and "GET" in (route.methods or ())]
    found.remove("/userscript/{project}.js")  # no screen: each copy has a new key, see test_script_access.py
    before = contents_of(tmp_path)
    for path in found:
        address = path.replace("{project}", PROJECT).replace("{title:title}", "庭としてのWiki")
        asked = {
            **FORM,
            "answer": "accept",
            "action": "add",
            "sort": "word",
            "title": "x",
            "way": "by_hand",
            "until": "9",
        }
        assert client.get(address, params=asked).status_code < 400
    assert contents_of(tmp_path) == before


def contents_of(folder: Path) -> list[str]:
    """All that the library holds, as SQL."""
    with Library.open(folder) as library:
        return list(library.connection.iterdump())


@pytest.mark.parametrize("path", ["/p/niwa", "/nothing/here", "/static/style.css", "/outbox/niwa/import.json"])
def test_every_answer_has_the_safety_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'self'; img-src 'self' https: data:" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"] and "clipboard-write" not in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert headers["Cache-Control"] == ("no-store" if path.endswith(".json") else "private, no-cache")


def test_no_screen_needs_a_script_or_a_style_within_it() -> None:
    forbidden = re.compile(r"""<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:|<iframe|<object|<embed""")
    found = [
        f"{path.name}: {match.group()}"
        for path in (shipped_folder("web") / "templates").glob("*.html")
        for match in forbidden.finditer(path.read_text("utf-8"))
    ]
    assert found == []


class Links(HTMLParser):
    """The links of a screen that lead away, as (address, rel)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.away: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        address = given.get("href", "")
        if tag == "a" and not re.match(r"/(?![/\\])|#|\?", address):
            self.away.append((address, given.get("rel", "")))


def test_a_link_that_leads_away_tells_nobody_where_from_and_gives_no_hand_on_the_window(client: TestClient) -> None:
    decide(client, "庭としてのWiki", "KJ法", "accept")
    away = [
        link
        for path in (address("記法の見本"), address("庭としてのWiki"), address("まだないページ"), "/outbox/niwa")
        for link in Links(client.get(path).text).away
    ]
    assert len(away) > 5
    assert [link for link in away if link[1] != "noopener noreferrer"] == []
    assert [link for link in away if not link[0].startswith(("https://", "http://"))] == []
    ours = [link for link, _ in Links(client.get("/outbox/niwa").text).away]
    assert ours and all(link.startswith("https://scrapbox.io/niwa/") for link in ours)


@pytest.mark.parametrize(
    ("scheme", "origin", "status"),
    [
        ("https", "https://wiki.example", 200),
        ("https", "http://wiki.example", 403),
        ("http", "https://wiki.example", 200),
    ],
)
def test_behind_tls_a_form_comes_over_tls(scheme: str, origin: str, status: int) -> None:
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("here"), methods=["POST"])])
    client = TestClient(
        HostGuard(app, AllowedHosts("127.0.0.1", ("wiki.example",))), base_url=f"{scheme}://wiki.example"
    )
    response = client.post("/", headers={"Origin": origin})
    assert response.status_code == status
    # Here a browser's form has to say where it comes from, which "no-referrer" would keep from us.
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_images_from_elsewhere_are_forbidden_once_they_are_switched_off(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    client.post("/preferences", data={"images": "off", "back": "/p/niwa"})
    assert "img-src 'self' data:;" in client.get("/p/niwa").headers["Content-Security-Policy"]


def test_a_fault_is_answered_in_the_same_design_with_the_same_headers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    little_client(tmp_path)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("linkassist.server.views.page_list.list_pages", broken)
    response = client_of(tmp_path, raises=False).get("/p/niwa")
    assert response.status_code == 500
    assert "Something went wrong" in response.text
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "", "/p\r\nX: y"])
def test_a_choice_never_leads_to_another_server(client: TestClient, back: str) -> None:
    response = client.post("/preferences", data={"theme": "dark", "back": back}, follow_redirects=False)
    assert response.headers["location"] == "/"
