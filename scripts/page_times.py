"""How long the screens of a library take: `python scripts/page_times.py LIBRARY [PROJECT] [--browser]`.

Each screen is asked for many times, one request after another without a network between, the first ones to warm up;
pages and words are drawn at random. Where the machine does other things too, look at the processor's time.
With `--browser`, how long it takes in Chromium until a screen has run its scripts and answers to the reader.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import socket
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright
from starlette.testclient import TestClient

from linkassist.server import urls as at
from linkassist.server.app import create_app
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import project, read_pages

N_WARM_UP = 5
N_REQUESTS = 100
N_PAGES = 500
N_LOADS = 9
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
INTERACTIVE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"  # its modules have run then


def main() -> None:
    """Prints a line for each screen, in milliseconds, and the load of the machine before and after."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("library", type=Path)
    options.add_argument("project", nargs="?")
    options.add_argument("--browser", action="store_true")
    given = options.parse_args()
    with Library.open(given.library) as library:
        wiki = project(library, given.project)
        titles = [page.page.title for page in read_pages(library, wiki.id) if page.page.key.strip(".")]
    drawn = random.Random(0).choices(titles, k=N_PAGES)
    print(f"{wiki.name}: {len(titles):,} pages; load {os.getloadavg()[0]:.1f}")
    (in_browser if given.browser else in_process)(given.library, screens(wiki.name, drawn))
    print(f"load {os.getloadavg()[0]:.1f}")


def screens(name: str, drawn: Sequence[str]) -> dict[str, list[str]]:
    """By name of screen, the addresses to ask for in turn."""
    home = at.project_address(name)
    words = [title[: 2 + place % 5] for place, title in enumerate(drawn)]
    return {
        "home": [home],
        "home, by title": [f"{home}?sort=title"],
        "home, orphans": [f"{home}?only=alone"],
        "home, a late screen": [f"{home}?page=200"],
        "search": [at.search_address(name, word) for word in words],
        "page": [at.page_address(name, title) for title in drawn],
        "preview": [at.preview_address(name, title) for title in drawn],
        "more like this": [at.like_address(name, title) for title in drawn],
        "queue": [at.queue_address(name)],
        "outbox": [at.outbox_address(name)],
        "draft": [at.draft_address(name)],
        "quality": [at.quality_address(name)],
        "settings": [at.settings_address(name)],
        "import": [at.import_address()],
    }


def in_process(folder: Path, asked: dict[str, list[str]]) -> None:
    """The time of the server alone, by the wall and by the processor: medians and 95th percentiles."""
    client = TestClient(create_app(Settings(folder)), base_url="http://127.0.0.1")
    print(f"{'':22}{'median':>8}{'95 %':>8}{'processor: median':>20}{'95 %':>8}")
    for name, those in asked.items():
        walls, processors = [], []
        for place in range(N_WARM_UP + max(N_REQUESTS, len(those))):
            began_at, worked_at = time.perf_counter(), time.process_time()
            answer = client.get(those[place % len(those)])
            walls.append(1000 * (time.perf_counter() - began_at))
            processors.append(1000 * (time.process_time() - worked_at))
            assert answer.status_code == 200, (those[place % len(those)], answer.status_code)
        middle, late = quantiles(walls[N_WARM_UP:])
        worked, worked_late = quantiles(processors[N_WARM_UP:])
        print(f"{name:22}{middle:8.0f}{late:8.0f}{worked:20.0f}{worked_late:8.0f}", flush=True)


def in_browser(folder: Path, asked: dict[str, list[str]]) -> None:
    """From the click to a screen that answers: median and the longest of a few loads."""
    path = os.environ.get("LINKASSIST_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)))
    print(f"{'':22}{'median':>8}{'longest':>8}")
    with served(folder) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(base_url=origin)
        page.route("https://**", lambda route: route.abort())
        for name, those in asked.items():
            if name == "preview":
                continue
            times = []
            for place in range(1 + N_LOADS):
                page.goto(those[place % len(those)], wait_until="domcontentloaded")
                times.append(page.evaluate(INTERACTIVE))
            print(f"{name:22}{statistics.median(times[1:]):8.0f}{max(times[1:]):8.0f}", flush=True)
        browser.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of the library, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(Settings(folder)), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def quantiles(times: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    in_order = sorted(times)
    return in_order[len(in_order) // 2], in_order[int(0.95 * len(in_order))]


if __name__ == "__main__":
    main()
