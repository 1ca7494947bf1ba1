"""Kills pushes and undos at many moments and looks at what is left.

Run it as `PYTHONPATH=tests python -m scripts.crash_push [--kills 300] [--seed N]`. A server that behaves as Scrapbox
runs in a process of its own. Accepted links are pushed into its pages and undone, again and again, by forked children
that are ended with SIGKILL: every other one right before or after a request or a transaction, the others at a random
moment. After each kill no link may stand twice on its page, every link that stands there must be recorded, every other
one must wait, and apart from the links every page must be what it was. A push that is let run to its end must then
write all, and an undo give back every page as it was.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from support.little_scrapbox import TOKEN, little_scrapbox
from support.pushed_wiki import PushedWiki

from linkassist.scrapbox.notation import page_links
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.write_back.outbox import waiting_links
from linkassist.store.write_back.pushes import pushes

N_PAGES = 8
N_STEPS = 140  # about as many moments as a push of all pages has
WORDS = ("hedge", "ladder", "rain barrel", "compost")
ON_THE_WIKI = "SELECT l.page_id, l.target FROM push_links k JOIN verdict_log l ON l.id = k.log_id WHERE k.state IN "
HELD = "('sent', 'done', 'undoing')"


class Wrong(Exception):
    """What a kill has left is not as it must be."""


def main() -> None:
    """Prints what was killed and what was found; ends with 1 where something was wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=300)
    options.add_argument("--seed", type=int, default=None)
    given = options.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1 << 32)
    folder = Path(tempfile.mkdtemp(prefix="linkassist-crash-push-"))
    try:
        with server() as address:
            found = Garden(folder, address).attack(given.kills, random.Random(seed))
    except Wrong as wrong:
        command = f"python -m scripts.crash_push --kills {given.kills} --seed {seed}"
        sys.exit(f"{wrong}\nRun `PYTHONPATH=tests {command}` to see it again.")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, count in sorted(found.items()):
        print(f"{name}: {count}")


@contextmanager
def server() -> Iterator[str]:
    """The address of a server in a process of its own, so that this one has no threads and can be forked."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        with little_scrapbox() as scrapbox:
            scrapbox.is_owner = True
            for number in range(N_PAGES):
                scrapbox.put(f"{number:024x}", *text_of(number))
            os.write(writing, scrapbox.address.encode())
            os.close(writing)
            while os.getppid() != 1:
                time.sleep(0.2)
        os._exit(0)
    os.close(writing)
    address = os.read(reading, 1000).decode()
    os.close(reading)
    try:
        yield address
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def text_of(number: int) -> tuple[str, ...]:
    """Title and lines of a page."""
    return (f"page {number}", *(f"the {word} stands by the [gate] {number}" for word in WORDS), "an [old] line", "")


class Scrapbox:
    """What the helpers of the tests need of a server: its address."""

    def __init__(self, address: str) -> None:
        self.project = f"{address}/niwa"
        self.pages: dict[str, Any] = {}

    def read(self) -> dict[str, list[str]]:
        """The lines of every page by its id."""
        address = self.project.replace("/niwa", "/api/page-data/export/niwa.json")
        self.pages = {
            page["id"]: page
            for page in requests.get(address, headers={"x-personal-access-token": TOKEN}, timeout=30).json()["pages"]
        }
        return {page_id: [line["text"] for line in page["lines"]] for page_id, page in self.pages.items()}


class Garden:
    """A library with accepted links on every page."""

    def __init__(self, folder: Path, address: str) -> None:
        self.scrapbox = Scrapbox(address)
        self.wiki = PushedWiki(folder, self.scrapbox)  # type: ignore[arg-type]
        self.before = self.scrapbox.read()
        self.wiki.fetch()
        for number in range(N_PAGES):
            for line, word in enumerate(WORDS, 1):
                self.wiki.accept(f"page {number}", word, word, line)
            self.wiki.accept(f"page {number}", "at the end")
        with Library.open(folder) as library:
            self.accepted = {(link.page_id, link.verdict.target) for link in waiting_links(library, 1)}
            self.page_ids = dict(library.rows("SELECT id, export_id FROM pages"))

    def attack(self, n_kills: int, chance: random.Random) -> Counter[str]:
        """Kills so many pushes and undos; returns how many of each, and how many runs were let run to their end."""
        found: Counter[str] = Counter()
        while sum(found[name] for name in ("push kills", "undo kills")) < n_kills:
            for name, work, is_done in (("push", self._push, self._is_pushed), ("undo", self._undo, self._is_undone)):
                for _ in range(chance.randrange(4, 12)):
                    was_killed = killed(work, chance)
                    found[f"{name} kills" if was_killed else f"{name} runs that ended before"] += 1
                    self._check(name)
                work()
                found[f"{name} runs to the end"] += 1
                self._check(name)
                if not is_done():
                    raise Wrong(f"a whole {name} has not done everything: {self._on_pages()}")
        return found

    def _push(self) -> None:
        stopped = self.wiki.push().stopped
        if stopped:
            raise Wrong(stopped)

    def _undo(self) -> None:
        with Library.open(self.wiki.folder) as library:
            batches = [each.batch_id for each in pushes(library) if not each.undone_at]
        for batch_id in batches:
            stopped = self.wiki.undo(batch_id).stopped
            if stopped:
                raise Wrong(stopped)

    def _on_pages(self) -> Counter[tuple[int, str]]:
        """How often each accepted link stands on its page."""
        texts = self.scrapbox.read()
        found: Counter[tuple[int, str]] = Counter()
        for page_id, export_id in self.page_ids.items():
            keys = Counter(link.key for link in page_links(texts[export_id]))
            for of_page, target in self.accepted:
                if of_page == page_id:
                    found[page_id, target] = keys[target.replace(" ", "_")]
            plain = [re.sub(rf"\[({'|'.join(WORDS)})\]", r"\1", line) for line in texts[export_id]]
            if plain[-1] == "[at the end]":
                del plain[-1]
            if plain != self.before[export_id]:
                raise Wrong(f"a page has changed beyond its links: {texts[export_id]}")
        return found

    def _check(self, name: str) -> None:
        on_pages = self._on_pages()
        with Library.open(self.wiki.folder) as library:
            waiting = {
                (link.page_id, link.verdict.target) for link in waiting_links(library, project(library, None).id)
            }
            recorded = Counter(library.rows(ON_THE_WIKI + HELD))
        for pair, count in on_pages.items():
            if count > 1:
                raise Wrong(f"after a killed {name}, {pair} stands {count} times on its page")
            if count and not recorded[pair]:
                raise Wrong(f"after a killed {name}, {pair} stands on its page and is not recorded")
            if not count and pair not in waiting and not recorded[pair]:
                raise Wrong(f"after a killed {name}, {pair} stands nowhere and does not wait")
        if max(recorded.values(), default=0) > 1:
            raise Wrong(f"after a killed {name}, a link is recorded twice: {recorded.most_common(1)}")

    def _is_pushed(self) -> bool:
        with Library.open(self.wiki.folder) as library:
            done = Counter(library.rows(ON_THE_WIKI + "('done')"))
        return set(self._on_pages().values()) == {1} and set(done) == self.accepted and self.wiki.n_waiting() == 0

    def _is_undone(self) -> bool:
        return self.scrapbox.read() == self.before and self.wiki.n_waiting() == len(self.accepted)


def killed(work: Callable[[], None], chance: random.Random) -> bool:
    """Does the work in a forked child that is killed at some moment; returns False where it had ended before."""
    is_at_a_step, step, moment_s = chance.random() < 0.5, chance.randrange(1, N_STEPS), chance.uniform(0, 0.35)
    process = os.fork()
    if process == 0:
        status = 1
        try:
            if is_at_a_step:
                kill_at_step(step)
            work()
            status = 0
        finally:
            os._exit(status)
    if not is_at_a_step:
        time.sleep(moment_s)
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    if os.waitstatus_to_exitcode(status) not in (0, -signal.SIGKILL):
        raise Wrong("the work failed by itself")
    return os.waitstatus_to_exitcode(status) != 0


def kill_at_step(step: int) -> None:
    """Lets this process kill itself at the `step`-th of the moments before and after its requests and transactions."""
    left = [step]

    def at_a_step() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    request, transaction = requests.Session.request, Library.transaction

    def request_in_steps(*arguments: Any, **options: Any) -> Any:
        at_a_step()
        found = request(*arguments, **options)
        at_a_step()
        return found

    @contextmanager
    def transaction_in_steps(self: Library, *, is_durable: bool = False) -> Iterator[Any]:
        at_a_step()
        with transaction(self, is_durable=is_durable) as connection:
            yield connection
            at_a_step()
        at_a_step()

    requests.Session.request = request_in_steps  # type: ignore[method-assign]
    Library.transaction = transaction_in_steps  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    main()
