"""How long a night takes beside the first import: `python scripts/night_times.py EXPORT FOLDER [--share 0.01]`.

The export is imported into a new library in FOLDER. Then some pages of a copy of it are edited: most get a line that
links another page and names a third, some are added, renamed or deleted; and that is imported too. Told are the seconds
by the clock and of the processor, and what was encoded and listed. Where the machine does other things, look at the
processor's time. With `--nights 3`, other pages are edited on top, night after night.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.runs import last_run

OPENERS = {".gz": gzip.open, ".xz": lzma.open}
ADDED, RENAMED, DELETED = 0.15, 0.1, 0.15  # of the edits; the others change a text


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds by the clock and of the processor."""

    wall: float
    processor: float


def main() -> None:
    """Prints a line for the first import and one for each night."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("export", type=Path)
    options.add_argument("folder", type=Path)
    options.add_argument("--share", type=float, default=0.01)
    options.add_argument("--nights", type=int, default=1)
    options.add_argument("--first", type=Path, help="a library into which the export was imported; it is copied")
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    library = given.folder / "library"
    with OPENERS.get(given.export.suffix, open)(given.export, "rt", encoding="utf-8") as file:
        wiki = json.load(file)
    print(f"{len(wiki['pages']):,} pages; load {os.getloadavg()[0]:.1f}")
    first = None
    if given.first:
        shutil.copytree(given.first, library)
    else:
        first = taken_in(given.export, library)
        print(f"first import: {first.wall:.1f} s by the clock, {first.processor:.1f} s of the processor")
    print(f"the same again: {taken_in(given.export, library).wall:.1f} s by the clock")
    for night in range(given.nights):
        n_edits = edit(wiki["pages"], given.share, random.Random(night))
        edited = given.folder / f"night-{night}.json"
        edited.write_text(json.dumps(wiki, ensure_ascii=False), "utf-8")
        took = taken_in(edited, library)
        part = f", 1/{first.processor / took.processor:.1f} of the first" if first else ""
        print(f"night {night}: {n_edits} edits, {took.wall:.1f} s by the clock, {took.processor:.1f} s{part}")
        print(f"  {told(library)}")
    print(f"load {os.getloadavg()[0]:.1f}")


def taken_in(export: Path, library: Path) -> Time:
    """What `linkassist import` takes, in a process of its own."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "linkassist", "import", str(export), "--library", str(library)]
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Time(time.monotonic() - started, processor)


def told(folder: Path) -> str:
    """What the last reindex counted."""
    with Library.open(folder) as library:
        run = last_run(library, "reindex", project(library, None).id, "done")
    return ", ".join(f"{name} {count:,}" for name, count in run.counts.items()) if run else "no reindex"


def edit(pages: list[dict[str, Any]], share: float, drawn: random.Random) -> int:
    """Edits that share of the pages in place; returns how many edits were made."""
    n_edits = round(share * len(pages))
    titles = [page["title"] for page in pages]
    chosen = drawn.sample(range(len(pages)), n_edits)
    for number, place in enumerate(chosen):
        page, part = pages[place], number / n_edits
        line = f"{drawn.choice(titles)} [{drawn.choice(titles)}]"
        if part < ADDED:
            title = f"{drawn.choice(titles)} {drawn.randrange(10**6)}"
            pages.append({**page, "title": title, "id": f"new {title}", "lines": [title, line]})
        elif part < ADDED + RENAMED:
            page["title"] += f" {drawn.randrange(10**6)}"
            page["lines"] = [page["title"], *page["lines"][1:]]
        elif part < ADDED + RENAMED + DELETED:
            page["is_deleted"] = True
        else:
            page["lines"] = [*page["lines"], line]
    pages[:] = [page for page in pages if not page.pop("is_deleted", False)]
    return n_edits


if __name__ == "__main__":
    main()
