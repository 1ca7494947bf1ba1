"""Files private to their owner (mode 0600): creating, replacing, and restricting existing ones."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from stat import S_IMODE
from threading import Lock
from typing import Final

_FOR_OTHERS: Final = 0o077

_creating = Lock()


def create_private(path: Path) -> None:
    """Creates an empty file; an existing one is neither opened nor changed. Raises OSError."""
    with _creating:  # another thread that calls this opens the new file only after its descriptor is closed here
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            return


def write_private(path: Path, data: bytes) -> None:
    """Replaces the file atomically, after the new one is synced to the disk.

    A symbolic link stays, and its target is replaced. Raises OSError; nothing is left of the new file then.
    """
    path = Path(os.path.realpath(path))
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def keep_private(path: Path) -> None:
    """Removes the permissions of group and others from a file or folder of this user, if it exists."""
    if os.name != "posix":
        return
    try:
        found = os.stat(path)
        if found.st_mode & _FOR_OTHERS and found.st_uid == os.geteuid():
            os.chmod(path, S_IMODE(found.st_mode) & ~_FOR_OTHERS)
    except OSError:
        return  # it is not there, or lies on a file system without rights
