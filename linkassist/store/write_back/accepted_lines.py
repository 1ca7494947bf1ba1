"""The lines of accepted mentions as they were when they were accepted: by these a push finds its place on the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from sqlite3 import Connection

from linkassist.store.codec import decode_texts
from linkassist.store.integrity.checksums import ACCEPTED_LINES, require_sound, seal
from linkassist.store.library import Library
from linkassist.suggestion import Mention


def keep_accepted_line(connection: Connection, page_id: int, log_id: int, mention: Mention) -> None:
    """Stores the line of the mention, within the transaction of the decision; nothing if the words are not there."""
    (stored,) = connection.execute(
        "SELECT t.lines FROM pages p JOIN texts t ON t.id = p.text_id WHERE p.id = ?", (page_id,)
    ).fetchone()
    texts = decode_texts(stored)
    text = texts[mention.line] if 0 <= mention.line < len(texts) else ""
    if text[mention.start : mention.end] == mention.surface != "":
        connection.execute("INSERT INTO accepted_lines (log_id, text) VALUES (?, ?)", (log_id, json.dumps(text)))
        seal(connection, ACCEPTED_LINES, ACCEPTED_LINES.is_this_row, (log_id,))


def accepted_lines(library: Library, log_ids: Sequence[int]) -> dict[int, str]:
    """The stored lines by the decisions' entries in the log."""
    found = {}
    for log_id in log_ids:
        row = library.row(f"SELECT {ACCEPTED_LINES.selected} FROM accepted_lines WHERE log_id = ?", (log_id,))
        if row is not None:
            require_sound(ACCEPTED_LINES, row)
            found[log_id] = str(json.loads(row[1]))
    return found
