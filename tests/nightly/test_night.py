"""A night from its beginning to its end: real imports, reindexes and backups; Scrapbox is a server on loopback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.little_scrapbox import KEY, Answer, LittleScrapbox, little_scrapbox
from support.little_server import client_of
from typer.testing import CliRunner, Result

from linkassist.cli.app import app
from linkassist.nightly import run
from linkassist.nightly.clock import now
from linkassist.nightly.health import health
from linkassist.nightly.log import night_log
from linkassist.nightly.report import FILE_NAME, LOG_NAME
from linkassist.store.backup.files import backup_files
from linkassist.store.backup.restore import contents
from linkassist.store.embeddings import known
from linkassist.store.library import DATABASE_NAME as DATABASE
from linkassist.store.library import Library
from linkassist.store.locks import nightly_lock, work_lock
from linkassist.store.pages import project, read_pages
from linkassist.store.queue.snoozes import KEPT_S, prune_snoozes, snooze, snoozed
from linkassist.store.runs import finish_run, last_run, prune_runs, start_run
from linkassist.store.summaries.quality_samples import QualitySample, prune_samples, put_sample, samples


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Result, Path]]:
    """(what a first night said, the library that it made) of a project in Scrapbox and one with exports in a folder."""
    folder = tmp_path_factory.mktemp("first")
    with little_scrapbox() as found, pytest.MonkeyPatch.context() as patched:
        patched.setenv("LC_ALL", "en_GB.UTF-8")
        plant(found)
        library = write_settings(folder, found)
        yield linkassist("nightly", "--library", library), library


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        plant(found)
        yield found


@pytest.fixture
def fresh(tmp_path: Path, scrapbox: LittleScrapbox) -> Path:
    """A library that is still to be made, with both sources."""
    return write_settings(tmp_path, scrapbox)


@pytest.fixture
def library(tmp_path: Path, scrapbox: LittleScrapbox, first: tuple[Result, Path]) -> Path:
    """A library after its first night."""
    folder = write_settings(tmp_path, scrapbox)
    shutil.copytree(first[1], folder, ignore=shutil.ignore_patterns("*.toml"), dirs_exist_ok=True)
    return folder


def plant(scrapbox: LittleScrapbox) -> None:
    scrapbox.put("a", "庭", "[道具] と #手入れ", updated=300)
    scrapbox.put("b", "道具", "[庭]の道具", updated=200)


def write_settings(folder: Path, scrapbox: LittleScrapbox) -> Path:
    library = folder / "庭 100%"
    library.mkdir()
    export(folder / "exports" / "1.json", "畑", "鍬")
    settings = library / "linkassist.toml"
    settings.write_text(
        f'scrapbox_key = "{KEY}"\n[sources]\nniwa = "{scrapbox.project}"\nhatake = "{folder / "exports"}"\n', "utf-8"
    )
    settings.chmod(0o600)
    return library


def export(path: Path, *titles: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    pages = [{"title": title, "created": 1, "updated": 1, "lines": [title, f"[{title}の中]"]} for title in titles]
    path.write_text(json.dumps({"name": "hatake", "displayName": "畑", "exported": 9, "pages": pages}), "utf-8")
    return path


def linkassist(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="linkassist")


def titles(folder: Path, name: str) -> set[str]:
    with Library.open(folder) as opened:
        return {each.page.title for each in read_pages(opened, project(opened, name).id)}


def all_bytes(folder: Path) -> bytes:
    """All that lies in the library but for its settings."""
    return b"".join(
        path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "linkassist.toml"
    )


class TestANight:
    def test_it_does_every_step_and_tells_of_it(self, first: tuple[Result, Path]) -> None:
        done, library = first
        assert done.exit_code == 0, done.output
        (line,) = done.stdout.splitlines()
        assert line.startswith("nightly done: hatake 2 pages, 2 new; niwa 2 pages, 2 new")
        assert titles(library, "niwa") == {"庭", "道具"} and titles(library, "hatake") == {"畑", "鍬"}
        report = json.loads((library / FILE_NAME).read_text("utf-8"))
        steps = {each["project"]: [(s["step"], s["outcome"]) for s in each["steps"]] for each in report["projects"]}
        assert steps["niwa"][:3] == [("fetch", "done"), ("import", "done"), ("reindex", "done")]
        assert [step for step, _ in steps["niwa"]] == ["fetch", "import", "reindex", "evaluate"]
        assert (report["state"], report["exit_code"]) == ("done", 0)
        (backup,) = backup_files(library)
        assert contents(backup.path).n_pages == 4
        said = (library / LOG_NAME).read_text("utf-8")
        assert "niwa: import, done" in said and line in said
        assert KEY.encode() not in all_bytes(library) and KEY not in done.output
        status = linkassist("status", "--library", library)
        assert status.exit_code == 0 and "nights       done" in status.stdout and "source       http" in status.stdout

    def test_a_second_one_that_finds_nothing_new_says_so(self, library: Path) -> None:
        done = linkassist("nightly", "--library", library, "--json")
        report = json.loads(done.stdout)
        assert report == json.loads((library / FILE_NAME).read_text("utf-8"))
        outcomes = {(step["step"], step["outcome"]) for each in report["projects"] for step in each["steps"]}
        assert outcomes >= {("fetch", "unchanged"), ("reindex", "unchanged"), ("evaluate", "skipped")}
        assert "failed" not in {outcome for _, outcome in outcomes}
        assert len(backup_files(library)) == 2
        assert linkassist("nightly", "--library", library, "--quiet").stdout == ""

    def test_one_project_that_fails_stops_neither_the_others_nor_the_backup(
        self, tmp_path: Path, library: Path, scrapbox: LittleScrapbox
    ) -> None:
        with Library.open(library) as opened:
            (before,) = opened.row("SELECT text_hash FROM pages WHERE title = '道具'") or ("",)
            fingerprints = [name for (name,) in opened.rows("SELECT DISTINCT fingerprint FROM embeddings")]
            assert any(known(opened, each, [before]) for each in fingerprints)
        scrapbox.put("c", "新")
        scrapbox.put("b", "道具", "別のこと", updated=999)
        export(tmp_path / "exports" / "1.json", "畑", "鍬", "種")
        text = (tmp_path / "exports" / "1.json").read_text("utf-8")
        (tmp_path / "exports" / "1.json").write_text(text[:-30], "utf-8")
        done = linkassist("nightly", "--library", library, "--quiet")
        assert done.exit_code == 11
        assert done.stdout.startswith("nightly failed: hatake FAILED at import: ") and "niwa 3 pages" in done.stdout
        assert titles(library, "niwa") == {"庭", "道具", "新"} and titles(library, "hatake") == {"畑", "鍬"}
        with Library.open(library) as opened:  # pruned: no page has that text any more
            assert not any(known(opened, each, [before]) for each in fingerprints)
        assert len(backup_files(library)) == 2
        status = linkassist("status", "--library", library)
        assert status.exit_code == 3
        assert (
            "FAILED" in status.stdout and "hatake, import: " in status.stdout and "linkassist nightly" in status.stdout
        )
        nights = json.loads(linkassist("status", "--json", "--library", library).stdout)["nights"]
        assert (nights["state"], nights["is_alarm"], nights["exit_code"]) == ("failed", True, 11)
        assert 0 < nights["last_success_at"] <= nights["at"]

    def test_a_key_that_has_expired_is_told_and_never_shown(self, fresh: Path, scrapbox: LittleScrapbox) -> None:
        scrapbox.failures = [Answer(401, KEY.encode())]
        done = linkassist("nightly", "--library", fresh, "--project", "niwa")
        assert done.exit_code == 10
        assert "The key has expired or is wrong" in done.stdout
        assert KEY not in done.output and KEY.encode() not in all_bytes(fresh)

    def test_a_fault_of_ours_is_told_with_its_trace_in_the_log_and_without_the_key(
        self, fresh: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> None:
            raise ZeroDivisionError(f"with {KEY}")

        monkeypatch.setattr(run, "incoming_export", broken)
        done = linkassist("nightly", "--library", fresh, "--project", "niwa")
        assert done.exit_code == 10 and "a fault of linkassist itself (ZeroDivisionError: with (key))" in done.stdout
        assert "Traceback" in (fresh / LOG_NAME).read_text("utf-8")
        assert KEY.encode() not in all_bytes(fresh)

    def test_most_of_a_wiki_does_not_vanish_while_nobody_looks(self, tmp_path: Path, fresh: Path) -> None:
        export(tmp_path / "exports" / "1.json", *(f"{n}" for n in range(30)))
        linkassist("fetch", "--no-reindex", "--library", fresh, "--project", "hatake")
        export(tmp_path / "exports" / "1.json", "1")
        done = linkassist("nightly", "--library", fresh, "--project", "hatake")
        assert done.exit_code == 11 and "not half of those in the library" in done.stdout
        assert len(titles(fresh, "hatake")) == 30

    def test_a_damaged_library_is_told_of_like_any_failure(self, fresh: Path) -> None:
        (fresh / DATABASE).write_bytes(b"no database" * 500)
        done = linkassist("nightly", "--library", fresh)
        assert done.exit_code == 9 and "damaged or no SQLite file" in done.stdout
        assert health(fresh, now()).state == "failed"

    def test_where_there_is_nothing_it_makes_nothing(self, tmp_path: Path) -> None:
        done = linkassist("nightly", "--library", tmp_path / "none")
        assert done.exit_code == 1 and "Run `linkassist fetch SOURCE`" in done.stderr
        assert not (tmp_path / "none").exists()

    def test_a_project_that_nobody_knows_is_a_failure(self, fresh: Path) -> None:
        done = linkassist("nightly", "--library", fresh, "--project", "mori")
        assert done.exit_code == 9 and "holds no project" in done.stdout


class TestOthersAtWork:
    def test_it_waits_for_another_import_or_reindex(self, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        is_held, may_end = threading.Event(), threading.Event()

        def work() -> None:
            with work_lock(library):
                is_held.set()
                may_end.wait(60)

        other = threading.Thread(target=work)
        other.start()
        is_held.wait()

        def wait(seconds: float) -> None:
            may_end.set()
            other.join()

        monkeypatch.setattr("time.sleep", wait)
        done = linkassist("nightly", "--library", library, "--project", "hatake")
        assert may_end.is_set() and done.exit_code == 0
        assert "waiting: " in (library / LOG_NAME).read_text("utf-8")

    def test_it_says_so_where_waiting_does_not_help(self, library: Path) -> None:
        with work_lock(library):
            done = linkassist("nightly", "--library", library, "--project", "hatake", "--wait", "0")
        assert done.exit_code == 16 and "another import or reindex is under way" in done.stdout
        assert health(library, now()).state == "failed"
        assert linkassist("nightly", "--library", library, "--project", "hatake").exit_code == 0

    def test_two_nights_at_once_are_one(self, fresh: Path) -> None:
        with nightly_lock(fresh):
            done = linkassist("nightly", "--library", fresh)
            assert done.exit_code == 16 and "another nightly run is under way" in done.stderr
            assert linkassist("nightly", "--library", fresh, "--if-due").exit_code == 0
        assert not (fresh / FILE_NAME).exists()

    def test_a_night_that_was_killed_shows_and_the_next_one_goes_on(
        self, library: Path, scrapbox: LittleScrapbox
    ) -> None:
        command = [sys.executable, "-P", "-m", "linkassist", "nightly", "--library", str(library)]
        is_asked, may_go_on = threading.Event(), threading.Event()

        def before(path: str) -> None:
            if "/api/pages/niwa" in path:
                is_asked.set()
                may_go_on.wait(20)

        scrapbox.before = before
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as night:
            assert is_asked.wait(60)
            assert health(library, now()).state == "running"
            night.send_signal(signal.SIGKILL)
        may_go_on.set()
        assert health(library, now()).state == "killed"
        status = linkassist("status", "--library", library)
        assert status.exit_code == 3 and "BROKEN OFF" in status.stdout
        assert linkassist("nightly", "--library", library).exit_code == 0
        assert health(library, now()).state == "done"


class TestTheLog:
    def test_it_turns_over_and_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        for _ in range(3):
            with night_log(tmp_path, "", max_bytes=2000) as logger:
                for number in range(150):
                    logger.info("line %s", number)
        found = sorted(tmp_path.iterdir())
        assert [path.name for path in found] == [LOG_NAME, *(f"{LOG_NAME}.{n}" for n in range(1, 6))]
        assert all(path.stat().st_size <= 2000 for path in found)
        assert "line 149" in (tmp_path / LOG_NAME).read_text()
        if os.name == "posix":
            assert all(path.stat().st_mode & 0o077 == 0 for path in found)


class TestPruning:
    def test_old_runs_go_and_the_latest_of_each_sort_stay(self, tmp_path: Path) -> None:
        with Library.open(tmp_path) as opened:
            ids = []
            for number in range(6):
                ids.append(start_run(opened, "reindex"))
                finish_run(opened, ids[-1], "done" if number < 2 else "failed")
            running = start_run(opened, "import")
            assert prune_runs(opened, 1) == 4
            left = {row[0] for row in opened.rows("SELECT id FROM runs")}
            assert left == {ids[1], ids[5], running}
            done = last_run(opened, "reindex", status="done")
            assert done is not None and done.id == ids[1]

    def test_old_samples_go_project_by_project(self, fresh: Path) -> None:
        linkassist("fetch", "--library", fresh, "--no-reindex")
        with Library.open(fresh) as opened:
            ids = [project(opened, name).id for name in ("niwa", "hatake")]
            made = [QualitySample(at, 10, 20, 0.5, 0.25) for at in (300, 100, 200)]
            for each in made:
                put_sample(opened, ids[0], each)
            put_sample(opened, ids[1], made[1])
            assert prune_samples(opened, 2) == 1
            assert samples(opened, ids[0]) == [made[2], made[0]] and samples(opened, ids[1]) == [made[1]]

    def test_what_was_put_off_until_a_moment_long_past_goes(self, fresh: Path) -> None:
        linkassist("fetch", "--library", fresh, "--no-reindex", "--project", "niwa")
        with Library.open(fresh) as opened:
            of = project(opened, "niwa")
            page_id = next(read_pages(opened, of.id)).id
            snooze(opened, page_id, "x", 10, 20)
            snooze(opened, page_id, "y", 10, 40)
            assert prune_snoozes(opened, 30) == 0
            assert prune_snoozes(opened, 30 + KEPT_S) == 1
            assert {key for _, key in snoozed(opened, of.id, 15)} == {"y"}


class TestFetch:
    def test_a_source_is_taken_in_and_remembered(self, tmp_path: Path, scrapbox: LittleScrapbox) -> None:
        scrapbox.is_private = False
        library = tmp_path / "L"
        done = linkassist("fetch", scrapbox.project, "--library", library, "--no-reindex")
        assert done.exit_code == 0 and "niwa: 2 pages (2 new" in done.stdout
        exports = export(tmp_path / "e" / "1.json", "畑").parent
        linkassist("fetch", exports, "--library", library, "--no-reindex", "--project", "hatake")
        scrapbox.put("c", "新")
        done = linkassist("fetch", "--library", library, "--no-reindex")
        assert "niwa: 3 pages (1 new" in done.stdout and "hatake: nothing has changed" in done.stdout

    def test_without_a_source_it_says_how_to_name_one(self, tmp_path: Path) -> None:
        done = linkassist("fetch", "--library", tmp_path)
        assert done.exit_code == 1 and "Run `linkassist fetch SOURCE`" in done.stderr


def test_a_night_that_meets_half_a_character_is_reported_to_its_end(tmp_path: Path) -> None:
    library = tmp_path / "caf\udce9"  # a folder whose name is no UTF-8
    library.mkdir()
    source = tmp_path / "1.json"
    bad = {"id": "\ud83d\nERROR forged", "title": "\x1b[2J\u202e", "lines": []}
    source.write_text(json.dumps({"name": "hatake", "pages": [bad]}))
    (library / "linkassist.toml").write_text(f'[sources]\n"hatake" = "{source}"\n"a\\nb" = "{source}"\n')
    result = linkassist("nightly", "--library", library)
    assert result.exit_code == 11 and len(result.stdout.splitlines()) == 1, result.output
    report = json.loads((library / FILE_NAME).read_bytes())
    assert report["state"] == "failed" and report["library"] == str(library)
    messages = [step["message"] for each in report["projects"] for step in each["steps"] if step["outcome"] == "failed"]
    assert len(messages) == 2 and all("\\ud83d" in each and "\x1b" not in each for each in messages[1:])
    log = (library / LOG_NAME).read_text("utf-8")
    assert "\nERROR forged" not in log and "\x1b" not in log
    found = health(library, now())
    assert found.state == "failed" and len(found.failures) == 2
    assert "".join(each.message + each.project for each in found.failures).isprintable()
    printed = linkassist("status", "--json", "--library", library)
    assert json.loads(printed.stdout)["library"] == str(library)
    assert client_of(library).get("/import").status_code == 200
