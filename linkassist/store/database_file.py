"""The database's files on the disk: which they are, and the one that was opened told from another in its place.

Only SQLite opens the database, its log and its shared memory. POSIX drops all locks that a process has on a file as
soon as the process closes any descriptor of it, and SQLite's are such locks: another process would take itself for the
last one and delete the log under us. So what is asked here is asked of the path (`stat`), and the file is made only
where there is none (`create_private`). Source: https://sqlite.org/howtocorrupt.html, section 2.2.
"""

from __future__ import annotations

import os
from pathlib import Path

Identity = tuple[int, int]  # device and inode


def database_files(path: Path) -> tuple[Path, Path, Path]:
    """The database, the log of what is not yet in it, and the index of the log that processes share.

    The last two are there while some connection is open, and after the program was killed.
    """
    return path, Path(f"{path}-wal"), Path(f"{path}-shm")


def identity(path: Path) -> Identity | None:
    """What tells the file at that path from another one that takes its place; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
