"""A library that is moved, unmounted or replaced under its server: that is said, nothing is answered with yes, and no
new one is made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.little_server import address, client_of, decide, verdicts_of
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.errors import StoreError
from linkassist.server.jobs.model_worker import ModelWorker
from linkassist.store.library import DATABASE_NAME

PAGE = "庭としてのWiki"
SCREENS = ("/", f"/p/{PROJECT}", address(PAGE), f"/queue/{PROJECT}", f"/outbox/{PROJECT}", "/import")
VERDICT = {"project": PROJECT, "page": PAGE, "target": "検索", "decision": "accept"}


def begun(folder: Path) -> TestClient:
    """A server that has shown its library, and kept a decision."""
    write_little_wiki(folder)
    client = client_of(folder)
    decide(client, PAGE, "KJ法", "accept")
    return client


def require_refused(client: TestClient) -> None:
    for screen in SCREENS:
        answer = client.get(screen)
        assert answer.status_code == 503 and "Put the library back in its place" in answer.text, screen
    refused = client.post("/verdict", data=VERDICT, follow_redirects=False)
    assert refused.status_code == 503 and "was not kept" in refused.text
    upload = client.post("/import", files={"file": ("notes.json", b"{}", "application/json")})
    assert upload.status_code == 503


@pytest.mark.parametrize(("language", "words"), [("en", "Put the library back"), ("ja", "元の場所に戻してください")])
def test_that_is_said_in_the_readers_language(tmp_path: Path, language: str, words: str) -> None:
    write_little_wiki(tmp_path / "wiki")
    client = client_of(tmp_path / "wiki", language)
    client.get("/")
    (tmp_path / "wiki").rename(tmp_path / "moved")
    screen = client.get("/").text
    assert words in screen and str(tmp_path / "wiki" / DATABASE_NAME) in screen


def test_a_library_that_was_moved_away_is_missed_and_found_again(tmp_path: Path) -> None:
    client = begun(tmp_path / "wiki")
    (tmp_path / "wiki").rename(tmp_path / "moved")
    require_refused(client)
    with pytest.raises(StoreError, match="Put the library back"):
        ModelWorker(tmp_path / "wiki").nearest(PROJECT, "庭", 1)
    assert not (tmp_path / "wiki").exists()
    (tmp_path / "moved").rename(tmp_path / "wiki")
    decide(client, PAGE, "検索", "reject")
    assert [verdict.target for verdict in verdicts_of(tmp_path / "wiki", PAGE)] == ["検索", "KJ法"]


def test_where_the_disk_was_unmounted_its_empty_folder_stays_empty(tmp_path: Path) -> None:
    client = begun(tmp_path / "wiki")
    (tmp_path / "wiki").rename(tmp_path / "disk")
    (tmp_path / "wiki").mkdir()
    require_refused(client)
    assert DATABASE_NAME not in {path.name for path in (tmp_path / "wiki").iterdir()}


def test_a_file_that_took_the_place_of_the_library_is_not_written_to(tmp_path: Path) -> None:
    client = begun(tmp_path / "wiki")
    write_little_wiki(tmp_path / "other")
    other = (tmp_path / "other" / DATABASE_NAME).read_bytes()
    (tmp_path / "wiki" / DATABASE_NAME).rename(tmp_path / "aside")
    shutil.copy(tmp_path / "other" / DATABASE_NAME, tmp_path / "wiki" / DATABASE_NAME)
    require_refused(client)
    client.app.state.context.libraries.close()  # type: ignore[attr-defined]
    assert (tmp_path / "wiki" / DATABASE_NAME).read_bytes() == other
    (tmp_path / "aside").rename(tmp_path / "wiki" / DATABASE_NAME)
    assert [verdict.target for verdict in verdicts_of(tmp_path / "wiki", PAGE)] == ["KJ法"]


def test_a_log_that_was_taken_away_is_missed_when_a_decision_is_made(tmp_path: Path) -> None:
    client = begun(tmp_path)
    Path(f"{tmp_path / DATABASE_NAME}-wal").unlink()
    with client.app.state.context.libraries.borrow() as library:  # type: ignore[attr-defined]
        assert library.is_in_place()  # a fresh one: the idle ones, whose log is gone, are not lent
    decide(client, PAGE, "検索", "reject")
    assert "検索" in {verdict.target for verdict in verdicts_of(tmp_path, PAGE)}
