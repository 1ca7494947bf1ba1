"""A real server, spoken to byte by byte: what a browser would never send."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from support.little_server import running_server
from support.little_wiki import write_little_wiki
from support.locked_wiki import WORD, write_locked_wiki

from linkassist.server import app
from linkassist.server import run as running
from linkassist.server.auth.rate_limit import GuessLimiter
from linkassist.server.middleware import limits
from linkassist.server.routes.login import Login

SECRET = "nobody-may-read-this"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("raw")
    write_little_wiki(folder / "library")
    (folder / "library" / "secret.txt").write_text(SECRET)
    with running_server(folder / "library") as address:
        yield address


@contextmanager
def connection(origin: str) -> Iterator[socket.socket]:
    host, port = urlsplit(origin).hostname, urlsplit(origin).port
    with socket.create_connection((host, port or 0), timeout=20) as opened:
        yield opened


def said(opened: socket.socket) -> bytes:
    """All that comes until the server ends the connection."""
    found = b""
    try:
        while part := opened.recv(65536):
            found += part
    except ConnectionResetError:
        pass  # it ended it while more was on its way there
    return found


def answer(origin: str, sent: bytes) -> bytes:
    """All that the server says to these bytes."""
    with connection(origin) as opened:
        opened.sendall(sent)
        return said(opened)


def asked(origin: str, target: str) -> bytes:
    """The answer to a GET that is sound but for its target."""
    return answer(
        origin, f"GET {target} HTTP/1.1\r\nHost: {urlsplit(origin).netloc}\r\nConnection: close\r\n\r\n".encode()
    )


def status(response: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", response)
    assert found, response[:200]
    return int(found[1])


@pytest.mark.parametrize(
    "target",
    [
        "/static/../../pyproject.toml",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/static/..%2f..%2fpyproject.toml",
        "/static/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd",
        "/static/..%5c..%5cpyproject.toml",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/....//....//pyproject.toml",
        "/static/style.css%00.png",
        "/static/%00",
        "/static/%c0%ae%c0%ae/pyproject.toml",
        "/static/%ff%fe",
        "/static/" + "a" * 5000,
        "/static/",
        "/static/../templates/layout.html",
    ],
)
def test_no_path_leads_out_of_the_static_files(origin: str, target: str) -> None:
    response = asked(origin, target)
    assert status(response) == 404
    assert b"root:" not in response and b"[project]" not in response and b"{% block" not in response


@pytest.mark.parametrize(
    "target",
    ["/p/..%2f..%2fsecret.txt", "/p/%2e%2e/secret.txt", "/p/niwa/..%2f..%2fsecret.txt", "/p/%00/x", "/p/niwa/%00",
     "/p/a%2fb/c", "/p/a%5cb/c", "/preview/%2e%2e/x", "/like/..%5c/x", "/outbox/%2e%2e%2f/import.json", "/p/%ed%a0%80",
     "/queue/niwa?since=%00&of=%ff", "/search/niwa?q=%00%ff%f0%9f", "/p/niwa?page=99999999999999999999&links=%00"],
)  # fmt: skip
def test_an_odd_name_of_a_project_or_a_page_is_only_a_name(origin: str, target: str) -> None:
    response = asked(origin, target)
    assert status(response) in (200, 404)
    assert SECRET.encode() not in response and b"Traceback" not in response


@pytest.mark.parametrize(
    "target", ["//evil.example/p/niwa/", "//evil.example/", "/import/", "/\\evil.example/", "/p/niwa/?x=//"]
)
def test_no_redirect_leads_away(origin: str, target: str) -> None:
    response = asked(origin, target)
    for address in re.findall(rb"(?mi)^location: (.*?)\r$", response):
        parts = urlsplit(address.decode())
        assert (parts.netloc or urlsplit(origin).netloc) == urlsplit(origin).netloc and not address.startswith(b"//")


def test_a_request_that_names_no_host_two_hosts_or_another_one_is_refused(origin: str) -> None:
    host = urlsplit(origin).netloc
    heads = {
        "none": [],
        "two": [f"Host: {host}", "Host: evil.example"],
        "another": ["Host: evil.example"],
        "behind a user": [f"Host: {host}@evil.example"],
        "with a space": [f"Host: {host} evil.example"],
    }
    for name, lines in heads.items():
        sent = "\r\n".join(["GET /p/niwa HTTP/1.1", *lines, "Connection: close", "", ""])
        assert status(answer(origin, sent.encode())) in (400, 421), name
    old = answer(origin, b"GET /p/niwa HTTP/1.0\r\n\r\n")
    assert status(old) == 421
    absolute = asked(origin, "http://evil.example/p/niwa")
    assert status(absolute) in (400, 404, 421) and b"KJ" not in absolute


def test_no_header_tells_which_program_answers(origin: str) -> None:
    response = asked(origin, "/p/niwa")
    assert status(response) == 200
    assert not re.search(rb"(?mi)^(server|x-powered-by|via):", response)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS, spoken to a port that has none
        b"GET\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: {host}\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nX: a\x00b\r\n\r\n",
        b"POST /verdict HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST /verdict HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n",
        b"POST /verdict HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n",
    ],
    ids=["TLS", "no path", "a byte in the path", "a zero byte", "two lengths",
         "a length below zero", "a broken chunk", "a head too long", "a path too long"],
)  # fmt: skip
def test_what_is_no_request_is_refused_and_the_server_goes_on(origin: str, sent: bytes) -> None:
    host = urlsplit(origin).netloc.encode()
    response = answer(origin, sent.replace(b"{host}", host + b"\r\nConnection: close"))
    assert not response or status(response) in (400, 403, 404, 414, 431)
    assert b"Traceback" not in response
    assert status(asked(origin, "/p/niwa")) == 200


def test_a_head_that_comes_drop_by_drop_is_not_waited_for(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HEADER_S", 0.5)
    with connection(origin) as silent, connection(origin) as slow:  # which give up after 20 seconds
        slow.sendall(b"GET /p/niwa HTTP/1.1\r\nHost: ")
        assert said(silent) == b""
        assert said(slow) == b""
    with connection(origin) as second:
        # An answer does not buy more time for the next head.
        second.sendall(f"GET /static/icon.svg HTTP/1.1\r\nHost: {urlsplit(origin).netloc}\r\n\r\nGET / HT".encode())
        assert status(said(second)) == 200


def test_a_body_that_comes_drop_by_drop_is_not_waited_for(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_S", 0.5)
    head = f"POST /verdict HTTP/1.1\r\nHost: {urlsplit(origin).netloc}\r\nOrigin: {origin}\r\nContent-Length: 1000\r\n"
    response = answer(origin, f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nproject=".encode())
    assert status(response) == 408
    assert b"The request arrived too slowly" in response or "時間がかかりすぎ".encode() in response


@pytest.mark.parametrize("target", ["/verdict", "/preferences", "/queue/niwa", "/draft/niwa", "/import", "/login"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_who_goes_away_in_the_middle_of_a_form_is_no_fault(
    origin: str, caplog: pytest.LogCaptureFixture, target: str, kind: str
) -> None:
    host = urlsplit(origin).netloc
    head = f"POST {target} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nContent-Type: {kind}\r\n"
    log = logging.getLogger("uvicorn.error")
    log.addHandler(caplog.handler)
    try:
        with connection(origin) as opened:
            opened.sendall(f"{head}Content-Length: 1000\r\n\r\nproject=".encode())
            opened.shutdown(socket.SHUT_WR)
            said(opened)
        broken = answer(origin, f"{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\nabc\r\n".encode())
        assert not broken or status(broken) == 400
        assert status(asked(origin, "/p/niwa")) == 200
    finally:
        log.removeHandler(caplog.handler)
    assert not [record for record in caplog.records if record.exc_info]


def test_a_body_without_an_announced_length_is_counted_as_it_comes(origin: str) -> None:
    head = f"POST /verdict HTTP/1.1\r\nHost: {urlsplit(origin).netloc}\r\nOrigin: {origin}\r\n"
    form = "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"1000\r\n" + b"a" * 0x1000 + b"\r\n"
    with connection(origin) as opened:
        opened.sendall((head + form).encode())
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            for _ in range(5000):  # twenty megabytes, without an end
                opened.sendall(chunk)


def proxied(origin: str, *headers: str) -> bytes:
    """The answer to a login with a wrong password that seems to come through a proxy."""
    body = json.dumps("")  # no form at all, so that no hash is made of it
    lines = ["Host: wiki.example", "Origin: https://wiki.example", "Connection: close", f"Content-Length: {len(body)}"]
    form = ["Content-Type: application/x-www-form-urlencoded", *headers]
    return answer(origin, "\r\n".join(["POST /login HTTP/1.1", *lines, *form, "", body]).encode())


def test_forwarded_headers_are_nothing_but_text_unless_the_proxy_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "Login", lambda file: Login(file, guesses=GuessLimiter(lambda: 1000.0)))  # no time passes
    write_locked_wiki(tmp_path)
    with running_server(tmp_path, allow_host="wiki.example") as origin:
        # As many addresses as one likes to make up: they count as the one that it really comes from.
        statuses = [status(proxied(origin, f"X-Forwarded-For: 192.0.2.{n}")) for n in range(4)]
        assert statuses == [401, 401, 401, 429]
    with running_server(tmp_path, allow_host="wiki.example", trusted_proxy="127.0.0.1") as origin:
        # The proxy appends whom it hears; what stands before that is what a stranger wrote.
        statuses = [status(proxied(origin, f"X-Forwarded-For: 10.1.1.{n}, 192.0.2.1")) for n in range(4)]
        assert statuses == [401, 401, 401, 429]
        assert status(proxied(origin, "X-Forwarded-For: 192.0.2.2")) == 401
        body = urlencode({"password": WORD}).encode()
        head = "POST /login HTTP/1.1\r\nHost: wiki.example\r\nOrigin: https://wiki.example\r\nConnection: close\r\n"
        form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        entered = answer(origin, f"{head}{form}X-Forwarded-Proto: https\r\n\r\n".encode() + body)
        assert status(entered) == 303 and re.search(rb"(?i)set-cookie: __Host-.*; Secure", entered)


def form_head(origin: str, *lines: str) -> str:
    """The head of a verdict from the server's own page; nothing in it asks for the connection to be closed."""
    known = (f"Host: {urlsplit(origin).netloc}", f"Origin: {origin}", "Content-Type: application/x-www-form-urlencoded")
    return "\r\n".join(["POST /verdict HTTP/1.1", *known, *lines, "", ""])


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 0", "Transfer-Encoding: Chunked"),
        ("Content-Length: 5", "Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5, 6"),
        ("Content-Length: 5", "Transfer-Encoding: identity"),
        ("Transfer-Encoding: chunked, chunked",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding : chunked",),
        ("Content-Length: +5",),
        ("Content-Length: 0x5",),
        ("Content-Length: 5 5",),
    ],
    ids=lambda lines: " | ".join(lines) if isinstance(lines, tuple) else lines,
)
def test_a_request_whose_length_is_in_doubt_is_refused_and_its_connection_ends(
    origin: str, lines: tuple[str, ...] | str
) -> None:
    # What follows is a second request to one who believes in the one length, and body to one who believes in the other.
    second = f"GET /p/niwa HTTP/1.1\r\nHost: {urlsplit(origin).netloc}\r\n\r\n"
    head = form_head(origin, *((lines,) if isinstance(lines, str) else lines))
    response = answer(origin, f"{head}0\r\n\r\n{second}".encode())
    assert status(response) == 400
    assert response.count(b"HTTP/1.1 ") == 1 and b"KJ" not in response
    assert re.search(rb"(?mi)^connection: close\r$", response)


def test_a_look_with_both_lengths_is_refused_too(origin: str) -> None:
    host = f"Host: {urlsplit(origin).netloc}"
    lines = ["GET /p/niwa HTTP/1.1", host, "Content-Length: 5", "Transfer-Encoding: chunked", "", "0\r\n\r\n"]
    response = answer(origin, "\r\n".join(lines).encode())
    assert status(response) == 400 and b"Send one of them" in response


def test_a_header_that_goes_on_in_the_next_line_is_one_header(origin: str) -> None:
    # RFC 9112, 5.2: a server refuses that, or reads the fold as a space.
    host = urlsplit(origin).netloc
    lines = [
        "GET /p/niwa HTTP/1.1",
        f"Host: {host}",
        "X-Folded: one",
        " Content-Length: 5",
        "Connection: close",
        "",
        "",
    ]
    assert status(answer(origin, "\r\n".join(lines).encode())) in (200, 400)
    doubled = ["POST /verdict HTTP/1.1", f"Host: {host}", "Content-Length:", " 5", "Transfer-Encoding: chunked", "", ""]
    assert status(answer(origin, "\r\n".join(doubled).encode() + b"0\r\n\r\n")) == 400


@pytest.mark.parametrize(
    "lines",
    [
        ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
        ("Connection: keep-alive, Upgrade", "Upgrade: websocket"),
        ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
        ("Connection: upgrade", "Upgrade: TLS/1.0, HTTP/1.1"),
    ],
    ids=["websocket", "websocket and more", "h2c", "TLS"],
)  # fmt: skip
def test_an_upgrade_is_passed_over_without_a_word_in_the_log(
    origin: str, lines: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(caplog.handler)  # it does not pass on what it logs
    try:
        host = f"Host: {urlsplit(origin).netloc}"
        sent = "\r\n".join(["GET /p/niwa HTTP/1.1", host, *lines, "", ""])
        with connection(origin) as opened:
            opened.sendall(sent.encode())
            opened.sendall(f"GET /nowhere HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n".encode())
            response = said(opened)
    finally:
        logger.removeHandler(caplog.handler)
    assert re.findall(rb"HTTP/1\.1 (\d+) ", response) == [b"200", b"404"]
    assert caplog.records == []
