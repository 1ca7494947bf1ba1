"""Damage that SQLite does not see: a decision, a choice, a text or a list that is not what was written.

It is never taken for what it now says; what it was, and from which backup it comes back, is told in words.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from support.little_server import address, client_of, decide, verdicts_of
from support.little_wiki import PROJECT, write_little_wiki
from typer.testing import CliRunner, Result

from linkassist.cli.app import app
from linkassist.errors import StoreError
from linkassist.review.verdicts import ignore, offer_at_most
from linkassist.scrapbox.notation import page_links
from linkassist.store.backup.files import backup_files
from linkassist.store.backup.restore import latest_good, make_backup
from linkassist.store.embeddings import known, put
from linkassist.store.imports import refresh_links
from linkassist.store.integrity.checksums import SEALED
from linkassist.store.integrity.counts import recount
from linkassist.store.integrity.damage import all_damage, damaged_links, diagnosis
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.navigation import figures
from linkassist.store.pages import find_page, project, stored_page
from linkassist.store.queue.snoozes import snooze
from linkassist.store.runs import drop_unreadable
from linkassist.store.schema import MIGRATIONS, WITH_CHECKSUMS
from linkassist.store.suggestion_lists import decode_list, encode_list
from linkassist.store.suggestions import drop_damaged_lists, page_suggestions
from linkassist.store.summaries.evaluations import last_evaluation, put_evaluation
from linkassist.store.summaries.overview import pages_by_month
from linkassist.store.write_back.outbox import send_off, take_back
from linkassist.store.write_back.pushes import WrittenLink, begin_push, record_sent
from linkassist.suggestion import Suggestion
from linkassist.wiki import title_key

PAGE = "庭としてのWiki"
FOREVER = 4_000_000_000

# A change of one value in each table of the reader's own, what is told of it, and the screen that shows it.
CHANGES = {
    "verdict_log": ("decision = 'reject' WHERE id = 1", 'a decision: "KJ法" on page "庭としてのWiki"', address(PAGE)),
    "verdicts": ("log_id = 2 WHERE log_id = 1", 'what holds for "kj法" on page', address(PAGE)),
    "snoozes": ("until = until + 1", '"検索" on page "庭としてのWiki", put off until 2096', f"/queue/{PROJECT}"),
    "ignored": ("title = '草' WHERE sort = 'word'", 'the ignored word "草"', f"/settings/{PROJECT}"),
    "project_settings": ("value = '7'", 'the setting "most_per_page", "7"', f"/settings/{PROJECT}"),
    "outbox_batches": ("undone_at = NULL WHERE id = 2", "batch 2 of the outbox", f"/outbox/{PROJECT}"),
    "accepted_lines": ("text = 'null' WHERE log_id = 1", "the line of decision 1", None),
    "pushes": ("address = 'http' WHERE batch_id = 3", "the address that batch 3 of the outbox was written to", None),
    "push_links": ("state = 'done' WHERE batch_id = 3", "a link in batch 3 of the outbox", None),
    "outbox_items": ("log_id = 2 WHERE log_id = 1 AND batch_id = 1", "a link in batch 1 of the outbox", None),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library with something of everything that is the reader's own, and a backup of it."""
    folder = tmp_path / "library"
    write_little_wiki(folder)
    with client_of(folder) as client:
        decide(client, PAGE, "KJ法", "accept")
        decide(client, PAGE, "草むしり", "reject")
    with Library.open(folder) as library:
        of = project(library, PROJECT).id
        page = find_page(library, of, title_key(PAGE)).id
        send_off(library, of, [page], "by_hand", FOREVER)
        take_back(library, of, 1)
        send_off(library, of, [page], "by_hand", FOREVER)
        take_back(library, of, 2)
        written = WrittenLink(1, "a" * 24, False, "KJ法", "[KJ法]", 0, "[KJ法]", "KJ法")
        record_sent(library, begin_push(library, of, "https://scrapbox.io"), [written])
        snooze(library, page, title_key("検索"), 1_700_000_000, FOREVER)
        ignore(library, of, "word", "草むしり")
        ignore(library, of, "page", "さみしいページ")
        offer_at_most(library, of, 5)
        make_backup(library, 14)
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="linkassist")


def change(folder: Path, sql: str) -> None:
    """Changes what is stored as a flipped bit would: no trigger and no checksum comes of it."""
    with closing(sqlite3.connect(folder / DATABASE_NAME, isolation_level=None)) as connection:
        (trigger,) = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'verdict_log_is_never_changed'"
        ).fetchone()
        connection.execute("DROP TRIGGER verdict_log_is_never_changed")
        assert connection.execute(sql).rowcount == 1
        connection.execute(trigger)


def damage(folder: Path, table: str) -> None:
    change(folder, f"UPDATE {table} SET {CHANGES[table][0]}")


def everything_of_the_reader(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with Library.open(folder) as library:
        return {table.name: list(library.rows(f"SELECT {table.selected} FROM {table.name}")) for table in SEALED}


def test_every_table_of_the_readers_own_has_a_change_here_and_a_row(folder: Path) -> None:
    assert set(CHANGES) == {table.name for table in SEALED}
    assert [name for name, rows in everything_of_the_reader(folder).items() if not rows] == []


def test_what_was_written_in_order_is_whole(folder: Path) -> None:
    with client_of(folder) as client:
        client.post("/verdict", data={"project": PROJECT, "page": PAGE, "target": "草むしり", "decision": "undo"})
        decide(client, PAGE, "つながり", "reject")
        form = {"project": PROJECT, "page": PAGE, "target": "つながり", "decision": "reject", "why": "too_common"}
        client.post("/verdict", data=form)
    assert all_damage(folder / DATABASE_NAME) == []
    assert diagnosis(folder / DATABASE_NAME) == ""
    assert run("status", "--library", folder).exit_code == 0


@pytest.mark.parametrize("table", CHANGES)
def test_a_damaged_row_is_told_by_status_with_the_backup_and_the_command(folder: Path, table: str) -> None:
    damage(folder, table)
    result = run("status", "--library", folder)
    assert result.exit_code == 3
    assert CHANGES[table][1] in result.stdout
    (made,) = backup_files(folder)
    if table != "verdicts":
        assert f"whole in {made.path.name}" in result.stdout
    assert f"`linkassist restore --damaged --library {folder}`" in result.stdout
    assert CHANGES[table][1] in json.loads(run("status", "--json", "--library", folder).stdout)["damage"]


@pytest.mark.parametrize("table", [table for table, (_, _, screen) in CHANGES.items() if screen])
def test_no_screen_takes_a_damaged_row_for_what_it_says(folder: Path, table: str) -> None:
    damage(folder, table)
    with client_of(folder) as client:
        answer = client.get(CHANGES[table][2] or "")
    assert answer.status_code == 503
    assert "restore --damaged" in answer.text


@pytest.mark.parametrize("table", CHANGES)
def test_a_damaged_row_comes_back_and_all_else_stays(folder: Path, table: str) -> None:
    with client_of(folder) as client:
        decide(client, PAGE, "つながり", "reject")  # after the backup
    before = everything_of_the_reader(folder)
    damage(folder, table)
    result = run("restore", "--damaged", "--library", folder)
    assert result.exit_code == 0, result.output
    assert "mended: " + CHANGES[table][1] in result.stdout
    assert everything_of_the_reader(folder) == before
    assert all_damage(folder / DATABASE_NAME) == []
    (kept,) = re.findall("it is kept|is kept: (.*)", result.stdout)
    assert [each.what for each in all_damage(Path(kept))]
    assert "Nothing that you decided or chose is damaged" in run("restore", "--damaged", "--library", folder).stdout


def test_a_decision_that_is_in_no_backup_is_taken_back_and_that_is_told(folder: Path) -> None:
    with client_of(folder) as client:
        decide(client, PAGE, "つながり", "reject")
    change(folder, "UPDATE verdict_log SET decision = 'accept' WHERE id = 3")
    assert "(rejected" not in (said := run("status", "--library", folder).stdout) and "in no backup" in said
    said = run("restore", "--damaged", "--library", folder).stdout
    assert 'LOST: a decision: "つながり" on page "庭としてのWiki"' in said and "open again" in said
    assert {verdict.target for verdict in verdicts_of(folder, PAGE)} == {"KJ法", "草むしり"}
    assert run("status", "--library", folder).exit_code == 0
    with client_of(folder) as client:
        decide(client, PAGE, "つながり", "reject")
    assert {verdict.target for verdict in verdicts_of(folder, PAGE)} == {"KJ法", "草むしり", "つながり"}


def test_a_decision_whose_checksum_alone_is_damaged_comes_back_too(folder: Path) -> None:
    before = everything_of_the_reader(folder)
    change(folder, "UPDATE verdict_log SET checksum = x'0123456789abcdef' WHERE id = 1")
    assert run("restore", "--damaged", "--library", folder).exit_code == 0
    assert everything_of_the_reader(folder) == before


def test_a_verdict_that_is_gone_is_told_and_comes_back_from_the_log(folder: Path) -> None:
    before = everything_of_the_reader(folder)
    change(folder, "DELETE FROM verdicts WHERE target_key = 'kj法'")
    said = run("status", "--library", folder)
    assert (
        said.exit_code == 3 and 'what holds for "kj法"' in said.stdout and "the log of decisions has it" in said.stdout
    )
    assert "from the log of decisions" in run("restore", "--damaged", "--library", folder).stdout
    assert everything_of_the_reader(folder) == before


def test_a_text_that_is_not_utf8_is_told_in_words_by_every_command(folder: Path) -> None:
    change(folder, "UPDATE verdict_log SET target = CAST(x'4bff' AS TEXT) WHERE id = 1")
    said = run("status", "--library", folder)
    assert said.exit_code == 3 and "a decision: " in said.stdout
    for command in (("suggest", "--page", PAGE), ("backup",)):
        result = run(*command, "--library", folder)
        assert result.exit_code == 1 and "restore --damaged" in result.stderr, result.output
    with client_of(folder) as client:
        assert client.get(address(PAGE)).status_code == 503
    assert run("restore", "--damaged", "--library", folder).exit_code == 0
    assert {verdict.target for verdict in verdicts_of(folder, PAGE)} == {"KJ法", "草むしり"}


def test_a_backup_of_a_damaged_row_is_made_and_told_and_drops_no_good_one(folder: Path) -> None:
    (good,) = backup_files(folder)
    damage(folder, "verdict_log")
    for _ in range(3):
        result = run("backup", "--keep", "1", "--library", folder)
        assert result.exit_code == 1 and "was made, but with damage" in result.stderr
        assert CHANGES["verdict_log"][1] in result.stderr
    assert [each.occasion for each in backup_files(folder)] == ["with-damage", ""]
    path, told = latest_good(folder)
    assert path == good.path and "KJ法" in told[0]
    assert run("restore", "--latest", "--library", folder).exit_code == 0
    assert all_damage(folder / DATABASE_NAME) == []


def test_the_only_backup_there_is_is_restored_though_a_row_is_damaged_in_it(folder: Path) -> None:
    (good,) = backup_files(folder)
    damage(folder, "verdict_log")
    run("backup", "--library", folder)
    good.path.unlink()
    (folder / DATABASE_NAME).write_bytes(b"garbage")
    result = run("restore", "--latest", "--library", folder)
    assert result.exit_code == 0, result.output
    assert "is the best there is" in result.stderr and CHANGES["verdict_log"][1] in result.stderr


def test_a_row_comes_back_from_the_backup_before_an_upgrade(folder: Path) -> None:
    """Of an older version, which has no checksums: the row itself is compared with that of the library."""
    (backup,) = backup_files(folder)
    with closing(sqlite3.connect(backup.path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE schema_check")
        connection.execute("DROP TRIGGER verdict_log_is_never_changed")
        for table in SEALED:
            connection.execute(f"ALTER TABLE {table.name} DROP COLUMN checksum")
        connection.execute(f"PRAGMA user_version = {WITH_CHECKSUMS - 1}")
    before = everything_of_the_reader(folder)
    damage(folder, "verdict_log")
    assert backup.path.name in run("restore", "--damaged", "--library", folder).stdout
    assert everything_of_the_reader(folder) == before


LINE = "毎日すこしだけ草むしりをする"


def test_a_damaged_text_is_shown_by_no_screen_and_the_next_import_of_its_page_brings_it_back(folder: Path) -> None:
    change(
        folder,
        f"UPDATE texts SET lines = replace(lines, '{LINE}', '毎年すこし') WHERE lines LIKE '%{LINE}%'",
    )
    with client_of(folder) as client:
        answer = client.get(address(PAGE))
        assert answer.status_code == 503 and "the text of page" in answer.text
        assert client.get(address("検索")).status_code == 200
    assert f'the text of page "{PAGE}"' in run("backup", "--library", folder).stderr
    with Library.open(folder) as library:
        page = find_page_id(library)
    write_little_wiki(folder)
    assert all_damage(folder / DATABASE_NAME) == []
    with Library.open(folder) as library:
        assert f" {LINE}" in stored_page(library, page).page.texts
        assert library.row("PRAGMA integrity_check") == ("ok",)
    assert {verdict.target for verdict in verdicts_of(folder, PAGE)} == {"KJ法", "草むしり"}


def find_page_id(library: Library) -> int:
    row = library.row("SELECT id FROM pages WHERE key = ?", (title_key(PAGE),))
    assert row
    return int(row[0])


def test_a_damaged_text_comes_back_from_a_backup_too(folder: Path) -> None:
    change(folder, "UPDATE texts SET lines = '[]' WHERE lines LIKE '%草むしりをする%'")
    said = run("restore", "--damaged", "--library", folder).stdout
    assert f'mended: the text of page "{PAGE}"' in said
    with client_of(folder) as client:
        assert LINE in client.get(address(PAGE)).text


def lists(library: Library) -> Iterator[tuple[int, bytes]]:
    yield from library.rows("SELECT page_id, suggestions FROM suggestion_lists ORDER BY page_id")


@pytest.mark.parametrize("at", [1, 5, 9, 40, -1])
def test_a_damaged_list_is_none_until_it_is_made_anew(folder: Path, at: int) -> None:
    with Library.open(folder) as library:
        page = find_page_id(library)
        blob = bytearray(dict(lists(library))[page])
    blob[at] ^= 4
    change(folder, f"UPDATE suggestion_lists SET suggestions = x'{blob.hex()}' WHERE page_id = {page}")
    with client_of(folder) as client:
        for screen in (address(PAGE), f"/p/{PROJECT}", f"/queue/{PROJECT}", f"/like/{PROJECT}/検索"):
            assert client.get(screen).status_code == 200, screen
    with Library.open(folder) as library:
        assert page_suggestions(library, page) == []
        of = project(library, PROJECT).id
        assert drop_damaged_lists(library, of) == 1
        assert drop_damaged_lists(library, of) == 0
        assert page not in dict(lists(library))


@pytest.mark.parametrize("at", range(12))
def test_no_bit_of_a_lists_head_goes_unnoticed(at: int) -> None:
    encoded = encode_list([Suggestion("a", "page", 0.5, (), (), b"x"), Suggestion("b", "red", 0.25, (), (), b"yz")])
    assert len(decode_list(encoded.blob, encoded.list_hash)) == 2
    for bit in range(8):
        blob = bytearray(encoded.blob)
        blob[at] ^= 1 << bit
        assert decode_list(bytes(blob), encoded.list_hash) == ()


def test_a_damaged_vector_is_not_known_and_a_damaged_evaluation_is_none(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    with Library.open(tmp_path) as library:
        of = project(library, PROJECT).id
        put(library, "encoder", ["a", "b"], np.ones((2, 4), np.float32))
        put_evaluation(library, of, '{"n": 1}')
        assert known(library, "encoder", ["a", "b"]) == {"a", "b"}
        assert last_evaluation(library, of) == '{"n": 1}'
    change(tmp_path, "UPDATE embeddings SET vector = zeroblob(16) WHERE text_hash = 'a'")
    change(tmp_path, "UPDATE evaluations SET report = '{\"n\": 3}'")
    with Library.open(tmp_path) as library:
        assert known(library, "encoder", ["a", "b"]) == {"b"}
        assert last_evaluation(library, of) is None


def _flip_the_schema(path: Path, what: bytes, to: bytes) -> None:
    """In what lies on the disk, the log brought in."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    assert data.count(what) >= 1 and len(what) == len(to)
    path.write_bytes(data.replace(what, to, 1))


FLIPPED_SCHEMAS = {
    "a statement that is no SQL": (b"CREATE TABLE verdicts (", b"CREATE TAB\xccE verdicts ("),
    "a column of another name": (b"target_key TEXT NOT NULL", b"target_kex TEXT NOT NULL"),
    "a statement that is not UTF-8": (b"CREATE TABLE snoozes (", b"CREATE TABLE\xa0snoozes ("),
    "a statement not UTF-8 within": (b"why TEXT NOT NULL", b"why TEXT NOT N\xd5LL"),
    "a comment that is not UTF-8": (b"CREATE INDEX runs_by_kind ON", b"CREATE INDEX runs_by_\xebind ON"),
    "a trigger that counts otherwise": (b"n_pages = n_pages + 1", b"n_pages = n_pages - 1"),
}


@pytest.mark.parametrize("flip", FLIPPED_SCHEMAS)
def test_a_flipped_schema_is_told_by_every_command_and_the_way_back_works(folder: Path, flip: str) -> None:
    before = everything_of_the_reader(folder)
    _flip_the_schema(folder / DATABASE_NAME, *FLIPPED_SCHEMAS[flip])
    for command in (("status",), ("backup",), ("reindex",), ("suggest", "--all")):
        result = run(*command, "--library", folder)
        assert result.exit_code == 1 and "`linkassist restore --latest" in result.stderr, result.output
    with client_of(folder) as client:
        assert client.get(f"/p/{PROJECT}").status_code == 503
    result = run("restore", "--latest", "--library", folder)
    assert result.exit_code == 0, result.output
    assert everything_of_the_reader(folder) == before


@pytest.mark.parametrize("flip", FLIPPED_SCHEMAS)
def test_a_backup_with_a_flipped_schema_is_refused_in_words_and_nothing_is_changed(folder: Path, flip: str) -> None:
    (backup,) = backup_files(folder)
    _flip_the_schema(backup.path, *FLIPPED_SCHEMAS[flip])
    before = everything_of_the_reader(folder)
    result = run("restore", backup.path, "--library", folder)
    assert result.exit_code == 1 and "so nothing was changed" in result.stderr
    assert everything_of_the_reader(folder) == before
    assert "no good backup" in run("restore", "--latest", "--library", folder).stderr


@pytest.mark.parametrize("version", [0, 1, 2, len(MIGRATIONS) + 64])
def test_a_flipped_version_is_damage_and_no_other_version(folder: Path, version: int) -> None:
    with closing(sqlite3.connect(folder / DATABASE_NAME, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    result = run("status", "--library", folder)
    assert result.exit_code == 1 and "restore --latest" in result.stderr and "newer" not in result.stderr
    assert run("restore", "--latest", "--library", folder).exit_code == 0


def _garbage(path: Path) -> None:
    path.write_bytes(b"\xff\x00 no database" * 999)


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "of somebody else").write_text("mine")


def _other_page_size(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[16] ^= 2
    path.write_bytes(bytes(data))


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _no_log(path: Path) -> None:
    Path(f"{path}-wal").write_bytes(b"\xff" * 5000)


@pytest.mark.parametrize("spoil", [_garbage, _nothing, _a_folder, _other_page_size, _half, _no_log, Path.unlink])
def test_the_way_back_works_whatever_lies_there_and_keeps_it(folder: Path, spoil: Callable[[Path], None]) -> None:
    before = everything_of_the_reader(folder)
    spoil(folder / DATABASE_NAME)
    result = run("restore", "--latest", "--library", folder)
    assert result.exit_code == 0, result.output
    assert everything_of_the_reader(folder) == before
    if spoil is _a_folder:
        (kept,) = re.findall("it is kept: (.*)", result.stdout)
        assert (Path(kept) / "of somebody else").read_text() == "mine"


def test_a_bug_stays_a_bug_where_nothing_is_damaged(folder: Path) -> None:
    with pytest.raises(KeyError), Library.open(folder):
        raise KeyError("a bug")


def test_what_a_damaged_library_makes_the_program_do_ends_in_the_advice(folder: Path) -> None:
    damage(folder, "verdict_log")
    with pytest.raises(StoreError, match="restore --damaged"), Library.open(folder):
        raise KeyError("what comes of it")


def test_a_damaged_count_is_made_again_by_a_reindex(folder: Path) -> None:
    with Library.open(folder) as library:
        of = project(library, PROJECT).id
        before = figures(library, of), pages_by_month(library, of)
        assert not recount(library, of)
    change(folder, "UPDATE page_counts SET n_pages = n_pages + 64 WHERE n_links = 1 AND kinds = 0")
    with Library.open(folder) as library:
        assert (figures(library, of), pages_by_month(library, of)) != before
        assert recount(library, of)
        assert (figures(library, of), pages_by_month(library, of)) == before
        assert not recount(library, of)


def test_a_backup_of_damaged_lists_says_what_makes_them_anew(folder: Path) -> None:
    change(folder, "UPDATE suggestion_lists SET suggestions = zeroblob(40) WHERE page_id = 1")
    result = run("backup", "--library", folder)
    assert result.exit_code == 0
    assert "The stored suggestions of 1 pages are damaged" in result.stderr and "linkassist reindex" in result.stderr


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE runs SET message = CAST(x'ff' AS TEXT) WHERE id = 1", "its runs"),
        ("INSERT INTO artefacts VALUES (1, 'encoder', CAST(x'c3' AS TEXT), 0)", "its artefacts"),
    ],
)
def test_a_record_that_is_no_text_any_more_is_told_and_dropped_by_the_next_reindex(
    folder: Path, sql: str, what: str
) -> None:
    change(folder, sql)
    result = run("status", "--library", folder)
    assert result.exit_code == 1 and f"damaged in {what}" in result.stderr and "linkassist reindex" in result.stderr
    with Library.open(folder) as library:
        assert drop_unreadable(library) == 1
        assert drop_unreadable(library) == 0
    assert run("status", "--library", folder).exit_code == 0


def test_a_damaged_link_is_told_and_found_anew_from_the_text(folder: Path) -> None:
    change(folder, "UPDATE links SET target = CAST(x'e79fff' AS TEXT) WHERE key = 'まだないページ'")
    with client_of(folder) as client:
        answer = client.get(address("記法の見本"))
    assert answer.status_code == 503 and "reindex --full" in answer.text
    with Library.open(folder) as library:
        assert refresh_links(library, project(library, PROJECT).id, page_links) == 1
    assert damaged_links(folder / DATABASE_NAME) == []
    change(folder, "UPDATE links SET target = '類似点' WHERE key = '類似度'")
    assert len(damaged_links(folder / DATABASE_NAME)) == 1
    write_little_wiki(folder)
    assert damaged_links(folder / DATABASE_NAME) == []


def test_the_id_of_a_page_that_is_no_text_any_more_is_told_and_mended(folder: Path) -> None:
    change(folder, f"UPDATE pages SET export_id = CAST(x'ff' AS TEXT) WHERE key = '{title_key(PAGE)}'")
    assert f'the text of page "{PAGE}"' in run("backup", "--library", folder).stderr
    write_little_wiki(folder)
    assert run("backup", "--library", folder).exit_code == 0


def test_the_lists_of_an_older_linkassist_are_checked_by_their_hash_and_get_checksums(folder: Path) -> None:
    for page_id in (1, 5):
        change(folder, f"UPDATE suggestion_lists SET checksum = NULL WHERE page_id = {page_id}")
    change(folder, "UPDATE suggestion_lists SET suggestions = zeroblob(40) WHERE page_id = 5")
    with Library.open(folder) as library:
        assert drop_damaged_lists(library, project(library, PROJECT).id) == 1
        assert library.row("SELECT count(*) FROM suggestion_lists WHERE checksum IS NULL") == (0,)
        assert drop_damaged_lists(library, project(library, PROJECT).id) == 0
        assert page_suggestions(library, 1)


def test_a_search_that_cannot_be_opened_is_told_with_the_way_back(folder: Path) -> None:
    change(folder, "UPDATE words_config SET v = 0 WHERE k = 'version'")
    with client_of(folder) as client:
        answer = client.get(f"/search/{PROJECT}?q=道具")
    assert answer.status_code == 503 and "restore --latest" in answer.text
    assert run("backup", "--library", folder).exit_code == 1
    assert run("restore", "--latest", "--library", folder).exit_code == 0
    assert run("backup", "--library", folder).exit_code == 0
