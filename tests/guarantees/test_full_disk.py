"""A disk without room, and one that cannot be written: it is said, nothing is lost, and with room all goes on.

Root mounts a small disk and fills it. Anybody can be forbidden to write past a length in any file, which looks to a
program nearly the same.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.errors import SettingsError, StoreError
from linkassist.pipeline.draft import load_search
from linkassist.pipeline.ingest import ingest
from linkassist.pipeline.reindex import reindex
from linkassist.scrapbox.notation import page_links
from linkassist.server.auth.password import new_access, read_access, write_access
from linkassist.settings import Settings, remember_encoder, remember_source
from linkassist.store.backup.files import BACKUPS_NAME, backup_files
from linkassist.store.backup.restore import contents, make_backup, restore
from linkassist.store.imports import ImportReport, RunToEnd, import_pages
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import nightly_lock, serving_lock, work_lock
from linkassist.store.pages import list_pages, project
from linkassist.store.runs import artefact, last_run, start_run
from linkassist.store.suggestions import page_suggestions
from linkassist.store.verdicts import project_verdicts, record_verdict
from linkassist.suggestion import Verdict
from linkassist.wiki import Line, Page

FULL = "disk is full"
MOST_BYTES = 48 << 20
ROOM = 64 << 10  # without any, a library could not even be opened: SQLite makes a file of 32 KiB for that


@dataclass(frozen=True)
class Disk:
    """A folder on a disk that can be made full."""

    folder: Path
    without_room: Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=["small disk", "limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "limit":
        yield Disk(tmp_path, limited)
        return
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MOST_BYTES}", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user cannot mount a small disk")
    try:
        yield Disk(folder, lambda: filled(folder))
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """All but some kilobytes of the disk are taken by a file."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
        file.truncate(file.tell() - ROOM)
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def limited(most_bytes: int = 40 << 10) -> Iterator[None]:
    """No file can be written past some kilobytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def is_whole(folder: Path) -> bool:
    with Library.open(folder) as library:
        return library.row("PRAGMA integrity_check") == ("ok",)


def test_a_verdict_that_finds_no_room_is_refused_and_those_before_it_are_kept(disk: Disk) -> None:
    write_little_wiki(disk.folder / "library")
    kept = 0
    with disk.without_room(), Library.open(disk.folder / "library") as library:
        (page,) = [each.id for each in list_pages(library, 1, sort="title", limit=1)[0]]
        with pytest.raises(StoreError, match=FULL):
            for number in range(1000):
                record_verdict(library, page, Verdict(f"target {number}", "reject", 100, "new", 0.5))
                kept += 1
    with Library.open(disk.folder / "library") as library:
        assert [verdict.target for _, verdict in project_verdicts(library, 1)] == [f"target {n}" for n in range(kept)]
        record_verdict(library, page, Verdict("after", "reject", 100, "new", 0.5))
    assert is_whole(disk.folder / "library")


def test_an_import_that_finds_no_room_leaves_the_pages_as_they_were(disk: Disk, tmp_path: Path) -> None:
    folder = disk.folder / "library"
    write_little_wiki(folder)
    pages = [{"title": f"page {n}", "lines": [f"page {n}", f"{n} " * 3000]} for n in range(60)]
    source = tmp_path / "export.json"
    source.write_text(json.dumps({"name": PROJECT, "displayName": PROJECT, "exported": 1, "pages": pages}))
    before = contents(folder / DATABASE_NAME)
    with disk.without_room(), pytest.raises(StoreError, match=FULL):
        ingest(folder, source, PROJECT, lambda *_: None)
    assert contents(folder / DATABASE_NAME) == before and is_whole(folder)
    assert ingest(folder, source, PROJECT, lambda *_: None).imported.new == 60
    assert is_whole(folder)


def n_texts(library: Library) -> int:
    (number,) = library.row("SELECT count(*) FROM texts") or (0,)
    return int(number)


def test_an_import_is_done_though_the_disk_is_full_when_it_clears_away_what_is_no_longer_used(tmp_path: Path) -> None:
    def take_in(library: Library, words: str) -> ImportReport:
        pages = [Page(f"page {n}", (Line(f"page {n}"), Line(f"{n} {words}"))) for n in range(60)]
        return import_pages(library, PROJECT, PROJECT, 1, pages, page_links)

    with Library.open(tmp_path) as library, ExitStack() as stack:
        take_in(library, "long " * 3000)
        full: list[str] = []

        def fill(statement: str) -> None:
            if statement.startswith("SELECT id FROM texts EXCEPT") and not full:
                full.append(statement)
                stack.enter_context(limited())

        library.connection.set_trace_callback(fill)
        assert take_in(library, "short").changed == 60 and full
        library.connection.set_trace_callback(None)
        stack.close()
        assert n_texts(library) > 60  # there was no room to drop those of before
        assert take_in(library, "short").unchanged == 60
        assert n_texts(library) == 60
    assert is_whole(tmp_path)


def test_what_is_noted_of_an_import_is_noted_with_it_or_not_at_all(tmp_path: Path) -> None:
    source = tmp_path / "export.json"
    pages = [{"title": "page", "lines": ["page"]}, {"title": "page", "lines": ["page", "again"]}]
    source.write_text(json.dumps({"name": PROJECT, "exported": 1, "pages": pages}))
    with Library.open(tmp_path) as library:
        run_id = start_run(library, "import")
        ingest(tmp_path, source, None, lambda *_: None, run_id=run_id, version="abc")
        run, note = last_run(library, "import"), artefact(library, 1, "source")
        assert run and run.status == "done" and run.project_id == 1
        assert (run.counts["new"], run.counts["skipped"]) == (1, 1) and note and note.fingerprint == "abc"

        def refuse(*_: object) -> None:
            raise StoreError("no room")

        with pytest.raises(StoreError, match="no room"):
            import_pages(library, PROJECT, PROJECT, 2, [], page_links, run=RunToEnd(run_id, refuse))
        assert project(library, None).n_pages == 1 and project(library, None).exported_at == 1


@pytest.fixture
def without_inodes(tmp_path: Path) -> Iterator[Path]:
    """A folder in which no file can be made, though what is in it can be read and written."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m,nr_inodes=3", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user cannot mount a small disk")
    try:
        (folder / "library").mkdir()
        (folder / "ballast").touch()
        yield folder / "library"
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_lock_and_a_password_that_find_no_room_ask_for_space(without_inodes: Path) -> None:
    for hold in (work_lock, nightly_lock, serving_lock):
        with pytest.raises(StoreError, match=f"{FULL}.*[Ff]ree some space") as failure, hold(without_inodes):
            pass
        assert "right" not in str(failure.value)
    with pytest.raises(SettingsError, match=f"{FULL}.*Free some space"):
        write_access(without_inodes, new_access("a long enough password"))
    with pytest.raises(StoreError, match=FULL):
        Library.open(without_inodes)


def test_a_password_and_a_setting_that_find_no_room_leave_those_of_before(tmp_path: Path) -> None:
    before = new_access("a long enough password")
    write_access(tmp_path, before)
    (tmp_path / "linkassist.toml").write_text('scrapbox_key = "abc"\n')
    with limited(0):
        with pytest.raises(SettingsError, match=FULL):
            write_access(tmp_path, new_access("another long password"))
        with pytest.raises(SettingsError, match=FULL):
            remember_encoder(tmp_path, "some/encoder")
        with pytest.raises(SettingsError, match=FULL):
            remember_source(tmp_path, "niwa", "https://scrapbox.io/niwa")
    assert read_access(tmp_path) == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["access.json", "linkassist.toml"]
    assert (tmp_path / "linkassist.toml").read_text() == 'scrapbox_key = "abc"\n'


def test_a_backup_and_a_restore_that_find_no_room_change_nothing(disk: Disk) -> None:
    folder = disk.folder / "library"
    write_little_wiki(folder)
    with Library.open(folder) as library:
        good = make_backup(library, 1)
        before = contents(library.path)
        with disk.without_room(), pytest.raises(StoreError, match=FULL):
            make_backup(library, 1)
    with disk.without_room(), pytest.raises(StoreError, match=FULL):
        restore(folder, good)
    assert [each.path for each in backup_files(folder)] == [good]
    assert not list((folder / BACKUPS_NAME).glob(".*")) and not (folder / ".restoring").exists()
    assert contents(folder / DATABASE_NAME) == before == contents(good) and is_whole(folder)


def test_a_reindex_that_finds_no_room_leaves_the_suggestions_and_the_next_one_completes(
    disk: Disk, drafted: Path
) -> None:
    folder = disk.folder / "library"
    shutil.copytree(drafted, folder)

    def bring_up() -> bool:
        with Library.open(folder) as library:
            of = project(library, None)
            return reindex(library, of, Settings(folder), lambda *_: None).was_needed

    def suggested() -> list[str]:
        with Library.open(folder) as library:
            pages = list_pages(library, project(library, None).id, sort="title", limit=1000)[0]
            return [each.suggestion.target for page in pages for each in page_suggestions(library, page.id)]

    before = suggested()
    (index,) = folder.glob("models/*/*/pages.faiss")
    index.write_bytes(b"")  # so that there is something to do
    with disk.without_room(), pytest.raises(StoreError, match=FULL):
        bring_up()
    assert suggested() == before and is_whole(folder)
    bring_up()
    assert suggested() == before and not bring_up()
    with Library.open(folder) as library:
        assert load_search(library, project(library, None)).nearest("付箋", 5)


@pytest.mark.parametrize("is_file_too", [False, True])
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, is_file_too: bool) -> None:
    write_little_wiki(tmp_path / "library")
    before = (tmp_path / "library" / DATABASE_NAME).read_bytes()
    with (
        read_only(tmp_path / "library", is_file_too=is_file_too),
        pytest.raises(StoreError, match="right to write|read-only"),
    ):
        Library.open(tmp_path / "library")
    assert (tmp_path / "library" / DATABASE_NAME).read_bytes() == before
    assert is_whole(tmp_path / "library")


@contextmanager
def read_only(folder: Path, *, is_file_too: bool) -> Iterator[None]:
    """Nothing can be made in the folder, by root neither: that user writes where others may not, but not everywhere."""
    if os.geteuid() == 0:
        if not is_file_too:
            pytest.skip("root writes into every folder of a disk that can be written")
        bind = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False)
        if bind.returncode:
            pytest.skip("this user writes everywhere and cannot mount anything")
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", folder], check=True)
        return
    file = folder / DATABASE_NAME
    sqlite3.connect(file).close()
    folder.chmod(0o500)
    if is_file_too:
        file.chmod(0o400)
    try:
        yield
    finally:
        folder.chmod(0o700)
        file.chmod(0o600)
