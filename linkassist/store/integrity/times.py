"""Mends the times of pages and exports in libraries whose version stored what the export had.

The times of lines are part of the text's hash and stay; `codec.py` mends them as it reads.
"""

from __future__ import annotations

from sqlite3 import Connection

from linkassist.wiki import LATEST_TIME, unix_second


def mend_times(connection: Connection) -> None:
    """Replaces times that are no Unix second up to 2100 by what they must be; see `unix_second`."""
    connection.create_function("unix_second", 1, unix_second, deterministic=True)
    for table, columns in (("pages", ("created", "updated")), ("projects", ("exported_at",))):
        mended = ", ".join(f"{column} = unix_second({column})" for column in columns)
        is_wrong = " OR ".join(f"{column} NOT BETWEEN 0 AND {LATEST_TIME - 1}" for column in columns)
        connection.execute(f"UPDATE {table} SET {mended} WHERE {is_wrong}")
