"""Asking the person: secrets, which are not shown as they are typed."""

from __future__ import annotations

import getpass
import sys
from typing import Final

from linkassist.errors import SettingsError

_LONGEST: Final = 1_000  # characters


def is_terminal() -> bool:
    """Whether a person types standard input."""
    return sys.stdin.isatty()


def asked_secret(prompt: str) -> str:
    """What is typed without echo, or the first line of standard input where that is not a terminal.

    Raises SettingsError for a line that is no UTF-8 or has more than 1,000 characters.
    """
    return getpass.getpass(prompt) if is_terminal() else _first_line()


def _first_line() -> str:
    try:
        line = sys.stdin.readline(_LONGEST + 2)
        line.encode()  # under some locales, bytes that are no text come as lone surrogates
    except UnicodeError as error:
        raise SettingsError("Standard input is no UTF-8 text. Give it as text, in one line.") from error
    word = line.rstrip("\r\n")
    if len(word) > _LONGEST:
        raise SettingsError(f"The line has more than {_LONGEST:,} characters. Take a shorter one.")
    return word
