"""The import in the browser: what is taken, how it is told of and stopped, and what is left. Processes are real."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from starlette.testclient import TestClient
from support.drafted_wiki import a_page, pages_of_a_wiki
from support.little_server import client_of, running_server
from support.little_wiki import PROJECT, write_little_wiki
from support.small_export import export_of

from linkassist.server.jobs.import_job import Importer, Job, Stage
from linkassist.server.jobs.import_process import ImportOrder, StepProgress, project_name_of_file
from linkassist.server.messages.catalog import Wording
from linkassist.server.views.imports import GROUPS, job_view
from linkassist.store.library import Library
from linkassist.store.locks import work_lock
from linkassist.store.pages import projects
from linkassist.store.runs import last_run

LONG_S = 240.0  # on a machine that is busy with other things
SMALL = export_of(pages_of_a_wiki()[:14])


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_of(tmp_path) as made:
        yield made


def importer_of(client: TestClient) -> Importer:
    found = client.app.state.importer  # type: ignore[attr-defined]
    assert isinstance(found, Importer)
    return found


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert holds()


def send(client: TestClient, content: bytes, name: str = "notes.json", **fields: str) -> int:
    """Sends the form with a file; returns the status of the answer, 303 where the work was begun."""
    files = {"file": (name, content, "application/json")}
    return client.post("/import", files=files, data=fields, follow_redirects=False).status_code


def take_in(client: TestClient, content: bytes, name: str = "notes.json", **fields: str) -> str:
    """Takes in the pages of a file, unless that fails, and cancels the rest, which takes long; returns the screen."""
    assert send(client, content, name, **fields) == 303
    until(lambda: importer_of(client).job.taken_in or not importer_of(client).is_busy)  # type: ignore[union-attr]
    importer_of(client).cancel()
    until(lambda: not importer_of(client).is_busy)
    return client.get("/import").text


def pages_in(folder: Path) -> dict[str, int]:
    with Library.open(folder) as library:
        return {each.name: each.n_pages for each in projects(library)}


def uploads_in(folder: Path) -> list[Path]:
    return list((folder / "uploads").glob("*"))


@contextmanager
def many_pages_under_way(client: TestClient) -> Iterator[None]:
    """An export that takes some seconds to be read is being read."""
    pages = [a_page(f"覚え書き {n}", "[道具]について " * 20, n + 1) for n in range(40_000)]
    assert send(client, gzip.compress(export_of(pages), 1), "long.json.gz") == 303
    until(lambda: importer_of(client).job and importer_of(client).job.stages)  # type: ignore[union-attr]
    yield
    until(lambda: not importer_of(client).is_busy)


@pytest.mark.parametrize(("language", "words"), [("ja", "ファイルを取り込む"), ("en", "Import a file")])
def test_an_empty_library_leads_to_the_import(tmp_path: Path, language: str, words: str) -> None:
    client = client_of(tmp_path, language)
    html = client.get("/").text
    assert words in html and 'href="/import"' in html
    screen = client.get("/import")
    assert screen.status_code == 200 and 'enctype="multipart/form-data"' in screen.text
    assert 'id="run"' not in screen.text and 'id="imported"' not in screen.text


def test_a_file_is_taken_in_and_several_readers_see_it_come_to_its_end(tmp_path: Path) -> None:
    with running_server(tmp_path) as origin:
        headers = {"Origin": origin, "Accept-Language": "en"}
        sent = requests.post(f"{origin}/import", files={"file": ("notes.json", SMALL)}, headers=headers, timeout=LONG_S)
        assert sent.status_code == 200 and "Importing notes.json" in sent.text
        assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in sent.text
        streams: list[str] = []

        def read() -> None:
            with requests.get(f"{origin}/import/progress", headers=headers, timeout=LONG_S) as response:
                assert response.headers["content-type"].startswith("text/event-stream")
                streams.append(response.content.decode())

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()

        assert len(streams) == 3
        for stream in streams:
            events = [event for event in stream.split("\n\n") if event]
            assert len(events) > 2 and events[-1] == "event: end\ndata:"
            assert all(line.startswith(("data:", ":", "event:")) for event in events for line in event.split("\n"))
            assert "Importing notes.json" in events[0]
        screen = requests.get(f"{origin}/import", headers=headers, timeout=LONG_S).text
    assert "Imported 庭の手帖" in screen and "<dt>new</dt><dd>14</dd>" in screen and 'href="/p/niwa"' in screen
    assert pages_in(tmp_path) == {"niwa": 14}
    assert uploads_in(tmp_path) == []
    with Library.open(tmp_path) as library:
        run = last_run(library, "import")
        assert run is not None and run.project_id == projects(library)[0].id
        assert (run.status, run.counts["new"]) == ("done", 14)
        assert last_run(library, "reindex", run.project_id, "done") is not None


def test_what_a_second_export_changed_is_told_and_still_known_after_a_restart(
    client: TestClient, tmp_path: Path
) -> None:
    pages = pages_of_a_wiki()[:14]
    take_in(client, export_of(pages))
    renamed = [a_page("庭いじり", "新しい題名", 1), *pages[1:13], a_page("新顔", "はじめまして", 9)]
    renamed[0] = type(pages[0])("庭いじり", renamed[0].lines, page_id=pages[0].page_id, created=1, updated=2)

    html = take_in(client, export_of(renamed))

    for name, count in (("new", 1), ("changed", 1), ("gone", 1), ("renamed", 1)):
        assert f"<dt>{name}</dt><dd>{count}</dd>" in html
    assert f"<del>{pages[0].title}</del> → 庭いじり" in html
    after = client_of(tmp_path, "ja").get("/import").text
    assert "途中で止まりました" in after and "<dt>改題</dt><dd>1</dd>" in after


def test_a_broken_file_is_refused_with_its_page_and_line(client: TestClient, tmp_path: Path) -> None:
    broken = json.loads(SMALL)
    broken["pages"][2]["lines"][1] = 12

    html = take_in(client, json.dumps(broken).encode(), "<b>&notes.json")

    title = broken["pages"][2]["title"]
    told = f"&lt;b&gt;&amp;notes.json: page &#34;{title}&#34; (id {broken['pages'][2]['id']}), line 1 is a number"
    assert told in html and "Export the project again" in html and "The library is as it was before" in html
    assert "<b>&notes" not in html and str(tmp_path) not in html
    assert pages_in(tmp_path) == {} and uploads_in(tmp_path) == []
    # The next server tells of it, too.
    assert told in client_of(tmp_path).get("/import").text


def test_pages_that_cannot_be_read_are_left_out_on_demand_and_listed(client: TestClient, tmp_path: Path) -> None:
    broken = json.loads(SMALL)
    broken["pages"][2]["lines"] = []

    html = take_in(client, json.dumps(broken).encode(), skip_bad_pages="1")

    assert pages_in(tmp_path) == {"niwa": 13}
    assert "1 page skipped" in html and "there are no lines" in html


def test_ten_pages_left_out_are_listed_and_the_others_are_folded(client: TestClient) -> None:
    broken = json.loads(SMALL)
    broken["pages"] += [{"title": f"broken {number:03}", "lines": []} for number in range(182)]

    html = take_in(client, json.dumps(broken).encode(), skip_bad_pages="1")

    listed, folded = html[html.index('id="run-skipped"') :].split('id="run-skipped-more"')
    assert "182 pages skipped" in listed and "and 172 more" in folded
    assert re.findall(r"broken (\d+)", listed) == [f"{number:03}" for number in range(10)]
    assert re.findall(r"broken (\d+)", folded) == [f"{number:03}" for number in range(10, 182)]


def test_a_file_that_is_too_large_is_not_kept(client: TestClient, tmp_path: Path) -> None:
    client.app.state.most_upload_bytes = 5_000_000  # type: ignore[attr-defined]
    files = {"file": ("huge.json", b" " * 5_000_001)}
    response = client.post("/import", files=files)
    assert response.status_code == 413
    assert "“huge.json” is too large: the limit here is 5 MB" in response.text
    assert uploads_in(tmp_path) == [] and importer_of(client).job is None
    assert send(client, b" " * 5_000_000) == 303  # as much as is allowed


@pytest.mark.parametrize(
    ("name", "content", "fields", "words"),
    [
        pytest.param("", b"", {}, "No file was chosen", id="no file"),
        pytest.param("empty.json", b"", {}, "No file was chosen, or it is empty", id="an empty file"),
        pytest.param("notes.json", SMALL, {"project": "a/b"}, "without a slash", id="a slash in the name"),
        pytest.param("notes.json", SMALL, {"project": ".."}, "without a slash", id="no name for an address"),
        pytest.param("notes.json", SMALL, {"project": "x" * 101}, "at most 100", id="a long name"),
        pytest.param("notes.json", SMALL, {"other": "x" * 20_000}, "Open the screen again", id="an endless field"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_not_kept(
    client: TestClient, tmp_path: Path, name: str, content: bytes, fields: dict[str, str], words: str
) -> None:
    response = client.post("/import", files={"file": (name, content)}, data=fields)
    assert response.status_code == 400 and words in response.text
    assert uploads_in(tmp_path) == [] and importer_of(client).job is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"file=x", "application/x-www-form-urlencoded"), (b"{}", "multipart/form-data"), (b"", "")],
)
def test_another_form_is_refused(client: TestClient, body: bytes, kind: str) -> None:
    response = client.post("/import", content=body, headers={"Content-Type": kind})
    assert response.status_code == 400 and "Open the screen again" in response.text


def test_a_form_that_breaks_off_leaves_nothing(client: TestClient, tmp_path: Path) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    response = client.post("/import", content=head + SMALL, headers=kind)
    assert response.status_code == 400 and "did not arrive completely" in response.text
    assert uploads_in(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told_of(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file where the folder should be")
    response = client.post("/import", files={"file": ("notes.json", SMALL)})
    assert response.status_code == 507 and f"{tmp_path / 'uploads'} cannot be written" in response.text


def test_one_import_at_a_time_and_cancelling_while_reading_takes_nothing_in(client: TestClient, tmp_path: Path) -> None:
    with many_pages_under_way(client):
        kept = uploads_in(tmp_path)
        assert len(kept) == 1
        assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600
        assert stat.S_IMODE(kept[0].parent.stat().st_mode) == 0o700
        second = client.post("/import", files={"file": ("notes.json", SMALL)})
        assert second.status_code == 409 and "Another import or update is under way" in second.text
        assert uploads_in(tmp_path) == kept
        client.app.state.is_ending = True  # type: ignore[attr-defined]
        assert client.get("/import/progress").text == ""  # a server that ends waits for nobody who watches
        assert client.post("/import/cancel", follow_redirects=False).status_code == 303
        assert "Stopping" in client.get("/import").text or not importer_of(client).is_busy
    html = client.get("/import").text
    assert "Stopped before it finished" in html and "Nothing was imported" in html
    assert pages_in(tmp_path) == {} and uploads_in(tmp_path) == []
    assert "Nothing was imported" in client_of(tmp_path).get("/import").text


def test_cancelling_after_the_pages_are_in_keeps_them_and_a_reindex_goes_on(client: TestClient, tmp_path: Path) -> None:
    html = take_in(client, SMALL)
    assert "The pages are imported, but their suggestions are not up to date" in html
    assert '<button class="button main-button">Update suggestions</button>' in html
    assert "Update the suggestions for 庭の手帖" in html
    assert pages_in(tmp_path) == {"niwa": 14}

    assert client.post("/import/reindex", data={"project": "niwa"}).status_code == 200
    until(lambda: not importer_of(client).is_busy)
    job = importer_of(client).job
    assert job is not None
    known = {step for _, steps in GROUPS for step in steps}
    assert {stage.at.step for stage in job.stages} == known - {"import", "store", "read pages", "ask the baselines"}
    assert all(Wording("ja")(f"import.step.{step}") for step in known)
    html = client.get("/import").text
    assert "The suggestions for 庭の手帖 are up to date" in html and "Update the suggestions" not in html


def test_while_another_program_is_at_work_nothing_is_begun(client: TestClient, tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    with work_lock(tmp_path):
        assert send(client, SMALL) == 409
        response = client.post("/import/reindex", data={"project": PROJECT})
        assert response.status_code == 409 and "Another import or update is under way" in response.text
    assert uploads_in(tmp_path) == [] and importer_of(client).job is None


@pytest.mark.skipif(os.name != "posix", reason="a process is ended here as POSIX does it")
def test_a_process_that_falls_is_told_of_and_the_next_import_works(client: TestClient, tmp_path: Path) -> None:
    with many_pages_under_way(client):
        process_id = importer_of(client).process_id
        assert process_id is not None
        os.kill(process_id, signal.SIGKILL)
    html = client.get("/import").text
    assert "exit code -9" in html and "The library is as it was before" in html
    assert uploads_in(tmp_path) == []
    assert "The pages are imported, but" in take_in(client, SMALL)


@pytest.mark.skipif(os.name != "posix", reason="a process is ended here as POSIX does it")
def test_the_work_ends_with_its_server_and_the_next_start_removes_the_file(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from linkassist.server.jobs.import_job import Importer\n"
        "from linkassist.server.jobs.import_process import ImportOrder\n"
        "from linkassist.settings import Settings\n"
        "if __name__ == '__main__':\n"
        "    importer = Importer(Settings(Path(sys.argv[1])))\n"
        "    importer.start(ImportOrder(Path(sys.argv[2]), 'long.json'))\n"
        "    while not importer.job.stages: time.sleep(0.02)\n"
        "    print(importer.process_id, flush=True)\n"
        "    time.sleep(600)"
    )
    script = tmp_path / "server.py"
    script.write_text(program)
    library = tmp_path / "library"
    with Library.open(library):
        pass
    left = library / "uploads" / "upload-1"
    left.parent.mkdir()
    left.write_bytes(export_of([a_page(f"覚え書き {n}", "[道具]について " * 20, n + 1) for n in range(40_000)]))
    command = [sys.executable, str(script), str(library), str(left)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        process_id = int(server.stdout.readline())
        server.kill()
    until(lambda: not is_running(process_id))
    assert left.exists() and pages_in(library) == {}

    with client_of(library) as client:
        assert not left.exists()
        assert "Stopped before it finished" in client.get("/import").text


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_file_is_named_by_the_reader_and_no_path_of_theirs_is_used(client: TestClient, tmp_path: Path) -> None:
    before = set(tmp_path.parent.iterdir())
    take_in(client, export_of(pages_of_a_wiki()[:3], name=""), "../../evil/畑.json")
    take_in(client, SMALL, "notes.json", project="別の庭")
    assert pages_in(tmp_path) == {"畑": 3, "別の庭": 14}
    assert set(tmp_path.parent.iterdir()) == before
    html = client.get("/import").text
    assert 'href="/p/%E7%95%91"><b>畑</b>' in html and "<b>別の庭</b>" in html
    assert ">3 pages<" in html and ">14 pages<" in html


@pytest.mark.parametrize("address", ["/import", "/import/cancel", "/import/reindex"])
def test_another_site_can_neither_import_nor_cancel(client: TestClient, tmp_path: Path, address: str) -> None:
    response = client.post(address, files={"file": ("notes.json", SMALL)}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert importer_of(client).job is None and uploads_in(tmp_path) == []


def test_the_progress_ends_at_once_where_nothing_is_under_way(client: TestClient) -> None:
    assert client.get("/import/progress").text == "event: end\ndata:\n\n"


@pytest.mark.parametrize(
    ("file_name", "name"),
    [("notes.json.gz", "notes"), ("畑.xz", "畑"), (".json", "wiki"), ("...", "wiki"), ("a b.json", "a b")],
)
def test_a_nameless_export_is_called_after_its_file(file_name: str, name: str) -> None:
    assert project_name_of_file(file_name) == name


def test_the_bars_tell_what_is_done_under_way_and_needless() -> None:
    stages = (
        Stage(StepProgress("import", 10, 10), 0.0),
        Stage(StepProgress("read", 3, 3), 5.0),
        Stage(StepProgress("learn", 0, 0), 7.0),
        Stage(StepProgress("encode", 3, 3), 8.0),
        Stage(StepProgress("mentions", 3, 3), 70.0),
        Stage(StepProgress("phrases", 1, 2), 80.0),
    )
    order = ImportOrder(Path("x"), "x.json")
    view = job_view(Job(order, 0.0, stages), 90.0)
    assert [(each.state, each.percent, each.clock) for each in view.groups] == [
        ("done", 100, "0:07"),
        ("done", 100, "0:01"),
        ("done", 100, "1:02"),
        ("now", 75, "0:20"),
        ("waiting", 0, ""),
        ("waiting", 0, ""),
    ]
    later = job_view(Job(order, 0.0, (*stages, Stage(StepProgress("index", 0, 3), 91.0))), 91.0)
    assert [each.state for each in later.groups][-2:] == ["needless", "now"]
    assert view.clock == "1:30" and view.state == "running"
    # done: 0.05 + 0.17 + 0.01 + 0.75 * 0.07 of 1, in 90 s
    assert view.left_s == pytest.approx(90 * 0.7175 / 0.2825, abs=1)
    assert later.left_s > 0
    assert job_view(Job(order, 0.0, stages[:1]), 3.0).left_s == 0, "too early to tell"


HALVES = {
    "a line": {"id": "\x1b[2J\u202e", "title": "a\nb", "lines": ["page", "half \ud83d"]},
    "no lines": {"id": "\ud83d\n\x00", "title": "\ud83d", "lines": []},
}


@pytest.mark.parametrize("page", HALVES.values(), ids=HALVES)
def test_a_file_with_half_a_character_is_told_of_and_the_screen_goes_on(
    tmp_path: Path, client: TestClient, page: dict[str, object]
) -> None:
    export = json.dumps({"name": "niwa", "exported": 1, "pages": [page]}).encode()
    for fields in ({}, {"skip_bad_pages": "1"}):
        assert send(client, export, **fields) == 303
        until(lambda: not importer_of(client).is_busy)
        screen = client.get("/import")
        assert screen.status_code == 200 and "half a character" in screen.text or "no lines" in screen.text
    assert client_of(tmp_path).get("/import").status_code == 200  # the record of it is read anew
    assert send(client, SMALL) == 303
    until(lambda: importer_of(client).job.taken_in)  # type: ignore[union-attr]
