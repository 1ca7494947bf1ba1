"""Many readers during a reindex: `python scripts/load.py LIBRARY [PROJECT] [--readers 100] [--seconds 120]`.

A copy of the library is served by a process of its own while another process reindexes it in full. Each reader opens a
screen drawn at random, reads for some seconds (an exponential pause, five seconds in the mean) and opens the next.
The server is up for some seconds before, as one is at night. Printed are the times until an answer was whole, what
failed, the most memory that the server took, and how busy other programs kept the processor: where they do, the times
are theirs too. It ends with 1 where a request failed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from linkassist.server import urls as at
from linkassist.store.library import Library
from linkassist.store.pages import project, read_pages

PAUSE_S = 5.0
PATIENCE_S = 30.0
SETTLE_S = 3.0
N_PAGES = 500
# Of a hundred screens that are opened, how many are which.
SHARES = {"page": 60, "home": 12, "queue": 10, "search": 8, "preview": 6, "outbox": 2, "quality": 1, "settings": 1}


@dataclass(slots=True)
class Found:
    """What the readers saw: milliseconds by screen, and what failed."""

    times: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def all_times(self) -> list[float]:
        """The milliseconds of all requests, in ascending order."""
        return sorted(each for those in self.times.values() for each in those)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what the readers saw. Returns 1 where a request failed, else 0."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("library", type=Path)
    options.add_argument("project", nargs="?")
    options.add_argument("--readers", type=int, default=100)
    options.add_argument("--seconds", type=float, default=120.0)
    options.add_argument("--pause", type=float, default=PAUSE_S, help="seconds between two screens of a reader")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name, "library")
        shutil.copytree(given.library, copy)
        with Library.open(copy) as library:
            wiki = project(library, given.project)
            titles = [page.page.title for page in read_pages(library, wiki.id) if page.page.key.strip(".")]
        with served(copy) as (server, port), reindexing(copy, wiki.name) as reindex:
            before = spent(server.pid, reindex.pid)
            found = asyncio.run(readers(port, wiki.name, titles, given.readers, given.seconds, given.pause))
            server_s, reindex_s, readers_s, all_s = (
                now - then for now, then in zip(spent(server.pid, reindex.pid), before, strict=True)
            )
            is_under_way = reindex.poll() is None
            megabytes = most_memory(server.pid)
    print(f"{wiki.name}: {len(titles):,} pages, {given.readers} readers for {given.seconds:g} s, load", end=" ")
    print(f"{os.getloadavg()[0]:.1f}; the reindex {'was still under way' if is_under_way else 'had ended before'}")
    print(f"{'':10}{'requests':>10}{'median':>10}{'95 %':>10}{'longest':>10}   milliseconds")
    for screen in (*SHARES, "all"):
        those = found.all_times if screen == "all" else sorted(found.times.get(screen, ()))
        if those:
            median, late = those[len(those) // 2], those[int(len(those) * 0.95)]
            print(f"{screen:10}{len(those):10,}{median:10.0f}{late:10.0f}{those[-1]:10.0f}")
    print(f"the server took {megabytes:,} MB at most; {len(found.failures):,} requests failed")
    print(
        f"seconds of the processor: server {server_s:.0f}, readers {readers_s:.0f}, reindex {reindex_s:.0f}", end="; "
    )
    print(f"all programs {all_s:.0f}, of {given.seconds * (os.cpu_count() or 1):.0f} there were")
    for failure in found.failures[:10]:
        print(f"  {failure}")
    return 1 if found.failures else 0


async def readers(port: int, name: str, titles: Sequence[str], n_readers: int, seconds: float, pause_s: float) -> Found:
    """What so many readers see at once in so many seconds. pause_s: the mean between two screens of one."""
    found = Found()
    ends_at = time.monotonic() + seconds
    each = (reader(Line(port), random.Random(seed), name, titles, ends_at, pause_s, found) for seed in range(n_readers))
    await asyncio.gather(*each)
    return found


async def reader(
    line: Line,
    drawn: random.Random,
    name: str,
    titles: Sequence[str],
    ends_at: float,
    pause_s: float,
    found: Found,
) -> None:
    """One reader, until the time is over; it asks at least once."""
    await asyncio.sleep(drawn.uniform(0, pause_s))  # not all at the same moment
    is_over = False
    while not is_over:
        (screen,) = drawn.choices(list(SHARES), list(SHARES.values()))
        address = address_of(screen, name, drawn.choice(titles))
        began_at = time.perf_counter()
        try:
            status = await asyncio.wait_for(line.status_of(address), PATIENCE_S)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            line.hang_up()
            found.failures.append(f"{address}: {type(error).__name__} {error}")
        else:
            found.times.setdefault(screen, []).append(1000 * (time.perf_counter() - began_at))
            if status != 200:
                found.failures.append(f"{address}: {status}")
        await asyncio.sleep(min(drawn.expovariate(1 / pause_s), max(0.0, ends_at - time.monotonic())))
        is_over = time.monotonic() >= ends_at
    line.hang_up()


class Line:
    """A reader's connection, kept open as browsers do. It is so plain because it shares the server's two cores."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def status_of(self, address: str) -> int:
        """The status of an answer that has come to its end. Raises OSError, EOFError or ValueError where none does."""
        if self._streams and not self._streams[0].at_eof():
            with suppress(OSError, asyncio.IncompleteReadError):
                return await self._asked(address, *self._streams)
            # The server may close an idle connection while the request is under way; browsers ask once more.
        self.hang_up()
        self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return await self._asked(address, *self._streams)

    def hang_up(self) -> None:
        """Closes the connection; the next request opens another."""
        if self._streams:
            self._streams[1].close()
        self._streams = None

    async def _asked(self, address: str, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> int:
        outgoing.write(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = (await incoming.readuntil(b"\r\n\r\n")).decode().lower()
        length = re.search(r"^content-length: (\d+)", head, re.MULTILINE)
        if length is None:
            raise ValueError("an answer without its length")
        await incoming.readexactly(int(length[1]))
        return int(head.split()[1])


def address_of(screen: str, name: str, title: str) -> str:
    """The address of a screen of the project; title: of a page, for the screens that are about one."""
    makes = {
        "page": lambda: at.page_address(name, title),
        "preview": lambda: at.preview_address(name, title),
        "home": lambda: at.project_address(name),
        "queue": lambda: at.queue_address(name),
        "search": lambda: at.search_address(name, title[:3]),
        "outbox": lambda: at.outbox_address(name),
        "quality": lambda: at.quality_address(name),
        "settings": lambda: at.settings_address(name),
    }
    return makes[screen]()


@contextmanager
def served(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server of the library in a process of its own, and its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "linkassist", "serve", "--library", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            ends_at = time.monotonic() + PATIENCE_S
            while True:
                try:
                    asyncio.run(Line(port).status_of("/"))
                    break
                except ConnectionRefusedError:
                    if time.monotonic() > ends_at or server.poll() is not None:
                        raise
                    time.sleep(0.1)
            time.sleep(SETTLE_S)
            yield server, port
        finally:
            server.terminate()


@contextmanager
def reindexing(folder: Path, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A full reindex of the project in a process of its own, ended with the block."""
    command = [sys.executable, "-m", "linkassist", "reindex", "--full", "--library", str(folder), "--project", name]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as reindex:
        try:
            yield reindex
        finally:
            reindex.terminate()


def most_memory(pid: int) -> int:
    """The most MB of memory that a process ever had in use, without its children; Linux tells it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) // 1024


def spent(server: int, reindex: int) -> tuple[float, float, float, float]:
    """How many seconds of the processor the server, the reindex, this process and all programs have taken so far."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    everything = (user + nice + system) / os.sysconf("SC_CLK_TCK")
    return processor_s(server), processor_s(reindex), time.process_time(), everything


def processor_s(pid: int) -> float:
    """How many seconds of the processor's time a process has taken, in its own code and the kernel's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
