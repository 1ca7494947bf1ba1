"""What no browser sends, byte by byte, to a real server: heads and bodies that are cut, slow, giant or garbage, and
forms of other sites.

No answer is a fault, nothing is changed, the server answers a good request at once afterwards, and its log holds
nothing but that a request was none.
"""

from __future__ import annotations

import random
import re
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from scripts.crash import NAME
from scripts.hostile.children import Child, complaint
from scripts.hostile.outcome import Budget, Outcome, repeat
from scripts.hostile.readers import Pair
from scripts.hostile.served import (
    PATIENCE_S,
    Decision,
    app_of,
    await_address,
    get,
    lines_of,
    logged,
    open_pairs,
    serve,
    write_garden,
)

PROMISE: Final = (
    "Whatever bytes come, no answer is a fault, no other site changes anything, and the next reader is answered"
)
_WAIT_S: Final = 0.5  # for an answer that may not come: what was sent is no whole request
_EXPECTED: Final = re.compile(r"linkassist: http.*|WARNING: +Invalid HTTP request received\.")
_METHODS: Final = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "G\0T", "PRI")
_TARGETS: Final = (
    "/", "/import", "/verdict", "/p/{}", "/p/{}/hedge", "/queue/{}", "/outbox/{}", "/settings/{}", "/draft/{}",
    "/never", "/import/progress", "/static/style.css", "*", "//evil.example/", "http://evil.example/", "/p/%ff%00",
    "/p/{}/%0d%0aX:%20y", "/search/{}?q=%00&titles=-1", "/p/{}?page=99999999999999999999", "/" + "a" * 9000, "/login",
    "/logout", "/preferences",
)  # fmt: skip
_FOREIGN_SITES: Final = ("cross-site", "same-site", "none", "", "same-origin-not", "cross-site, same-origin")
_FORMS: Final = (
    ("/verdict", {"project": NAME, "page": "hedge", "target": "{target}", "decision": "accept"}),
    ("/never", {"project": NAME, "page": "hedge", "target": "{target}", "decision": "never"}),
    ("/settings/{}/most", {"most": "1"}),
    ("/settings/{}/ignored", {"sort": "word", "title": "hedge", "do": "add"}),
    ("/import/reindex", {"project": NAME}),
    ("/import/cancel", {}),
    ("/outbox/{}/done", {"all": "1"}),
    ("/queue/{}", {"decision": "accept"}),
)


def run(budget: Budget, seed: int) -> Outcome:
    """Rounds until the budget is used up."""
    failures: list[str] = []
    n_foreign = 0
    with tempfile.TemporaryDirectory(prefix="linkassist-hostile-") as name:
        room = Path(name)
        folder, *_ = write_garden(room)
        app, server = app_of(folder), None
        before = _held(folder)
        pairs = open_pairs(folder, random.Random(seed))
        for number in budget.rounds():
            if server is None or server.has_ended():
                server = Child("serve", room / f"serve-{number}", lambda: serve(app, folder))
                address = await_address(server)
                n_said = len(server.said())
            chance = random.Random(seed + number)
            attack = chance.choice(_ATTACKS)
            n_foreign += attack is _foreign
            found = attack(address, chance, pairs)
            found += _good_request(address, server)
            found += _unexpected_log(server.said()[n_said:])
            n_said = len(server.said())
            if _held(folder) != before:
                found.append("something was changed in the library")
                before = _held(folder)
            words = f"{attack.__name__.strip('_')}; {repeat('sockets', seed + number)}"
            failures += [f"{each} ({words})" for each in found]
        server.end(signal.SIGTERM)
        server.wait(PATIENCE_S)
        if wrong := complaint(server, (-signal.SIGTERM,)):
            failures.append(wrong)
    done = f"{budget.n_done:,} attacks, {n_foreign:,} of them forms of another site"
    return Outcome("sockets", PROMISE, done, tuple(failures))


def _held(folder: Path) -> tuple[list[Decision], object]:
    return logged(folder), lines_of(folder)


def _good_request(address: str, server: Child) -> list[str]:
    try:
        status, _ = get(address, f"/p/{NAME}/hedge")
    except OSError as error:
        return [f"a good request gets no answer afterwards ({error}): {server.said()[-2000:]}"]
    return [] if status == 200 else [f"a good request is answered with {status} afterwards"]


def _unexpected_log(said: str) -> list[str]:
    lines = [line for line in said.splitlines() if line.strip() and not _EXPECTED.fullmatch(line.strip())]
    return [f"the server's log says: {' / '.join(lines)[-1200:]}"] if lines else []


@contextmanager
def _connection(address: str) -> Iterator[socket.socket]:
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=PATIENCE_S) as opened:
        yield opened


def _exchange(address: str, sent: bytes, *, wait_s: float = PATIENCE_S, is_ended: bool = True) -> bytes:
    """All that the server says until it ends the connection, or for so long. is_ended: nothing more will be sent."""
    said = b""
    with _connection(address) as opened:
        opened.settimeout(wait_s)
        with suppress(OSError):  # it need not listen to the end
            opened.sendall(sent)
            if is_ended:
                opened.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            while part := opened.recv(65536):
                said += part
    return said


def _statuses(said: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"(?m)^HTTP/1\.1 (\d{3}) ", said)]


def _faults(said: bytes) -> list[str]:
    """A status of 500 and above, and a traceback."""
    found = [f"an answer of {status}: {said[:300]!r}" for status in _statuses(said) if status >= 500]
    return found + (["an answer with a traceback"] if b"Traceback" in said else [])


def _request(address: str, chance: random.Random, *headers: str, method: str = "", body: bytes = b"") -> bytes:
    """A request with these headers, sound but for its method and target."""
    target = chance.choice(_TARGETS).format(NAME)
    lines = [f"{method or chance.choice(_METHODS)} {target} HTTP/1.1", f"Host: {urlsplit(address).netloc}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _form(address: str, chance: random.Random) -> bytes:
    """A good form of a decision on what nobody is suggested, so that it changes nothing."""
    body = urlencode({"project": NAME, "page": "hedge", "target": "nothing of the kind", "decision": "accept"}).encode()
    kind = "Content-Type: application/x-www-form-urlencoded"
    headers = (f"Origin: {address.rstrip('/')}", kind, f"Content-Length: {len(body)}")
    lines = ["POST /verdict HTTP/1.1", f"Host: {urlsplit(address).netloc}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _cut(address: str, chance: random.Random, pairs: Sequence[Pair]) -> list[str]:
    sent = _form(address, chance) if chance.random() < 0.6 else _request(address, chance, "Accept: */*")
    return _faults(_exchange(address, sent[: chance.randrange(len(sent))]))


def _damaged(address: str, chance: random.Random, pairs: Sequence[Pair]) -> list[str]:
    """A good request in which some bytes are others."""
    sent = bytearray(_form(address, chance) if chance.random() < 0.6 else _request(address, chance, "Accept: */*"))
    head_at = sent.index(b"\r\n\r\n")
    for _ in range(chance.randint(1, 6)):
        sent[chance.randrange(head_at)] = chance.choice((0, 9, 10, 13, 32, 58, 127, 128, 255, chance.randrange(256)))
    return _faults(_exchange(address, bytes(sent)))


def _garbage(address: str, chance: random.Random, pairs: Sequence[Pair]) -> list[str]:
    starts = (
        b"",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / ",
        b"\r\n" * 50,
    )
    return _faults(_exchange(address, chance.choice(starts) + chance.randbytes(chance.choice((0, 10, 1000, 100_000)))))


def _giant(address: str, chance: random.Random, pairs: Sequence[Pair]) -> list[str]:
    headers = [f"X-{n}: {'y' * chance.choice((1, 100, 5000))}" for n in range(chance.choice((1, 100, 3000)))]
    return _faults(_exchange(address, _request(address, chance, *headers)))


def _headers(address: str, chance: random.Random, pairs: Sequence[Pair]) -> list[str]:
    """Headers that the program reads, with values that nobody sends."""
    values = (
        "",
        " ",
        "\xff",
        "a" * 3000,
        "0",
        "-1",
        "99999999999999999999",
        "=;=;",
        '"',
        "bytes=0-0,9-1,-5",
        "ja;q=x, en;q=nan",
        "%",
    )
    names = (
        "Accept-Language", "Cookie", "Range", "If-None-Match", "If-Modified-Since", "Content-Type", "X-Fragment",
        "Expect", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Authorization", "X-Forwarded-For", "Content-Length",
        "Connection", "Referer",
    )  # fmt: skip
    chosen = [f"{chance.choice(names)}: {chance.choice(values)}" for _ in range(chance.randint(1, 5))]
    sent = _request(address, chance, *chosen, method=chance.choice(("GET", "HEAD", "POST")))
    return _faults(_exchange(address, sent))


def _two_lengths(address: str, chance: random.Random, pairs: Sequence[Pair]) -> list[str]:
    """Content-Length with Transfer-Encoding: whatever follows must not be taken for a request (RFC 9112, 6.1)."""
    headers = ["Content-Length: 5", "Transfer-Encoding: chunked", "Content-Type: application/x-www-form-urlencoded"]
    chance.shuffle(headers)
    second = f"GET /p/{NAME} HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\n\r\n".encode()
    sent = (
        _request(address, chance, *headers, f"Origin: {address.rstrip('/')}", method="POST", body=b"0\r\n\r\n") + second
    )
    said = _exchange(address, sent, wait_s=_WAIT_S, is_ended=False)
    found = _faults(said)
    if len(_statuses(said)) > 1:
        found.append("a second request is answered after one with Content-Length and Transfer-Encoding")
    return found


def _chunks(address: str, chance: random.Random, pairs: Sequence[Pair]) -> list[str]:
    """A body in chunks that are none."""
    sizes = (b"zz", b"-1", b"0x10", b"FFFFFFFFFFFFFFFFFFFF", b"", b"5;ext=" + b"a" * 70_000, b"5 ", b"5\r", b"4")
    body = b"".join(chance.choice(sizes) + b"\r\nabcde\r\n" for _ in range(chance.randint(1, 4))) + b"0\r\n\r\n"
    headers = ("Transfer-Encoding: chunked", "Content-Type: application/x-www-form-urlencoded")
    sent = _request(address, chance, *headers, f"Origin: {address.rstrip('/')}", method="POST", body=body)
    return _faults(_exchange(address, sent))


def _upgrades(address: str, chance: random.Random, pairs: Sequence[Pair]) -> list[str]:
    """Requests for another protocol, which is not spoken here."""
    which = chance.choice(("websocket", "h2c", "TLS/1.0", "foo, bar", ""))
    headers = [
        f"Upgrade: {which}",
        f"Connection: {chance.choice(('Upgrade', 'upgrade, HTTP2-Settings', 'close, Upgrade'))}",
    ]
    headers += [
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "HTTP2-Settings: AAMAAABkAAQAoAAA",
    ]
    return _faults(_exchange(address, _request(address, chance, *headers, method="GET")))


def _many(address: str, chance: random.Random, pairs: Sequence[Pair]) -> list[str]:
    """Many connections that say nothing, or never come to the end of their head; a reader comes in between."""
    with ExitStack() as stack:
        for _ in range(chance.choice((5, 50, 300))):
            opened = stack.enter_context(_connection(address))
            opened.sendall(_request(address, chance)[: chance.choice((0, 1, 20, 40))])
        try:
            status, _ = get(address, f"/p/{NAME}")
        except OSError as error:
            return [f"a reader is not answered beside others that are silent: {error}"]
    return [] if status == 200 else [f"a reader is answered with {status} beside others that are silent"]


def _foreign(address: str, chance: random.Random, pairs: Sequence[Pair]) -> list[str]:
    """A form that another site sends, by whatever Origin, Sec-Fetch-Site and Host: refused, and nothing changes."""
    host = urlsplit(address).netloc
    pair = chance.choice(pairs)
    target, fields = chance.choice(_FORMS)
    filled = {key: value.format(target=pair.target) for key, value in fields.items()}
    if "page" in filled:
        filled["page"] = pair.page
    body = urlencode(filled).encode()
    sites: list[str | None] = [*_FOREIGN_SITES, None]
    origins: list[str | None] = [
        None, "", "null", "http://evil.example", f"http://{host}.evil.example", f"http://evil.example#{host}", host,
        f"http://{host}@evil.example", f"http://evil.example/http://{host}", f"http://{host}0", f"ftp://{host}",
        f"http://{host}, http://evil.example", f"http://{host} ", "http://127.0.0.1", "http://localhost:1", f"//{host}",
        f"http://{host}\x00", f"https://{host}/evil",
    ]  # fmt: skip
    hosts = (host, host, "evil.example", f"{host}.evil.example", f"{host}@evil.example", "", "127.0.0.1.evil.example")
    site, origin, said_host = chance.choice(sites), chance.choice(origins), chance.choice(hosts)
    if chance.random() < 0.3:  # the very origin, said by another site, or to another host
        site, origin = chance.choice(_FOREIGN_SITES[:3]), f"http://{host}"
    headers = [f"Host: {said_host}", "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    headers += [f"Origin: {origin}"] if origin is not None else []
    headers += [f"Sec-Fetch-Site: {site}"] if site is not None else []
    chance.shuffle(headers)
    sent = "\r\n".join([f"POST {target.format(NAME)} HTTP/1.1", *headers, "", ""]).encode() + body
    answer = _exchange(address, sent)
    found = _faults(answer)
    if not set(_statuses(answer)) <= {400, 403, 421}:
        found.append(f"a form with {headers} is answered with {_statuses(answer)}")
    return found


_Attack = Callable[[str, random.Random, Sequence[Pair]], list[str]]
_ATTACKS: Final[tuple[_Attack, ...]] = (
    _cut, _damaged, _garbage, _giant, _headers, _two_lengths, _chunks, _upgrades, _many, _foreign, _foreign, _foreign,
)  # fmt: skip
