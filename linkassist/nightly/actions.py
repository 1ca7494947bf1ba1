"""Changes to the machine as values: files to write or remove, and commands to run. They are printed or carried out."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Create the file, or replace it."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """Remove the file, if it exists."""

    path: Path


@dataclass(frozen=True, slots=True)
class RunCommand:
    """Run the command. stdin: its input. may_fail: whether a failure is ignored, as of stopping what is not running."""

    words: tuple[str, ...]
    stdin: str = ""
    may_fail: bool = False


Action = WriteFile | RemoveFile | RunCommand


def described(actions: Sequence[Action]) -> Iterator[str]:
    """The actions as lines that could be typed into a shell."""
    for action in actions:
        if isinstance(action, WriteFile):
            yield f"write {action.path}:"
            yield from (f"    {line}" for line in action.text.splitlines())
        elif isinstance(action, RemoveFile):
            yield f"remove {action.path}"
        else:
            yield f"run {shlex.join(action.words)}" + (", which reads:" if action.stdin else "")
            yield from (f"    {line}" for line in action.stdin.splitlines())


def perform(actions: Sequence[Action]) -> None:
    """Carries them out in order. Raises LinkAssistError at the first that fails."""
    for action in actions:
        if isinstance(action, RunCommand):
            _run(action)
            continue
        try:
            if isinstance(action, WriteFile):
                action.path.parent.mkdir(parents=True, exist_ok=True)
                action.path.write_bytes(action.text.encode("utf-8", "surrogateescape"))
            else:
                action.path.unlink(missing_ok=True)
        except OSError as error:
            raise LinkAssistError(cannot_be("written", action.path, error)) from error


def _run(action: RunCommand) -> None:
    try:
        stdin = action.stdin.encode(errors="surrogateescape")
        finished = subprocess.run(action.words, input=stdin, capture_output=True)
    except OSError as error:
        raise LinkAssistError(f"{action.words[0]} cannot be run ({error.strerror}). Install it.") from error
    if finished.returncode and not action.may_fail:
        said = finished.stderr.decode(errors="replace").strip() or f"exit code {finished.returncode}"
        raise LinkAssistError(
            f"`{shlex.join(action.words)}` has failed: {said}. Put that right, or choose another way with --scheduler."
        )
