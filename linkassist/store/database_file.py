"""The files of the database, and their identity, to notice that another file has taken the place of an open one.

Only SQLite opens the database, its log and its shared memory. POSIX drops all locks of a process on a file as soon
as it closes any descriptor of it; another process would then think it is the last one and delete the log. So the
files are only examined by `stat`, and created only where there are none (`create_private`).
Source: https://sqlite.org/howtocorrupt.html, section 2.2.
"""

from __future__ import annotations

import os
from pathlib import Path

Identity = tuple[int, int]  # device and inode


def database_files(path: Path) -> tuple[Path, Path, Path]:
    """The database, its write-ahead log and the shared-memory index of the log.

    The last two exist while a connection is open, and after the program was killed.
    """
    return path, Path(f"{path}-wal"), Path(f"{path}-shm")


def identity(path: Path) -> Identity | None:
    """Device and inode of the file at that path; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
