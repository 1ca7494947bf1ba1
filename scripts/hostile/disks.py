"""Disks that are full, from the beginning or from some moment on, under every command that writes.

What is said is true: where nothing was changed, nothing is; where no room is left, it is room that is asked for. All
decisions stay, the database is whole, and with room the same command does its work. Root fills a small disk; others,
and root in every other round, are forbidden to write past a length in any file.
"""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.applications import Starlette

from linkassist.errors import LinkAssistError
from scripts.crash import NAME, fresh, held
from scripts.hostile.children import Child, complaint, run_program
from scripts.hostile.outcome import Budget, Outcome, repeat
from scripts.hostile.readers import answers_in, read_and_decide
from scripts.hostile.served import (
    PATIENCE_S,
    app_of,
    await_address,
    damage,
    logged,
    open_pairs,
    serve,
    write_garden,
)

PROMISE: Final = "On a full disk nothing is lost, what is said is true and asks for room, and with room all goes on"
_DISK_BYTES: Final = 32 << 20
_MOST_ROOM: Final = 2 << 20
_LEAST_LIMIT: Final = 16 << 10  # what a process says goes to a file too
_MOST_LIMIT: Final = 600 << 10
_MOMENTS_S: Final = 0.3
_COMMANDS: Final = {
    "import": 5,
    "import and reindex": 3,
    "reindex": 3,
    "backup": 4,
    "nightly": 3,
    "password": 3,
    "accept": 5,
}
_ROOM: Final = re.compile(r"full|room|space", re.IGNORECASE)
_RIGHTS: Final = "Give your user the right"
_UNCHANGED: Final = "Nothing was changed"
_PASSWORD: Final = b"a long enough password\n"


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder on a disk that can be made full; is_small: it is a small disk, and not only a limit that is used."""

    folder: Path
    is_small: bool


@dataclass(frozen=True, slots=True)
class Shortage:
    """How much room there is, and from when on. limit: of the length of any file, 0 for none."""

    room: int
    after_s: float
    limit: int


def run(budget: Budget, seed: int) -> Outcome:
    """Rounds until the budget is used up."""
    failures: list[str] = []
    n_refused = 0
    with tempfile.TemporaryDirectory(prefix="linkassist-hostile-") as name:
        room = Path(name)
        start, _, new = write_garden(room)
        imported = fresh(room / "imported", start)
        _run(room, ["import", str(new), "--no-reindex", "--library", str(imported)])
        with _disk(room / "disk") as disk:
            app = app_of(disk.folder / "library")
            for number in budget.rounds():
                chance = random.Random(seed + number)
                what = chance.choices(list(_COMMANDS), list(_COMMANDS.values()))[0]
                folder = fresh(disk.folder / "library", imported if what in ("reindex", "nightly") else start)
                short = _shortage(disk, chance)
                (room / "round").mkdir(exist_ok=True)
                for path in (room / "round").iterdir():
                    path.unlink()
                if what == "accept":
                    is_refused, found = _accept(disk, app, room / "round", short, chance)
                else:
                    is_refused, found = _command(disk, room / "round", _arguments(what, folder, new), short)
                n_refused += is_refused
                words = f"{what}, {short}; {repeat('disks', seed + number)}"
                failures += [f"{each} ({words})" for each in found]
    done = f"{budget.n_done:,} commands, {n_refused:,} of them refused for want of room"
    return Outcome("disks", PROMISE, done, tuple(failures))


def _arguments(what: str, folder: Path, new: Path) -> list[str]:
    library = ["--library", str(folder)]
    return {
        "import": ["import", str(new), "--no-reindex", *library],
        "import and reindex": ["import", str(new), *library],
        "nightly": ["nightly", "--wait", "0", *library],
    }.get(what, [what, *library])


def _shortage(disk: Disk, chance: random.Random) -> Shortage:
    after_s = chance.choice((0.0, chance.uniform(0, _MOMENTS_S)))
    room = chance.choice((0, int(_MOST_ROOM ** chance.random())))
    limit = 0 if disk.is_small and chance.random() < 0.5 else chance.randint(_LEAST_LIMIT, _MOST_LIMIT)
    return Shortage(room, after_s, limit)


@contextmanager
def _disk(folder: Path) -> Iterator[Disk]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES},mode=700", "tmpfs", str(folder)]
    is_small = os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield Disk(folder, is_small)
    finally:
        if is_small:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def _short_of(disk: Disk, short: Shortage) -> Iterator[None]:
    """All of a small disk is taken by a file, but for the room that is left."""
    if short.limit:
        yield
        return
    time.sleep(short.after_s)
    ballast = disk.folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with suppress(OSError):
                    while True:
                        file.write(bytes(size))
            file.truncate(max(0, file.tell() - short.room))
        yield
    finally:
        ballast.unlink(missing_ok=True)


def _limited(work: Callable[[], object], limit: int) -> Callable[[], object]:
    """The work, in a process that cannot write past that length in any file; 0 for no limit."""

    def do() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        work()

    return do


def _run(room: Path, arguments: list[str], limit: int = 0) -> Child:
    """The command, begun, with the password on its standard input."""
    return Child(
        arguments[0], room / f"{arguments[0]}-{len(list(room.iterdir()))}", _limited(_program(arguments), limit)
    )


def _program(arguments: list[str]) -> Callable[[], object]:
    def do() -> None:
        ours, theirs = os.pipe()
        os.write(theirs, _PASSWORD)
        os.close(theirs)
        os.dup2(ours, 0)
        run_program(arguments)

    return do


def _command(disk: Disk, room: Path, arguments: list[str], short: Shortage) -> tuple[bool, list[str]]:
    """Whether the command was refused, and what broke."""
    folder = disk.folder / "library"
    before, log = _state(folder), logged(folder)
    child = _run(room, arguments, short.limit)
    with _short_of(disk, short):
        is_ended = child.wait(PATIENCE_S)
    found = [] if is_ended else [f"it does not end within {PATIENCE_S:g} s: {child.said()[-500:]}"]
    child.end(signal.SIGKILL)
    child.wait(PATIENCE_S)
    codes = (0, 1, *range(9, 16)) if arguments[0] == "nightly" else (0, 1)
    found += filter(None, [complaint(child, codes)])
    said = child.said()
    if child.exit_code:
        if not _ROOM.search(said) or _RIGHTS in said:
            found.append(f"what is said asks for something else than room: {said[-500:]}")
        if _UNCHANGED in said and arguments[0] != "nightly" and _state(folder) != before:
            found.append(f"something was changed, but what is said is: {said[-500:]}")
    found += _whole(folder, log)
    again = _run(room, arguments)
    again.wait(PATIENCE_S)
    if wrong := complaint(again):
        found.append(f"with room, {wrong}")
    return bool(child.exit_code), found + _whole(folder, log)


def _state(folder: Path) -> tuple[str, dict[str, bytes]]:
    """What a reader sees of the library, and who may."""
    return held(folder), {path.name: path.read_bytes() for path in folder.glob("*.json") if "night" not in path.name}


def _whole(folder: Path, log: list[object]) -> list[str]:
    try:
        found = [f"the database is damaged: {wrong}"] if (wrong := damage(folder)) else []
        return found if logged(folder) == log else [*found, "decisions are lost"]
    except LinkAssistError as error:
        return [f"the library cannot be read any more: {error}"]


def _accept(disk: Disk, app: Starlette, room: Path, short: Shortage, chance: random.Random) -> tuple[bool, list[str]]:
    """Whether a verdict was refused, and what broke."""
    folder = disk.folder / "library"
    log, pairs = logged(folder), open_pairs(folder, chance)[:9]
    server = Child("serve", room / "serve", _limited(lambda: serve(app, folder), short.limit))
    try:
        address = await_address(server)
    except RuntimeError as error:
        return True, [] if _ROOM.search(server.said()) and server.exit_code == 1 else [str(error)]
    seed = chance.randrange(1 << 30)
    readers = Child("readers", room / "readers", lambda: read_and_decide(address, NAME, pairs, room / "answers", seed))
    with _short_of(disk, short):
        readers.wait(PATIENCE_S)
        server.end(signal.SIGTERM)
        server.wait(PATIENCE_S)
    found = list(filter(None, [complaint(server, (-signal.SIGTERM,)), complaint(readers)]))
    answers = answers_in(room / "answers")
    for each in answers:
        is_good = each.status in ((303, 404, 503) if each.page_id else (200, 503))
        if not is_good or (each.status == 503 and not _ROOM.search(each.words)):
            found.append(f"{each.asked} was answered with {each.status}: {each.words}")
    acknowledged = sorted((each.page_id, each.target_key, each.decision) for each in answers if each.status == 303)
    try:
        now = logged(folder)
        if now[: len(log)] != log or sorted(now[len(log) :]) != acknowledged:
            found.append(
                f"{len(acknowledged)} decisions were acknowledged, but {len(now) - len(log)} are kept, or others"
            )
        found += _whole(folder, now)
    except LinkAssistError as error:
        found.append(f"the library cannot be read any more: {error}")
    return any(each.status == 503 for each in answers), found
