"""Kills the program at many moments and looks at what is left: `python scripts/crash.py [--kills 300] [--seed N]`.

An import, a reindex (after an import, and one that learns everything anew) and a server that is given verdicts over
HTTP are ended with SIGKILL, each somewhere within the time it takes. Then the library must open, be whole, hold the old
state or the new one and every verdict that was acknowledged, and the same step must complete. What was being done and
when it was killed is told of a failure.

Of the kills of a step, every other one comes before a COMMIT: the first of them before the step's first, the last after
the work is done, so that the old state and the new one are both met for certain. The moments of the others are random.

Each step runs in a forked child of this process, which has imported what it needs and has no thread under way. Linux
alone tells how much a child has done.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before the models' libraries come, whose threads a fork would lose

import argparse
import gc
import hashlib
import http.client
import json
import math
import random
import select
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette

from linkassist.pipeline.ingest import ingest
from linkassist.pipeline.reindex import reindex
from linkassist.server.app import create_app
from linkassist.server.run import serve_on
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import project, read_pages
from linkassist.store.suggestions import replace_suggestions
from linkassist.store.verdicts import project_verdicts
from linkassist.suggestion import Suggestion

NAME = "garden"
WORDS = ("hedge", "ladder", "rain barrel", "compost", "greenhouse", "trellis", "seed box", "wheelbarrow")
SHARES = {"accept": 0.1, "import": 0.6, "reindex": 0.25, "learn": 0.05}
WHEN_SERVING = ("anyio._backends._asyncio", "uvicorn.lifespan.on", "uvicorn.loops.asyncio")  # imported that late
N_READERS = 3
N_PAIRS = 3
BEYOND = 1.1  # the last moments are to be met too
LATER_S = 0.002  # at most: what waits for the disk spends no processor time, and is to be met too
POLL_S = 0.0003


SEEN = (
    "SELECT p.key, p.is_gone, p.title, t.lines, p.n_suggestions, p.gain FROM pages p JOIN texts t ON t.id = p.text_id",
    "SELECT p.key, l.line, l.start, l.target FROM pages p JOIN links l ON l.text_id = p.text_id",
    "SELECT p.key, p.is_gone, s.text_hash, s.list_hash FROM pages p JOIN suggestion_lists s ON s.page_id = p.id",
    "SELECT p.key, v.target_key, l.decision, l.id FROM verdicts v JOIN verdict_log l ON l.id = v.log_id"
    " JOIN pages p ON p.id = v.page_id",
)


class Wrong(Exception):
    """What a kill has left is not as it must be."""


@dataclass
class Step:
    """A kind of work: the library it begins with, the work, and what the library holds before and after it.

    completes_every: after so many kills in a row it is let run to its end; until then it goes on from what is left.
    length_s: of processor time, from end to end. n_commits: the transactions that it ends, on its way.
    """

    name: str
    start: Path
    work: Callable[[Path], None]
    completes_every: int = 1
    n_measured: int = 3
    before: str = ""
    after: str = ""
    length_s: float = 0.0
    n_commits: int = 0
    found: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Prints what was killed and what was found; ends with 1 where something was wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=300)
    options.add_argument("--seed", type=int, default=None)
    given = options.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="linkassist-crash-") as name:
        try:
            kill_them_all(Path(name), given.kills, chance)
        except Wrong as wrong:
            sys.exit(f"{wrong}\nRun `python scripts/crash.py --kills {given.kills} --seed {seed}` to see it again.")


def kill_them_all(room: Path, n_kills: int, chance: random.Random) -> None:
    """Every kind of work, killed its share of times; raises Wrong."""
    old, new = room / "old.json", room / "new.json"
    old.write_text(json.dumps(export(is_new=False)))
    new.write_text(json.dumps(export(is_new=True)))
    begun, learnt = room / "begun", room / "learnt"
    for module in WHEN_SERVING:
        import_module(module)
    gc.freeze()  # a child would copy what its garbage collector looks at
    take_in(begun, old)
    suggest_by_hand(begun)
    serve_and_decide(begun, pairs_to_decide(begun)[-N_PAIRS:], None)
    n_wanted = round(n_kills * SHARES["accept"])
    n_killed, n_answers = kill_servers(room / "served", begun, n_wanted, chance)
    print(f"accept: {n_killed} kills; {n_answers} verdicts acknowledged, none lost", flush=True)
    kill_step(room, Step("import", begun, lambda folder: take_in(folder, new)), n_kills, chance)
    shutil.copytree(begun, learnt)
    bring_up(learnt)  # here the models' libraries come: the children before are lighter without
    take_in(learnt, new)
    bring_up(fresh(room / "warm", learnt))
    gc.freeze()
    kill_step(room, Step("reindex", learnt, bring_up, completes_every=6), n_kills, chance)
    learn = Step("learn", learnt, lambda folder: bring_up(folder, is_full=True), completes_every=3, n_measured=1)
    kill_step(room, learn, n_kills, chance)


def measure(room: Path, step: Step) -> None:
    """Does the work unharmed, for its length and for what is to be found afterwards."""
    step.before = held(step.start)
    lengths = []
    for _ in range(step.n_measured):
        folder = fresh(room / "measured", step.start)
        lengths.append(in_child(partial(step.work, folder)))
    step.length_s, step.after = sorted(lengths)[len(lengths) // 2], held(folder)
    step.n_commits = n_commits(partial(step.work, fresh(room / "measured", step.start)))
    if step.before == step.after:
        raise Wrong(f"{step.name} changes nothing, so nothing can be seen of it")


def kill_step(room: Path, step: Step, n_kills: int, chance: random.Random) -> None:
    """Kills the work its share of times and looks each time; raises Wrong."""
    measure(room, step)
    folder, n_wanted = room / "killed", round(n_kills * SHARES[step.name])
    n_in_a_row = 0
    for number in range(n_wanted):
        if n_in_a_row == 0:
            fresh(folder, step.start)
        moment = moment_of(step, number, n_wanted, chance)
        killed(lambda: step.work(folder), moment)
        n_in_a_row += 1
        when = f"{step.name}, killed {moment}, number {n_in_a_row} in a row"
        require_whole(folder, when)
        state = held(folder)
        if state not in (step.before, step.after):
            raise Wrong(f"{when}: the library holds neither what it held before nor what it is to hold")
        step.found["old" if state == step.before else "new"] += 1
        if n_in_a_row == step.completes_every or state == step.after:
            in_child(lambda: step.work(folder))
            require_whole(folder, when)
            if held(folder) != step.after:
                raise Wrong(f"{when}: the next run did not bring the library to where it was to be")
            n_in_a_row = 0
    found = ", ".join(f"{count} times the {what} state" for what, count in sorted(step.found.items()))
    print(f"{step.name}: {n_wanted} kills within {step.length_s:.3f} s of processor time; {found}", flush=True)


@dataclass(frozen=True, slots=True)
class Moment:
    """When the work is killed: before a COMMIT, the first being 1, or after so much processor time and a moment more;
    where it has come to its end by then, after that."""

    commit: int | None = None
    after_s: float = math.inf
    later_s: float = 0.0

    def __str__(self) -> str:
        return f"before COMMIT {self.commit}" if self.commit else f"after {self.after_s:.4f} + {self.later_s:.4f} s"


def moment_of(step: Step, number: int, n_wanted: int, chance: random.Random) -> Moment:
    """The moment of one of a step's kills: 0 is before its first COMMIT, the last is after the work is done."""
    if number == n_wanted - 1:
        return Moment()
    if number % 2:
        return Moment(None, chance.uniform(0, BEYOND * step.length_s), chance.uniform(0, LATER_S))
    return Moment(1 + number * step.n_commits // n_wanted)


def kill_servers(folder: Path, start: Path, n_wanted: int, chance: random.Random) -> tuple[int, int]:
    """Kills servers that are given verdicts; returns how many, and how many verdicts were acknowledged in all."""
    pairs = pairs_to_decide(start)[:N_PAIRS]
    length_s, n_answers = serve_and_decide(fresh(folder, start), pairs, None)
    if n_answers < 3 * len(pairs):
        raise Wrong(f"a server that nobody killed acknowledged {n_answers} verdicts of {3 * len(pairs)}")
    for _ in range(n_wanted):
        n_answers += serve_and_decide(fresh(folder, start), pairs, chance.uniform(0, length_s))[1]
    return n_wanted, n_answers


def serve_and_decide(folder: Path, pairs: Sequence[tuple[str, str]], after_s: float | None) -> tuple[float, int]:
    """Lets readers decide about the pairs, each three times, and kills the server so long after the first answer.

    Returns (how long it took, how many verdicts were acknowledged); raises Wrong where one of these is not kept.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    app = app_of(folder)
    server = forked(lambda: serve_on(listener, app, lambda: None))
    listener.close()
    began = threading.Event()
    readers = [Reader(port, pairs[number::N_READERS], began) for number in range(N_READERS)]
    threads = [threading.Thread(target=reader.decide_all) for reader in readers]
    for thread in threads:
        thread.start()
    began.wait(30.0)
    began_at = time.monotonic()
    if after_s is not None:
        time.sleep(after_s)
        os.kill(server, signal.SIGKILL)
    for thread in threads:
        thread.join()
    took_s = time.monotonic() - began_at
    if after_s is None:
        os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
    when = f"accept, killed after {after_s} s"
    require_whole(folder, when)
    kept = verdicts_of(folder)
    for reader in readers:
        if reader.wrong:
            raise reader.wrong
        for pair, answered in reader.answered.items():
            allowed = {answered, reader.asked.get(pair, answered)}
            if kept.get(pair, "undo") not in allowed:
                raise Wrong(f"{when}: {pair} was acknowledged as {answered}, but the library holds {kept.get(pair)}")
    return took_s, sum(reader.n_answers for reader in readers)


@cache
def app_of(folder: Path) -> Starlette:
    return create_app(Settings(folder))


class Reader:
    """Decides about pairs of page and target over HTTP, one after the other, until the server is gone.

    asked and answered: the last decision about each pair that was sent, and that was acknowledged.
    """

    def __init__(self, port: int, pairs: Sequence[tuple[str, str]], began: threading.Event) -> None:
        self._port = port
        self._pairs = pairs
        self._began = began
        self.asked: dict[tuple[str, str], str] = {}
        self.answered: dict[tuple[str, str], str] = {}
        self.n_answers = 0
        self.wrong: Wrong | None = None

    def decide_all(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            for pair in self._pairs:
                for decision in ("accept", "undo", "reject"):
                    self._decide(connection, pair, decision)
        except (OSError, http.client.HTTPException):
            pass  # the server is gone
        except Wrong as wrong:
            self.wrong = wrong
        finally:
            self._began.set()
            connection.close()

    def _decide(self, connection: http.client.HTTPConnection, pair: tuple[str, str], decision: str) -> None:
        self.asked[pair] = decision
        form = urlencode({"project": NAME, "page": pair[0], "target": pair[1], "decision": decision})
        origin = f"http://127.0.0.1:{self._port}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": origin,
            "Sec-Fetch-Site": "same-origin",
        }
        connection.request("POST", "/verdict", form, headers)
        answer = connection.getresponse()
        words = answer.read().decode()
        if answer.status != 303:
            raise Wrong(f"{decision} of {pair} was answered with {answer.status}: {words}")
        self.answered[pair] = decision
        self.n_answers += 1
        self._began.set()


def export(*, is_new: bool) -> dict[str, object]:
    """A small wiki, before and after a day: pages were changed, renamed, added and removed."""
    pages = []
    for number in range(24):
        title = WORDS[number] if number < len(WORDS) else f"note {number}"
        first, second, third = (WORDS[(number * step + step) % len(WORDS)] for step in (1, 3, 5))
        lines = [title, f"The {first} stands beside the [{second}]", f"A {third} and the [{first}], mended in spring"]
        if is_new and number % 12 == 0:
            lines.append(f"Today the {third} was painted, and the {second} as well")
        if is_new and number == 20:
            title = lines[0] = "note of a new name"
        pages.append({"title": title, "id": f"{number:024x}", "created": number, "updated": number, "lines": lines})
    if is_new:
        pages = [*pages[:-2], {**pages[-1], "title": "added", "id": "f" * 24, "lines": ["added", "beside the [hedge]"]}]
    return {"name": NAME, "displayName": NAME, "exported": 1, "pages": pages}


def take_in(folder: Path, source: Path) -> None:
    ingest(folder, source, None, lambda *_: None)


def bring_up(folder: Path, *, is_full: bool = False) -> None:
    with Library.open(folder) as library:
        reindex(library, project(library, NAME), Settings(folder), lambda *_: None, is_full=is_full)


def suggest_by_hand(folder: Path) -> None:
    """Two suggestions for each page, so that there is something to decide before the models' libraries are here."""
    with Library.open(folder) as library:
        of = project(library, NAME).id
        pages = [page.id for page in read_pages(library, of)]
        lists = [
            (page, [Suggestion(word, "new", 0.5) for word in (f"shed {number}", f"fence {number}")])
            for number, page in enumerate(pages)
        ]
        replace_suggestions(library, of, 0, lists)


def pairs_to_decide(folder: Path) -> list[tuple[str, str]]:
    """(page, target) of a suggestion of each page."""
    with Library.open(folder) as library:
        pages = list(read_pages(library, project(library, NAME).id))
    return [(page.page.title, f"shed {number}") for number, page in enumerate(pages)]


def verdicts_of(folder: Path) -> dict[tuple[str, str], str]:
    """What holds, by (page, target)."""
    with Library.open(folder) as library:
        of = project(library, NAME).id
        titles = {page.id: page.page.title for page in read_pages(library, of)}
        return {
            (titles[page_id], verdict.target): verdict.decision for page_id, verdict in project_verdicts(library, of)
        }


def held(folder: Path) -> str:
    """A digest of what a reader sees of the library: pages, their texts and links, suggestions and verdicts."""
    with Library.open(folder) as library:
        seen = [list(library.rows(f"{sql} ORDER BY 1, 2, 3, 4")) for sql in SEEN]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def require_whole(folder: Path, when: str) -> None:
    with Library.open(folder) as library:
        found = list(library.rows("PRAGMA integrity_check"))
        strangers = list(library.rows("PRAGMA foreign_key_check"))
    if found != [("ok",)] or strangers:
        raise Wrong(f"{when}: the database is damaged: {found} {strangers}")


def fresh(folder: Path, start: Path) -> Path:
    """The folder, as a copy of the library `start`."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(start, folder)
    return folder


def forked(work: Callable[[], object]) -> int:
    """The number of a child that does the work."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    return child


def in_child(work: Callable[[], object]) -> float:
    """The seconds of processor time that a child took for the work; raises Wrong where it fails."""
    _, status, used = os.wait4(forked(work), 0)
    if status:
        raise Wrong(f"what nobody killed has failed (status {status})")
    return used.ru_utime + used.ru_stime


def n_commits(work: Callable[[], object]) -> int:
    """How many transactions the work ends with COMMIT, done in a child; raises Wrong where it fails."""
    ours, theirs = os.pipe()

    def counted() -> None:
        before_each_commit(lambda: os.write(theirs, b"."))
        work()

    child = forked(counted)
    os.close(theirs)
    with open(ours, "rb") as told:
        found = len(told.read())
    if os.waitpid(child, 0)[1]:
        raise Wrong("what nobody killed has failed")
    return found


def before_each_commit(then: Callable[[], object]) -> None:
    """Has `then` called in this process before each COMMIT of every connection that is opened from now on."""
    connect = sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(lambda statement: then() if statement == "COMMIT" else None)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]


def killed(work: Callable[[], object], moment: Moment) -> None:
    """Does the work in a child and kills that at its moment; raises Wrong where the work fails by itself before.

    By processor time rather than by a clock on the wall the moments are spread evenly, whatever else the machine does.
    """
    ours, theirs = os.pipe()

    def stop() -> None:
        os.write(theirs, b".")
        while True:
            signal.pause()

    def stopped() -> None:
        if moment.commit:
            left = iter(range(moment.commit - 1, -1, -1))
            before_each_commit(lambda: next(left) or stop())
        work()
        stop()

    child = forked(stopped)
    os.close(theirs)
    spent = ~child << 3 | 2  # the clock of another process, as clock_getcpuclockid(3) makes it on Linux
    with open(ours, "rb", buffering=0) as told:
        while time.clock_gettime(spent) < moment.after_s:
            if select.select([told], [], [], max(POLL_S, min(moment.after_s, 1.0) / 500))[0]:
                if not told.read(1):
                    os.waitpid(child, 0)
                    raise Wrong(f"the work has failed by itself, before it was killed {moment}")
                break
        time.sleep(moment.later_s)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    main()
