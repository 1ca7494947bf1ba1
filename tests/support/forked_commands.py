"""Runs many commands of linkassist, each in a process of its own that was forked from one that has imported them.

The modules that its arguments name are imported before. Reads a JSON list of [arguments, standard input] from
standard input, a lone surrogate in an argument standing for a
byte as `os.fsdecode` has it; writes a JSON list of [exit code, standard output, standard error], in the same order. The
exit code is null where a command did not end in time.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
import traceback
from importlib import import_module
from typing import IO

from linkassist.cli import app as cli

LIMIT_S = 120.0  # on a machine that is busy with other things


def main() -> None:
    """Runs what standard input names."""
    for name in sys.argv[1:]:
        import_module(name)
    jobs = json.load(sys.stdin)
    json.dump([outcome(arguments, given) for arguments, given in jobs], sys.stdout)


def outcome(arguments: list[str], given: str) -> tuple[int | None, str, str]:
    """What became of one command."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(given.encode())
        stdin.seek(0)
        process = os.fork()
        if process == 0:
            run(arguments, stdin, stdout, stderr)
        code = waited_for(process)
        return code, told(stdout), told(stderr)


def run(arguments: list[str], *streams: IO[bytes]) -> None:
    """Becomes the command; never returns."""
    for descriptor, stream in enumerate(streams):
        os.dup2(stream.fileno(), descriptor)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (as long as the process)
    for name, number in (("stdout", 1), ("stderr", 2)):
        setattr(sys, name, open(number, "w", errors="backslashreplace", closefd=False))  # noqa: SIM115
    sys.argv = ["linkassist", *arguments]
    code: object = 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def waited_for(process: int) -> int | None:
    """The exit code of the process, which is killed where it takes too long."""
    ended = os.pidfd_open(process)
    is_in_time = bool(select.select([ended], [], [], LIMIT_S)[0])
    if not is_in_time:
        os.kill(process, signal.SIGKILL)
    os.close(ended)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status) if is_in_time else None


def told(stream: IO[bytes]) -> str:
    """What was written."""
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")


if __name__ == "__main__":
    main()
