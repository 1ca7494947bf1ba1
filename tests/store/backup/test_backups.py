"""Backups: one moment of the library, checked, in one private file, kept by count; and one before every upgrade."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from support.little_wiki import write_little_wiki

from linkassist.errors import StoreError
from linkassist.store.backup.files import BACKUPS_NAME, backup_files
from linkassist.store.backup.restore import contents, make_backup
from linkassist.store.library import DATABASE_NAME, Library


def test_a_backup_is_one_private_file_that_holds_what_the_library_holds(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    with Library.open(tmp_path) as library:
        made = make_backup(library, 3)
        (n_pages,) = library.row("SELECT count(*) FROM pages") or (0,)
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert {path.name for path in made.parent.iterdir()} == {made.name, "backup.lock"}
    found = contents(made)
    assert (found.n_pages, found.n_verdicts) == (n_pages, 0)
    copied = sqlite3.connect(made)
    assert copied.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    copied.close()


def test_a_backup_leaves_out_what_is_being_written_and_holds_nobody_up(tmp_path: Path) -> None:
    with Library.open(tmp_path) as writer, Library.open(tmp_path) as other, writer.transaction() as connection:
        connection.execute("INSERT INTO projects VALUES (1, 'a', 'a', 0, 7)")
        made = make_backup(other, 1)
        connection.execute("INSERT INTO projects VALUES (2, 'b', 'b', 0, 8)")
    assert contents(made).imported_at == 0


def test_the_newest_backups_stay_by_number_also_when_the_clock_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(tmp_path) as library:
        for year in (2027, 2026, 2025, 2024):
            date = f"{year}-01-01-000000"
            monkeypatch.setattr("linkassist.store.backup.files.time.strftime", lambda _, date=date: date)
            make_backup(library, 2)
    assert [(each.number, each.date[:4]) for each in backup_files(tmp_path)] == [(4, "2024"), (3, "2025")]


def test_a_damaged_library_is_not_backed_up_and_no_backup_goes(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    with Library.open(tmp_path) as library:
        good = make_backup(library, 1)
        (root,) = library.row("SELECT rootpage FROM sqlite_schema WHERE name = 'links_by_key'") or (0,)
    with (tmp_path / DATABASE_NAME).open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)
    with Library.open(tmp_path) as library, pytest.raises(StoreError, match=f"restore --latest .*{good.name}"):
        make_backup(library, 1)
    assert [each.path for each in backup_files(tmp_path)] == [good]
    assert not list((tmp_path / BACKUPS_NAME).glob(".*"))


def test_what_a_killed_backup_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / BACKUPS_NAME).mkdir()
    left = tmp_path / BACKUPS_NAME / ".linkassist-0001-2026-01-01-000000.sqlite3.partial"
    left.write_bytes(b"half")
    with Library.open(tmp_path) as library:
        make_backup(library, 1)
    assert not left.exists()
