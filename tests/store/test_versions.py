"""A library of every older version opens: nothing it held is lost, and it lies beside as it was.

An older library is made by the migrations of its time; its rows are those that the program writes today, as far as
that version had room for them.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from support.little_server import client_of
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.errors import StoreError
from linkassist.store import library as library_module
from linkassist.store.backup.files import backup_files
from linkassist.store.codec import decode_lines
from linkassist.store.embeddings import put
from linkassist.store.ignored import add_ignored
from linkassist.store.integrity.checksums import seal_schema
from linkassist.store.integrity.counts import recount
from linkassist.store.integrity.damage import all_damage
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.pages import find_page, project
from linkassist.store.project_settings import set_project_setting
from linkassist.store.queue.cards import add_day_cards
from linkassist.store.queue.snoozes import snooze
from linkassist.store.runs import put_artefact
from linkassist.store.schema import APPLICATION_ID, MIGRATIONS, WITH_CHECKSUMS, WITH_SANE_TIMES
from linkassist.store.search.by_target import write_target_index
from linkassist.store.search.full_text import fill_search, find_texts
from linkassist.store.suggestions import add_up_budget, page_suggestions, replace_suggestions
from linkassist.store.summaries.evaluations import put_evaluation
from linkassist.store.summaries.overview import pages_by_month
from linkassist.store.summaries.quality_samples import QualitySample, put_sample
from linkassist.store.verdicts import record_verdict, undo_verdict, verdicts
from linkassist.store.write_back.outbox import send_off
from linkassist.store.write_back.pushes import WrittenLink, begin_push, record_sent
from linkassist.suggestion import Mention, Verdict
from linkassist.wiki import title_key

PAGE = "庭としてのWiki"
MENTION = Mention(11, 19, 22, "KJ法")
OLDER = range(1, len(MIGRATIONS))
# Of each migration that has been released, in order; see `test_a_released_migration_is_never_edited`.
RELEASED = (
    "6139202ac5e2",
    "fb9b676a03a9",
    "d125687a383d",
    "7cdd3adcc083",
    "9733f036ec18",
    "1cc11b23c551",
    "a2969e2d8121",
    "f85db2125f6b",
    "aba3dd1cbb8b",
    "aa436147345e",
    "32d6f4832490",
)


def write_full_library(folder: Path) -> None:
    """A library of this version with something in every table."""
    write_little_wiki(folder)
    with Library.open(folder) as library:
        of = project(library, PROJECT).id
        page = find_page(library, of, title_key(PAGE)).id
        record_verdict(library, page, Verdict("KJ法", "accept", 100, "page", 0.8, MENTION))
        send_off(library, of, [page], "by_hand", 1)
        written = WrittenLink(1, "a" * 24, False, "KJ法", "[KJ法]", 0, "[KJ法]", "KJ法")
        record_sent(library, begin_push(library, of, "https://scrapbox.io"), [written])
        record_verdict(library, page, Verdict("検索", "reject", 101, "page", 0.7))
        undo_verdict(library, page, title_key("検索"))
        record_verdict(library, page, Verdict("道具", "reject", 102, "page", 0.7, why="not here"))
        put(library, "0" * 12, ["text"], np.ones((1, 4), np.float32))
        put_artefact(library, of, "encoder", "0" * 12)
        put_evaluation(library, of, "{}")
        add_ignored(library, of, "word", "草むしり")
        set_project_setting(library, of, "most_per_page", "3")
        add_up_budget(library, of)
        snooze(library, page, title_key("つながり"), 100, 4_000_000_000)
        with library.transaction() as connection:  # as an import writes when it brings accepted links
            connection.execute("INSERT INTO import_news VALUES (1, ?, 200, 9, 3, 100, 110, NULL)", (of,))
        add_day_cards(library, of, date(2026, 9, 22), [(page, title_key("つながり"))], n_before=0)
        put_sample(library, of, QualitySample(100, 30, 60, 0.5, 0.4))
        found = [each.suggestion for each in page_suggestions(library, page, with_decided=True)]
        replace_suggestions(library, of, 1, [(page, found)], made_of={page: "0" * 16})
        write_target_index(library, of)


def write_older(folder: Path, full: Path, version: int) -> None:
    """The library `full` as a linkassist of that version would have kept it."""
    folder.mkdir()
    connection = sqlite3.connect(folder / DATABASE_NAME, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    for migration in MIGRATIONS[:version]:
        for statement in migration:
            connection.execute(statement)
    connection.execute("ATTACH ? AS of_today", (str(full / DATABASE_NAME),))
    for table in tables(connection):
        columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
        connection.execute(f"INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM of_today.{table}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version}")
    if version >= WITH_CHECKSUMS:
        seal_schema(connection)
    connection.close()


def tables(connection: sqlite3.Connection) -> list[str]:
    """Those that hold what was written; the search makes its own, and the schema has its own checksum."""
    return [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_check' "
            "AND name NOT LIKE 'word%' AND name NOT LIKE 'sqlite_%'"
        )
    ]


def everything(path: Path, columns_of: sqlite3.Connection | None = None) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in the columns that the other database has."""
    with sqlite3.connect(path) as connection:
        chosen = columns_of or connection
        found = {
            table: connection.execute(
                f"SELECT {', '.join(row[1] for row in chosen.execute(f'PRAGMA table_info({table})'))} FROM {table}"
            ).fetchall()
            for table in tables(chosen)
        }
    connection.close()
    return found


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("full")
    write_full_library(folder)
    return folder


def test_the_library_of_these_tests_has_something_in_every_table(full: Path) -> None:
    assert [table for table, rows in everything(full / DATABASE_NAME).items() if not rows] == []


@pytest.mark.parametrize("version", OLDER)
def test_an_older_library_opens_with_all_that_it_held_and_lies_beside_as_it_was(
    tmp_path: Path, full: Path, version: int
) -> None:
    folder = tmp_path / "library"
    write_older(folder, full, version)
    before = everything(folder / DATABASE_NAME)
    with Library.open(folder) as library:
        assert library.row("PRAGMA user_version") == (len(MIGRATIONS),)
        assert library.row("PRAGMA integrity_check") == ("ok",)
        assert list(library.rows("PRAGMA foreign_key_check")) == []
    (backup,) = backup_files(folder)
    assert backup.occasion == f"before-version-{len(MIGRATIONS)}"
    assert everything(backup.path) == before
    with sqlite3.connect(backup.path) as as_it_was:
        assert as_it_was.execute("PRAGMA user_version").fetchone() == (version,)
        assert everything(folder / DATABASE_NAME, as_it_was) == before
    as_it_was.close()
    assert all_damage(folder / DATABASE_NAME) == []  # what it held has checksums now
    _is_usable(folder)


def _is_usable(folder: Path) -> None:
    with Library.open(folder) as library:
        of = project(library, PROJECT).id
        page = find_page(library, of, title_key(PAGE))
        assert page.page.texts[1] == "Wikiを庭のように手入れする、という考え方。"
        assert {verdict.target for verdict in verdicts(library, page.id)} == {"KJ法", "道具"}
        assert page_suggestions(library, page.id)[0].suggestion.target == "孤立したページ"
        fill_search(library)
        assert [found.title for found in find_texts(library, of, ("草むしり",), limit=9).pages] == [PAGE]
        record_verdict(library, page.id, Verdict("つながり", "accept", 200, "new", 0.4))
    assert client_of(folder).get(f"/p/{PROJECT}").status_code == 200


@pytest.mark.parametrize("version", range(1, WITH_SANE_TIMES))
def test_an_older_library_with_times_in_other_units_opens_with_seconds(
    tmp_path: Path, full: Path, version: int
) -> None:
    folder = tmp_path / "library"
    write_older(folder, full, version)
    made, key = 1_616_457_600, title_key(PAGE)
    connection = sqlite3.connect(folder / DATABASE_NAME)
    # Versions 8 to 10 refuse such a time of creation, and take the others.
    created = 1000 * made if version < 8 else made
    connection.execute("UPDATE pages SET created = ?, updated = ? WHERE key = ?", (created, 1_000_000 * made, key))
    connection.execute("UPDATE pages SET updated = -5 WHERE key = ?", (title_key("検索"),))
    connection.execute("UPDATE projects SET exported_at = ?", (1000 * made,))
    connection.commit()
    connection.close()
    with Library.open(folder) as library:
        found = project(library, PROJECT)
        assert found.exported_at == made
        page = find_page(library, found.id, key).page
        assert (page.created, page.updated) == (made, made)
        assert find_page(library, found.id, title_key("検索")).page.updated == 0
        assert 12 * 2021 + 2 in {each.month for each in pages_by_month(library, found.id)}
        assert not recount(library, found.id)
    _is_usable(folder)
    client = client_of(folder)
    for screen in ("", "/outbox", "/quality", f"/page/{PAGE}"):
        assert client.get(f"/p/{PROJECT}{screen}").status_code in (200, 404), screen


def test_the_times_of_lines_that_an_older_library_holds_are_read_as_seconds() -> None:
    texts, meta = '["T","a","b"]', '[["u"],[0,0,0],[0,1616457600000,300000000000],[5,1616457600000000,-1]]'
    lines = decode_lines(texts, meta)
    assert [(line.created, line.updated) for line in lines] == [(0, 5), (1_616_457_600, 1_616_457_600), (0, 0)]


def test_a_server_that_meets_an_older_library_backs_it_up_once_for_all_its_threads(tmp_path: Path, full: Path) -> None:
    folder = tmp_path / "library"
    write_older(folder, full, 1)
    client, statuses = client_of(folder), list[int]()
    threads = [threading.Thread(target=lambda: statuses.append(client.get("/").status_code)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 6
    (backup,) = backup_files(folder)
    with sqlite3.connect(backup.path) as as_it_was:
        assert as_it_was.execute("PRAGMA user_version").fetchone() == (1,)
    as_it_was.close()


def test_an_older_library_that_cannot_be_backed_up_is_left_as_it_was(tmp_path: Path, full: Path) -> None:
    folder = tmp_path / "library"
    write_older(folder, full, 1)
    (folder / "backups").write_text("in the way")
    with pytest.raises(StoreError, match="backups cannot be written"):
        Library.open(folder)
    with sqlite3.connect(folder / DATABASE_NAME) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_an_upgrade_that_fails_at_every_start_keeps_three_backups(
    tmp_path: Path, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "library"
    write_older(folder, full, len(MIGRATIONS) - 1)
    monkeypatch.setattr(library_module, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE pages (x)",)))
    for _ in range(5):
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            Library.open(folder)
    assert [each.number for each in backup_files(folder)] == [5, 4, 3]
    monkeypatch.undo()
    Library.open(folder).close()
    _is_usable(folder)


def test_a_released_migration_is_never_edited() -> None:
    """A new one is added at the end here too, once it is released."""
    made = tuple(hashlib.sha256("\0".join(each).encode()).hexdigest()[:12] for each in MIGRATIONS)
    assert made[: len(RELEASED)] == RELEASED


def test_the_counts_of_an_older_library_follow_the_floors_as_soon_as_it_opens(tmp_path: Path, full: Path) -> None:
    folder = tmp_path / "library"
    write_older(folder, full, 11)
    with sqlite3.connect(folder / DATABASE_NAME) as connection:  # as version 11 counted: from 10 % on
        (page_id,) = connection.execute("SELECT id FROM pages WHERE key = ?", (title_key(PAGE),)).fetchone()
        connection.execute("DELETE FROM project_settings")
        connection.execute("DELETE FROM offers WHERE page_id = ?", (page_id,))
        offers = [(2, "page", 0.6), (3, "new", 0.29), (4, "far", 0.2), (5, "red", 0.19), (6, "new", 0.1)]
        connection.executemany("INSERT INTO offers VALUES (?, ?, ?, ?)", [(page_id, *offer) for offer in offers])
        connection.execute("UPDATE pages SET n_suggestions = 5, gain = 1.38, kinds = 15 WHERE id = ?", (page_id,))
    connection.close()
    with Library.open(folder) as library:
        row = library.row("SELECT n_suggestions, gain, kinds FROM pages WHERE id = ?", (page_id,))
        assert row == (2, pytest.approx(0.8), 1 + 8)
        opened = list(library.rows("SELECT n_suggestions, gain, kinds FROM pages ORDER BY id"))
        add_up_budget(library, project(library, PROJECT).id)
        assert list(library.rows("SELECT n_suggestions, gain, kinds FROM pages ORDER BY id")) == opened
        assert not recount(library, project(library, PROJECT).id)
