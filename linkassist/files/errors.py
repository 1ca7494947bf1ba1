"""Messages for errors of the operating system about files, and opening files that must be plain ones.

A message names the path, the reason and what to do about it.
"""

from __future__ import annotations

import errno
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Literal

from linkassist.errors import LinkAssistError
from linkassist.terminal_escape import shown

Use = Literal["read", "opened", "written", "used"]

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_BY_ERRNO: Final = {
    errno.EROFS: ("its file system is read-only", "Name another place, or let the file system be written to."),
    errno.ENAMETOOLONG: ("its name is too long", "File systems take 255 bytes for each part; choose a shorter name."),
    errno.ELOOP: ("its symbolic links lead round in a circle", "Correct the links, or name another place."),
    errno.ENOTDIR: ("a part of the path is a file and no folder", "Correct the path."),
    errno.EISDIR: ("it is a folder", "Name a file."),
    errno.EEXIST: ("something of that name is there already", "Name another place, or move away what is there."),
    errno.EIO: ("the device reports an error", "See whether the disk is sound and still there, then try again."),
    errno.EMFILE: ("too many files are open", "Raise the limit (`ulimit -n`), or close other programs."),
    errno.ENFILE: ("too many files are open", "Close other programs, then try again."),
}
_RIGHTS: Final[Mapping[Use, str]] = {
    "read": "the right to read it",
    "opened": "the right to read it",
    "written": "the right to write there",
    "used": "the right to",
}
_KINDS: Final = (
    (stat.S_ISDIR, errno.EISDIR, "it is a folder"),
    (stat.S_ISFIFO, errno.EINVAL, "it is a pipe"),
    (stat.S_ISSOCK, errno.EINVAL, "it is a socket"),
    (stat.S_ISCHR, errno.EINVAL, "it is a device"),
    (stat.S_ISBLK, errno.EINVAL, "it is a device"),
)


def is_no_room(error: OSError) -> bool:
    """Whether the disk is full, a quota is exceeded or a file is too large."""
    return error.errno in _NO_ROOM


def cannot_be(use: Use, path: Path | str, error: OSError) -> str:
    """The message that the path cannot be used, and what to do: `cannot_be("read", path, error)`."""
    if is_no_room(error):
        reason, advice = "the disk is full", "Free some space, then try again."
    elif error.errno in (errno.EACCES, errno.EPERM):
        right = _RIGHTS[use]
        reason, advice = "permission denied", f"Give your user {right}, or name another place."
    elif error.errno == errno.ENOENT:
        reason, advice = error.strerror or "No such file or directory", "Check the path."
    elif error.errno in _BY_ERRNO:
        reason, advice = _BY_ERRNO[error.errno]
    else:
        reason, advice = (error.strerror or str(error)).removesuffix("."), "Name a plain file or another place."
    return f"{shown(path)} cannot be {use} ({reason}). {advice}"


def at_home(path: Path | str) -> Path:
    """The path with a leading "~" expanded. Raises LinkAssistError for an unknown user."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise LinkAssistError(f"{path}: there is no user of that name here. Write the path out.") from error


@contextmanager
def file_errors_as(kind: type[LinkAssistError], use: Use, path: Path) -> Iterator[None]:
    """Raises `kind` for an OSError, with the file that it names, else `path`."""
    try:
        yield
    except OSError as error:
        raise kind(cannot_be(use, error.filename or path, error)) from error


def open_plain(path: Path) -> IO[bytes]:
    """The file, opened for reading. OSError for a folder, pipe, socket or device, which may block or never end."""
    mode = path.stat().st_mode
    for is_of_kind, number, words in _KINDS:
        if is_of_kind(mode):
            raise OSError(number, words, str(path))
    return path.open("rb")


def read_plain_text(path: Path) -> str:
    """The UTF-8 text of a plain file without a byte-order mark. Raises OSError as `open_plain`, UnicodeDecodeError."""
    with open_plain(path) as file:
        return file.read().decode("utf-8-sig")


def why_not_writable(folder: Path) -> OSError | None:
    """The OSError of creating a file in the folder, None if that works.

    For errors of SQLite, which do not name the reason. No existing file is opened, since closing one would release the
    locks that this process has on it.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(1 << 16))
    except OSError as error:
        return error
    return None
