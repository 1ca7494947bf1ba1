"""How a command ends: what is said, and the exit code.

0 done, 1 an expected failure, told in a sentence, 2 wrong usage, 130 interrupted, 141 nobody read all output.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from linkassist.errors import LinkAssistError
from linkassist.terminal import say

_INTERRUPTED = 130  # 128 and the number of the signal, as a shell counts: SIGINT
_NOBODY_READS = 141  # SIGPIPE


class Commands(TyperGroup):
    """The one place where an expected failure, Ctrl-C and a closed pipe become a message and an exit code."""

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
            # Python flushes standard output once more when it ends, and would complain about the pipe then.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(_NOBODY_READS) from error
