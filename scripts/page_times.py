"""How long the server takes for a page of a library: `python scripts/page_times.py LIBRARY [PROJECT]`.

Pages are drawn at random and asked for one after another, without a network between; the first ten only warm up.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from urllib.parse import quote

from starlette.testclient import TestClient

from linkassist.server.app import create_app
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import project, read_pages

N_PAGES = 500
N_WARM_UP = 10


def main() -> None:
    """Prints the median and the 95th percentile in milliseconds."""
    folder = Path(sys.argv[1])
    with Library.open(folder) as library:
        wiki = project(library, sys.argv[2] if len(sys.argv) > 2 else None)
        keys = [page.page.key for page in read_pages(library, wiki.id) if page.page.key.strip(".")]
    client = TestClient(create_app(Settings(folder)), base_url="http://127.0.0.1")
    times = []
    for key in random.Random(0).choices(keys, k=N_PAGES + N_WARM_UP):
        began_at = time.perf_counter()
        answer = client.get(f"/p/{quote(wiki.name, safe='')}/{quote(key, safe='')}")
        times.append(1000 * (time.perf_counter() - began_at))
        assert answer.status_code == 200, (key, answer.status_code)
    times = sorted(times[N_WARM_UP:])
    print(f"{len(keys):,} pages: median {times[len(times) // 2]:.0f} ms, 95 % {times[int(0.95 * len(times))]:.0f} ms")


if __name__ == "__main__":
    main()
