"""What is made ready behind a fresh server is not made again for its readers."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.little_server import client_of
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.errors import StoreError
from linkassist.server.context import ServerContext
from linkassist.server.warm_up import warm_up
from linkassist.store.library import DATABASE_NAME


def test_titles_and_orphans_are_read_before_somebody_asks_and_again_after_a_change(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    client = client_of(tmp_path)
    context: ServerContext = client.app.state.context  # type: ignore[attr-defined]
    warm_up(context)
    asked: list[str] = []
    with context.open_library() as library:
        library.connection.set_trace_callback(asked.append)

    def n_read() -> int:
        asked.clear()
        for screen in (f"/p/{PROJECT}", f"/search/{PROJECT}?q=道具"):
            assert client.get(screen).status_code == 200
        assert asked  # it is this library that was lent to both
        return sum("SELECT folded_title" in sql or "SELECT count(*) FROM pages" in sql for sql in asked)

    assert n_read() == 0
    with context.open_library() as library, library.transaction() as connection:
        connection.execute("UPDATE page_changes SET n = n + 1")
    assert n_read() == 2


def test_a_library_that_cannot_be_read_is_left_to_its_first_reader(tmp_path: Path) -> None:
    client = client_of(tmp_path)
    (tmp_path / DATABASE_NAME).write_bytes(b"no library" * 1000)
    context: ServerContext = client.app.state.context  # type: ignore[attr-defined]
    warm_up(context)
    with pytest.raises(StoreError, match="damaged"), context.open_library():
        pass
