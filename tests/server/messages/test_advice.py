"""Errors on Japanese screens are in Japanese: every message that the program can raise there has a translation."""

from __future__ import annotations

import ast
import errno
import importlib
import re
import shlex
import sqlite3
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po
from starlette.exceptions import HTTPException

import linkassist
from linkassist.errors import LinkAssistError
from linkassist.files.assets import shipped_folder
from linkassist.files.catalogs import catalog
from linkassist.files.errors import Use, cannot_be
from linkassist.server.jobs import import_job
from linkassist.server.messages.advice import advice
from linkassist.server.views.commands import with_library
from linkassist.settings import default_folder
from linkassist.store.error_messages import MovedError, damaged, sqlite_message
from linkassist.store.library import Library
from linkassist.store.locks import nightly_lock, work_lock

PACKAGE = Path(linkassist.__file__).parent
# What a request, an import, a reindex or a night can run through. Others are heard at a terminal alone.
HEARD = (
    "server/routes",
    "server/jobs",
    "store",
    "pipeline",
    "scrapbox",
    "review",
    "files",
    "embed",
    "suggest",
    "model",
    "evaluate/single",
)
# Raised and caught on the way, or by commands that no screen starts.
UNHEARD = (
    "store/backup/restore.py",
    "store/backup/copy.py",
    "files/partial_output.py",
    "pipeline/embedding_file.py",
    "files/assets.py",
    "store/suggestion_lists.py",
    "store/integrity/damage.py",
)
# Parts of messages that are made beforehand.
LOCAL = {
    "again": "Run `linkassist reindex`, then try again.",
    "words": "/a cannot be written (permission denied). Check the path.",
}
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
ENGLISH = re.compile(r"(?:\b[A-Za-z]{2,}[ ,]+){3,}")


def sample(node: ast.expr, module: object) -> str | None:
    """A message as the expression would make it, its values replaced by 1; None for one that calls make."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [sample(each, module) for each in node.values]
        return None if None in parts else "".join(part for part in parts if part is not None)
    if isinstance(node, ast.FormattedValue):
        if isinstance(node.value, ast.Name):
            known = getattr(module, node.value.id, None)
            if isinstance(known, str):
                return known
            if node.value.id in LOCAL:
                return LOCAL[node.value.id]
        return "1"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = sample(node.left, module), sample(node.right, module)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.IfExp):
        return sample(node.body, module)
    return None


def raised() -> Iterator[tuple[str, str]]:
    """(place, message) of every expected error that is raised with words of its own."""
    for path in sorted(PACKAGE.rglob("*.py")):
        of = path.relative_to(PACKAGE).as_posix()
        if not of.startswith(HEARD) or of in UNHEARD:
            continue
        module = importlib.import_module(
            "linkassist." + of.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        )
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            call = node.exc if isinstance(node, ast.Raise) else node.value if isinstance(node, ast.Return) else None
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
                continue
            kind = getattr(module, call.func.id, None)
            if not (isinstance(kind, type) and issubclass(kind, LinkAssistError | HTTPException)):
                continue
            if (message := sample(call.args[-1], module)) and " " in message:
                yield f"{of}:{node.lineno}", message


MESSAGES = sorted(raised())


def is_japanese(text: str) -> bool:
    """Whether the text is Japanese apart from names, paths and commands."""
    bare = re.sub(r"`[^`]*`|「[^」]*」|\"[^\"]*\"|\([^)]*\)|\S*/\S*", "", text)
    return bool(JAPANESE.search(text)) and not ENGLISH.search(bare)


def test_there_are_messages_to_look_at() -> None:
    assert len(MESSAGES) > 60


@pytest.mark.parametrize(("place", "message"), MESSAGES, ids=[place for place, _ in MESSAGES])
def test_every_error_that_a_screen_can_show_is_translated(place: str, message: str) -> None:
    found = advice(message, "ja")
    assert found != catalog("ja").gettext("error.unknown"), message
    assert is_japanese(found), found
    assert advice(message, "en") == message


@pytest.mark.parametrize(
    ("use", "number"),
    list(
        product(
            get_args(Use),
            [
                errno.ENOSPC, errno.EACCES, errno.ENOENT, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR,
                errno.EISDIR, errno.EEXIST, errno.EIO, errno.EMFILE, errno.ENFILE,
            ],
        )
    ),
)  # fmt: skip
def test_errors_of_files_are_translated_with_their_reasons(use: Use, number: int) -> None:
    found = advice(cannot_be(use, "/a b/c.json", OSError(number, "No such file or directory")), "ja")
    assert found.startswith("/a b/c.json") and is_japanese(found) and "(" in found
    inside = re.search(r"\((.*?)\)", found)
    assert inside and JAPANESE.search(inside[1])


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    "code",
    [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY],
)
def test_errors_of_the_database_are_translated(tmp_path: Path, code: int) -> None:
    message = sqlite_message(sqlite_error(code), tmp_path / "l.sqlite3")
    assert message and is_japanese(advice(message, "ja")), message


def test_a_damaged_or_moved_library_is_told_in_japanese_with_and_without_a_backup(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    assert is_japanese(advice(damaged(path, "its schema is not what was written"), "ja"))
    (tmp_path / "backups").mkdir()
    for message in (damaged(path, "x"), str(MovedError(path))):
        assert is_japanese(advice(message, "ja")) and str(path) in advice(message, "ja")


def test_a_held_lock_is_told_in_japanese(tmp_path: Path) -> None:
    Library.open(tmp_path).close()
    for lock in (work_lock, nightly_lock):
        with lock(tmp_path), pytest.raises(LinkAssistError) as refused, lock(tmp_path):
            pass
        assert is_japanese(advice(str(refused.value), "ja")), refused.value


def test_a_process_that_died_is_told_in_japanese() -> None:
    assert "9" in advice(import_job._DIED.format(-9), "ja") and is_japanese(advice(import_job._DIED.format(-9), "ja"))
    assert is_japanese(advice(str(import_job.ImportUnderWayError()), "ja"))


def test_names_and_numbers_in_a_message_stay_as_they_are() -> None:
    message = 'export.json: page "A. B is (C), line 3" (id 5f3a), line 12 is a number; expected text or {"text": ...}. '
    found = advice(message + "Export the project again from Scrapbox.", "ja")
    assert '"A. B is (C), line 3" (id 5f3a)' in found and "12" in found and is_japanese(found)


def test_a_message_that_nobody_translated_is_told_in_general() -> None:
    assert advice("The moon is made of cheese.", "ja") == catalog("ja").gettext("error.unknown")
    assert advice("The moon is made of cheese.", "en") == "The moon is made of cheese."


def test_every_translation_has_the_values_of_its_sentence() -> None:
    with (shipped_folder("web") / "locale" / "errors.ja.po").open("rb") as file:
        for each in read_po(file, locale="ja", abort_invalid=True):
            if each.id:
                said, japanese = (set(re.findall(r"\{(\d)#?\}", str(text))) for text in (each.id, each.string))
                assert japanese <= said and (JAPANESE.search(str(each.string)) or each.id == "null"), each.id


def test_a_message_of_many_sentences_costs_little_and_one_with_a_title_of_many_is_translated() -> None:
    assert advice(". ".join(["a: b is c"] * 200), "ja") == catalog("ja").gettext("error.unknown")
    title = " ".join(f"{n}. " for n in range(30))
    found = advice(f'No page has the title "{title}". Near it: "a. b".', "ja")
    assert title in found and is_japanese(found.replace(title, ""))


def test_commands_in_a_message_name_the_library(tmp_path: Path) -> None:
    folder = tmp_path / "my wiki's"
    said = with_library("Run `linkassist reindex`, then try again. `linkassist restore --latest --library x`", folder)
    assert f"`linkassist reindex --library {shlex.quote(str(folder))}`" in said and "--library x`" in said
    assert with_library("Run `linkassist reindex`.", default_folder("library")) == "Run `linkassist reindex`."
