"""Opening a library: who may read it, how it grows up, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from linkassist.errors import StoreError
from linkassist.store import library as library_module
from linkassist.store.integrity.checksums import seal_schema
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.schema import MIGRATIONS


def test_a_new_library_is_for_its_owner_alone(tmp_path: Path) -> None:
    with Library.open(tmp_path / "deep" / "library") as library, library.transaction():
        files = list(library.folder.iterdir())
        assert stat.S_IMODE(library.folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert len(files) > 1  # the write-ahead log among them


def test_a_library_opened_again_is_not_migrated_again(tmp_path: Path) -> None:
    for _ in range(2):
        with Library.open(tmp_path) as library:
            assert library.row("PRAGMA user_version") == (len(MIGRATIONS),)
            assert library.row("PRAGMA journal_mode") == ("wal",)
            assert library.row("PRAGMA foreign_keys") == (1,)


def test_a_migration_that_fails_half_way_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Library.open(tmp_path).close()
    broken = ("CREATE TABLE extra (x)", "CREATE TABLE pages (x)")
    monkeypatch.setattr(library_module, "MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        Library.open(tmp_path)
    monkeypatch.undo()
    with Library.open(tmp_path) as library:
        assert library.row("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'") == (0,)


def test_a_library_of_a_newer_linkassist_is_left_alone(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        library.connection.execute("PRAGMA user_version = 99")
        seal_schema(library.connection)
    with pytest.raises(StoreError, match="Update linkassist"):
        Library.open(tmp_path)


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = (tmp_path / DATABASE_NAME).read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Library.open(tmp_path)
    assert (tmp_path / DATABASE_NAME).read_bytes() == before


def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_text("these are my notes " * 100)
    with pytest.raises(StoreError, match="Restore it from a backup"):
        Library.open(tmp_path)


def test_a_damaged_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    Library.open(tmp_path).close()
    path = tmp_path / DATABASE_NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreError, match="Restore it from a backup"), Library.open(tmp_path) as library:
        list(library.rows("SELECT * FROM pages"))


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--library"):
        Library.open(tmp_path / "file" / "library")


def test_a_library_that_another_program_is_writing_says_so(tmp_path: Path) -> None:
    with Library.open(tmp_path) as first, Library.open(tmp_path, wait_s=0.05) as second, first.transaction():
        with pytest.raises(StoreError, match="Let the other linkassist finish"), second.transaction():
            pass
        assert second.row("SELECT count(*) FROM pages") == (0,)  # reading goes on


def test_an_exception_undoes_the_transaction(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        with pytest.raises(KeyError), library.transaction(is_durable=True) as connection:
            connection.execute("INSERT INTO projects VALUES (1, 'a', 'a', 0, 0)")
            raise KeyError
        assert library.row("SELECT count(*) FROM projects") == (0,)
        assert library.row("PRAGMA synchronous") == (1,)


def test_what_a_person_decided_is_written_with_full_synchronisation(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library, library.transaction(is_durable=True):
        assert library.row("PRAGMA synchronous") == (2,)


def test_threads_that_open_a_new_library_at_once_all_get_it(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            Library.open(tmp_path).close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
