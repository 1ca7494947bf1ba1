"""How much and how often one may ask: every form has a bound, and what is costly has a pace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient
from support.little_server import client_of, little_client, verdicts_of
from support.little_wiki import PROJECT, write_little_wiki
from support.script_client import SITE, client_from

from linkassist.server.auth.rate_limit import RateLimiter
from linkassist.server.jobs.model_worker import ModelWorker
from linkassist.server.middleware import limits
from linkassist.server.middleware.limits import MOST_DRAFT_BYTES, MOST_FORM_BYTES, MOST_SCRIPT_BYTES
from linkassist.server.middleware.script_access import script_project

FILE = {"Content-Type": "multipart/form-data; boundary=b"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return little_client(tmp_path)


def forms(client: TestClient) -> list[str]:
    """The address of every form of the application. A UserScript posts no forms; its bound is tested below."""
    routes = client.app.routes  # type: ignore[attr-defined]
    return [
        re.sub(r"\{\w+(:path)?\}", PROJECT, route.path)
        for route in routes
        if isinstance(route, Route) and "POST" in (route.methods or ()) and not script_project(route.path)
    ]


@pytest.mark.parametrize("what", ["page", "draft", "verdict"])
def test_a_userscript_sends_no_more_than_its_bound(tmp_path: Path, what: str) -> None:
    write_little_wiki(tmp_path)
    client = client_from(tmp_path)
    key = client.app.state.script_keys.issue(PROJECT)  # type: ignore[attr-defined]
    headers = {"Origin": SITE, "Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    address = f"/userscript/{PROJECT}/{what}"
    announced = client.post(address, headers=headers | {"Content-Length": str(MOST_SCRIPT_BYTES + 1)}, content=b"")
    unannounced = client.post(address, headers=headers, content=endless(MOST_SCRIPT_BYTES))
    assert (announced.status_code, unannounced.status_code) == (413, 413)


def test_no_form_takes_more_than_its_bound_however_its_length_is_announced(client: TestClient) -> None:
    client.app.state.most_upload_bytes = 100_000  # type: ignore[attr-defined]
    taken = []
    for address in forms(client):
        most = MOST_DRAFT_BYTES if address.startswith("/draft/") else MOST_FORM_BYTES + 200_000
        announced = client.post(address, headers=FORM | {"Content-Length": str(most + 1)}, content=b"")
        kind = FILE if address == "/import" else FORM
        unannounced = client.post(address, headers=kind, content=endless(most))
        enormous = client.post(address, headers=FORM | {"Content-Length": "9" * 400}, content=b"")
        statuses = [announced.status_code, unannounced.status_code, enormous.status_code]
        # What takes nothing from its form does not read it: the server drops the connection instead.
        is_unread = address.endswith(("/cancel", "/stop", "/discard")) or address == "/logout"
        if statuses != [413, unannounced.status_code if is_unread else 413, 413]:
            taken.append(f"{address}: {statuses}")
    assert taken == []


def endless(most: int) -> Iterator[bytes]:
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n'
    for _ in range(2 * most // 60_000 + 2):
        yield b"a" * 60_000


def test_what_is_too_long_is_told_in_words_and_changes_nothing(client: TestClient, tmp_path: Path) -> None:
    form = {"project": PROJECT, "page": "庭としてのWiki", "target": "KJ法", "decision": "accept"}
    response = client.post("/verdict", data=form | {"x": "x" * MOST_FORM_BYTES})
    assert response.status_code == 413 and "The request is too large" in response.text
    assert response.headers["connection"] == "close"
    assert verdicts_of(tmp_path, "庭としてのWiki") == []


@pytest.mark.parametrize(
    ("method", "address", "n_free"),
    [
        ("GET", f"/search/{PROJECT}?q=x&by=meaning", 30),
        ("POST", f"/draft/{PROJECT}", 60),
        ("POST", "/import", 10),
    ],
)
def test_what_is_costly_has_a_pace_and_the_rest_has_none(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, method: str, address: str, n_free: int
) -> None:
    monkeypatch.setattr(
        limits, "RateLimiter", lambda burst, per_s: RateLimiter(burst, per_s, lambda: 1000.0)
    )  # no time passes
    statuses = [client.request(method, address, headers=FORM).status_code for _ in range(n_free + 1)]
    assert 429 not in statuses[:-1] and statuses[-1] == 429
    refused = client.request(method, address, headers=FORM)
    assert int(refused.headers["retry-after"]) >= 1
    assert "Too many requests. Try again in" in refused.text
    assert client.get(f"/p/{PROJECT}").status_code == 200


def test_while_all_turns_are_taken_the_costly_waits_and_the_rest_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    little_client(tmp_path)
    monkeypatch.setattr(limits, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(limits, "WAIT_FOR_SLOT_S", 0.1)
    client = client_of(tmp_path)
    busy = client.post(f"/draft/{PROJECT}", headers=FORM, content=b"text=x")
    assert (
        busy.status_code == 503
        and "Other requests are being answered" in busy.text
        and busy.headers["retry-after"] == "5"
    )
    assert client.get(f"/search/{PROJECT}?q=KJ").status_code == 200


def test_a_turn_is_given_back_also_after_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    little_client(tmp_path)
    monkeypatch.setattr(limits, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(limits, "WAIT_FOR_SLOT_S", 0.1)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ModelWorker, "suggest", broken)
    client = client_of(tmp_path, raises=False)
    answers = [client.post(f"/draft/{PROJECT}", headers=FORM, content=b"text=x").status_code for _ in range(3)]
    assert answers == [500, 500, 500]
