"""What is done to the platform, as values: shown before it is done, and then done just so."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be


@dataclass(frozen=True, slots=True)
class Write:
    """Make the file, or replace it."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the file away, if it is there."""

    path: Path


@dataclass(frozen=True, slots=True)
class Run:
    """Run the command. stdin: what it reads. may_fail: its failure is as good, such as of stopping what is stopped."""

    words: tuple[str, ...]
    stdin: str = ""
    may_fail: bool = False


Action = Write | Remove | Run


def described(actions: Sequence[Action]) -> Iterator[str]:
    """The actions as lines that could be typed into a shell."""
    for action in actions:
        if isinstance(action, Write):
            yield f"write {action.path}:"
            yield from (f"    {line}" for line in action.text.splitlines())
        elif isinstance(action, Remove):
            yield f"remove {action.path}"
        else:
            yield f"run {shlex.join(action.words)}" + (", which reads:" if action.stdin else "")
            yield from (f"    {line}" for line in action.stdin.splitlines())


def perform(actions: Sequence[Action]) -> None:
    """Does them, one after the other. Raises LinkAssistError at the first that fails."""
    for action in actions:
        if isinstance(action, Run):
            _run(action)
            continue
        try:
            if isinstance(action, Write):
                action.path.parent.mkdir(parents=True, exist_ok=True)
                action.path.write_bytes(action.text.encode("utf-8", "surrogateescape"))
            else:
                action.path.unlink(missing_ok=True)
        except OSError as error:
            raise LinkAssistError(cannot_be("written", action.path, error)) from error


def _run(action: Run) -> None:
    try:
        done = subprocess.run(action.words, input=action.stdin.encode(errors="surrogateescape"), capture_output=True)
    except OSError as error:
        raise LinkAssistError(f"{action.words[0]} cannot be run ({error.strerror}). Install it.") from error
    if done.returncode and not action.may_fail:
        said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        raise LinkAssistError(
            f"`{shlex.join(action.words)}` has failed: {said}. Put that right, or choose another way with --scheduler."
        )
