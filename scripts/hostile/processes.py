"""Several processes of the program at one library, which come and go at random while readers decide over HTTP.

In each round a server, and one to three of another server, `status`, `backup`, `import`, `reindex`, `nightly` and the
models' process are started at random moments; some are killed, some are let run to their end. When all are gone, every
verdict that was answered with 303 must be in the library, and the database must be whole.

What a round leaves behind is where the next one begins, ten times; then the library is made anew.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from starlette.applications import Starlette

from linkassist.errors import LinkAssistError
from linkassist.pipeline.draft import load_search
from linkassist.server.jobs.model_process import run_models
from linkassist.server.jobs.model_requests import FindNearest
from linkassist.store.backup.copy import complaints
from linkassist.store.backup.files import backup_files
from linkassist.store.library import Library
from linkassist.store.pages import project
from scripts.crash import NAME, fresh
from scripts.hostile.children import Child, complaint, run_program
from scripts.hostile.outcome import Budget, Outcome, repeat
from scripts.hostile.readers import Answer, Pair, answers_in, read_and_decide
from scripts.hostile.served import (
    PATIENCE_S,
    READY,
    Decision,
    address_said,
    app_of,
    damage,
    logged,
    open_pairs,
    serve,
    write_garden,
)

PROMISE: Final = "A verdict that was answered with 303 is in the library, whoever else works on it and however they end"
_LIFE: Final = 10  # rounds that one library goes through
_SPAN_S: Final = 0.2  # in which the processes of a round begin
_N_PAIRS: Final = 3  # for the readers of one server
_LOOK_AGAIN_S: Final = 0.002
# How often each comes, beside the server that is always there.
_SHARES: Final = {"status": 6, "models": 4, "backup": 4, "import": 3, "nightly": 3, "serve": 3, "reindex": 2}
_ENDS: Final = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)  # of a server
_GOOD_CODES: Final = {"status": (0, 3), "serve": (0, -signal.SIGTERM)}
_BUSY_CODES: Final = (1, 11, 12, 13, 14, 16)
_BUSY: Final = "under way"  # what a command says that another one keeps from its work


@dataclass
class Round:
    """One round: its processes, what they are to do, and in words what broke.

    pairs: those that nobody decides about yet. answers: a file for the readers of each server.
    """

    folder: Path
    app: Starlette
    room: Path
    chance: random.Random
    export: Path
    pairs: list[Pair]
    children: list[Child] = field(default_factory=list)
    answers: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _plan: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def begin(self, name: str, work: Callable[[], object]) -> Child:
        """Starts a process."""
        child = Child(name, self.room / f"{len(self.children)}-{name}", work)
        self.children.append(child)
        return child

    def begin_command(self, name: str, *arguments: str) -> Child:
        """Starts a command of the program."""
        command = [name, *arguments, "--library", str(self.folder)]
        return self.begin(name, lambda: run_program(command))

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """Plans something for a moment of `play`."""
        self._plan.append((time.monotonic() + seconds, len(self._plan), do))

    def play(self) -> None:
        """Does all that is planned, each at its moment, in this thread."""
        while self._plan:
            self._plan.sort(reverse=True)
            at, _, do = self._plan.pop()
            time.sleep(max(0.0, at - time.monotonic()))
            do()


def run(budget: Budget, seed: int) -> Outcome:
    """Rounds until the budget is used up."""
    failures: list[str] = []
    n_processes = n_acknowledged = 0
    with tempfile.TemporaryDirectory(prefix="linkassist-hostile-") as name:
        room = Path(name)
        start, *exports = write_garden(room, lambda: _search(room / "garden"))
        folder, chance = room / "library", random.Random()
        app = app_of(folder)
        for number in budget.rounds():
            if number % _LIFE == 0:
                chance.seed(seed + number // _LIFE)
            if number % _LIFE == 0 or failures:
                fresh(folder, start)
            (room / "round").mkdir()
            before = logged(folder)
            pairs = open_pairs(folder, chance)
            played = Round(folder, app, room / "round", chance, exports[number % 2], pairs)
            n_acknowledged += _play(played)
            _look_at(played, before)
            n_processes += sum(child.name != "readers" for child in played.children)
            shutil.rmtree(room / "round")
            again = repeat("processes", seed + number // _LIFE, _LIFE)
            failures += [f"{each} (round {number % _LIFE} of {again})" for each in played.failures]
    if not n_acknowledged:
        failures.append("no verdict was acknowledged in any round, so nothing was seen")
    done = f"{budget.n_done:,} rounds with {n_processes:,} processes; {n_acknowledged:,} verdicts acknowledged"
    return Outcome("processes", PROMISE, done, tuple(failures))


def _play(played: Round) -> int:
    """Plays the round to the end of all its processes; returns how many verdicts were acknowledged."""
    chance = played.chance
    server = _begin_server(played)
    _read_when_it_answers(played, server)
    played.play()
    for name in chance.choices(list(_SHARES), list(_SHARES.values()), k=chance.randint(1, 3)):
        lasts_s = chance.uniform(0, _SPAN_S) if chance.random() < 0.5 else None
        played.later(chance.uniform(0, _SPAN_S), lambda name=name, lasts_s=lasts_s: _begin(played, name, lasts_s))
    if chance.random() < 0.5:
        played.later(chance.uniform(0, 2 * _SPAN_S), lambda: _end_server(played, server))
    played.play()
    _await(played, [child for child in played.children if child.name != "serve"])
    for child in played.children:
        if child.name == "serve":
            if child.has_ended() and not child.is_told_to_end:
                played.failures.append(f"a server has ended by itself: {child.said()}")
            _end_server(played, child)
    _await(played, played.children)
    return sum(each.status == 303 for each in _answers(played))


def _begin(played: Round, name: str, lasts_s: float | None) -> None:
    """Starts a process of that kind, which is to be ended after so many seconds, or not at all."""
    if name == "serve":
        child = _begin_server(played)
    elif name == "models":
        child = played.begin(name, lambda: _one_search(played.folder))
    else:
        options = {"import": [str(played.export)], "nightly": ["--wait", "0"]}
        child = played.begin_command(name, *options.get(name, ()))
    if lasts_s is not None:
        played.later(lasts_s, lambda: _end_server(played, child) if name == "serve" else child.end(signal.SIGKILL))
    if name == "serve":
        _read_when_it_answers(played, child)


def _begin_server(played: Round) -> Child:
    return played.begin("serve", lambda: serve(played.app, played.folder))


def _read_when_it_answers(played: Round, server: Child) -> None:
    """Plans readers of the server, with pairs of their own."""
    pairs, played.pairs = played.pairs[:_N_PAIRS], played.pairs[_N_PAIRS:]
    seed, asked_at = played.chance.randrange(1 << 30), time.monotonic()

    def look() -> None:
        if address := address_said(server):
            answers = played.room / f"answers-{len(played.answers)}.json"
            played.answers.append(answers)
            played.begin("readers", lambda: read_and_decide(address, NAME, pairs, answers, seed))
        elif not server.has_ended() and time.monotonic() - asked_at < PATIENCE_S:
            played.later(_LOOK_AGAIN_S, look)
        elif not server.is_told_to_end:
            played.failures.append(f"a server does not begin to answer: {server.said() or 'it says nothing'}")

    look()


def _search(folder: Path) -> None:
    with Library.open(folder) as library:
        load_search(library, project(library, NAME)).nearest("hedge", 3)


def _end_server(played: Round, server: Child) -> None:
    """With SIGKILL, or in order. While Python itself begins, a Ctrl-C would show where."""
    how = played.chance.choice(_ENDS)
    server.end(how if READY in server.said() else signal.SIGKILL)


def _one_search(folder: Path) -> None:
    """What the models' process does for a search by meaning. It ends in order when nobody holds the other end."""
    ours, theirs = multiprocessing.Pipe()
    ours.send(FindNearest(1, NAME, "hedge", 3))
    run_models(_AskedOnce(theirs, ours), folder)  # type: ignore[arg-type]


class _AskedOnce:
    """The models' process's end of its pipe, whose other end is closed when one question has been answered."""

    def __init__(self, theirs: Connection, ours: Connection) -> None:
        self.recv = theirs.recv
        self._ours = ours

    def send(self, message: object) -> None:
        self._ours.close()


def _await(played: Round, children: Sequence[Child]) -> None:
    for child in children:
        if not child.wait(PATIENCE_S):
            played.failures.append(f"{child.name} does not end within {PATIENCE_S:g} s: {child.said()}")
            child.end(signal.SIGKILL)
            child.wait(PATIENCE_S)


def _answers(played: Round) -> list[Answer]:
    return [each for path in played.answers for each in answers_in(path)]


def _look_at(played: Round, before: list[Decision]) -> None:
    """Looks for what broke in the round. before: the log of decisions when it began."""
    for child in played.children:
        codes = _BUSY_CODES if _BUSY in child.said() else ()
        if wrong := complaint(child, (*_GOOD_CODES.get(child.name, (0,)), *codes)):
            played.failures.append(wrong)
    # A verdict is taken, or told that its suggestion is none any more: a reindex has come since.
    bad = [each for each in _answers(played) if each.status not in ((0, 303, 404) if each.page_id else (0, 200))]
    if bad:
        first = f"{bad[0].asked} was answered with {bad[0].status}: {bad[0].words}"
        played.failures.append(f"{len(bad)} bad answers; the first: {first}")
    try:
        _require_whole(played)
        if words := lost(before, logged(played.folder), _answers(played)):
            names = ", ".join(child.name for child in played.children)
            played.failures.append(f"{words}. Processes: {names}")
    except LinkAssistError as error:
        played.failures.append(f"the library cannot be read any more: {error}")


def _require_whole(played: Round) -> None:
    if found := damage(played.folder):
        played.failures.append(f"the database is damaged: {found}")
    for backup in backup_files(played.folder)[:3]:
        if complaint := complaints(backup.path):
            played.failures.append(f"{backup.path.name} is no good backup: {complaint}")


def lost(before: Sequence[Decision], now: Sequence[Decision], answers: Sequence[Answer]) -> str:
    """In words what the log lacks, "" where it holds what it held and then all that was acknowledged.

    before, now: the log when the round began and when it was over. Of one pair the decisions are in order; one that
    was not answered may be there or not.
    """
    if list(now[: len(before)]) != list(before):
        return f"the log held {len(before)} decisions before and {len(now)} now, or others"
    words = []
    for pair in sorted({(each.page_id, each.target_key) for each in answers if each.page_id}):
        asked = [each for each in answers if (each.page_id, each.target_key) == pair and each.status in (0, 303)]
        answered = [each.decision for each in asked if each.status == 303]
        kept = [decision for *of, decision in now[len(before) :] if tuple(of) == pair]
        if kept not in (answered, [each.decision for each in asked]):
            words.append(f"on page {pair[0]} {answered} of {pair[1]} was acknowledged, but the library holds {kept}")
    return f"decisions on {len(words)} suggestions are lost: {words[0]}" if words else ""
