"""Exports made to do harm, given to `import`, `nightly`, `links` and the screen of the server.

Each is read, or refused in words; another project and every decision stay; the server shows its screens afterwards.
"""

from __future__ import annotations

import gzip
import http.client
import json
import lzma
import random
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from scripts.crash import NAME
from scripts.hostile.children import Child, complaint, run_program
from scripts.hostile.outcome import Budget, Outcome, repeat
from scripts.hostile.served import (
    PATIENCE_S,
    app_of,
    await_address,
    damage,
    get,
    lines_of,
    logged,
    serve,
    write_garden,
)
from tests.support.mutated_exports import mutated

PROMISE: Final = "An export made to do harm is read or refused in words; the library and the server stay as they were"
WILD: Final = "wild"  # the project that they are imported as
_ODD_TEXTS: Final = (
    "\ud800",
    "a\udfffb",
    "\x00",
    "\x1b[2J",
    "\u202e",
    "\u2028",
    "\r",
    "\ufeff",
    "\uffff",
    "",
    " ",
    "x" * 5000,
)
_ODD_NUMBERS: Final = (
    "NaN",
    "-Infinity",
    "1e400",
    "-1e-400",
    "9" * 5000,
    "0.1e1",
    "-0",
    "1e308",
    "12345678901234567890",
)
_ENCODINGS: Final = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "shift_jis", "euc_jp")
_BOMB_BYTES: Final = 32 << 20
_SCREENS: Final = ("/import", "/", f"/p/{NAME}", f"/p/{WILD}", "/p/nobody")
# What is done with an export, and how often. "upload" starts a Python of its own and takes seconds.
_WAYS: Final = {"import": 60, "links": 12, "nightly": 12, "skip": 14, "upload": 2}
_NIGHT_CODES: Final = (0, 10, 11)  # all was done; fetching or importing failed


def run(budget: Budget, seed: int) -> Outcome:
    """Rounds until the budget is used up."""
    failures: list[str] = []
    n_refused = 0
    with tempfile.TemporaryDirectory(prefix="linkassist-hostile-") as name:
        room = Path(name)
        folder, *_ = write_garden(room)
        app, server = app_of(folder), None
        (folder / "linkassist.toml").write_text(f"[sources]\n{WILD} = {json.dumps(str(room / 'export.json'))}\n")
        for number in budget.rounds():
            if server is None or server.has_ended():
                server = Child("serve", room / f"serve-{number}", lambda: serve(app, folder))
                address = await_address(server)
            chance = random.Random(seed + number)
            (room / "export.json").write_bytes(hostile_export(chance))
            way = chance.choices(list(_WAYS), list(_WAYS.values()))[0]
            is_refused, found = _give(room, folder, way, address)
            found += _screens(server, address)
            n_refused += is_refused
            failures += [f"{each} ({way}; {repeat('exports', seed + number)})" for each in found]
        server.end(signal.SIGTERM)
        server.wait(PATIENCE_S)
        if wrong := complaint(server, (-signal.SIGTERM,)):
            failures.append(wrong)
    done = f"{budget.n_done:,} exports, {n_refused:,} of them refused in words"
    return Outcome("exports", PROMISE, done, tuple(failures))


def _give(room: Path, folder: Path, way: str, address: str) -> tuple[bool, list[str]]:
    """Whether the export was refused, and what broke."""
    before, log = lines_of(folder), logged(folder)
    says, file = room / "says", str(room / "export.json")
    says.unlink(missing_ok=True)
    library = ["--library", str(folder)]
    commands = {
        "import": ["import", file, "--project", WILD, "--no-reindex", *library],
        "skip": ["import", file, "--project", WILD, "--no-reindex", "--skip-bad-pages", *library],
        "links": ["links", file],
        "nightly": ["nightly", "--wait", "5", "--json", *library],
    }
    found = []
    if way == "upload":
        is_refused = _upload(address, Path(file).read_bytes(), found)
    else:
        child = Child(way, says, lambda: run_program(commands[way]))
        if not child.wait(PATIENCE_S):
            found.append(f"{way} does not end within {PATIENCE_S:g} s: {child.said()[-500:]}")
            child.end(signal.SIGKILL)
            child.wait(PATIENCE_S)
        found += filter(None, [complaint(child, _NIGHT_CODES if way == "nightly" else (0, 1))])
        is_refused = bool(child.exit_code)
        if is_refused and len(child.said()) < 20:
            found.append(f"{way} was refused without words: {child.said()!r}")
        if way == "nightly" and child.exit_code is not None and child.exit_code >= 0:
            found += _night_report(folder)
    now = lines_of(folder)
    if now[NAME] != before[NAME] or (is_refused and now != before):
        found.append("pages are lost of a project that was not in the export, or by one that was refused")
    if logged(folder) != log:
        found.append("decisions are lost")
    if wrong := damage(folder):
        found.append(f"the database is damaged: {wrong}")
    return is_refused, found


def _night_report(folder: Path) -> list[str]:
    try:
        json.loads((folder / "nightly.json").read_bytes())
    except (OSError, ValueError) as error:
        return [f"nightly.json cannot be read: {error}"]
    return []


def _screens(server: Child, address: str) -> list[str]:
    found = []
    for screen in _SCREENS:
        try:
            status, words = get(address, screen)
        except OSError as error:
            return [f"the server answers no more ({error}): {server.said()[-2000:]}"]
        if status not in (200, 307, 404):
            found.append(f"GET {screen} is answered with {status}: {words[-300:]}")
    return found


def _upload(address: str, data: bytes, found: list[str]) -> bool:
    """Sends the export by the form and waits until it is taken in or refused; whether it was."""
    boundary = "b" * 40
    head, named = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n', '; filename="w.json"'
    body = b"".join(
        (
            f"--{boundary}\r\n{head.format('project', '')}{WILD}\r\n".encode(),
            f"--{boundary}\r\n{head.format('file', named)}".encode() + data + b"\r\n",
            f"--{boundary}--\r\n".encode(),
        )
    )
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_S)
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Origin": address.rstrip("/")}
    try:
        connection.request("POST", "/import", body, headers)
        status = connection.getresponse().status
        if status not in (303, 400, 409, 413):
            found.append(f"the upload is answered with {status}")
        events = get(address, "/import/progress")[1]
        if "event: end" not in events:
            found.append(f"the import does not end: {events[-300:]}")
    except OSError as error:
        found.append(f"the upload gets no answer: {error}")
    finally:
        connection.close()
    return False  # what was refused after it was sent is told on the screen, and pages may have been taken in


def hostile_export(chance: random.Random) -> bytes:
    """The bytes of a file that tries to do harm."""
    makers: tuple[Callable[[random.Random], bytes], ...] = (_odd, _odd, _nested, _repeated, _encoded, _bomb)
    data = mutated(chance) if chance.random() < 0.5 else chance.choice(makers)(chance)
    if chance.random() < 0.1:
        data = chance.choice((_gzip, lzma.compress))(data)
    if chance.random() < 0.15:
        data = data[: chance.randint(0, len(data))]
    return data


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)  # the time would be in it


def _tree(chance: random.Random) -> dict[str, Any]:
    """A sound export of every field that the program reads."""
    lines = [{"text": f"line [page {n}] #tag", "created": n, "updated": n, "userId": f"u{n}"} for n in range(3)]
    pages = [
        {
            "title": f"page {n}", "id": f"{n:024x}", "created": n, "updated": n + 1, "views": n, "image": None,
            "lines": [{"text": f"page {n}"}, *lines] if n % 2 else [f"page {n}", "[page 1] and words"],
        }
        for n in range(chance.randint(1, 6))
    ]  # fmt: skip
    users = [{"id": "u1", "name": "a", "displayName": "A", "email": "a@example.com"}]
    return {"name": "w", "displayName": "W", "exported": 1, "users": users, "pages": pages}


def _odd(chance: random.Random) -> bytes:
    """One to three texts or numbers, in whichever fields, are such as no export has."""
    text = json.dumps(_tree(chance))
    for _ in range(chance.randint(1, 3)):
        parts = text.split('"') if chance.random() < 0.7 else None
        if parts and len(parts) > 3:
            at = 2 * chance.randrange(len(parts) // 2) + 1  # within quotation marks
            odd = json.dumps(chance.choice(_ODD_TEXTS), ensure_ascii=True)[1:-1]
            parts[at] = odd if chance.random() < 0.5 else parts[at] + odd
            text = '"'.join(parts)
        else:
            number = chance.choice(_ODD_NUMBERS)
            text = text.replace(f" {chance.randint(0, 3)},", f" {number},", chance.randint(1, 3))
    return text.encode("utf-8", "surrogatepass")


def _nested(chance: random.Random) -> bytes:
    """Brackets or braces within each other, somewhere."""
    depth = chance.choice((10, 500, 5_000, 200_000))
    inner = "[" * depth + "]" * depth if chance.random() < 0.5 else '{"a":' * depth + "1" + "}" * depth
    text = json.dumps(_tree(chance))
    return text.replace(chance.choice(("null", '"w"', " 1,", '"page 0"')), f" {inner} ", 1).encode()


def _repeated(chance: random.Random) -> bytes:
    """Keys, ids, titles or whole pages more than once."""
    tree = _tree(chance)
    pages = tree["pages"]
    for page in pages[1:]:
        for field in ("title", "id"):
            if chance.random() < 0.5:
                page[field] = pages[0][field] if chance.random() < 0.7 else pages[0][field].upper()
    if chance.random() < 0.3:
        tree["pages"] = pages * chance.randint(2, 50)
    text = json.dumps(tree)
    key = chance.choice(("title", "id", "lines", "name", "pages"))
    if chance.random() < 0.5:
        first = chance.choice(("null", "[]", "1", '"x"'))
        text = text.replace(f'"{key}":', f'"{key}": {first}, "{key}":')
    return text.encode()


def _encoded(chance: random.Random) -> bytes:
    text = json.dumps(_tree(chance), ensure_ascii=False)
    return text.replace("words", "語").encode(chance.choice(_ENCODINGS), "replace")


def _bomb(chance: random.Random) -> bytes:
    """What is small and unpacks to a lot."""
    start = chance.choice(
        (b"[", b" ", b'{"pages": [{"title": "', b'{"pages": [{"title": "t", "lines": ["', b'{"users": [')
    )
    size = chance.choice((1 << 20, _BOMB_BYTES))
    data = start + chance.choice((b"a", b" ", b"[", b'"",', b"{},", b"1,")) * size
    data = data[:size]
    return _gzip(data) if chance.random() < 0.5 else lzma.compress(data, preset=0)
