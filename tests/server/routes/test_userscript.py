"""What the UserScript is answered: suggestions placed in the lines that the editor has, and verdicts stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.drafted_wiki import THINGS
from support.little_server import verdicts_of
from support.little_wiki import PROJECT, write_little_wiki
from support.script_client import client_from, script_of, sent, settings_in, suggestions

from linkassist.scrapbox.edits import linked_page
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.write_back.outbox import IN_PAGE, batches, n_waiting, take_back
from linkassist.suggestion import Mention
from linkassist.wiki import Line, Page, title_key

GARDEN = "庭としてのWiki"


@pytest.fixture
def wiki(tmp_path: Path) -> Path:
    write_little_wiki(tmp_path)
    return tmp_path


@pytest.fixture
def client(wiki: Path) -> TestClient:
    return client_from(wiki)


@pytest.fixture
def key(client: TestClient) -> str:
    return settings_in(script_of(client))["key"]


def lines_of(folder: Path, title: str = GARDEN) -> list[str]:
    with Library.open(folder) as library:
        return list(find_page(library, project(library, PROJECT).id, title_key(title)).page.texts)


def asked(client: TestClient, key: str, lines: Sequence[str], title: str = GARDEN) -> dict[str, dict[str, object]]:
    return suggestions(sent(client, key, "page", {"title": title, "lines": list(lines)}))


def answered(client: TestClient, key: str, target: str, decision: str, **more: object) -> int:
    body = {"title": GARDEN, "target": target, "decision": decision, **more}
    return sent(client, key, "verdict", body).status_code


def test_the_script_has_the_servers_address_a_key_and_a_version(client: TestClient) -> None:
    response = client.get(f"/userscript/{PROJECT}.js")
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    filled = settings_in(response.text)
    assert filled["server"] == "http://127.0.0.1:8000" and filled["project"] == PROJECT
    again = settings_in(script_of(client))
    assert again["version"] == filled["version"] and again["key"] != filled["key"]
    assert client.get("/userscript/nothing.js").status_code == 404


def test_a_suggestion_says_the_line_before_and_exactly_the_line_that_is_written(
    client: TestClient, key: str, wiki: Path
) -> None:
    lines = lines_of(wiki)
    found = asked(client, key, lines)
    assert {"KJ法", "孤立したページ", "検索", "つながり"} <= set(found)
    page = Page(GARDEN, tuple(map(Line, lines)))
    for suggestion in found.values():
        for place in suggestion["places"]:  # type: ignore[attr-defined]
            if place["line"] < 0:
                assert (place["before"], place["after"]) == ("", f"[{suggestion['target']}]")
                continue
            before = lines[place["line"]]
            start = before.index(place["surface"])
            mention = Mention(place["line"], start, start + len(place["surface"]), place["surface"])
            written = linked_page(page, [(str(suggestion["target"]), mention)])
            assert place["before"] == before and place["nth"] == 0
            assert place["after"] == written.lines[place["line"]]
    assert found["KJ法"]["percent"] == 86 and found["KJ法"]["reason"]


def test_a_line_is_found_by_its_text_where_it_is_now(client: TestClient, key: str, wiki: Path) -> None:
    lines = lines_of(wiki)
    (place,) = asked(client, key, lines)["KJ法"]["places"]  # type: ignore[misc]
    moved = [lines[0], "new", *reversed(lines[1:])]
    (there,) = asked(client, key, moved)["KJ法"]["places"]  # type: ignore[misc]
    assert there["line"] == moved.index(place["before"]) != place["line"]
    assert (there["before"], there["after"]) == (place["before"], place["after"])
    assert there["mention"] == place["mention"]  # as it is stored


def test_a_line_with_other_words_by_now_gets_no_link(client: TestClient, key: str, wiki: Path) -> None:
    changed = [text.replace("KJ法のラベル", "KJ法の紙") for text in lines_of(wiki)]
    found = asked(client, key, changed)
    assert "KJ法" not in found and "つながり" in found


def test_a_link_made_meanwhile_stays_in_the_line_that_is_written(client: TestClient, key: str, wiki: Path) -> None:
    linked = [text.replace("ラベル集め", "[ラベル]集め") for text in lines_of(wiki)]
    (place,) = asked(client, key, linked)["KJ法"]["places"]  # type: ignore[misc]
    assert place["after"] == "[gardener.icon] 最近は[KJ法]の[ラベル]集めにも使っている"


def test_a_target_that_the_open_page_links_by_now_is_not_suggested(client: TestClient, key: str, wiki: Path) -> None:
    assert "KJ法" not in asked(client, key, [*lines_of(wiki), "#KJ法"])


@pytest.mark.parametrize("name", ["infobox", "cosense"])
def test_rows_that_the_sites_own_ai_reads_and_quotes_are_never_edited(
    client: TestClient, key: str, wiki: Path, name: str
) -> None:
    lines = lines_of(wiki)
    line = next(text for text in lines if "KJ法" in text)
    for head in (f"table:{name}", "code:x.py"):
        assert "KJ法" not in asked(client, key, [lines[0], head, " " + line, line.replace("KJ法", "KJ")])


def test_a_page_that_the_library_does_not_have_has_no_suggestions(client: TestClient, key: str) -> None:
    assert asked(client, key, ["新しい題", "KJ法"], "新しい題") == {}
    body = {"title": "新しい題", "target": "KJ法", "decision": "accept"}
    assert sent(client, key, "verdict", body).status_code == 404


def test_an_accepted_link_is_stored_at_its_place_and_counts_as_written(
    client: TestClient, key: str, wiki: Path
) -> None:
    (place,) = asked(client, key, lines_of(wiki))["KJ法"]["places"]  # type: ignore[misc]
    for _ in range(2):  # the script asks again where an answer is lost
        assert answered(client, key, "KJ法", "accept", mention=place["mention"]) == 200
    (verdict,) = verdicts_of(wiki, GARDEN)
    assert verdict.decision == "accept" and verdict.mention and verdict.mention.surface == "KJ法"
    assert answered(client, key, "検索", "accept") == 200
    with Library.open(wiki) as library:
        here = project(library, PROJECT).id
        assert n_waiting(library, here) == 0
        (batch,) = batches(library, here, limit=9)
        assert (batch.way, batch.n_links) == (IN_PAGE, 2)
    page = client.get(f"/outbox/{PROJECT}", headers={"Sec-Fetch-Site": "same-origin"}).text
    assert "In the open page" in page
    with Library.open(wiki) as library:
        take_back(library, here, batch.id)
        assert n_waiting(library, here) == 2


def test_other_accepted_links_of_the_page_keep_waiting(client: TestClient, key: str, wiki: Path) -> None:
    form = {"project": PROJECT, "page": GARDEN, "target": "検索", "decision": "accept"}
    assert client.post("/verdict", data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert answered(client, key, "KJ法", "accept") == 200
    with Library.open(wiki) as library:
        assert n_waiting(library, project(library, PROJECT).id) == 1


def test_a_no_and_an_undo_are_told(client: TestClient, key: str, wiki: Path) -> None:
    assert answered(client, key, "KJ法", "reject") == 200
    assert [each.decision for each in verdicts_of(wiki, GARDEN)] == ["reject"]
    assert "KJ法" not in asked(client, key, lines_of(wiki))
    assert answered(client, key, "KJ法", "undo") == 200
    assert answered(client, key, "KJ法", "undo") == 200  # already open
    assert verdicts_of(wiki, GARDEN) == []
    assert "KJ法" in asked(client, key, lines_of(wiki))


def test_a_no_to_words_that_were_just_typed_is_remembered(client: TestClient, key: str, wiki: Path) -> None:
    assert answered(client, key, "道具箱", "reject", kind="new", percent=44) == 200
    (verdict,) = verdicts_of(wiki, GARDEN)
    assert (verdict.target, verdict.kind, verdict.probability) == ("道具箱", "new", 0.44)
    for wrong in ({"kind": "x", "percent": 44}, {"kind": "new", "percent": 0}, {"kind": "new"}, {}):
        assert answered(client, key, "別の言葉", "reject", **wrong) == 404
    assert answered(client, key, "KJ法", "maybe") == 400


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"title": 1, "lines": ["a"]},
        {"title": "a"},
        {"title": "a", "lines": []},
        {"title": "a", "lines": [1]},
        {"title": "a", "lines": ["a\nb"]},
        {"title": "\ud800", "lines": ["a"]},
    ],
)
def test_what_no_script_sends_is_refused(client: TestClient, key: str, body: object) -> None:
    for what in ("page", "draft"):
        assert sent(client, key, what, body).status_code == 400


def test_the_settings_say_how_to_install_it_and_how_many_copies_there_are(client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    before = client.get(f"/settings/{PROJECT}", headers=headers).text
    assert f'href="http://127.0.0.1:8000/userscript/{PROJECT}.js"' in before and "No copy is answered" in before
    script_of(client)
    after = client.get(f"/settings/{PROJECT}", headers=headers).text
    assert "1 copy is answered" in after and "Revoke all copies" in after


def test_a_reader_at_another_machine_is_told_why_there_is_no_script(wiki: Path) -> None:
    elsewhere = client_from(wiki, ("192.0.2.7", 1))
    page = elsewhere.get(f"/settings/{PROJECT}", headers={"Sec-Fetch-Site": "same-origin"}).text
    assert "It is only for the machine that linkassist runs on" in page and ".js</code>" not in page


def test_typed_lines_get_suggestions_of_their_own(drafted: Path) -> None:
    client = client_from(drafted)
    with client:
        key = settings_in(script_of(client))["key"]
        lines = lines_of(drafted, "覚え書き 1")
        body = {"title": "覚え書き 1", "lines": [*lines, "雨の日に図書館へ", "地図帳を見た"]}
        for _ in range(600):
            response = sent(client, key, "draft", body)
            if response.json()["state"] == "found":
                break
        found = suggestions(response)
    typed = {target: each for target, each in found.items() if each["is_draft"]}
    assert {"図書館", "地図帳"} & set(typed) and set(typed) <= set(THINGS) | set(found)
    for each in typed.values():
        assert {place["line"] for place in each["places"]} <= {len(lines), len(lines) + 1}
    if "図書館" in typed:
        (place,) = typed["図書館"]["places"]
        assert (place["before"], place["after"]) == ("雨の日に図書館へ", "雨の日に[図書館]へ")
    assert json.dumps(body)
