"""The command `password`: sets, renews and removes the password of a library and the token for programs."""

from __future__ import annotations

from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption
from linkassist.cli.prompts import asked_secret, is_terminal
from linkassist.errors import LinkAssistError, SettingsError
from linkassist.server.auth.password import (
    FEWEST_CHARACTERS,
    existing_access,
    new_access,
    new_token,
    read_access,
    remove_access,
    write_access,
)
from linkassist.settings import load_settings


@command(epilog="Example: linkassist password --library ~/wiki")
def password(
    is_token: Annotated[
        bool, typer.Option("--token", help="Create a token for programs and print it; it replaces an older one.")
    ] = False,
    is_removed: Annotated[bool, typer.Option("--remove", help="Remove the password and the token.")] = False,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Set the password that the browser asks for.

    It is asked for twice, or read from standard input if that is not a terminal. All sessions end. Its hash is stored
    in the library's folder, readable only by you.
    """
    if is_token and is_removed:
        raise typer.BadParameter("Choose one of --token and --remove.")
    folder = load_settings(library, config=config).library
    if is_removed:
        existing_access(folder)
        remove_access(folder)
        print("The password and the token are removed. `linkassist serve` now serves only this machine.")
    elif is_token:
        access, token = new_token(existing_access(folder))
        write_access(folder, access)
        print(token)
    else:
        word = _asked()
        try:
            before = read_access(folder)
        except SettingsError:
            before = None  # damaged, and replaced now
        write_access(folder, new_access(word, before.token if before else b""))
        print("The password is set. Whoever was logged in has to log in again; a token for programs stays as it was.")


def _asked() -> str:
    first = asked_secret(f"New password, at least {FEWEST_CHARACTERS} characters: ")
    if is_terminal() and asked_secret("The same again: ") != first:
        raise LinkAssistError("The two differ. Nothing has changed; run the command again.")
    return first
