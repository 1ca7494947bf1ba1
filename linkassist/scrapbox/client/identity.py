"""Whose a key is, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass

from linkassist.scrapbox.client.connection import Connection, NotAllowedError, NotThereError
from linkassist.scrapbox.client.keys import KEYS_ADVICE


@dataclass(frozen=True, slots=True)
class Identity:
    """name: of the user, "" for a service account or where the server does not tell. projects: those it may edit."""

    name: str
    projects: tuple[str, ...]


def identity(connection: Connection) -> Identity:
    """The owner of the connection's key. A service account is for the project of the connection.

    Raises NotAllowedError for a key that nobody has.
    """
    if connection.key.sort == "service account":
        connection.get_json(f"/api/pages/{connection.project.quoted_name}?skip=0&limit=1&sort=updated")
        return Identity("", (connection.project.name,))
    try:
        user = connection.get_json("/api/users/me")
    except NotThereError:
        return Identity("", ())
    name, display_name = user.get("name"), user.get("displayName")
    if not isinstance(name, str) or not name:
        raise NotAllowedError(f"{connection.project.base} knows nobody with this key. {KEYS_ADVICE}")
    is_other = isinstance(display_name, str) and display_name not in ("", name)
    return Identity(f"{name} ({display_name})" if is_other else name, _projects(connection))


def _projects(connection: Connection) -> tuple[str, ...]:
    try:
        listed = connection.get_json("/api/projects").get("projects")
    except NotThereError:
        return ()
    names = [each.get("name") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return tuple(sorted(name for name in names if isinstance(name, str)))
