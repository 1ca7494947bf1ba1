"""A group of commands that imports the module of a command when it is called, or when its own help is asked for.

A list of commands is printed from the short help in the group's table. So a command can import at its top whatever it
needs, and no other command waits for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

Decorator = Callable[[Callable[..., None]], typer.Typer]

# Plain help: the documents show it too. A bug keeps its usual trace.
_PLAIN: Mapping[str, Any] = {"add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False}
_HELP_NAMES = {"help_option_names": ["-h", "--help"]}


def command(**attributes: Any) -> Decorator:
    """Makes a function the command of its module, which has its name. attributes: of `typer.Typer.command`."""

    def decorated(function: Callable[..., None]) -> typer.Typer:
        app = typer.Typer(**_PLAIN)
        app.command(**attributes)(function)
        return app

    return decorated


def group(**attributes: Any) -> Decorator:
    """Makes a function the callback of a group. attributes: of `typer.Typer`, `cls` being a `LazyGroup`."""

    def decorated(function: Callable[..., None]) -> typer.Typer:
        app = typer.Typer(**_PLAIN, no_args_is_help=True, context_settings=_HELP_NAMES, **attributes)
        app.callback()(function)
        return app

    return decorated


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a group. module: within `linkassist.cli`; has the command under its own name."""

    module: str
    short_help: str


class LazyGroup(TyperGroup):
    """A group whose commands are the entries of the class, listed in their order.

    `get_command` gives what a list shows of a command; `commands` and `resolve_command` import its module.
    """

    entries: ClassVar[Mapping[str, Command]]

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Commands(self.entries)  # type: ignore[assignment]  # nothing is ever added

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = self.entries.get(cmd_name)
        return entry and TyperCommand(cmd_name, help=entry.short_help)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else self.commands[name], rest


class _Commands(Mapping[str, Any]):
    """The commands by name, each imported when it is read."""

    def __init__(self, entries: Mapping[str, Command]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> Any:
        path = self._entries[name].module
        return get_command(getattr(import_module(f"linkassist.cli.{path}"), path.rpartition(".")[2]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
