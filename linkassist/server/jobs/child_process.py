"""A child process and the pipe to it: how the server starts one, reads what it sends, and ends it.

Messages are pickled objects, sent whole in both directions. When either process ends, however it does, the other reads
the end of the pipe.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

Sent = TypeVar("Sent")
Received = TypeVar("Received")
Arguments = ParamSpec("Arguments")


class ChildProcess(Generic[Sent, Received]):
    """A process that runs a function, for the threads of the server: they send `Sent`, it sends `Received`."""

    def __init__(
        self,
        target: Callable[Concatenate[Connection, Arguments], None],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> None:
        """Starts it with its end of the pipe as the first argument of `target`, a function at the top of a module."""
        context = multiprocessing.get_context("spawn")  # the fork of a process with threads may hang
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=target, args=(theirs, *args), kwargs=kwargs, daemon=True)
        self._lock = threading.Lock()
        self._process.start()
        theirs.close()

    @property
    def process_id(self) -> int | None:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """As in `multiprocessing.Process`: negative for a signal, None while it runs."""
        return self._process.exitcode

    def send(self, message: Sent) -> None:
        """Raises OSError if the process has ended."""
        with self._lock:
            self._pipe.send(message)

    def messages(self, poll_s: float | None = None) -> Iterator[Received | None]:
        """What the process sends, until it ends. With poll_s, None whenever nothing has come for so many seconds."""
        with suppress(EOFError, OSError):
            while True:
                yield self._pipe.recv() if poll_s is None or self._pipe.poll(poll_s) else None
        with self._lock:
            self._pipe.close()

    def join(self, timeout_s: float | None = None) -> None:
        """Waits for its end, so many seconds at most."""
        self._process.join(timeout_s)

    def end(self, kill_after_s: float) -> None:
        """Terminates it if it runs; kills it if it still does so many seconds later."""
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(kill_after_s)
            if self._process.is_alive():
                self._process.kill()


class MessageSender:
    """The sending side of a child's end of the pipe, for all its threads."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, message: Any) -> None:
        """Does nothing if the server has ended: the child then reads the end of the pipe, and ends too."""
        with self._lock, suppress(OSError):
            self._pipe.send(message)
