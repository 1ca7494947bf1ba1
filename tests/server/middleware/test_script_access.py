"""Who is answered at the addresses of the UserScript: one origin, from this machine, with a key of the project."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.little_server import ORIGIN, verdicts_of
from support.little_wiki import PROJECT, write_little_wiki
from support.locked_wiki import write_locked_wiki
from support.script_client import SITE, client_from, script_of, sent, settings_in

from linkassist.server.middleware.script_access import script_origin

PAGE = {"title": "庭としてのWiki", "lines": ["庭としてのWiki", "つながり"]}
YES = {"title": "庭としてのWiki", "target": "KJ法", "decision": "accept", "mention": ""}
ADDRESSES = ("page", "draft", "verdict")


@pytest.fixture(scope="module")
def wiki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scripted")
    write_little_wiki(folder)
    return folder


@pytest.fixture(scope="module")
def client(wiki: Path) -> TestClient:
    return client_from(wiki)


@pytest.fixture(scope="module")
def key(client: TestClient) -> str:
    return settings_in(script_of(client))["key"]


def test_a_page_of_scrapbox_with_the_key_may_read_the_answer(client: TestClient, key: str) -> None:
    response = sent(client, key, "page", PAGE)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in response.headers
    assert "Origin" in response.headers["vary"] and response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("what", ADDRESSES)
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", ORIGIN, "http://scrapbox.io", "https://scrapbox.io.evil.example"],
)
def test_another_origin_is_refused_and_cannot_read_why(
    client: TestClient, wiki: Path, key: str, what: str, origin: str
) -> None:
    response = sent(client, key, what, YES, origin=origin)
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers
    assert verdicts_of(wiki, "庭としてのWiki") == []


@pytest.mark.parametrize("what", ADDRESSES)
@pytest.mark.parametrize("wrong", ["", "linkassist_script_wrong", "x" * 5_000])
def test_without_the_key_nothing_is_told_or_changed(client: TestClient, wiki: Path, what: str, wrong: str) -> None:
    response = sent(client, wrong, what, YES)
    assert response.status_code == 401
    assert "KJ法" not in response.text
    assert response.headers["access-control-allow-origin"] == SITE  # so that the script can say what is wrong
    assert verdicts_of(wiki, "庭としてのWiki") == []


def test_a_key_of_another_project_is_refused(client: TestClient, key: str) -> None:
    headers = {"Origin": SITE, "Authorization": f"Bearer {key}"}
    assert client.post("/userscript/other/page", json=PAGE, headers=headers).status_code == 401


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.2", "::ffff:192.0.2.7", "testclient"])
def test_a_client_elsewhere_is_refused_whatever_it_sends(wiki: Path, key: str, address: str) -> None:
    elsewhere = client_from(wiki, (address, 1))
    assert sent(elsewhere, key, "page", PAGE).status_code == 403
    assert elsewhere.get(f"/userscript/{PROJECT}.js").status_code == 403
    assert elsewhere.options(f"/userscript/{PROJECT}/page", headers={"Origin": SITE}).status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_answered_under_each_of_its_addresses(wiki: Path, key: str, address: str) -> None:
    assert sent(client_from(wiki, (address, 1)), key, "page", PAGE).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_what_a_proxy_on_this_machine_passes_on_is_refused(client: TestClient, key: str, header: str) -> None:
    assert sent(client, key, "page", PAGE, **{header: "192.0.2.7"}).status_code == 403


def test_another_name_of_the_server_is_refused(tmp_path: Path) -> None:
    write_locked_wiki(tmp_path)
    key = client_from(tmp_path).app.state.script_keys.issue(PROJECT)  # type: ignore[attr-defined]
    named = client_from(tmp_path, base_url="https://wiki.example", allow_host="wiki.example")
    assert sent(named, key, "page", PAGE).status_code == 403
    assert sent(client_from(tmp_path), key, "page", PAGE, Host="evil.example").status_code == 421


def preflight(client: TestClient, what: str = "page", origin: str = SITE, *, is_private: bool = True) -> dict[str, str]:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "cors",
    }
    headers |= {"Access-Control-Request-Private-Network": "true"} if is_private else {}
    response = client.options(f"/userscript/{PROJECT}/{what}", headers=headers)
    return {"status": str(response.status_code), **response.headers}


@pytest.mark.parametrize("what", ADDRESSES)
def test_a_preflight_lets_the_site_reach_this_machine_for_these_addresses(client: TestClient, what: str) -> None:
    answer = preflight(client, what)
    assert answer["status"] == "204"
    assert answer["access-control-allow-origin"] == SITE
    assert answer["access-control-allow-methods"] == "POST"
    assert set(answer["access-control-allow-headers"].split(", ")) == {"authorization", "content-type"}
    assert answer["access-control-allow-private-network"] == "true"
    assert "access-control-allow-private-network" not in preflight(client, what, is_private=False)


def test_a_preflight_of_another_origin_or_for_another_address_allows_nothing(client: TestClient) -> None:
    for answer in (
        preflight(client, origin="https://evil.example"),
        preflight(client, "nothing"),
        preflight(client, "page/../verdict/x"),
    ):
        assert answer["status"] in ("403", "404")
        assert not [name for name in answer if name.startswith("access-control-")]
    response = client.options("/verdict", headers={"Origin": SITE, "Access-Control-Request-Method": "POST"})
    assert response.status_code >= 400
    assert not [name for name in response.headers if name.startswith("access-control-")]


def test_the_site_reaches_no_other_address_even_with_the_key(client: TestClient, wiki: Path, key: str) -> None:
    headers = {"Origin": SITE, "Sec-Fetch-Site": "cross-site", "Authorization": f"Bearer {key}"}
    form = {"project": PROJECT, "page": "庭としてのWiki", "target": "KJ法", "decision": "accept"}
    assert client.post("/verdict", data=form, headers=headers).status_code == 403
    assert client.post(f"/settings/{PROJECT}/userscript", headers=headers).status_code == 403
    response = client.get(f"/userscript/{PROJECT}.js", headers={**headers, "Sec-Fetch-Mode": "cors"})
    assert response.status_code == 403 and "linkassist_script_" not in response.text
    assert verdicts_of(wiki, "庭としてのWiki") == []


def test_a_link_on_another_site_makes_no_key(client: TestClient) -> None:
    before = client.app.state.script_keys.issued_at(PROJECT)  # type: ignore[attr-defined]
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get(f"/userscript/{PROJECT}.js", headers=headers).status_code == 403
    assert client.head(f"/userscript/{PROJECT}.js").status_code == 200
    assert client.app.state.script_keys.issued_at(PROJECT) == before  # type: ignore[attr-defined]


def test_behind_a_password_the_script_needs_a_login_to_be_copied_and_its_key_alone_to_ask(tmp_path: Path) -> None:
    write_locked_wiki(tmp_path)
    client = client_from(tmp_path)
    assert client.get(f"/userscript/{PROJECT}.js", headers={"Sec-Fetch-Site": "none"}).status_code == 401
    key = client.app.state.script_keys.issue(PROJECT)  # type: ignore[attr-defined]
    assert sent(client, "", "page", PAGE).status_code == 401
    assert sent(client, key, "page", PAGE).status_code == 200
    headers = {"Authorization": f"Bearer {key}", "Sec-Fetch-Site": "same-origin"}
    assert client.get(f"/p/{PROJECT}", headers=headers, follow_redirects=False).status_code in (303, 401)


def test_a_revoked_key_is_refused_at_once(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    client = client_from(tmp_path)
    key = settings_in(script_of(client))["key"]
    assert sent(client, key, "page", PAGE).status_code == 200
    response = client.post(f"/settings/{PROJECT}/userscript", headers={"Sec-Fetch-Site": "same-origin"})
    assert "Revoked." in response.text
    assert sent(client, key, "page", PAGE).status_code == 401


def test_too_many_questions_are_told_to_wait(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    client = client_from(tmp_path)
    key = settings_in(script_of(client))["key"]
    answers = [sent(client, key, "page", PAGE) for _ in range(400)]
    (refused, *_) = [each for each in answers if each.status_code == 429]
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["access-control-allow-origin"] == SITE


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("", SITE),
        ("~/exports/*.json", SITE),
        ("https://scrapbox.io/niwa", SITE),
        ("https://Wiki.example:8443/niwa", "https://wiki.example:8443"),
        ("http://127.0.0.1:9000/niwa", "http://127.0.0.1:9000"),
        ("http://wiki.example/niwa", SITE),
        ("https://[/niwa", SITE),
    ],
)
def test_the_one_origin_is_that_of_the_projects_own_address(source: str, origin: str) -> None:
    assert script_origin({"niwa": source}, "niwa") == origin
    assert script_origin({"other": source}, "niwa") == SITE


def test_the_origin_in_the_settings_takes_the_place_of_scrapbox(wiki: Path, key: str) -> None:
    own = client_from(wiki, sources={PROJECT: "https://wiki.example/niwa"})
    assert sent(own, key, "page", PAGE, origin="https://wiki.example").status_code == 200
    assert sent(own, key, "page", PAGE).status_code == 403
