"""A group of commands that imports the module of a command when it is called, or when its own help is asked for.

A list of commands is printed from the short help in the group's table. So a command can import at its top whatever it
needs, and no other command waits for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

# What the module of a command calls its only command on, and the module of a group its callback.
new_app = partial(typer.Typer, add_completion=False, rich_markup_mode=None)  # plain help: the documents show it too


@dataclass(frozen=True, slots=True)
class Entry:
    """A command of a group. module: within `linkassist.cli`; has it as `app`. short_help: how its help begins."""

    module: str
    short_help: str


class LazyGroup(TyperGroup):
    """A group whose commands are the entries of the class, listed in their order.

    `get_command` gives what a list shows of a command; `commands` and `resolve_command` import its module.
    """

    entries: ClassVar[Mapping[str, Entry]]

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

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> Any:
        return get_command(import_module(f"linkassist.cli.{self._entries[name].module}").app)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
