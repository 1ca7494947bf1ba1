"""A library that stays open between requests: lent to one at a time, and never behind the file that is there."""

from __future__ import annotations

import gc
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from starlette.applications import Starlette
from support.little_server import address, decide, little_client
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.errors import StoreError
from linkassist.server.urls import like_address, preview_address, search_address
from linkassist.store.integrity.checksums import seal_schema
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.pool import LibraryPool
from linkassist.store.schema import MIGRATIONS

SCREENS = (
    f"/p/{PROJECT}",
    f"/p/{PROJECT}?only=alone&page=2",
    address("庭としてのWiki"),
    address("まだないページ"),
    f"/queue/{PROJECT}",
    f"/outbox/{PROJECT}",
    f"/quality/{PROJECT}",
    f"/settings/{PROJECT}",
    f"/draft/{PROJECT}",
    "/import",
    search_address(PROJECT, "道具"),
    like_address(PROJECT, "道具"),
    preview_address(PROJECT, "道具"),
)


def written_elsewhere(folder: Path, value: str) -> None:
    with Library.open(folder) as library, library.transaction() as connection:
        connection.execute("UPDATE projects SET display_name = ?", (value,))


def shown_name(library: Library) -> str:
    row = library.row("SELECT display_name FROM projects")
    assert row is not None
    return str(row[0])


def test_a_library_is_lent_again_and_never_to_two_at_once(tmp_path: Path) -> None:
    Library.open(tmp_path).close()
    kept = LibraryPool(tmp_path, wait_s=1.0)
    with kept.borrow() as first, kept.borrow() as second:
        assert first is not second
    with kept.borrow() as again, kept.borrow() as other:
        assert {id(again), id(other)} == {id(first), id(second)}


def test_what_another_process_writes_shows_at_once(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    kept = LibraryPool(tmp_path, wait_s=1.0)
    with kept.borrow() as first:
        assert shown_name(first) != "another"
    written_elsewhere(tmp_path, "another")
    with kept.borrow() as again:
        assert again is first and shown_name(again) == "another"


def test_a_file_that_took_the_place_of_the_library_is_refused_until_the_library_is_back(tmp_path: Path) -> None:
    write_little_wiki(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    written_elsewhere(tmp_path / "other", "another")
    kept = LibraryPool(tmp_path / "one", wait_s=1.0)
    with kept.borrow() as first:
        name = shown_name(first)
    (tmp_path / "one" / DATABASE_NAME).rename(tmp_path / "aside")
    (tmp_path / "other" / DATABASE_NAME).rename(tmp_path / "one" / DATABASE_NAME)
    for _ in range(2):
        with pytest.raises(StoreError, match="Put the library back in its place"), kept.borrow():
            pass
    (tmp_path / "aside").rename(tmp_path / "one" / DATABASE_NAME)
    with kept.borrow() as again:
        assert shown_name(again) == name
    kept.close()


def test_where_the_library_was_taken_away_no_new_one_is_made(tmp_path: Path) -> None:
    write_little_wiki(tmp_path / "one")
    kept = LibraryPool(tmp_path / "one", wait_s=1.0)
    with kept.borrow() as first:
        name = shown_name(first)
    (tmp_path / "one").rename(tmp_path / "unplugged")
    with pytest.raises(StoreError, match="no new library was made"), kept.borrow():
        pass
    assert not (tmp_path / "one").exists()
    (tmp_path / "unplugged").rename(tmp_path / "one")
    with kept.borrow() as again:
        assert shown_name(again) == name
    kept.close()


def test_what_is_written_into_a_file_that_is_no_longer_in_place_is_not_said_to_be_kept(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    for taken in ("", "-wal"):
        with (
            Library.open(tmp_path) as library,
            pytest.raises(StoreError, match="not kept"),
            library.transaction(is_durable=True) as connection,
        ):
            connection.execute("UPDATE projects SET display_name = 'lost'")
            Path(f"{tmp_path / DATABASE_NAME}{taken}").rename(tmp_path / "taken")
        (tmp_path / "taken").rename(f"{tmp_path / DATABASE_NAME}{taken}")


def test_a_library_that_a_newer_linkassist_took_over_is_not_lent_again(tmp_path: Path) -> None:
    Library.open(tmp_path).close()
    kept = LibraryPool(tmp_path, wait_s=1.0)
    with kept.borrow():
        pass
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        seal_schema(newer)
        newer.commit()
    with pytest.raises(StoreError, match="Update linkassist"), kept.borrow():
        pass


def test_after_a_failure_the_state_of_its_moment_is_not_kept(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    kept = LibraryPool(tmp_path, wait_s=1.0)
    with pytest.raises(ZeroDivisionError) as failure, kept.borrow() as library:
        half_read = library.connection.execute("SELECT title FROM pages")
        next(half_read)
        raise ZeroDivisionError
    written_elsewhere(tmp_path, "another")
    with kept.borrow() as again:
        assert shown_name(again) == "another"
    assert failure.traceback  # which still holds the query


def test_a_library_that_comes_back_after_the_server_has_ended_is_closed(tmp_path: Path) -> None:
    Library.open(tmp_path).close()
    kept = LibraryPool(tmp_path, wait_s=1.0)
    with kept.borrow() as library:
        kept.close()
        assert library.row("SELECT count(*) FROM projects") == (0,)
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        library.row("SELECT count(*) FROM projects")


def test_a_server_that_is_dropped_without_an_end_closes_its_libraries(tmp_path: Path) -> None:
    """Python 3.13 and later say so of a connection that is collected open; warnings are errors here."""
    client = little_client(tmp_path)
    client.get("/")
    assert isinstance(client.app, Starlette)
    kept: LibraryPool = client.app.state.context.libraries
    with kept.borrow() as library:
        connection = library.connection
    del client, kept, library
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        connection.execute("SELECT 1")


def test_no_screen_leaves_a_query_half_read(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    decide(client, "庭としてのWiki", "KJ法", "accept")
    half_read = []
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME, timeout=0)) as other:
        for screen in SCREENS:
            client.get(screen)
            other.execute("UPDATE projects SET display_name = ?", (screen,))
            other.commit()
            # It comes to its end only when nobody is in the midst of reading.
            if other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                half_read.append(screen)
    assert half_read == []
