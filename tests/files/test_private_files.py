"""All files of a library are for its owner alone, whatever the umask and also in a folder that was there before."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.drafted_wiki import pages_of_a_wiki
from support.little_wiki import write_little_wiki
from support.small_export import export_of
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.files.private import create_private, keep_private, write_private
from linkassist.settings import remember_encoder
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import LOCK_NAME

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")


@contextmanager
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """The files in the folder that another user can read or write, by their modes and those of the folders inside."""
    found = []
    for path in folder.iterdir():
        if path.stat().st_mode & 0o077 == 0:
            continue
        if path.is_dir():
            found += [f"{path.name}/{name}" for name in open_to_others(path)]
        else:
            found.append(f"{path.name} {stat.S_IMODE(path.stat().st_mode):o}")
    return found


def test_what_the_commands_write_into_an_open_folder_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "wiki"
    source = tmp_path / "export.json"
    source.write_bytes(export_of(pages_of_a_wiki()[:14]))
    with open_umask():
        folder.mkdir(mode=0o755)
        for words, typed in (
            (("import", str(source)), ""),
            (("status",), ""),
            (("backup",), ""),
            (("nightly",), ""),
            (("password",), "a long password\na long password\n"),
        ):
            done = CliRunner().invoke(app, [*words, "--library", str(folder)], input=typed)
            assert done.exit_code == 0, f"{words}: {done.output}"
        remember_encoder(folder, "another/encoder")
        with Library.open(folder):
            assert open_to_others(folder) == []
    names = {path.name for path in folder.iterdir()}
    assert {DATABASE_NAME, LOCK_NAME, "access.json", "backups", "linkassist.toml", "models", "nightly.json"} <= names
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755  # the folder itself is its owner's business


def test_files_that_an_older_version_left_open_to_others_are_closed_to_them(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    models = tmp_path / "models"
    models.mkdir(mode=0o755)
    (tmp_path / DATABASE_NAME).chmod(0o644)
    models.chmod(0o755)
    with Library.open(tmp_path):
        assert open_to_others(tmp_path) == []


def test_a_file_is_written_whole_or_not_at_all_and_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to("real")
    write_private(tmp_path / "link", b"after")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "after"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o600
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        write_private(tmp_path / "folder", b"a file where a folder is")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link", "real"]


def test_a_file_that_is_there_is_not_made_anew(tmp_path: Path) -> None:
    create_private(tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
    (tmp_path / "new").write_text("kept")
    create_private(tmp_path / "new")
    assert (tmp_path / "new").read_text() == "kept"


def test_rights_of_the_owner_stay_and_what_is_not_there_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(0o764)
    keep_private(tmp_path / "file")
    keep_private(tmp_path / "missing")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o700
