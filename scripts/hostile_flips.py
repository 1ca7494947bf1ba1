"""Flips single bits of a library and looks what comes of it: `python scripts/hostile_flips.py [--flips 2000]`.

A small wiki is imported and reindexed, a reader decides, puts off, ignores, chooses and sends off, and a backup is
made. Then, time and again from that state, one random bit of the database is flipped, and everything is done that a
person would do next: `status`, every screen, `reindex`, `backup`, `import` of the same export, `restore --damaged` and
`restore --latest`. Each must end in an answer or in words, never in a traceback; and whatever the reader left there
must read as it was, or be told as damaged. At the end all of it must be there again.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient
from typer.main import get_command

from linkassist.cli.app import app as commands
from linkassist.errors import LinkAssistError
from linkassist.pipeline.model_store import ModelStore, encoder_state
from linkassist.pipeline.reindex import reindex
from linkassist.review.verdicts import decide, ignore, object_to, offer_at_most, undo
from linkassist.server.app import create_app
from linkassist.settings import Settings
from linkassist.store.ignored import ignored
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.pages import find_page, list_pages, project
from linkassist.store.pool import LibraryPool
from linkassist.store.project_settings import project_setting
from linkassist.store.queue.snoozes import snooze, snoozed
from linkassist.store.suggestions import drop_damaged_lists, page_suggestions
from linkassist.store.summaries.evaluations import put_evaluation
from linkassist.store.summaries.quality_samples import QualitySample, put_sample
from linkassist.store.verdicts import last_decision, project_verdicts
from linkassist.store.write_back.outbox import batches, send_off, take_back, waiting_pages
from linkassist.suggestion import Verdict
from linkassist.wiki import title_key

NAME = "garden"
THINGS = ("hedge", "ladder", "rain barrel", "compost", "greenhouse", "trellis", "seed box", "wheelbarrow")
FOREVER = 4_000_000_000
LATER = 1_800_000_000
EXPORT = "export.json"
SCREENS = (
    *(f"/p/{NAME}", f"/p/{NAME}?sort=updated", f"/p/{NAME}?only=alone", f"/queue/{NAME}", f"/outbox/{NAME}"),
    *(f"/quality/{NAME}", f"/settings/{NAME}", f"/search/{NAME}?q=rain", f"/like/{NAME}/hedge", "/import", "/"),
    *(f"/outbox/{NAME}/import.json", f"/preview/{NAME}/compost", f"/p/{NAME}/no such page", f"/draft/{NAME}"),
    *(f"/p/{NAME}/{title}" for title in ("hedge", "note 3", "note 6", "note 7")),
)
COMMAND = get_command(commands)
ADVICE = ("`linkassist ", "It holds: ")
ANSWERS = (200, 307, 404, 503)


@dataclass(frozen=True, slots=True)
class Flip:
    """One flipped bit and what came of it. where: the table or index whose page it lies on. told: by which of the steps
    it was told. faults: what must not be."""

    offset: int
    bit: int
    where: str
    told: tuple[str, ...]
    faults: tuple[str, ...]


def write_base(folder: Path) -> None:
    """A library with something of everything in it, its export and one backup."""
    folder.mkdir(parents=True)
    export = folder.parent / EXPORT
    export.write_text(json.dumps(_export(), ensure_ascii=False), "utf-8")
    _require(_command("import", export, "--library", folder, "--no-reindex"))
    with Library.open(folder) as library:
        of = project(library, NAME)
        reindex(library, of, Settings(folder), lambda *_: None)
        n = 0
        for page in list_pages(library, of.id, sort="title")[0]:
            for each in page_suggestions(library, page.id)[:2]:
                found = each.suggestion
                mention = found.mentions[0] if found.mentions else None
                decision = "accept" if n % 2 else "reject"
                verdict = Verdict(found.target, decision, LATER + n, found.kind, found.probability, mention)
                decide(library, of.id, page.id, verdict)
                if n == 2:
                    object_to(library, of.id, page.id, found.target, "too_common")
                if n == 4:
                    undo(library, of.id, page.id, found.target)
                n += 1
        here = find_page(library, of.id, "note_3").id
        send_off(library, of.id, [each.page_id for each in waiting_pages(library, of.id)][:2], "by_hand", FOREVER)
        batch = send_off(
            library, of.id, [waiting_pages(library, of.id)[0].page_id], "import_file", last_decision(library)
        )
        take_back(library, of.id, batch)
        snooze(library, here, title_key("trellis"), LATER, FOREVER)
        ignore(library, of.id, "word", "note")
        ignore(library, of.id, "page", "note 5")
        offer_at_most(library, of.id, 4)
        put_evaluation(library, of.id, "{}")
        put_sample(library, of.id, QualitySample(LATER, 30, 60, 0.5, 0.4))
    _require(_command("reindex", "--library", folder))
    _require(_command("backup", "--library", folder))
    with Library.open(folder) as library:
        library.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def run(
    n: int,
    seed: int,
    on_flip: Callable[[Flip], None] = lambda flip: None,
    *,
    most_learnt: int = 10**9,
    n_screens: int = len(SCREENS),
) -> list[Flip]:
    """Flips `n` bits, one after the other, each in a library of its own that is as good as new.

    Every other one is anywhere in the file, which is lists and vectors for the most part; the rest come to each table
    and index alike, and there to what is written.

    most_learnt: how many of the reindexes that find something to do are done to their end, each in a second or so; of
    the others it is looked only whether they find it. n_screens: how many are looked at after a flip, in turn.
    """
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        base = Path(place) / "base" / "library"
        write_base(base)
        whole = readers_own(base)
        regions = _regions(base / DATABASE_NAME)
        page_size = _page_size(base)
        bytes_of = defaultdict(list)  # those that are not 0, which is what is left free for the most part
        for offset, byte in enumerate((base / DATABASE_NAME).read_bytes()):
            if byte:
                bytes_of[regions[offset // page_size]].append(offset)
        found = []
        world = _World(base.parent / EXPORT, most_learnt, n_screens)
        world.client.__enter__()  # one loop for all requests
        for number in range(n):
            anywhere = range(page_size * len(regions))
            offsets = bytes_of[chance.choice(sorted(bytes_of))] if number % 2 else anywhere
            offset, bit = chance.choice(offsets), chance.randrange(8)
            folder = Path(place) / f"{number}" / "library"
            shutil.copytree(base, folder)
            with (folder / DATABASE_NAME).open("r+b") as file:
                file.seek(offset)
                byte = file.read(1)[0]
                file.seek(offset)
                file.write(bytes([byte ^ 1 << bit]))
            told, faults = _outlive(folder, world, whole)
            found.append(Flip(offset, bit, regions[offset // page_size], told, faults))
            on_flip(found[-1])
            shutil.rmtree(folder.parent)
        world.client.__exit__()
    return found


def readers_own(folder: Path) -> dict[str, Any]:
    """All that the reader left in the library, as the screens read it. Raises LinkAssistError."""
    with Library.open(folder) as library:
        of = project(library, NAME)
        keys = dict(library.rows("SELECT id, key FROM pages WHERE is_gone = 0"))
        return {
            "verdicts": [(keys[page_id], verdict) for page_id, verdict in project_verdicts(library, of.id)],
            "snoozes": sorted((keys[page_id], key) for page_id, key in snoozed(library, of.id, LATER)),
            "ignored": ignored(library, of.id),
            "setting": project_setting(library, of.id, "most_per_page"),
            "batches": batches(library, of.id, limit=9),
            "waiting": [keys[each.page_id] for each in waiting_pages(library, of.id)],
        }


class _World:
    """What is the same for all flips: the export, and a server that shows one library after the other."""

    def __init__(self, export: Path, most_learnt: int, n_screens: int) -> None:
        self.export, self.learns_left = export, most_learnt
        self._in_turn, self._n_screens = cycle(SCREENS), n_screens
        self.app = create_app(Settings(export.parent / "library"))
        self.client = TestClient(self.app, base_url="http://127.0.0.1:8000", headers={"Sec-Fetch-Site": "same-origin"})

    def next_screens(self) -> list[str]:
        """The addresses of the screens that are to be looked at now."""
        return list(islice(self._in_turn, self._n_screens))

    def reindex(self, folder: Path) -> tuple[int, str] | Exception:
        """The command `reindex`, or the look whether it is needed."""
        if not self.learns_left:
            try:
                with Library.open(folder) as library:
                    of = project(library, NAME)
                    n_dropped = drop_damaged_lists(library, of.id)
                    if not ModelStore(library, of.id).is_current(encoder_state("wiki")):
                        return 0, "some were damaged" if n_dropped else ""
            except LinkAssistError as error:
                return 1, str(error)
            except Exception as error:
                return error
        done = _command("reindex", "--library", folder)
        if isinstance(done, tuple) and "up to date" not in done[1] and not done[0]:
            self.learns_left -= 1
        return done


def _outlive(folder: Path, world: _World, whole: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(which steps told of the flip, what went wrong) of everything that is done after one."""
    told: list[str] = []
    faults: list[str] = []
    lost: list[str] = []

    def step(name: str, found: tuple[int, str] | Exception) -> None:
        if isinstance(found, Exception):
            faults.append(f"{name}: {type(found).__name__}: {found}")
        elif found[0] not in (0, 1, 3) or (found[0] == 1 and not any(words in found[1] for words in ADVICE)):
            faults.append(f"{name}: ends with {found[0]} and without advice: {found[1][-300:]}")
        elif found[0] or "were damaged" in found[1] or "mended:" in found[1] or "LOST:" in found[1]:
            told.append(name)

    def read(name: str) -> None:
        try:
            is_same = readers_own(folder) == whole
        except LinkAssistError:
            told.append(name)
        except Exception as error:
            faults.append(f"{name}: {type(error).__name__}: {error}")
        else:
            if not is_same:
                lost.append(name)

    step("status", _command("status", "--library", folder))
    for name, outcome in _screens(folder, world):
        step(name, outcome)
    read("read")
    step("reindex", world.reindex(folder))
    step("backup", _command("backup", "--library", folder))
    if lost and not told:  # the backup of every night is the last to notice
        faults.append("read: something of the reader's is lost, and nothing was told")
    step("import", _command("import", world.export, "--library", folder, "--no-reindex"))
    read("read after the import")
    step("restore --damaged", _command("restore", "--damaged", "--library", folder))
    read("read after the mending")
    if lost and not told:
        faults.append(f"{lost[0]}: something of the reader's is lost, and nothing was told")
    restored = _command("restore", "--latest", "--library", folder)
    if isinstance(restored, Exception) or restored[0]:
        faults.append(f"restore --latest: {restored}")
        return tuple(told), tuple(faults)
    try:
        if readers_own(folder) != whole:
            faults.append("after restore --latest something of the reader's is lost")
    except Exception as error:
        faults.append(f"after restore --latest: {type(error).__name__}: {error}")
    return tuple(told), tuple(faults)


def _screens(folder: Path, world: _World) -> Iterator[tuple[str, tuple[int, str] | Exception]]:
    state = world.app.state
    # Its templates, which take longest to make, stay.
    state.context = replace(state.context, library_folder=folder, libraries=LibraryPool(folder, wait_s=5.0))
    for address in world.next_screens():
        try:
            answer = world.client.get(address, follow_redirects=False)
        except Exception as error:
            yield address, error
        else:
            is_words = answer.status_code in ANSWERS
            yield address, (answer.status_code == 503 if is_words else 2, answer.text)
    state.context.libraries.close()


def _command(*arguments: object) -> tuple[int, str] | Exception:
    """(exit code, what was printed) of a command, or what it fell over."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            COMMAND.main([str(each) for each in arguments], prog_name="linkassist")
    except SystemExit as end:
        return int(end.code or 0), printed.getvalue()
    except Exception as error:
        return error
    return 0, printed.getvalue()


def _require(found: tuple[int, str] | Exception) -> None:
    if isinstance(found, Exception) or found[0]:
        raise RuntimeError(f"the base could not be made: {found}")


def _export() -> dict[str, object]:
    pages = [_page(thing, [f"A {thing} is a tool.", "https://example.com/"], n) for n, thing in enumerate(THINGS)]
    for n in range(12):
        thing, beside = THINGS[n % 8], THINGS[(n + 3) % 8]
        named = thing if n % 3 == 0 else f"[{thing}]"
        texts = [f"About the {named} in spring", f"[{beside}] and [not yet {n % 3}] too"]
        pages.append(_page(f"note {n}", texts, 50 + n))
    return {"name": NAME, "displayName": "Garden", "exported": 1_700_001_000, "pages": pages}


def _page(title: str, texts: Sequence[str], n: int) -> dict[str, object]:
    at = 1_700_000_000 + n
    lines = [{"text": text, "created": at, "updated": at, "userId": f"user {n % 3}"} for text in (title, *texts)]
    return {"id": f"{n:024x}", "title": title, "created": at, "updated": at, "views": n, "lines": lines}


def _page_size(folder: Path) -> int:
    return int.from_bytes((folder / DATABASE_NAME).read_bytes()[16:18], "big")


def _regions(path: Path) -> list[str]:
    """For each page of the file, what lies on it."""
    data = path.read_bytes()
    size = int.from_bytes(data[16:18], "big")
    found = ["-"] * (len(data) // size)
    with Library.open(path.parent) as library:
        roots = list(library.rows("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0"))
    for name, root in [("schema", 1), *roots]:
        waiting = [root]
        while waiting:
            number = waiting.pop()
            found[number - 1] = name
            at = (number - 1) * size + (100 if number == 1 else 0)
            if data[at] in (2, 5):  # an interior page: the numbers of those below it
                n_cells = int.from_bytes(data[at + 3 : at + 5], "big")
                waiting.append(int.from_bytes(data[at + 8 : at + 12], "big"))
                for cell in range(n_cells):
                    place = int.from_bytes(data[at + 12 + 2 * cell : at + 14 + 2 * cell], "big")
                    below = (number - 1) * size + place
                    waiting.append(int.from_bytes(data[below : below + 4], "big"))
    return found


def table(flips: Sequence[Flip]) -> Iterator[str]:
    """A line for each place: how many flips there, how many were told, how many changed nothing, how many faults."""
    n_of = Counter(flip.where for flip in flips)
    yield f"{'where':<28}{'flips':>7}{'told':>7}{'as it was':>11}{'faults':>8}"
    for where, n in sorted(n_of.items(), key=lambda item: -item[1]):
        here = [flip for flip in flips if flip.where == where]
        n_told, n_faults = sum(bool(flip.told) for flip in here), sum(bool(flip.faults) for flip in here)
        yield f"{where:<28}{n:>7}{n_told:>7}{n - n_told:>11}{n_faults:>8}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()

    def tell(flip: Flip) -> None:
        for fault in flip.faults:
            print(f"byte {flip.offset}, bit {flip.bit}, {flip.where}: {fault}", file=sys.stderr, flush=True)

    found = run(wanted.flips, wanted.seed, tell)
    print("\n".join(table(found)))
    sys.exit(any(flip.faults for flip in found))


if __name__ == "__main__":
    main()
