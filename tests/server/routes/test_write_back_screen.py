"""Writing to Scrapbox from the outbox, through the application: preview, yes, push, undo, and what goes wrong."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import cast

import pytest
import requests
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support.little_scrapbox import TOKEN, LittleScrapbox, little_scrapbox
from support.little_server import client_of
from support.locked_wiki import cheap_access, stranger
from support.pushed_wiki import PushedWiki, as_json

from linkassist.server.auth.password import write_access
from linkassist.server.jobs.write_job import Writer
from linkassist.settings import remember_key, remember_source
from linkassist.store.locks import is_push_running, push_lock

OUTBOX = "/outbox/niwa"
WRITE = f"{OUTBOX}/write"
TEA, CUP = "a" * 24, "b" * 24
LIMIT_S = 60.0


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put(TEA, "Tea", "green tea in a cup", "> a quoted pot")
        found.put(CUP, "Cup", "made of clay")
        yield found


@pytest.fixture
def wiki(tmp_path: Path, scrapbox: LittleScrapbox) -> PushedWiki:
    found = PushedWiki(tmp_path / "it's a library", scrapbox)
    found.fetch()
    found.accept("Tea", "Cup", "cup", 1)
    found.accept("Tea", "Pot", "pot", 2)
    found.accept("Cup", "Clay", "clay", 1)
    return found


def log_in(wiki: PushedWiki) -> None:
    """What `linkassist login` and `fetch` leave in the library's settings, while the server runs."""
    remember_key(wiki.folder, TOKEN)
    remember_source(wiki.folder, "niwa", wiki.scrapbox.project)


@pytest.fixture
def client(wiki: PushedWiki) -> Iterator[TestClient]:
    found = client_of(wiki.folder)
    log_in(wiki)
    yield found
    writer_of(found).close()


def writer_of(client: TestClient) -> Writer:
    return cast(Writer, cast(Starlette, client.app).state.writer)


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended(client: TestClient) -> str:
    """The screen once the job is over."""
    wait_for(lambda: not writer_of(client).is_busy)
    return client.get(WRITE).text


def previewed(client: TestClient) -> str:
    assert client.post(f"{WRITE}/preview").status_code == 200
    return ended(client)


def rows(html: str) -> list[str]:
    return re.findall(r'name="page" value="(\d+)" checked', html)


def batch_in(html: str) -> str:
    found = re.search(r'name="batch" value="(\d+)"', html)
    assert found
    return found[1]


def test_without_a_key_it_says_how_to_give_one_and_asks_for_none(wiki: PushedWiki) -> None:
    client = client_of(wiki.folder)
    remember_source(wiki.folder, "niwa", wiki.scrapbox.project)
    assert "Preview in Scrapbox" in client.get(OUTBOX).text
    html = client.post(f"{WRITE}/preview").text
    found = re.search(r"<code>(linkassist login [^<]*)</code>", html)
    assert found
    given = ["--base-url", wiki.scrapbox.address, "--library", str(wiki.folder)]
    assert shlex.split(unescape(found[1])) == ["linkassist", "login", *given]
    assert not re.search(r'<input[^>]*type="(text|password)"[^>]*key', html)
    assert wiki.scrapbox.asked == []
    remember_key(wiki.folder, TOKEN)
    assert "Preview 2 pages" in client.get(WRITE).text, "the key is used without a restart"


def test_the_preview_is_shown_and_writes_nothing(wiki: PushedWiki, client: TestClient) -> None:
    before = as_json(wiki.scrapbox)
    html = previewed(client)
    assert "This is what would change" in html
    assert "green tea in a <ins>[</ins>cup<ins>]</ins>" in html and "made of <ins>[</ins>clay<ins>]</ins>" in html
    assert "“Pot” is left as it is. The line is a quote" in html
    assert as_json(wiki.scrapbox) == before and wiki.states() == [] and wiki.n_waiting() == 3


def test_all_is_written_read_back_marked_as_done_and_undone(wiki: PushedWiki, client: TestClient) -> None:
    before = as_json(wiki.scrapbox)
    chosen = rows(previewed(client))
    assert len(chosen) == 2
    assert client.post(WRITE, data={"page": chosen}).status_code == 200
    html = ended(client)
    assert "Written to Scrapbox" in html and "2 links written" in html
    assert wiki.scrapbox.texts(TEA) == ["Tea", "green tea in a [cup]", "> a quoted pot"]
    assert wiki.scrapbox.texts(CUP) == ["Cup", "made of [clay]"]
    assert wiki.n_waiting() == 1
    assert "Straight into Scrapbox" in client.get(OUTBOX).text
    wiki.scrapbox.write(CUP, 1, "made of porcelain")
    client.post(f"{OUTBOX}/undo", data={"batch": batch_in(html)})
    html = ended(client)
    assert "Taken out of Scrapbox" in html and "1 link taken out" in html
    assert "“Clay” is left as it is. The link does not stand in its line any more." in html
    assert wiki.scrapbox.texts(TEA) == ["Tea", "green tea in a cup", "> a quoted pot"]
    wiki.scrapbox.write(CUP, 1, "made of clay")
    assert as_json(wiki.scrapbox) == before


def test_only_the_ticked_pages_are_written(wiki: PushedWiki, client: TestClient) -> None:
    chosen = rows(previewed(client))
    client.post(WRITE, data={"page": chosen[:1]})
    ended(client)
    assert [target for _, target, state in wiki.states() if state == "done"] == ["Clay"]
    assert wiki.scrapbox.texts(TEA)[1] == "green tea in a cup"


def test_what_is_no_longer_what_was_seen_is_not_written(wiki: PushedWiki, client: TestClient) -> None:
    chosen = rows(previewed(client))
    wiki.accept("Cup", "Made", "made", 1)
    client.post(WRITE, data={"page": chosen})
    html = ended(client)
    assert "“Clay” was not written: what would change is no longer what you saw." in html
    assert wiki.scrapbox.texts(CUP) == ["Cup", "made of clay"] and wiki.scrapbox.texts(TEA)[1].endswith("[cup]")


def test_a_line_that_moved_is_written_where_it_is_now(wiki: PushedWiki, client: TestClient) -> None:
    chosen = rows(previewed(client))
    wiki.scrapbox.write(TEA, 1, "a new first line", inserts=True)
    client.post(WRITE, data={"page": chosen})
    ended(client)
    assert wiki.scrapbox.texts(TEA)[:3] == ["Tea", "a new first line", "green tea in a [cup]"]


def test_nothing_is_written_without_a_preview_or_a_tick(wiki: PushedWiki, client: TestClient) -> None:
    response = client.post(WRITE, data={"page": ["1"]})
    assert response.status_code == 409 and "Preview again" in response.text
    previewed(client)
    response = client.post(WRITE, data={})
    assert response.status_code == 400 and "No page was ticked" in response.text
    assert wiki.states() == []


def test_a_page_that_has_its_link_by_now_leaves_the_outbox(wiki: PushedWiki, client: TestClient) -> None:
    wiki.scrapbox.write(CUP, 1, "made of [clay]")
    html = previewed(client)
    assert "the page already has this link" in html
    client.post(WRITE, data={"page": rows(html)})
    ended(client)
    assert wiki.n_waiting() == 1 and wiki.scrapbox.texts(CUP)[1] == "made of [clay]"


def test_one_runs_at_a_time_and_the_second_is_told(wiki: PushedWiki, client: TestClient) -> None:
    with push_lock(wiki.folder):
        response = client.post(f"{WRITE}/preview")
    assert response.status_code == 409 and "Another push or undo is under way" in response.text
    wiki.scrapbox.slow_s["/preview"] = 1.0
    client.post(f"{WRITE}/preview")
    response = client.post(f"{WRITE}/preview")
    assert response.status_code == 409 and "Another push or undo is under way" in response.text
    assert "Asking Scrapbox for previews" in response.text


def test_it_stops_after_the_page_under_way_and_says_what_was_written(wiki: PushedWiki, client: TestClient) -> None:
    chosen = rows(previewed(client))
    wiki.scrapbox.slow_s["/submit"] = 1.0
    client.post(WRITE, data={"page": chosen})
    wait_for(lambda: wiki.scrapbox.n_asked("/submit") == 1)
    assert "Stopping" in client.post(f"{WRITE}/stop").text
    html = ended(client)
    assert "Stopped. What was written is recorded." in html and "1 link written" in html
    assert [state for _, _, state in wiki.states()] == ["done"]


def test_a_refused_key_is_said_in_japanese_and_shown_nowhere(wiki: PushedWiki) -> None:
    client = client_of(wiki.folder, "ja")
    remember_source(wiki.folder, "niwa", wiki.scrapbox.project)
    bad = "pat_" + "00" * 32
    remember_key(wiki.folder, bad)
    html = previewed(client)
    assert "プレビューできませんでした" in html
    message = re.search(r'role="alert">([^<]*)<', html)
    assert message and re.search(r"[ぁ-ん]", message[1]) and "linkassist login" in message[1]
    assert bad not in html + client.get(OUTBOX).text
    assert bad.encode() not in b"".join(path.read_bytes() for path in wiki.folder.rglob("*.db*"))


def test_the_key_is_on_no_screen(wiki: PushedWiki, client: TestClient) -> None:
    html = previewed(client)
    client.post(WRITE, data={"page": rows(html)})
    assert TOKEN not in html + ended(client) + client.get(OUTBOX).text + client.get("/settings/niwa").text


def test_progress_comes_as_events_and_ends(wiki: PushedWiki, client: TestClient) -> None:
    wiki.scrapbox.slow_s["/preview"] = 0.7
    client.post(f"{WRITE}/preview")
    events = client.get(f"{WRITE}/progress").text
    assert "Asking Scrapbox for previews" in events and "of 2 pages" in events
    assert events.endswith("event: end\ndata:\n\n")


@pytest.mark.parametrize("part", ["", "/preview", "/stop", "/discard"])
def test_only_the_screens_themselves_and_the_reader_may_write(wiki: PushedWiki, client: TestClient, part: str) -> None:
    forged = client.post(WRITE + part, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
    write_access(wiki.folder, cheap_access())
    assert stranger(wiki.folder).post(WRITE + part).status_code == 401
    assert wiki.scrapbox.asked == []


def test_a_push_of_a_killed_server_is_finished_by_the_next(wiki: PushedWiki) -> None:
    """The server is killed while Scrapbox takes in the edit of the first page."""
    before = as_json(wiki.scrapbox)
    log_in(wiki)
    command = [sys.executable, "-m", "linkassist", "serve", "--library", str(wiki.folder), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as run:
        assert run.stdout
        found = next(filter(None, (re.search(r"http://[\d.]+:\d+", line) for line in run.stdout)))
        session = requests.Session()
        session.headers["Origin"] = found[0]
        session.post(f"{found[0]}{WRITE}/preview", timeout=LIMIT_S)
        wait_for(lambda: bool(rows(session.get(found[0] + WRITE, timeout=LIMIT_S).text)))
        chosen = rows(session.get(found[0] + WRITE, timeout=LIMIT_S).text)
        wiki.scrapbox.slow_s["/submit"] = 1.0
        session.post(found[0] + WRITE, data={"page": chosen}, timeout=LIMIT_S)
        wait_for(lambda: wiki.scrapbox.n_asked("/submit") == 1)
        run.send_signal(signal.SIGKILL)
    wiki.scrapbox.slow_s.clear()
    wait_for(lambda: not is_push_running(wiki.folder))
    wiki.push()
    assert wiki.scrapbox.texts(TEA)[1] == "green tea in a [cup]" and wiki.scrapbox.texts(CUP)[1] == "made of [clay]"
    assert sorted(target for _, target, state in wiki.states() if state == "done") == ["Clay", "Cup"]
    for batch_id in {batch_id for batch_id, _, _ in wiki.states()}:
        wiki.undo(batch_id)
    assert as_json(wiki.scrapbox) == before
