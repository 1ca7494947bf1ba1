"""Who is let in once a library has a password, and that without one nothing asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path

import httpx2
import pytest
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from support.little_server import little_client, verdicts_of
from support.little_wiki import PROJECT
from support.locked_wiki import WORD, cheap_access, stranger, write_locked_wiki

from linkassist.errors import SettingsError
from linkassist.server.app import create_app
from linkassist.server.auth.password import FILE_NAME, existing_access, write_access
from linkassist.server.auth.rate_limit import GuessLimiter
from linkassist.server.auth.sessions import LONGEST_S
from linkassist.settings import Settings
from linkassist.store.library import DATABASE_NAME as LIBRARY

PAGE = f"/p/{PROJECT}"
FORM = {"project": PROJECT, "page": "庭としてのWiki", "target": "KJ法", "decision": "accept"}


@pytest.fixture(scope="module")
def token(wiki: Path) -> str:
    return (wiki / "token").read_text()


@pytest.fixture(scope="module")
def wiki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("locked")
    (folder / "token").write_text(write_locked_wiki(folder))
    return folder


@pytest.fixture
def client(wiki: Path) -> Iterator[TestClient]:
    with stranger(wiki) as opened:
        yield opened


def log_in(client: TestClient, word: str = WORD, wanted: str = PAGE) -> httpx2.Response:
    return client.post("/login", data={"password": word, "next": wanted})


def every_route(folder: Path) -> list[tuple[str, str]]:
    """(method, an address) of every route of the application."""
    found = []
    for route in create_app(Settings(folder)).routes:
        if isinstance(route, Route):
            address = re.sub(r"\{\w+(:path)?\}", PROJECT, route.path)
            found += [(method, address) for method in sorted(route.methods or ())]
        else:
            assert isinstance(route, Mount) and route.path == "/static", "a new kind of route: is it behind the login?"
    return found


def test_a_stranger_is_shown_the_way_in_by_every_address_and_nothing_else(client: TestClient, wiki: Path) -> None:
    shown = []
    addresses = [*every_route(wiki), ("GET", "/nothing/here"), ("PUT", PAGE), ("GET", "/static"), ("GET", "//static/x")]
    for method, address in addresses:
        if address in ("/login", "/preferences"):
            continue
        response = client.request(method, address)
        is_sent_there = response.status_code == 303 and response.headers["location"].startswith("/login")
        if not is_sent_there and not (response.status_code == 401 and "KJ法" not in response.text):
            shown.append(f"{method} {address}: {response.status_code}")
    assert shown == []


def test_the_way_in_needs_no_password_and_its_looks_can_be_chosen(client: TestClient) -> None:
    assert client.get("/login").status_code == 200
    assert client.get("/static/style.css").status_code == 200
    assert client.get("/static/../../pyproject.toml").status_code in (303, 401, 404)
    chosen = client.post("/preferences", data={"language": "ja", "back": "/login"})
    assert chosen.headers["location"] == "/login"
    assert "パスワード" in client.get("/login").text


def test_a_reader_who_logs_in_is_where_she_wanted_to_be_and_can_work(client: TestClient, wiki: Path) -> None:
    sent = client.get(f"{PAGE}?sort=title")
    form = client.get(sent.headers["location"]).text
    (wanted,) = re.findall(r'name="next" value="([^"]*)"', form)
    entered = log_in(client, wanted=wanted)
    assert (entered.status_code, entered.headers["location"]) == (303, f"{PAGE}?sort=title")
    page = client.get(f"{PAGE}?sort=title")
    assert page.status_code == 200 and 'formaction="/logout"' in page.text
    assert client.post("/verdict", data=FORM).status_code == 303
    assert len(verdicts_of(wiki, "庭としてのWiki")) == 1
    assert client.get("/login?next=/queue/niwa").headers["location"] == "/queue/niwa"


def test_what_is_behind_the_password_is_never_stored(client: TestClient) -> None:
    log_in(client)
    assert client.get(PAGE).headers["cache-control"] == "no-store"
    assert client.get(f"/outbox/{PROJECT}/import.json").headers["cache-control"] == "no-store"
    assert "no-store" not in client.get("/static/style.css").headers["cache-control"]


def cookie_of(response: httpx2.Response) -> tuple[str, dict[str, object]]:
    ((name, morsel),) = SimpleCookie(response.headers["set-cookie"]).items()
    return name, {key: value for key, value in morsel.items() if value}


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client: TestClient) -> None:
    name, attributes = cookie_of(log_in(client))
    assert name == "linkassist_session"
    assert attributes == {"httponly": True, "samesite": "lax", "path": "/", "max-age": str(LONGEST_S)}


def test_over_tls_the_cookie_never_leaves_it_and_belongs_to_this_host_alone(wiki: Path) -> None:
    client = stranger(wiki, base_url="https://wiki.example", allow_host="wiki.example")
    name, attributes = cookie_of(log_in(client))
    assert name == "__Host-linkassist_session"  # browsers take this name only with Secure, Path=/ and no Domain
    assert attributes["secure"] is True and attributes["path"] == "/" and "domain" not in attributes
    assert client.get(PAGE).status_code == 200


def test_a_session_of_before_is_not_taken_over(client: TestClient) -> None:
    chosen = {"Cookie": "linkassist_session=chosen-by-somebody-else"}
    response = client.post("/login", data={"password": WORD}, headers=chosen)
    first = response.cookies["linkassist_session"]
    assert first != "chosen-by-somebody-else"
    client.cookies.clear()
    assert client.get(PAGE, headers=chosen).status_code == 303
    again = client.post("/login", data={"password": WORD}, headers={"Cookie": f"linkassist_session={first}"})
    assert again.cookies["linkassist_session"] != first
    client.cookies.clear()
    assert client.get(PAGE, headers={"Cookie": f"linkassist_session={first}"}).status_code == 303


def test_a_wrong_password_opens_nothing_and_is_told_so(client: TestClient) -> None:
    response = log_in(client, "wrong wrong wrong")
    assert response.status_code == 401 and "Wrong password." in response.text
    assert "set-cookie" not in response.headers
    assert f'value="{PAGE}"' in response.text
    assert client.get(PAGE).status_code == 303


def test_after_some_wrong_passwords_even_the_right_one_has_to_wait(client: TestClient) -> None:
    now = 1000.0  # however long a hash takes
    state = client.app.state  # type: ignore[attr-defined]
    state.login = replace(state.login, guesses=GuessLimiter(lambda: now))
    statuses = [log_in(client, f"wrong {n}").status_code for n in range(4)]
    assert statuses == [401, 401, 401, 429]
    refused = log_in(client)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) == 1
    assert "Try again in 1 second." in refused.text
    now += 2
    assert log_in(client).status_code == 303


def test_logging_out_ends_the_session_at_the_server_too(client: TestClient) -> None:
    log_in(client)
    kept = client.cookies["linkassist_session"]
    left = client.post("/logout")
    assert left.headers["location"] == "/login"
    assert "linkassist_session" not in client.cookies
    assert client.get(PAGE, headers={"Cookie": f"linkassist_session={kept}"}).status_code == 303


def test_a_new_password_logs_everybody_out_at_once(tmp_path: Path) -> None:
    token = write_locked_wiki(tmp_path)
    client = stranger(tmp_path)
    log_in(client)
    assert client.get(PAGE).status_code == 200
    write_access(tmp_path, cheap_access("another password"))
    assert client.get(PAGE).status_code == 303
    assert log_in(client).status_code == 401
    assert log_in(client, "another password").status_code == 303
    assert client.get(PAGE, headers={"Authorization": f"Bearer {token}"}).status_code == 200  # by the session


def test_a_form_sent_too_late_is_not_kept_and_says_so(client: TestClient, wiki: Path) -> None:
    before = verdicts_of(wiki, "庭としてのWiki")
    response = client.post("/verdict", data=FORM)
    assert response.status_code == 401 and "so your last action was not saved" in response.text
    assert verdicts_of(wiki, "庭としてのWiki") == before


def test_a_script_of_a_page_is_told_401_and_not_sent_to_another_page(client: TestClient) -> None:
    assert client.get(PAGE, headers={"X-Fragment": "page"}).status_code == 401
    assert client.get("/import/progress", headers={"Accept": "text/event-stream"}).status_code == 401


def test_a_program_comes_in_with_the_token_and_with_no_other(wiki: Path, token: str) -> None:
    def status(value: str | bytes) -> int:
        return stranger(wiki).get(PAGE, headers=[("Authorization", value), ("Accept", "*/*")]).status_code

    assert [status(f"Bearer {token}"), status(f"bearer  {token} ")] == [200, 200]
    refused: list[str | bytes] = [f"Bearer {token[:-1]}", "Bearer ", "Bearer", f"Basic {token}", token, b"Bearer \xe9"]
    assert [status(value) for value in refused] == [401] * len(refused)
    response = stranger(wiki).get(PAGE, headers={"Accept": "*/*"})
    assert response.headers["www-authenticate"].startswith("Bearer ")


def test_neither_token_nor_session_makes_a_foreign_post_good(client: TestClient, wiki: Path, token: str) -> None:
    log_in(client)
    before = verdicts_of(wiki, "庭としてのWiki")
    foreign = {"Sec-Fetch-Site": "cross-site", "Authorization": f"Bearer {token}"}
    assert client.post("/verdict", data=FORM, headers=foreign).status_code == 403
    assert client.post("/login", data={"password": WORD}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/logout", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert verdicts_of(wiki, "庭としてのWiki") == before and client.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "\t//evil", "/\t/evil", "",
     "/login", "/login?next=/login", "/logout", "evil.example", "///evil.example", "\\\\evil.example"],
)  # fmt: skip
def test_the_login_never_leads_to_another_server_nor_in_a_circle(wiki: Path, wanted: str) -> None:
    client = stranger(wiki)
    assert 'name="next" value="/">' in client.get("/login", params={"next": wanted}).text
    assert log_in(client, wanted=wanted).headers["location"] == "/"


@pytest.mark.parametrize(
    "settings", [{"host": "0.0.0.0"}, {"host": "192.0.2.7"}, {"allow_host": "wiki.example"}, {"trusted_proxy": "::1"}]
)
def test_without_a_password_no_server_for_others_begins(tmp_path: Path, settings: dict[str, str]) -> None:
    with pytest.raises(
        SettingsError, match="Set one with `linkassist password`, or leave out --host, --allow-host and"
    ):
        create_app(Settings(tmp_path, **settings))  # type: ignore[arg-type]


def test_a_server_for_others_whose_password_is_taken_away_or_damaged_lets_nobody_in(tmp_path: Path) -> None:
    write_locked_wiki(tmp_path)
    access = existing_access(tmp_path)
    client = stranger(tmp_path, base_url="http://wiki.example", allow_host="wiki.example")
    log_in(client)
    assert client.get(PAGE).status_code == 200
    (tmp_path / FILE_NAME).write_text("{")
    damaged = client.get(PAGE)
    assert damaged.status_code == 503 and str(tmp_path) not in damaged.text
    (tmp_path / FILE_NAME).unlink()
    assert client.get(PAGE).status_code == 503
    write_access(tmp_path, access)
    assert client.get(PAGE).status_code == 200


def test_a_failure_tells_others_no_place_on_this_machine(tmp_path: Path) -> None:
    token = write_locked_wiki(tmp_path)
    (tmp_path / LIBRARY).write_bytes(b"no database at all, " * 500)
    response = stranger(tmp_path).get(PAGE, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 503
    assert str(tmp_path) not in response.text and "Traceback" not in response.text


def test_a_file_that_cannot_be_written_tells_others_no_place_either(tmp_path: Path) -> None:
    token = write_locked_wiki(tmp_path)
    (tmp_path / "uploads").write_text("a file where a folder has to be")
    file = {"file": ("a.json", b"{}", "application/json")}
    response = stranger(tmp_path).post("/import", files=file, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 507 and "uploads" in response.text
    assert str(tmp_path) not in response.text


def test_without_a_password_the_reader_of_this_machine_is_asked_for_nothing(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    page = client.get(PAGE)
    assert page.status_code == 200 and "/logout" not in page.text
    assert page.headers["cache-control"] == "private, no-cache"
    assert client.get("/login", follow_redirects=False).headers["location"] == "/"
    assert log_in(client).url.path == PAGE
    assert "linkassist_session" not in client.cookies


def test_who_only_looks_is_not_told_that_something_is_lost(client: TestClient) -> None:
    answer = client.get(PAGE, headers={"X-Fragment": "page"})
    assert answer.status_code == 401 and "is not saved" not in answer.text
