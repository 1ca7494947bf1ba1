"""The tables, as an append-only list of migrations: a library is at version n when the first n have run.

Each is a file in `migrations/`. A released one is never edited; a change is a new file. `library.py` runs the missing
ones in one transaction, after a backup. Times are Unix seconds, booleans 0 or 1.

A page's text is stored once per content in `texts` (as JSON, which escapes NUL and line breaks), and `pages` refers to
it. So an import first writes new texts, and only then decides which page is which.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import complete_statement
from typing import Final

# In the file's header, so that another program's SQLite file is not mistaken for a library. ASCII "lnka".
APPLICATION_ID: Final = 0x6C6E6B61
WITH_CHECKSUMS: Final = 10  # the version from which on rows have them
WITH_SANE_TIMES: Final = 11  # the version from which on a stored time is a Unix second, 0 if unknown


def _statements(script: str) -> Iterator[str]:
    """The statements of a migration, without comments.

    SQLite keeps the text of a statement in the schema, and the released ones were indented by four spaces more.
    """
    lines: list[str] = []
    for line in script.splitlines():
        if lines or (line and not line.startswith("--")):
            lines.append(line)
        if complete_statement("\n".join(lines)):
            yield textwrap.indent("\n".join(lines), "    ").strip().removesuffix(";")
            lines.clear()


MIGRATIONS: Final = tuple(
    tuple(_statements(path.read_text("utf-8"))) for path in sorted(Path(__file__).with_name("migrations").glob("*.sql"))
)
