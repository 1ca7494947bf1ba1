"""The backup files of a library, and what their names say.

They are numbered, since a clock may be set back: the highest number is the newest, whatever the dates.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BACKUPS_NAME: Final = "backups"
BEFORE_RESTORE: Final = "before-restore"
WITH_DAMAGE: Final = "with-damage"  # made of a library in which a row or a text was damaged

_NAME: Final = re.compile(r"linkassist-(\d+)-(\d{4}-\d\d-\d\d-\d{6})(?:-([a-z0-9-]+))?\.sqlite3")


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A backup by its name. date: local time as in the name. occasion: "" for one made by a user."""

    path: Path
    number: int
    date: str
    occasion: str

    @property
    def sort(self) -> str:
        """The occasion without a version: backups of one sort are limited in number together."""
        return self.occasion.rstrip("-0123456789")


def backup_files(folder: Path) -> list[BackupFile]:
    """The backups of the library in `folder`, the newest first."""
    found = []
    if (folder / BACKUPS_NAME).is_dir():
        for path in (folder / BACKUPS_NAME).iterdir():
            match = _NAME.fullmatch(path.name)
            if match and path.is_file():
                found.append(BackupFile(path, int(match[1]), match[2], match[3] or ""))
    return sorted(found, key=lambda each: each.number, reverse=True)


def next_backup(folder: Path, occasion: str) -> BackupFile:
    """The file of a new backup, with the next number. occasion: lower-case letters, digits and hyphens, or ""."""
    number = max((each.number for each in backup_files(folder)), default=0) + 1
    date = time.strftime("%Y-%m-%d-%H%M%S")
    name = f"linkassist-{number:04d}-{date}{'-' if occasion else ''}{occasion}.sqlite3"
    return BackupFile(folder / BACKUPS_NAME / name, number, date, occasion)
