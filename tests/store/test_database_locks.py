"""Nothing but SQLite opens the database: POSIX drops a process's locks on a file with any descriptor that it closes.

One test reads the code, the other watches the locks that the system holds for this process.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.little_server import address, client_of, decide
from support.little_wiki import PROJECT, write_little_wiki
from support.paths import PACKAGE

from linkassist.errors import LinkAssistError
from linkassist.nightly.clock import now
from linkassist.nightly.health import health
from linkassist.pipeline.ingest import ingest
from linkassist.store.backup.copy import complaints
from linkassist.store.backup.restore import contents, latest_good, make_backup
from linkassist.store.database_file import database_files
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import is_nightly_running, is_work_running, work_lock
from linkassist.store.search.by_target import write_target_index

# How a file is opened other than by SQLite, as the last name of a call.
OPENING = {"open", "fdopen", "read_bytes", "read_text", "write_bytes", "write_text", "touch", "mkstemp"}
OPENING |= {"copy", "copy2", "copyfile", "copytree", "link", "mmap"}
# Where the store opens a file by itself, and which: never the database, its log or its shared memory while one of them
# may be open in the same process.
OPENED_BY_THE_STORE = {
    ("copy.py", "_copy", "open"): "a finished copy, to bring it to the disk",
    ("copy.py", "_sync_folder", "open"): "a folder",
    ("copy.py", "copy_whole", "open"): "an empty file for a copy that is about to be made",
    ("restore.py", "_keep", "copy2"): "a database that SQLite cannot read, by `restore`, which has no library open",
    ("by_target.py", "_read", "read_bytes"): "the index of targets",
}


def calls(path: Path) -> Iterator[tuple[str, str]]:
    """(function, last name of what it calls) of every call in the module that is not a method of our own classes."""
    for outer in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(outer):
            if isinstance(node, ast.Call) and not ast.unparse(node.func).startswith(("Library.", "cls.")):
                yield outer.name, ast.unparse(node.func).rpartition(".")[2]


def test_in_the_store_only_sqlite_opens_a_file_that_may_be_the_database() -> None:
    found = {
        (path.name, function, call)
        for path in (PACKAGE / "store").rglob("*.py")
        for function, call in calls(path)
        if call in OPENING
    }
    assert found == OPENED_BY_THE_STORE.keys()


def test_outside_of_the_store_nobody_has_the_path_of_the_database_but_to_ask_whether_it_is_there() -> None:
    asks = ("is_file", "exists")
    n_named = 0
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        if (PACKAGE / "store") in path.parents:
            continue
        assert DATABASE_NAME not in text, path
        assert "sqlite3" not in text.replace("wiki.sqlite3", ""), path  # the example of a backup's name
        if "from linkassist.store.library import DATABASE_NAME" not in text:
            continue
        n_named += 1
        tree = ast.parse(text)
        asked = [node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in asks]
        given = [node.args for node in ast.walk(tree) if isinstance(node, ast.Call)]
        compared = [arg for args in given for arg in args]  # of `database_files`, which takes no more than names
        for node in ast.walk(tree):
            if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Name) and node.right.id == "DATABASE_NAME":
                is_compared = any(node in each.comparators for each in ast.walk(tree) if isinstance(each, ast.Compare))
                in_database_files = node in compared and "database_files(" + ast.unparse(node) in text
                assert node in asked or is_compared or in_database_files, f"{path}: {ast.unparse(node)}"
    assert n_named  # else the name has changed, and nothing was looked at


def held_by_this_process(folder: Path) -> list[bool]:
    """Whether this process has a lock on the database and on its shared memory, as the system sees it."""
    database, _, shared = database_files(folder / DATABASE_NAME)
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    mine = {fields[5].rpartition(":")[2] for fields in locks if fields[4] == str(os.getpid())}
    return [str(path.stat().st_ino) in mine for path in (database, shared)]


def upload(client: TestClient) -> None:
    answer = client.post("/import", files={"file": ("notes.json", b"no export", "application/json")})
    assert answer.status_code == 200
    client.post("/import/cancel")
    client.app.state.importer.close()  # type: ignore[attr-defined]


def lend_two(client: TestClient) -> None:
    libraries = client.app.state.context.libraries  # type: ignore[attr-defined]
    with libraries.borrow(), libraries.borrow():
        pass


def take_in(folder: Path) -> None:
    source = folder / "export.json"
    source.write_text(json.dumps({"name": "other", "displayName": "other", "exported": 1, "pages": []}))
    ingest(folder, source, None, lambda *_: None)


def refuse_itself(folder: Path) -> None:
    for file in database_files(folder / DATABASE_NAME):
        with pytest.raises(LinkAssistError, match="is the library itself"):
            ingest(folder, file, None, lambda *_: None)


def open_another(folder: Path) -> None:
    with Library.open(folder) as library:
        write_target_index(library, 1)


def back_up(folder: Path) -> None:
    with Library.open(folder) as library:
        make_backup(library, 3)
    latest_good(folder)


def work(folder: Path) -> None:
    with work_lock(folder):
        assert is_work_running(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells which process has which lock")
def test_the_locks_of_an_open_library_outlast_whatever_its_process_does(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    client = client_of(tmp_path)
    screens = (f"/p/{PROJECT}", address("庭としてのWiki"), f"/search/{PROJECT}?q=庭", f"/outbox/{PROJECT}", "/import")
    deeds: dict[str, Callable[[], object]] = {
        **{f"shows {screen}": lambda screen=screen: client.get(screen) for screen in screens},  # type: ignore[misc]
        "decides": lambda: decide(client, "庭としてのWiki", "KJ法", "accept"),
        "makes an import file": lambda: client.get(f"/outbox/{PROJECT}/import.json"),
        "lends two at once": lambda: lend_two(client),
        "receives a file and begins an import": lambda: upload(client),
        "opens the library once more": lambda: open_another(tmp_path),
        "takes in an export": lambda: take_in(tmp_path),
        "refuses to take in the library": lambda: refuse_itself(tmp_path),
        "works alone": lambda: work(tmp_path),
        "looks who is at work": lambda: (is_work_running(tmp_path), is_nightly_running(tmp_path)),
        "makes a backup": lambda: back_up(tmp_path),
        "checks the library": lambda: (complaints(tmp_path / DATABASE_NAME), contents(tmp_path / DATABASE_NAME)),
        "looks after the nights": lambda: health(tmp_path, now()),
    }
    with Library.open(tmp_path):
        assert held_by_this_process(tmp_path) == [True, True]
        for name, deed in deeds.items():
            deed()
            assert held_by_this_process(tmp_path) == [True, True], name
        # The watch sees what it is for.
        os.close(os.open(tmp_path / DATABASE_NAME, os.O_RDONLY))
        assert held_by_this_process(tmp_path) == [False, True]
