"""Forked children of this process that run the program, so that each begins in milliseconds.

The parent has imported all that the program needs, never opens a library and never has a thread: a child would
inherit the connection, or a lock that nobody lets go of.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final

from linkassist.cli.app import main as program

# What spawns processes or asks whether it is the main module must not be imported a second time.
_NOT_AGAIN: Final = ("__main__", "__mp_main__")
_ASK_AGAIN_S: Final = 0.002


class Child:
    """A process that does some work and writes what it says to a file.

    A work that returns ends it with exit code 0, SystemExit with its own, any other exception with 70 and a traceback.
    """

    def __init__(self, name: str, says: Path, work: Callable[[], object]) -> None:
        self.name = name
        self.exit_code: int | None = None
        self.is_told_to_end = False
        self._says = says
        assert threading.active_count() == 1, "a child of a process with threads may hang"
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _run(says, work)

    def said(self) -> str:
        """All that it has written so far."""
        return self._says.read_text(errors="replace") if self._says.exists() else ""

    def has_ended(self) -> bool:
        """Whether it has; its exit code is known then, the negative number of the signal where it was killed."""
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is not None

    def wait(self, seconds: float) -> bool:
        """Waits until it ends; False where it has not within this time."""
        deadline = time.monotonic() + seconds
        while not self.has_ended():
            if time.monotonic() > deadline:
                return False
            time.sleep(_ASK_AGAIN_S)
        return True

    def end(self, how: signal.Signals) -> None:
        """Sends the signal, unless it has ended already, or was told to end in order and this is no SIGKILL."""
        if not self.has_ended() and (how is signal.SIGKILL or not self.is_told_to_end):
            self.is_told_to_end = True
            os.kill(self.pid, how)


def complaint(child: Child, good_codes: Sequence[int] = (0,)) -> str:
    """What is wrong with how a process has ended, "" where nothing is: it was killed by us, or has an expected exit
    code and has written no traceback."""
    said = child.said()
    if child.exit_code == -signal.SIGKILL and child.is_told_to_end:
        return ""
    if child.exit_code not in good_codes:
        return f"{child.name} ended with exit code {child.exit_code}: {said[-2000:]}"
    if "Traceback" in said or "fault of linkassist" in said:
        return f"{child.name} wrote a traceback: {said[-2000:]}"
    return ""


def run_program(arguments: Sequence[str]) -> None:
    """Does what `linkassist` with these arguments does, and exits as it does."""
    sys.argv = ["linkassist", *arguments]
    program()


def warm_up(room: Path, works: Sequence[Callable[[], object]]) -> None:
    """Imports what each of the works imports, which children that came first have told."""
    for number, work in enumerate(works):
        told = room / f"modules-{number}"
        child = Child("warming up", room / f"warm-{number}", lambda work=work, told=told: _tell_modules(work, told))
        child.wait(600.0)  # on a machine that is busy with other things
        if child.exit_code != 0:
            raise RuntimeError(f"the program fails already before it is attacked: {child.said()}")
        for name in told.read_text().split():
            if name not in sys.modules and name not in _NOT_AGAIN:
                with suppress(ImportError):  # a module that is there for other platforms or versions
                    import_module(name)
    gc.collect()
    gc.freeze()  # a child would copy what its garbage collector looks at


def _tell_modules(work: Callable[[], object], told: Path) -> None:
    try:
        work()
    except SystemExit as error:
        if error.code:
            raise
    finally:
        told.write_text("\n".join(sys.modules))


def _run(says: Path, work: Callable[[], object]) -> None:
    code = 70
    try:
        written = os.open(says, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        os.dup2(written, 1)
        os.dup2(written, 2)
        sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 (it is open until the process ends)
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        work()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
