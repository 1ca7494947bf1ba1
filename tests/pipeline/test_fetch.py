"""Pages from a server that behaves as Scrapbox does, and from exports on the disk, into a library by an import."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.little_scrapbox import KEY, Answer, LittleScrapbox, little_scrapbox

from linkassist.errors import ExportError, FetchError, StoreError
from linkassist.pipeline.fetch import FOLDER_NAME, IncomingExport, discard, incoming_export, name_of_source
from linkassist.pipeline.ingest import IngestReport, ingest
from linkassist.scrapbox.client import throttle
from linkassist.scrapbox.client.address import remote_project
from linkassist.scrapbox.client.connection import NotAllowedError, NotThereError
from linkassist.scrapbox.client.throttle import Throttle
from linkassist.store.library import Library
from linkassist.store.pages import project, read_pages


class Clock:
    """The client's clock: it stands still but for its pauses, which take no time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.now += seconds
            self.pauses.append(seconds)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(throttle, "_sleep", found.sleep)
    monkeypatch.setattr(throttle, "_now", lambda: found.now)
    return found


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put("a", "庭", "[道具] と #手入れ", updated=300)
        found.put("b", "道具/1", "[庭]の道具", updated=200)
        found.put("c", "a b c?#%", "草", updated=100)
        yield found


def come(folder: Path, place: str, key: str = KEY) -> IncomingExport | None:
    with Library.open(folder) as library:
        pace = Throttle(spares_this_machine=False)
        return incoming_export(library, "niwa", place, key, pace, lambda *_: None)


def take_in(folder: Path, place: str, key: str = KEY) -> IngestReport | None:
    """What became of what has arrived, None where nothing has."""
    found = come(folder, place, key)
    if found is None:
        return None
    report = ingest(folder, found.path, "niwa", lambda *_: None, version=found.version)
    discard(found)
    return report


def counts(report: IngestReport | None) -> tuple[int, int, int, int]:
    assert report is not None
    return (report.imported.new, report.imported.changed, report.imported.unchanged, report.imported.gone)


def texts(folder: Path) -> dict[str, list[str]]:
    with Library.open(folder) as library:
        return {each.page.title: each.page.texts for each in read_pages(library, project(library, "niwa").id)}


class TestScrapbox:
    def test_a_first_night_brings_every_page_as_an_export_would(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        assert counts(take_in(tmp_path / "pages", scrapbox.project)) == (3, 0, 0, 0)
        scrapbox.is_owner = True
        whole = tmp_path / "export.json"
        whole.write_bytes(scrapbox.answer("/api/page-data/export/niwa.json?metadata=true", KEY).body)
        ingest(tmp_path / "export", whole, "niwa", lambda *_: None)
        found = []
        for folder in (tmp_path / "pages", tmp_path / "export"):
            with Library.open(folder) as library:
                of = project(library, "niwa")
                found.append((of.display_name, sorted((each.page for each in read_pages(library, of.id)), key=repr)))
        assert found[0] == found[1]
        assert found[0][0] == "庭" and found[0][1][0].lines[0].created == 50

    def test_later_only_what_has_changed_is_asked_for(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        take_in(tmp_path, scrapbox.project)
        scrapbox.asked.clear()
        assert take_in(tmp_path, scrapbox.project) is None
        assert len(scrapbox.asked) == 1
        scrapbox.put("b", "大工道具", "[庭]の道具", updated=400)
        scrapbox.put("d", "新", updated=401)
        del scrapbox.pages["c"]
        scrapbox.asked.clear()
        report = take_in(tmp_path, scrapbox.project)
        assert counts(report) == (1, 1, 1, 1)
        assert report is not None and report.imported.renamed == (("道具/1", "大工道具"),)
        assert len(scrapbox.asked) == 3
        assert set(texts(tmp_path)) == {"庭", "大工道具", "新"}

    def test_a_page_that_is_only_deleted_is_gone(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        take_in(tmp_path, scrapbox.project)
        del scrapbox.pages["c"]
        assert counts(take_in(tmp_path, scrapbox.project)) == (0, 0, 2, 1)

    def test_a_page_that_is_deleted_after_the_list_was_read_is_gone_too(
        self, tmp_path: Path, scrapbox: LittleScrapbox
    ) -> None:
        scrapbox.before = lambda path: scrapbox.pages.pop("c", None) and None if "/niwa/" in path else None
        assert counts(take_in(tmp_path, scrapbox.project)) == (2, 0, 0, 0)

    def test_many_changes_are_had_by_the_whole_export(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        scrapbox.is_owner = True
        for number in range(70):
            scrapbox.put(f"p{number}", f"page {number}")
        assert counts(take_in(tmp_path, scrapbox.project)) == (73, 0, 0, 0)
        assert len(scrapbox.asked) == 2
        assert take_in(tmp_path, scrapbox.project) is None
        assert list((tmp_path / FOLDER_NAME).iterdir()) == []

    def test_who_may_not_export_gets_them_one_by_one_and_slowly(
        self, tmp_path: Path, scrapbox: LittleScrapbox, clock: Clock
    ) -> None:
        for number in range(70):
            scrapbox.put(f"p{number}", f"page {number}")
        assert counts(take_in(tmp_path, scrapbox.project)) == (73, 0, 0, 0)
        assert clock.now == 3 * 60  # 76 requests: twenty a minute, the first twenty at once

    def test_a_list_of_several_answers_is_read_to_its_end(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        scrapbox.is_owner, scrapbox.most_listed = True, 100
        for number in range(210):
            scrapbox.put(f"p{number}", f"page {number}", updated=1000 + number)
        assert counts(take_in(tmp_path, scrapbox.project)) == (213, 0, 0, 0)
        assert take_in(tmp_path, scrapbox.project) is None

    @pytest.mark.parametrize("what", ["deleted", "written", "both"])
    def test_what_changes_while_the_list_is_read_makes_no_page_vanish(
        self, tmp_path: Path, scrapbox: LittleScrapbox, what: str
    ) -> None:
        scrapbox.is_owner, scrapbox.most_listed = True, 100
        for number in range(210):
            scrapbox.put(f"p{number}", f"page {number}", updated=1000 + number)
        take_in(tmp_path, scrapbox.project)

        def change(path: str) -> None:
            if "skip=50&" in path and what != "written":
                for number in range(200, 210):
                    scrapbox.pages.pop(f"p{number}", None)
            if "skip=100&" in path and what != "deleted" and scrapbox.n_asked("skip=0") == n_lists + 1:
                scrapbox.put("p0", "page 0", "new", updated=9000)  # from the end to the front, where we have been

        n_lists = scrapbox.n_asked("skip=0")
        scrapbox.before = change
        take_in(tmp_path, scrapbox.project)
        lost = {f"page {number}" for number in range(210 if what == "written" else 200)} - set(texts(tmp_path))
        assert lost == set()

    def test_a_fetch_that_was_broken_off_goes_on_where_it_was(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        scrapbox.before = lambda path: (
            scrapbox.failures.extend([Answer(404, b"")] * 0 + [Answer(418)]) if "a_b_c" in path else None
        )
        with pytest.raises(FetchError, match="answered with status 418; expected 200"):
            take_in(tmp_path, scrapbox.project)
        (kept,) = (tmp_path / FOLDER_NAME).glob("*.jsonl")
        with kept.open("a") as file:
            file.write('\n{"id": "c", "upd')  # as a power cut leaves it
        assert kept.stat().st_mode & 0o077 == 0
        scrapbox.before, scrapbox.failures = lambda path: None, []
        scrapbox.asked.clear()
        assert counts(take_in(tmp_path, scrapbox.project)) == (3, 0, 0, 0)
        assert scrapbox.n_asked("/api/pages/v2/niwa/") == 1
        assert list((tmp_path / FOLDER_NAME).iterdir()) == []

    def test_an_access_key_goes_into_a_header_of_its_own(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        scrapbox.is_private = False
        take_in(tmp_path, scrapbox.project, key="cs_abc")
        assert set(scrapbox.keys) == {"cs_abc"}

    def test_the_addresses_of_people_are_not_kept(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        come(tmp_path, scrapbox.project)
        kept = b"".join(path.read_bytes() for path in (tmp_path / FOLDER_NAME).iterdir())
        assert b"[\xe9\x81\x93" in kept and b"example.com" not in kept and KEY.encode() not in kept


class TestFailures:
    @pytest.mark.parametrize(
        ("failure", "words"),
        [
            pytest.param(Answer(429), r"wants fewer requests \(status 429\)\. 5 tries", id="too many"),
            pytest.param(Answer(503), r"trouble of its own \(status 503\)\. 5 tries", id="unavailable"),
            pytest.param(Answer(200, b'{"count": 3, "pag'), "sent half an answer. 5 tries", id="half a JSON"),
            pytest.param(Answer(200, b"x" * 50, n_missing=9), "sent half an answer. 5 tries", id="cut off"),
        ],
    )
    def test_what_may_pass_is_tried_again_and_then_told(
        self, tmp_path: Path, scrapbox: LittleScrapbox, clock: Clock, failure: Answer, words: str
    ) -> None:
        scrapbox.failures = [failure] * 5
        with pytest.raises(FetchError, match=words):
            take_in(tmp_path, scrapbox.project)
        assert clock.pauses == [2.0, 10.0, 30.0, 60.0]
        scrapbox.failures = [failure] * 3
        assert counts(take_in(tmp_path, scrapbox.project)) == (3, 0, 0, 0)

    def test_a_server_may_ask_for_a_longer_pause_and_not_for_an_endless_one(
        self, tmp_path: Path, scrapbox: LittleScrapbox, clock: Clock
    ) -> None:
        scrapbox.failures = [Answer(429, headers={"Retry-After": value}) for value in ("42", "86400", "Mon")]
        take_in(tmp_path, scrapbox.project)
        assert clock.pauses == [42.0, 180.0, 30.0]

    def test_half_an_export_is_not_taken_in(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        scrapbox.is_owner = True
        for number in range(70):
            scrapbox.put(f"p{number}", f"page {number}")
        whole = scrapbox.answer("/api/page-data/export/niwa.json", KEY).body
        halves = [Answer(200, whole, n_missing=500), Answer(200, whole[:-500])]
        scrapbox.before = lambda path: scrapbox.failures.append(halves.pop()) if "export" in path and halves else None
        assert counts(take_in(tmp_path, scrapbox.project)) == (73, 0, 0, 0)
        assert halves == []

    @pytest.mark.parametrize(
        ("key", "status", "error", "words"),
        [
            (
                KEY,
                401,
                NotAllowedError,
                r"status 401\)\. The key has expired or is wrong\. Run `linkassist login`",
            ),
            ("", 401, NotAllowedError, r"private, and no key is set\. Run `linkassist login`"),
            (KEY, 403, NotAllowedError, "Use the key of a member"),
            (KEY, 404, NotThereError, r"There is no http://127.*/niwa \(status 404\)\. Correct the address"),
            (KEY, 302, FetchError, "answered with status 302"),
        ],
    )
    def test_what_will_not_pass_is_told_at_once(
        self, tmp_path: Path, scrapbox: LittleScrapbox, key: str, status: int, error: type[FetchError], words: str
    ) -> None:
        body = json.dumps({"message": f"key {key}"}).encode()
        scrapbox.failures = [Answer(status, body, {"Location": "http://127.0.0.1:9/"})]
        with pytest.raises(error, match=words) as found:
            take_in(tmp_path, scrapbox.project, key)
        assert "the-secret" not in str(found.value)
        assert len(scrapbox.asked) == 1

    def test_a_place_that_cannot_be_written_is_told_of(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        (tmp_path / FOLDER_NAME).write_text("in the way")
        with pytest.raises(StoreError, match="fetched cannot be written"):
            take_in(tmp_path, scrapbox.project)

    def test_without_a_network_it_says_so(self, tmp_path: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(FetchError, match="cannot be reached: is there a network"):
            take_in(tmp_path, f"http://127.0.0.1:{port}/niwa")

    @pytest.mark.parametrize(
        "body", [b"[]", b'{"count": "x"}', b'{"count": 3, "pages": []}', b'{"count":1,"pages":[7]}']
    )
    def test_an_answer_of_another_form_is_refused(self, tmp_path: Path, scrapbox: LittleScrapbox, body: bytes) -> None:
        scrapbox.failures = [Answer(200, body)]
        with pytest.raises(FetchError, match="in a form that linkassist does not know"):
            take_in(tmp_path, scrapbox.project)

    @pytest.mark.parametrize(
        ("address", "words"),
        [
            ("http://scrapbox.io/niwa", "is not encrypted. Write https://"),
            ("https://scrapbox.io", "no address of a project"),
            ("https://me:key@scrapbox.io/niwa", "no address of a project"),
        ],
    )
    def test_an_address_that_would_not_do_is_refused(self, address: str, words: str) -> None:
        with pytest.raises(FetchError, match=words):
            remote_project(address)

    def test_the_address_of_a_page_names_its_project(self) -> None:
        assert str(remote_project("https://scrapbox.io/niwa/%E5%BA%AD?x#y")) == "https://scrapbox.io/niwa"


class TestExports:
    def export(self, path: Path, *titles: str, name: str = "niwa", age_s: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        pages = [{"title": title, "lines": [title]} for title in titles]
        path.write_text(json.dumps({"name": name, "displayName": name, "exported": 5, "pages": pages}))
        os.utime(path, (1_000_000 - age_s, 1_000_000 - age_s))
        return path

    def test_the_newest_export_of_the_project_is_taken_once(self, tmp_path: Path) -> None:
        exports = tmp_path / "100% 庭 [1]"
        self.export(exports / "old.json", "a", age_s=50)
        self.export(exports / "new.json", "a", "b", age_s=20)
        self.export(exports / "of another.json", "x", name="other", age_s=10)
        (exports / "package.json").write_text('{"private": true}')
        (exports / "notes.txt").write_text("x")
        assert counts(take_in(tmp_path / "L", str(exports))) == (2, 0, 0, 0)
        assert take_in(tmp_path / "L", str(exports)) is None
        self.export(exports / "newer.json", "a", "c", age_s=5)
        assert counts(take_in(tmp_path / "L", str(exports))) == (1, 0, 1, 1)

    def test_a_pattern_names_exports(self, tmp_path: Path) -> None:
        self.export(tmp_path / "niwa-1.json", "a", age_s=50)
        self.export(tmp_path / "niwa-2.json", "a", "b", age_s=20)
        assert counts(take_in(tmp_path / "L", str(tmp_path / "niwa-*.json"))) == (2, 0, 0, 0)

    def test_a_single_file_is_taken_again_when_it_has_changed(self, tmp_path: Path) -> None:
        path = self.export(tmp_path / "e.json", "a", name="whatever", age_s=50)
        assert counts(take_in(tmp_path / "L", str(path))) == (1, 0, 0, 0)
        assert take_in(tmp_path / "L", str(path)) is None
        self.export(path, "a", "b")
        assert counts(take_in(tmp_path / "L", str(path))) == (1, 0, 1, 0)
        assert path.exists()

    def test_where_there_is_none_of_the_project_it_says_what_there_is(self, tmp_path: Path) -> None:
        with pytest.raises(FetchError, match="There is no export at .*correct the place under"):
            take_in(tmp_path / "L", str(tmp_path / "none-*.json"))
        self.export(tmp_path / "exports" / "x.json", "x", name="other")
        with pytest.raises(FetchError, match="is of niwa; there are other. Export that project"):
            take_in(tmp_path / "L", str(tmp_path / "exports"))

    def test_an_export_that_was_cut_off_leaves_the_library_as_it_was(self, tmp_path: Path) -> None:
        path = self.export(tmp_path / "e.json", "a", "b")
        take_in(tmp_path / "L", str(path))
        path.write_text(path.read_text()[:-20])
        with pytest.raises(ExportError):
            take_in(tmp_path / "L", str(path))
        assert set(texts(tmp_path / "L")) == {"a", "b"}

    def test_an_export_of_far_fewer_pages_is_refused_when_nobody_looks_on(self, tmp_path: Path) -> None:
        path = self.export(tmp_path / "e.json", "a", "b", "c")
        take_in(tmp_path / "L", str(path))
        self.export(path, "a")
        with pytest.raises(ExportError, match="holds 1 pages, and not half of those in the library"):
            ingest(tmp_path / "L", path, "niwa", lambda *_: None, least_pages=2)
        assert set(texts(tmp_path / "L")) == {"a", "b", "c"}

    def test_a_source_tells_the_name_of_its_project(self, tmp_path: Path) -> None:
        self.export(tmp_path / "x.json", "a", name="庭")
        assert name_of_source(str(tmp_path)) == "庭"
        assert name_of_source("https://scrapbox.io/niwa") == "niwa"
