"""How a command ends: its last message and the exit code.

0 success, 1 an expected failure, explained in a sentence, 2 wrong usage, 130 interrupted, 141 the output was closed.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Final

import typer

from linkassist.cli.lazy_group import LazyGroup
from linkassist.cli.output import say
from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be

_INTERRUPTED: Final = 130  # 128 and the number of the signal, as a shell counts: SIGINT
_CLOSED_PIPE: Final = 141  # SIGPIPE
_STANDARD_STREAMS: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))  # in the order of their descriptors


def open_standard_streams() -> None:
    """Opens closed standard streams on the null device. Otherwise a file of the library could get the descriptor of one
    of them, and what is printed would be written into it."""
    for name, mode in _STANDARD_STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 (as long as the program runs)


class Commands(LazyGroup):
    """The group of all commands. Turns expected failures, Ctrl-C and a closed pipe into a message and an exit code.

    Errors of the operating system are expected too: the message names the file and what to do.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # From an unset variable of the shell. As a path it would be the current folder.
        empty = next((number for number, each in enumerate(args) if _is_empty(each)), None)
        if empty is not None:
            option = next((each for each in args[max(0, empty - 1) : empty + 1] if each.startswith("--")), "")
            raise typer.BadParameter(f"{option.removesuffix('=') or 'An argument'} is empty. Name something there.")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except LinkAssistError as error:
            say(f"linkassist: {error}")
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            say("\nlinkassist: interrupted. A step that was not finished is undone; run the same command to go on.")
            raise typer.Exit(_INTERRUPTED) from error
        except BrokenPipeError as error:
            _discard_output()
            raise typer.Exit(_CLOSED_PIPE) from error
        except OSError as error:
            _discard_output()
            named = "Standard output, or a file," if error.filename is None else os.fsdecode(str(error.filename))
            say(f"linkassist: {cannot_be('used', named, error)}")
            raise typer.Exit(1) from error


def _is_empty(argument: str) -> bool:
    return not argument or (argument.startswith("--") and argument.find("=") == len(argument) - 1)


def _discard_output() -> None:
    """Redirects standard output to the null device if it is closed: Python flushes it at exit, and would complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
