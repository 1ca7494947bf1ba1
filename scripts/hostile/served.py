"""A library of the little garden wiki, and the server of it in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette

from linkassist.cli.serve import run_server
from linkassist.errors import LinkAssistError
from linkassist.server.app import create_app
from linkassist.server.run import address_of, listen, serve_on
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import list_pages, project, projects, read_pages
from linkassist.store.suggestions import page_suggestions
from scripts.crash import NAME, export
from scripts.hostile.children import Child, run_program, warm_up
from scripts.hostile.readers import Pair, read_and_decide

READY: Final = "(Ctrl-C"  # what a server says that answers
PATIENCE_S: Final = 60.0

Decision = tuple[int, str, str]  # page row id, the target's key, and accept, reject or undo


def write_garden(room: Path, *more: Callable[[], object]) -> tuple[Path, Path, Path]:
    """A reindexed library with a decision, and two exports of its wiki, before and after a day.

    All that its commands, its server and `more` import is imported when this returns.
    """
    library = room / "garden"
    old, new = room / "old.json", room / "new.json"
    for path in (old, new):
        path.write_text(json.dumps(export(is_new=path == new)))
    commands = (["import", str(old)], ["nightly"], ["backup"], ["status"])
    works: list[Callable[[], object]] = [
        lambda command=command: run_program([*command, "--library", str(library)]) for command in commands
    ]
    warm_up(room, [*works, lambda: _serve_a_moment(library, room / "answers.json"), *more])
    return library, old, new


def app_of(folder: Path) -> Starlette:
    """The server's application, with its templates read: a server spends more time on that than on all of a round."""
    app = create_app(Settings(folder))
    app.state.context.templates.read_all()
    return app


def serve(app: Starlette, folder: Path) -> None:
    """What `linkassist serve --port 0` does, and how it ends."""
    settings = Settings(folder, port=0)
    try:
        run_server(settings, app, listen(settings.host, settings.port), opens_browser=False)
    except LinkAssistError as error:
        raise SystemExit(f"linkassist: {error}") from None


def address_said(server: Child) -> str:
    """Where the server answers, "" where it has not said so yet."""
    said = server.said()
    return said.split("linkassist: ")[1].split(" ")[0] if READY in said else ""


def await_address(server: Child) -> str:
    """Where the server answers, as soon as it does; raises RuntimeError where it does not."""
    deadline = time.monotonic() + PATIENCE_S
    while not (address := address_said(server)):
        if server.has_ended() or time.monotonic() > deadline:
            raise RuntimeError(f"the server does not begin to answer: {server.said() or 'it says nothing'}")
        time.sleep(0.002)
    return address


def get(address: str, target: str) -> tuple[int, str]:
    """Status and body of the answer to a GET by a reader of this machine. Raises OSError where there is none."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_S)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def open_pairs(folder: Path, chance: random.Random) -> list[Pair]:
    """All that can be decided in the garden, in random order."""
    with Library.open(folder) as library:
        pages, _ = list_pages(library, project(library, NAME).id, sort="title", limit=100)
        found = [
            Pair(page.id, page.title, each.suggestion.target)
            for page in pages
            for each in page_suggestions(library, page.id)
        ]
    chance.shuffle(found)
    return found


def logged(folder: Path) -> list[Decision]:
    """The log of decisions, the oldest first."""
    sql = "SELECT page_id, target_key, CASE action WHEN 'undo' THEN action ELSE decision END FROM verdict_log"
    with Library.open(folder) as library:
        return list(library.rows(f"{sql} ORDER BY id"))


def lines_of(folder: Path) -> dict[str, dict[str, list[str]]]:
    """By project and title, the lines of the pages that are there."""
    with Library.open(folder) as library:
        return {
            each.name: {stored.page.title: [line.text for line in stored.page.lines] for stored in stored_pages}
            for each in projects(library)
            for stored_pages in (read_pages(library, each.id),)
        }


def damage(folder: Path) -> str:
    """What SQLite finds wrong with the database, "" for a whole one."""
    with Library.open(folder) as library:
        found = list(library.rows("PRAGMA integrity_check(3)")) + list(library.rows("PRAGMA foreign_key_check"))
    return "" if found == [("ok",)] else str(found)


def _serve_a_moment(folder: Path, answers: Path) -> None:
    """A server that shows its screens once, takes a verdict and ends."""
    listener = listen("127.0.0.1", 0)
    pairs = open_pairs(folder, random.Random(0))[:1]

    def visit() -> None:
        read_and_decide(address_of(listener), NAME, pairs, answers, 0)
        os.kill(os.getpid(), signal.SIGINT)

    serve_on(listener, app_of(folder), threading.Thread(target=visit).start)
