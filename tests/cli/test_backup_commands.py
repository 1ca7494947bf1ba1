"""The way back: a library is restored whole, nothing is lost by it, and a damaged one says how."""

from __future__ import annotations

import re
import shlex
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.little_wiki import PROJECT, write_little_wiki
from typer.testing import CliRunner, Result

from linkassist.cli.app import app
from linkassist.store.backup.files import backup_files
from linkassist.store.backup.restore import contents
from linkassist.store.integrity.checksums import seal_schema
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import serving_lock, work_lock
from linkassist.store.pages import find_page, project
from linkassist.store.schema import MIGRATIONS
from linkassist.store.verdicts import record_verdict, verdicts
from linkassist.suggestion import Verdict
from linkassist.wiki import title_key

PAGE = "庭としてのWiki"
DECIDED_AT = 1_700_000_000  # 2023-11-14, but in East Asia it is the 15th by then


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library with one decision, and a backup of it."""
    write_little_wiki(tmp_path / "library")
    decide(tmp_path / "library", "KJ法")
    succeed("backup", "--library", tmp_path / "library")
    return tmp_path / "library"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="linkassist")


def succeed(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def fail(*arguments: object) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    return result.stderr


def decide(folder: Path, target: str) -> None:
    with Library.open(folder) as library:
        page = find_page(library, project(library, PROJECT).id, title_key(PAGE))
        record_verdict(library, page.id, Verdict(target, "accept", DECIDED_AT, "page", 0.5))


def decided(folder: Path) -> set[str]:
    with Library.open(folder) as library:
        page = find_page(library, project(library, PROJECT).id, title_key(PAGE))
        return {verdict.target for verdict in verdicts(library, page.id)}


def test_a_restore_goes_back_says_what_is_older_and_keeps_what_was(folder: Path) -> None:
    decide(folder, "検索")
    said = succeed("restore", "--latest", "--library", folder)
    assert decided(folder) == {"KJ法"}
    assert re.search(r"is restored: 22 pages .*, 1 decisions", said)
    assert re.search(r"Before, the library held 22 pages .*, 2 decisions", said)
    (kept,) = re.findall(r"it is kept: (.*)", said)
    assert succeed("restore", kept, "--library", folder)
    assert decided(folder) == {"KJ法", "検索"}


def test_the_latest_backup_is_never_what_a_restore_put_aside(folder: Path) -> None:
    decide(folder, "検索")
    succeed("restore", "--latest", "--library", folder)
    succeed("restore", "--latest", "--library", folder)
    assert decided(folder) == {"KJ法"}
    assert [each.occasion for each in backup_files(folder)] == ["before-restore", "before-restore", ""]


def test_who_has_the_library_open_sees_the_old_state_or_the_new_one(folder: Path) -> None:
    decide(folder, "検索")
    count = "SELECT count(*) FROM verdicts"
    with Library.open(folder) as reading, Library.open(folder) as idle:
        reading.connection.execute("BEGIN")
        assert reading.row(count) == idle.row(count) == (2,)
        succeed("restore", "--latest", "--library", folder)
        assert reading.row(count) == (2,)
        reading.connection.execute("COMMIT")
        assert reading.row(count) == idle.row(count) == (1,)
        assert idle.row("PRAGMA integrity_check") == ("ok",)


@pytest.mark.parametrize(("hold", "advice"), [(serving_lock, "End it"), (work_lock, "Wait until it has finished")])
def test_a_library_at_work_is_not_restored(folder: Path, hold: Callable[[Path], object], advice: str) -> None:
    decide(folder, "検索")
    with hold(folder):  # type: ignore[attr-defined]
        assert advice in fail("restore", "--latest", "--library", folder)
    assert decided(folder) == {"KJ法", "検索"}


def test_a_damaged_backup_is_refused_and_the_latest_good_one_is_found(folder: Path) -> None:
    decide(folder, "検索")
    succeed("backup", "--library", folder)
    newest, older = (each.path for each in backup_files(folder))
    newest.write_bytes(newest.read_bytes()[:-4096])
    before = (folder / DATABASE_NAME).read_bytes()
    assert "so nothing was changed" in fail("restore", newest, "--library", folder)
    assert (folder / DATABASE_NAME).read_bytes() == before
    result = run("restore", "--latest", "--library", folder)
    assert f"{newest} is damaged" in result.stderr and f"{older} is restored" in result.stdout
    assert decided(folder) == {"KJ法"}


def test_backups_of_older_versions_are_brought_to_this_one_and_newer_ones_refused(tmp_path: Path, folder: Path) -> None:
    for version in (1, len(MIGRATIONS) + 1):
        connection = sqlite3.connect(tmp_path / f"{version}.sqlite3", isolation_level=None)
        for migration in MIGRATIONS[:version]:
            for statement in migration:
                connection.execute(statement)
        connection.execute("PRAGMA application_id = 0x6C6E6B61")
        connection.execute(f"PRAGMA user_version = {version}")
        if version > len(MIGRATIONS):
            seal_schema(connection)
        connection.close()
    assert "0 pages" in succeed("restore", tmp_path / "1.sqlite3", "--library", folder)
    found = contents(folder / DATABASE_NAME)
    assert found and found.version == len(MIGRATIONS)
    assert "Update linkassist" in fail("restore", tmp_path / f"{len(MIGRATIONS) + 1}.sqlite3", "--library", folder)


def _zero_a_page(path: Path) -> None:
    with Library.open(path.parent) as library:
        (root,) = library.row("SELECT rootpage FROM sqlite_schema WHERE name = 'pages'") or (0,)
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\0" * 4096)


def _spoil_the_head(path: Path) -> None:
    path.write_bytes(b"\xff" * 4096 + path.read_bytes()[4096:])


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize("spoil", [_zero_a_page, _spoil_the_head, _cut], ids=["page", "head", "cut"])
def test_a_damaged_library_names_the_command_that_restores_it_and_is_kept(
    folder: Path, spoil: Callable[[Path], None]
) -> None:
    decide(folder, "検索")
    with Library.open(folder) as library:
        library.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(folder / DATABASE_NAME)
    damaged = (folder / DATABASE_NAME).read_bytes()
    said = fail("suggest", "--page", PAGE, "--library", folder)
    (command,) = re.findall(r"`linkassist (.*?)`", said)
    assert backup_files(folder)[0].path.name in said
    said = succeed(*shlex.split(command))
    assert decided(folder) == {"KJ法"}
    (kept,) = re.findall(r"it is kept: (.*)", said)
    assert Path(kept).read_bytes() == damaged


def test_a_library_that_is_gone_comes_back_from_a_copy_elsewhere(tmp_path: Path, folder: Path) -> None:
    copy = tmp_path / "stick.sqlite3"
    succeed("backup", "--to", copy, "--library", folder)
    assert "1 decisions" in succeed("restore", copy, "--library", tmp_path / "new" / "place")
    assert decided(tmp_path / "new" / "place") == {"KJ法"}


def test_a_backup_replaces_an_earlier_one_and_nothing_else(tmp_path: Path, folder: Path) -> None:
    copy, notes = tmp_path / "stick.sqlite3", tmp_path / "notes.txt"
    notes.write_text("mine")
    for _ in range(2):
        succeed("backup", "--to", copy, "--library", folder)
    assert "Name another file" in fail("backup", "--to", notes, "--library", folder)
    assert "Name another file" in fail("backup", "--to", folder / DATABASE_NAME, "--library", folder)
    assert notes.read_text() == "mine"


def test_the_list_tells_of_each_backup_the_newest_first(folder: Path) -> None:
    decide(folder, "検索")
    succeed("backup", "--library", folder)
    listed = succeed("restore", "--list", "--library", folder)
    day = time.strftime("%Y-%m-%d", time.localtime(DECIDED_AT))
    assert re.findall(rf"(\d) decisions, the last of {day}", listed) == ["2", "1"]
    assert "no backups" in succeed("restore", "--list", "--library", folder / "none")
