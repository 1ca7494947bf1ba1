"""Expected errors, about which the user can do something. Only `cli/app.py` and `server/` catch them."""

from __future__ import annotations

from linkassist.terminal_escape import visible


class LinkAssistError(Exception):
    """An expected failure; its message says what was found, where, what was expected and what to do.

    It is one paragraph that is safe to show on a terminal and to write to a file: control characters in it are escaped.
    """

    def __init__(self, message: str) -> None:
        super().__init__(visible(message))


class ExportError(LinkAssistError):
    """An export file, or a page in it, that cannot be read."""


class SettingsError(LinkAssistError):
    """A setting that is missing, unknown or out of range."""


class StoreError(LinkAssistError):
    """A library that cannot be opened, read or written."""


class NotFoundError(LinkAssistError):
    """A project or a page that the library does not hold."""


class ModelError(LinkAssistError):
    """A model folder, a checkpoint or an index that cannot be used."""


class FetchError(LinkAssistError):
    """Pages that cannot be fetched."""
