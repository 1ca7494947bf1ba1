"""The floors of a project: from which probability on a suggestion is shown unasked and counted.

One place answers for screens, counts and commands. What is below waits behind "more".
"""

from __future__ import annotations

from sqlite3 import Connection
from typing import Final

from linkassist.store.error_messages import translate_sqlite_errors
from linkassist.store.library import Library
from linkassist.store.project_settings import SettingName, set_project_setting, setting_in
from linkassist.suggestion import Floors

_SETTING_OF: Final[dict[str, SettingName]] = {"page": "floor", "red": "floor", "new": "floor_new"}
_MEASURED_OF: Final[dict[str, SettingName]] = {
    "page": "measured_floor",
    "red": "measured_floor",
    "new": "measured_floor_new",
}


def floors_of(library: Library, project_id: int) -> Floors:
    """The floors in force: for each kind what the reader has set, else what was measured, else the default."""
    with translate_sqlite_errors(library.path):
        return floors_in(library.connection, project_id)


def floors_in(connection: Connection, project_id: int) -> Floors:
    """`floors_of` inside a transaction."""
    chosen = {
        kind: setting_in(connection, project_id, name) or setting_in(connection, project_id, _MEASURED_OF[kind])
        for kind, name in _SETTING_OF.items()
    }
    return Floors(**{kind: int(percent) / 100 for kind, percent in chosen.items() if percent is not None})


def starting_floors(library: Library, project_id: int) -> tuple[Floors, bool]:
    """(the floors where the reader has set none, whether one of them was measured)"""
    with translate_sqlite_errors(library.path):
        measured = {kind: setting_in(library.connection, project_id, name) for kind, name in _MEASURED_OF.items()}
    known = {kind: int(percent) / 100 for kind, percent in measured.items() if percent is not None}
    return Floors(**known), bool(known)


def set_floors(library: Library, project_id: int, known: int | None, new: int | None) -> None:
    """Stores the reader's floors in whole per cent, None for the default: of page and red links, and of new ones."""
    set_project_setting(library, project_id, "floor", None if known is None else str(known))
    set_project_setting(library, project_id, "floor_new", None if new is None else str(new))


def set_measured_floors(library: Library, project_id: int, known: float | None, new: float | None) -> None:
    """Stores the floors that were measured, in [0, 1], None for nothing told; the totals are not added up again."""
    measured: tuple[tuple[SettingName, float | None], ...] = (("measured_floor", known), ("measured_floor_new", new))
    for name, floor in measured:
        set_project_setting(library, project_id, name, None if floor is None else str(round(100 * floor)))
