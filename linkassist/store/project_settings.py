"""The settings of a single project; those of the whole library are in its `linkassist.toml`."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Literal

from linkassist.store.error_messages import translate_sqlite_errors
from linkassist.store.integrity.checksums import PROJECT_SETTINGS, require_sound, seal
from linkassist.store.library import Library

# "most_per_page": how many suggestions a page is offered at most. "floor", "floor_new": the least probability of those
# shown, in whole per cent, the latter of new links. "measured_floor", "measured_floor_new": what the wiki's own
# examination tells of the two. "ignored_patterns": of titles of pages that get no suggestions, one a line. Kept in
# libraries, so never renamed.
SettingName = Literal["most_per_page", "floor", "floor_new", "ignored_patterns", "measured_floor", "measured_floor_new"]


def project_setting(library: Library, project_id: int, name: SettingName) -> str | None:
    """The stored value, None if it is not set."""
    with translate_sqlite_errors(library.path):
        return setting_in(library.connection, project_id, name)


def setting_in(connection: Connection, project_id: int, name: SettingName) -> str | None:
    """`project_setting` inside a transaction."""
    sql = f"SELECT {PROJECT_SETTINGS.selected} FROM project_settings WHERE project_id = ? AND name = ?"
    row = connection.execute(sql, (project_id, name)).fetchone()
    if row is None:
        return None
    require_sound(PROJECT_SETTINGS, row)
    return str(row[2])


def set_project_setting(library: Library, project_id: int, name: SettingName, value: str | None) -> None:
    """Stores the value; None removes it."""
    with library.transaction(is_durable=True) as connection:
        if value is None:
            connection.execute("DELETE FROM project_settings WHERE project_id = ? AND name = ?", (project_id, name))
        else:
            connection.execute(
                "INSERT OR REPLACE INTO project_settings (project_id, name, value) VALUES (?, ?, ?)",
                (project_id, name, value),
            )
            seal(connection, PROJECT_SETTINGS, PROJECT_SETTINGS.is_this_row, (project_id, name))
