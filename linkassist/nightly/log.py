"""The log of the nights: a rotating file in the library that never contains the key to Scrapbox."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from linkassist.errors import StoreError
from linkassist.files.errors import cannot_be
from linkassist.nightly.report import LOG_NAME
from linkassist.terminal_escape import visible_lines

_MAX_BYTES: Final = 1_000_000
_N_OLDER: Final = 5  # nightly.log.1 and so on; they last for years, at a dozen lines a night
HIDDEN: Final = "(key)"


def without_key(text: str, key: str) -> str:
    """The text with every occurrence of the key replaced."""
    return text.replace(key, HIDDEN) if key else text


class _Formatter(logging.Formatter):
    def __init__(self, key: str) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")
        self._key = key

    def format(self, record: logging.LogRecord) -> str:
        return visible_lines(without_key(super().format(record), self._key))


class _PrivateFile(RotatingFileHandler):
    """A log file that only its owner can read."""

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        return open(handle, "a", encoding="utf-8", errors="backslashreplace")


@contextmanager
def night_log(folder: Path, key: str, max_bytes: int = _MAX_BYTES) -> Iterator[logging.Logger]:
    """The log of the library in `folder`; a file holds max_bytes. Raises StoreError if it cannot be written."""
    logger = logging.getLogger(f"linkassist.nightly.{folder}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    path = folder / LOG_NAME
    try:
        handler = _PrivateFile(path, maxBytes=max_bytes, backupCount=_N_OLDER, encoding="utf-8")
    except OSError as error:
        raise StoreError(cannot_be("written", path, error)) from error
    handler.setFormatter(_Formatter(key))
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        handler.close()
