"""The server of the little wiki, as the tests talk to it: in the process, or on a free port of loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.testclient import TestClient

from linkassist.server.app import create_app
from linkassist.server.run import server_config
from linkassist.server.urls import page_address
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.verdicts import verdicts
from linkassist.suggestion import Verdict
from linkassist.wiki import title_key
from support.little_wiki import PROJECT, write_little_wiki

ORIGIN = "http://127.0.0.1:8000"


def client_of(folder: Path, language: str = "en", *, raises: bool = True) -> TestClient:
    """A client that sends what a browser on the same machine sends."""
    return TestClient(
        create_app(Settings(folder)),
        base_url=ORIGIN,
        headers={"Accept-Language": language, "Sec-Fetch-Site": "same-origin"},
        raise_server_exceptions=raises,
    )


def little_client(folder: Path, language: str = "en") -> TestClient:
    """A client of a fresh little wiki in `folder`."""
    write_little_wiki(folder)
    return client_of(folder, language)


def address(title: str) -> str:
    """The address of a page of the little wiki."""
    return page_address(PROJECT, title)


def decide(client: TestClient, page: str, target: str, decision: str, mention: str = "") -> str:
    """Posts the form of a card; returns the page that follows."""
    form = {"project": PROJECT, "page": page, "target": target, "decision": decision, "mention": mention}
    response = client.post("/verdict", data=form, follow_redirects=False)
    assert response.status_code == 303, response.text
    return client.get(response.headers["location"]).text


def verdicts_of(folder: Path, page: str) -> list[Verdict]:
    """What the library holds for a page, the latest decision first."""
    with Library.open(folder) as library:
        return verdicts(library, find_page(library, project(library, PROJECT).id, title_key(page)).id)


_ports: list[int] = []  # those of servers that have ended: the next has the address of an earlier one


def _bind(listener: socket.socket) -> int:
    """Binds to a port of loopback, and tells which."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", _ports.pop() if _ports else 0))
    except OSError:  # another program has taken it meanwhile
        listener.bind(("127.0.0.1", 0))
    return int(listener.getsockname()[1])


@contextmanager
def running_server(folder: Path, *, allow_host: str = "", trusted_proxy: str = "") -> Iterator[str]:
    """The address of a real server of the library in `folder`, in a thread of its own; the rest as in Settings."""
    with socket.socket() as listener:
        port = _bind(listener)
        server = uvicorn.Server(server_config(create_app(Settings(folder, allow_host=allow_host)), trusted_proxy))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.started, "the server did not start within a minute"
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            _ports.append(port)
