"""Files and folders that cannot be used, at every command: it is said which, why and what to do, and nothing hangs."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.little_server import client_of
from support.little_wiki import write_little_wiki
from support.paths import TESTS

from linkassist.errors import LinkAssistError, StoreError
from linkassist.files.errors import at_home, cannot_be, open_plain, why_not_writable
from linkassist.store.backup.files import BACKUPS_NAME
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import LOCK_NAME, work_lock
from linkassist.store.schema import APPLICATION_ID, MIGRATIONS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pipes, devices and rights are used as Linux has them")

COMMANDS = TESTS / "support" / "forked_commands.py"
PASSWORD = "a long enough password\n"
LONG = "n" * 300
HOSTILE = {
    "a pipe": "pipe",
    "a socket": "socket",
    "links in a circle": "circle",
    "a folder": "folder",
    "a file of nothing": "nothing",
    "a file of noise": "noise",
    "a name that is too long": LONG,
    "a path that is too long": "folder/" * 700,
    "memory that cannot be read": "/proc/self/mem",
    "a device without an end": "/dev/zero",
    "a device without room": "/dev/full",
    "a file as a folder": "nothing/below",
    "nothing there": "no such file",
    "bytes that are no text": "\udce9\n\x1b[2J\u202e",
    "an unknown user": "~no-such-user/file",
    "nothing at all": "",
}
SOME = ("a pipe", "links in a circle", "a name that is too long", "bytes that are no text")
# {} is what is hostile. What is there beside it is sound.
READ: dict[str, Sequence[str]] = {
    "links": ("links", "{}"),
    "status --config": ("status", "--library", "library", "--config", "{}"),
    "restore": ("restore", "{}", "--library", "library"),
}
READ_THE_SAME_WAY: dict[str, Sequence[str]] = {
    "import": ("import", "{}", "--library", "new"),
    "suggest --text": ("suggest", "--library", "library", "--text", "{}"),
    "fetch": ("fetch", "{}", "--library", "new", "--no-reindex"),
    "serve --config": ("serve", "--port", "0", "--library", "library", "--config", "{}"),
    "reindex --library": ("reindex", "--library", "{}"),
    "suggest --library": ("suggest", "--all", "--library", "{}"),
    "status --library": ("status", "--library", "{}"),
    "status --json": ("status", "--json", "--library", "{}"),
    "nightly --install": ("nightly", "--install", "--dry-run", "--library", "{}"),
    "backup --library": ("backup", "--library", "{}"),
    "restore --latest": ("restore", "--latest", "--library", "{}"),
    "password --token": ("password", "--token", "--library", "{}"),
    "password --remove": ("password", "--remove", "--library", "{}"),
    "serve --host": ("serve", "--library", "library", "--port", "0", "--host", "{}"),
    "serve --trusted-proxy": ("serve", "--library", "library", "--port", "0", "--trusted-proxy", "{}"),
    "suggest --page": ("suggest", "--library", "library", "--page", "{}"),
    "reindex --project": ("reindex", "--library", "library", "--project", "{}"),
}
# What the commands import, once for all of them. The second kind imports PyTorch, which takes seconds.
LIGHT = (
    "linkassist.cli.backup",
    "linkassist.cli.fetch",
    "linkassist.cli.import_export",
    "linkassist.cli.links",
    "linkassist.cli.nightly",
    "linkassist.cli.password",
    "linkassist.cli.restore",
    "linkassist.cli.serve",
    "linkassist.cli.status",
    "linkassist.cli.suggest",
)
HEAVY = (
    "linkassist.cli.experiments",
    "linkassist.cli.evaluate",
    "linkassist.cli.bert.convert",
    "linkassist.cli.bert.extract_features",
    "linkassist.cli.bert.tokenize",
    "linkassist.pipeline.update",
)
READ_AFTER_A_WHILE: dict[str, Sequence[str]] = {
    "evaluate": ("evaluate", "{}"),
    "evaluate --library": ("evaluate", "--library", "{}"),
    "experiments": ("experiments", "{}"),
    "nightly --library": ("nightly", "--library", "{}"),
    "bert tokenize": ("bert", "tokenize", "{}", "--model", "folder"),
    "bert convert": ("bert", "convert", "{}", "converted"),
    "bert extract-features": ("bert", "extract-features", "--input_file", "{}", "--output_file", "x", "--model", "y"),
}
# A new folder or file is made under these names, wherever that can be.
WRITTEN: dict[str, Sequence[str]] = {
    "import --library": ("import", "export.json", "--no-reindex", "--library", "{}"),
    "fetch --library": ("fetch", "export.json", "--no-reindex", "--library", "{}"),
    "backup --to": ("backup", "--library", "library", "--to", "{}"),
    "restore --library": ("restore", "good.sqlite3", "--library", "{}"),
    "password --library": ("password", "--library", "{}"),
}
MADE = ("a folder", "nothing there", "bytes that are no text")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of each, a sound library, a backup of it and an export."""
    folder = tmp_path_factory.mktemp("hostile")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "socket"))
    (folder / "circle").symlink_to("circle")
    (folder / "folder").mkdir()
    (folder / "nothing").touch()
    (folder / "noise").write_bytes(bytes(range(255, -1, -1)) * 20)
    pages = [{"title": f"page {n}", "lines": [f"page {n}", f"[page {n + 1}]"]} for n in range(5)]
    (folder / "export.json").write_text(json.dumps({"name": "niwa", "exported": 1, "pages": pages}))
    write_little_wiki(folder / "library")
    shutil.copyfile(folder / "library" / DATABASE_NAME, folder / "good.sqlite3")
    return folder


Outcome = tuple[int | None, str, str]


def outcomes(
    jobs: Sequence[Sequence[str]], folder: Path, *, may_override: bool = True, modules: Sequence[str] = LIGHT
) -> list[Outcome]:
    """(exit code, output, messages) of each command, run in that folder.

    may_override: as root, who else reads and writes what nobody may. modules: imported once for all of them.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINKASSIST_")}
    done = subprocess.run(
        [sys.executable, COMMANDS, *modules],
        input=json.dumps([[list(job), PASSWORD] for job in jobs]),
        cwd=folder,
        env={**kept, "XDG_DATA_HOME": str(folder / "data"), "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        preexec_fn=None if may_override else give_up_overriding,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return [(code, output, messages) for code, output, messages in found]


def give_up_overriding() -> None:
    """Lets root be bound by the modes of files like everybody, in the programs that this process starts."""
    drop_from_bounding_set = 24  # PR_CAPBSET_DROP
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH; fails for who has no such right, and need not
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)


def complaints(name: str, hostile: str, outcome: Outcome) -> list[str]:
    """What is wrong with how a command failed."""
    code, output, messages = outcome
    paragraphs = [line for line in messages.splitlines() if line.startswith(("linkassist: ", "Error: "))]
    found = []
    if code not in (1, 2):
        found.append(f"exit code {code}")
    if "Traceback" in messages or "Exception" in messages:
        found.append("a trace")
    if len(paragraphs) != 1:
        found.append(f"{len(paragraphs)} messages")
    if any(sign in messages for sign in ("\x1b", "\u202e")):
        found.append("signs that steer the terminal")
    return [f"{name}, {hostile}: {', '.join(found)}: {output[-300:]}{messages[-1500:]}"] if found else []


def all_complaints(
    commands: dict[str, Sequence[str]], hostile: dict[str, str], folder: Path, modules: Sequence[str] = LIGHT
) -> list[str]:
    cases = [(name, kind) for name in commands for kind in hostile]
    jobs = [[word.replace("{}", hostile[kind]) for word in commands[name]] for name, kind in cases]
    found = outcomes(jobs, folder, modules=modules)
    return [text for case, outcome in zip(cases, found, strict=True) for text in complaints(*case, outcome)]


def test_what_cannot_be_read_is_named_and_said_what_it_is(place: Path) -> None:
    # An empty file of settings sets nothing, and that is all right.
    found = all_complaints(READ, HOSTILE, place)
    assert [each for each in found if not each.startswith("status --config, a file of nothing: exit code 0")] == []


def test_every_other_command_tells_it_too(place: Path) -> None:
    assert not all_complaints(READ_THE_SAME_WAY, {kind: HOSTILE[kind] for kind in SOME}, place)


def test_so_do_the_commands_that_load_the_models_libraries(place: Path) -> None:
    assert not all_complaints(READ_AFTER_A_WHILE, {"a pipe": "pipe"}, place, (*LIGHT, *HEAVY))


def test_what_cannot_be_written_is_named(place: Path) -> None:
    before = (place / "library" / DATABASE_NAME).read_bytes()
    assert not all_complaints(WRITTEN, {kind: path for kind, path in HOSTILE.items() if kind not in MADE}, place)
    assert (place / "library" / DATABASE_NAME).read_bytes() == before
    for kind, mode in (("pipe", stat.S_ISFIFO), ("circle", stat.S_ISLNK), ("nothing", stat.S_ISREG)):
        assert mode((place / kind).lstat().st_mode)


def test_an_argument_that_is_empty_is_wrong_usage(place: Path) -> None:
    jobs = [("status", "--library", ""), ("status", "--library="), ("import", ""), ("suggest", "--page=")]
    for code, _, messages in outcomes(jobs, place):
        assert code == 2 and "is empty" in messages
    assert "--library is empty" in outcomes(jobs[:1], place)[0][2]


@contextmanager
def without_rights(path: Path, mode: int) -> Iterator[None]:
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


@pytest.mark.parametrize(
    ("what", "mode", "commands"),
    [
        ("models", 0o000, [("reindex",)]),
        ("models/1", 0o000, [("reindex",)]),
        (BACKUPS_NAME, 0o000, [("backup",), ("restore", "--list"), ("restore", "--latest")]),
        (BACKUPS_NAME, 0o500, [("backup",)]),
        (DATABASE_NAME, 0o000, [("status",), ("backup",), ("suggest", "--all"), ("reindex",)]),
        (DATABASE_NAME, 0o400, [("reindex", "--full"), ("password", "--token")]),
        ("", 0o000, [("status",), ("backup",), ("password",), ("nightly",), ("reindex",), ("restore", "--list")]),
        ("", 0o500, [("password",), ("nightly",), ("password", "--token")]),
        ("linkassist.toml", 0o000, [("status",), ("nightly",), ("password",)]),
    ],
)
def test_what_this_user_may_not_use_is_named_with_the_right_that_lacks(
    tmp_path: Path, place: Path, what: str, mode: int, commands: Sequence[Sequence[str]]
) -> None:
    library = tmp_path / "library"
    shutil.copytree(place / "library", library)
    (library / "linkassist.toml").write_text("limit = 5\n")
    (library / BACKUPS_NAME).mkdir(exist_ok=True)
    (library / "models" / "1").mkdir(parents=True)
    with without_rights(library / what, mode):
        found = outcomes([(*words, "--library", str(library)) for words in commands], tmp_path, may_override=False)
    for words, outcome in zip(commands, found, strict=True):
        assert not complaints(" ".join(words), what, outcome)
        if words[-1] != "--token":  # there is no password that it could go with
            assert str(library) in outcome[2] and ("right" in outcome[2] or "not readable" in outcome[2]), outcome[2]


@pytest.fixture
def read_only(tmp_path: Path, place: Path) -> Iterator[Path]:
    """A library on a file system that cannot be written."""
    library = tmp_path / "library"
    shutil.copytree(place / "library", library)
    if subprocess.run(["mount", "--bind", library, library], capture_output=True, check=False).returncode:
        pytest.skip("this user cannot mount anything")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", library], check=True)
        yield library
    finally:
        subprocess.run(["umount", library], check=True)


def test_a_file_system_that_is_read_only_is_named_as_such(read_only: Path) -> None:
    jobs = [("password",), ("backup",), ("nightly",), ("reindex",), ("import", "export.json"), ("restore", "x")]
    (read_only.parent / "export.json").write_text('{"name": "niwa", "pages": [{"title": "a", "lines": ["a"]}]}')
    shutil.copyfile(read_only / DATABASE_NAME, read_only.parent / "x")
    found = outcomes([(*words, "--library", "library") for words in jobs], read_only.parent)
    for words, outcome in zip(jobs, found, strict=True):
        assert not complaints(" ".join(words), "read only", outcome)
        assert "read-only" in outcome[2] and "right" not in outcome[2], outcome[2]


def test_output_that_finds_no_room_is_told_once(place: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "linkassist", "status", "--library", "library"],
            cwd=place,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1 and "disk is full" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("closed", [(1,), (0, 1, 2)])
def test_a_program_without_standard_streams_keeps_the_library_sound(tmp_path: Path, closed: Sequence[int]) -> None:
    library = tmp_path / "library"
    write_little_wiki(library)

    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    for words in (["status"], ["backup"]):
        done = subprocess.run(
            [sys.executable, "-m", "linkassist", *words, "--library", str(library)],
            preexec_fn=close,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0 and b"Traceback" not in done.stderr, done.stderr
    with Library.open(library) as opened:
        assert opened.row("PRAGMA integrity_check") == ("ok",)


def no_library(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TABLE pages (id)",),
        (f"PRAGMA application_id = {APPLICATION_ID}",),
        (f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {len(MIGRATIONS)}"),
        (f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 1", "CREATE TABLE pages (id)"),
        (f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = -3"),
    ],
    ids=["another program's", "a mark alone", "a mark and a version", "another table", "no version"],
)
def test_a_file_that_is_no_library_is_refused_before_anything_is_replaced(
    tmp_path: Path, place: Path, statements: Sequence[str]
) -> None:
    library = tmp_path / "library"
    shutil.copytree(place / "library", library)
    before = (library / DATABASE_NAME).read_bytes()
    source = no_library(tmp_path / "other.sqlite3", *statements)
    ((code, output, messages),) = outcomes([("restore", str(source), "--library", str(library))], tmp_path)
    assert (code, output) == (1, "") and f"{source} is damaged or no library" in messages, messages
    assert (library / DATABASE_NAME).read_bytes() == before
    assert not (library / BACKUPS_NAME).exists() and not (library / ".restoring").exists()


def test_the_browser_says_what_the_system_refuses(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    (tmp_path / "targets-1.index").mkdir()
    client = client_of(tmp_path)
    (tmp_path / "linkassist.toml").symlink_to("linkassist.toml")
    for address in ("/", "/p/niwa", "/import", "/settings/niwa", "/like/niwa/KJ法"):
        assert client.get(address).status_code < 500, address


def test_a_lock_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_bytes(b"no lock of ours at all" * 100)
    with pytest.raises(StoreError, match=rf"{LOCK_NAME} is damaged.*delete it"), work_lock(tmp_path):
        pass


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (os.mkfifo, "it is a pipe"),
        (os.mkdir, "it is a folder"),
        (lambda path: os.symlink(path, path), "round in a circle"),
        (lambda path: None, "No such file"),
    ],
)
def test_a_file_is_opened_only_if_it_is_one(tmp_path: Path, make: Callable[[Path], None], words: str) -> None:
    path = tmp_path / "it"
    make(path)
    with pytest.raises(OSError) as failure:  # noqa: PT011 (the words are looked at)
        open_plain(path)
    assert words in cannot_be("read", path, failure.value)


def test_why_a_folder_takes_no_file_is_asked_of_the_system(tmp_path: Path) -> None:
    assert why_not_writable(tmp_path) is None and not list(tmp_path.iterdir())
    reason = why_not_writable(tmp_path / LONG)
    assert reason and "name is too long" in cannot_be("written", tmp_path, reason)


def test_the_folder_of_an_unknown_user_is_refused() -> None:
    with pytest.raises(LinkAssistError, match="no user of that name"):
        at_home("~no-such-user/x")
