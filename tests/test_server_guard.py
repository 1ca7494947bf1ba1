"""Who may ask the server, who may change anything, and the headers that keep a page to itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from little_server import ORIGIN, client_of, little_client, verdicts_of
from little_wiki import PROJECT
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from linkassist.server.guard import Guard, Names, is_loopback

FORM = {"project": PROJECT, "page": "庭としてのWiki", "target": "KJ法", "decision": "accept"}


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "127.0.0.2"])
def test_loopback_is_answered(tmp_path: Path, host: str) -> None:
    assert little_client(tmp_path).get("/p/niwa", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "", "192.168.0.7:8000"]
)
def test_a_foreign_host_is_refused(tmp_path: Path, host: str) -> None:
    response = little_client(tmp_path).get("/p/niwa", headers={"Host": host})
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
    return TestClient(Guard(app, Names(bound_host)))


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
    response = client.post("/verdict", data=FORM, headers=headers)
    assert response.status_code == 403
    assert f"`Origin: {ORIGIN}`" in response.text
    assert verdicts_of(tmp_path, "庭としてのWiki") == []


def test_a_browser_without_fetch_metadata_is_known_by_its_origin(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    del client.headers["Sec-Fetch-Site"]
    assert client.post("/verdict", data=FORM, headers={"Origin": ORIGIN}).status_code == 200
    assert len(verdicts_of(tmp_path, "庭としてのWiki")) == 1


@pytest.mark.parametrize("path", ["/p/niwa", "/nothing/here", "/static/style.css"])
def test_every_answer_has_the_safety_headers(tmp_path: Path, path: str) -> None:
    headers = little_client(tmp_path).get(path).headers
    assert "default-src 'self'; img-src 'self' https: data:" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


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

    monkeypatch.setattr("linkassist.server.handlers_home.list_pages", broken)
    response = client_of(tmp_path, raises=False).get("/p/niwa")
    assert response.status_code == 500
    assert "Something went wrong" in response.text
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "", "/p\r\nX: y"])
def test_a_choice_never_leads_to_another_server(tmp_path: Path, back: str) -> None:
    response = little_client(tmp_path).post(
        "/preferences", data={"theme": "dark", "back": back}, follow_redirects=False
    )
    assert response.headers["location"] == "/"
