"""The command `login`: asks for a key to Scrapbox, says whose it is, and keeps it in the library's settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import BaseUrlOption, ConfigOption, LibraryOption
from linkassist.cli.output import print_lines, say
from linkassist.cli.prompts import asked_secret
from linkassist.errors import SettingsError
from linkassist.scrapbox.client.address import PUBLIC_BASE, RemoteProject, remote_project, server_at
from linkassist.scrapbox.client.connection import Connection
from linkassist.scrapbox.client.identity import Identity, identity
from linkassist.scrapbox.client.keys import TOKEN_PAGE, AccessKey, access_key
from linkassist.scrapbox.client.throttle import Throttle
from linkassist.settings import FILE_NAME, load_settings, remember_key

_VARIABLE: Final = "LINKASSIST_SCRAPBOX_KEY"
_MOST_NAMED: Final = 10


@command(epilog="Example: linkassist login https://scrapbox.io/niwa")
def login(
    project: Annotated[
        str | None,
        typer.Argument(metavar="[ADDRESS]", help="The address of a project; needed for a service account's key."),
    ] = None,
    base_url: BaseUrlOption = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Keep a key to Scrapbox, to fetch private projects and to write links.

    It is asked for without being shown, or read from standard input if that is not a terminal: a personal access
    token, a service account's access key, or the value of the cookie connect.sid. It is kept in linkassist.toml in the
    library's folder, readable only by you, and is in no backup.
    """
    folder = load_settings(library, config=config).library
    where = remote_project(project) if project else server_at(base_url or PUBLIC_BASE)
    say(f"A personal access token is made at {where.base}{TOKEN_PAGE}")
    key = access_key(asked_secret("Key (it is not shown): "))
    if key.sort == "none":
        raise SettingsError("No key was given, and nothing has changed.")
    if key.sort == "service account" and not project:
        raise SettingsError(
            "A service account's key is for one project. Name it: linkassist login https://scrapbox.io/PROJECT"
        )
    with Connection(where, key, Throttle()) as connection:
        found = identity(connection)
    remember_key(folder, key.text)
    print_lines(_kept_text(key, where, found))
    print_lines([f"It is kept in {folder / FILE_NAME}, readable only by you."])
    if os.environ.get(_VARIABLE):
        say(f"linkassist: {_VARIABLE} is set in the environment and overrides it.")


def _kept_text(key: AccessKey, where: RemoteProject, found: Identity) -> Iterator[str]:
    sort = {"token": "personal access token", "service account": "service account's key", "cookie": "session"}[key.sort]
    yield f"This is the {sort} of {found.name}." if found.name else f"This is a {sort}."
    named = ", ".join(found.projects[:_MOST_NAMED])
    more = f" and {len(found.projects) - _MOST_NAMED:,} more" if len(found.projects) > _MOST_NAMED else ""
    if found.projects:
        yield f"With it you can read and edit: {named}{more}."
    else:
        yield f"{where.base} names no project that it can edit. Other projects can be read if they are public."
