"""How commands print: results to standard output, what is said to the person to standard error."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable

from linkassist.terminal_escape import visible


def print_lines(lines: Iterable[str]) -> None:
    """Prints the lines; they may quote what a file says."""
    for line in lines:
        print(visible(line))


def print_utf8() -> None:
    """Makes standard output UTF-8 with plain line feeds, as JSON lines are whatever the locale and the platform.

    A lone surrogate, as of a path that is no UTF-8, is spelled as JSON spells it.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def say(message: str) -> None:
    """Prints a message to the person on standard error; it may quote what a file says."""
    print("\n".join(map(visible, message.split("\n"))), file=sys.stderr, flush=True)


def say_notes(notes: Iterable[str]) -> None:
    """Says each note as one of the program."""
    for note in notes:
        say(f"linkassist: {note}")


def amount_text(number: float, *, is_bytes: bool) -> str:
    """`amount_text(1500, is_bytes=False) == "1,500"`; bytes are given in MB."""
    return f"{number / 1e6:,.1f} MB" if is_bytes else f"{number:,.0f}"
