"""The outcomes as a table: on the terminal, and in docs/guarantees.md between its markers."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from scripts.hostile.outcome import ROOT, Outcome

DOCUMENT: Final = ROOT / "docs" / "guarantees.md"
PART: Final = re.compile(r"(?s)(?<=ARGS=--write` writes this part -->\n).*?(?=<!-- attacks end -->)")


def show(outcomes: Sequence[Outcome], seed: int) -> None:
    """Prints the table, then each failure with the command that repeats it."""
    table = Table("attack", "done", "found", "time")
    for each in outcomes:
        table.add_row(each.name, each.done, _found(each), f"{each.seconds:,.0f} s")
    Console().print(table)
    for each in outcomes:
        for failure in each.failures:
            print(f"{each.name}: {failure}\n")
    print(f"Seed {seed}.")


def markdown(outcomes: Sequence[Outcome], seed: int) -> str:
    """The table with its date, machine, Python and seed."""
    rows = [f"| `{each.name}`: {each.promise} | {each.done} | {_found(each)} |" for each in outcomes]
    minutes = sum(each.seconds for each in outcomes) / 60
    where = f"{_processor()}, {os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"
    told = f"{time.strftime('%Y-%m-%d')}, {minutes:.0f} minutes, seed {seed}; {where}."
    return "\n".join(["", "| promise | attacks | what broke |", "|---|---|---|", *rows, "", told, "", ""])


def write(outcomes: Sequence[Outcome], seed: int) -> None:
    """Puts the table into docs/guarantees.md."""
    DOCUMENT.write_text(PART.sub(lambda _: markdown(outcomes, seed), DOCUMENT.read_text("utf-8"), count=1), "utf-8")


def _found(outcome: Outcome) -> str:
    n_faults = len(outcome.failures)
    return f"{n_faults:,} fault{'s' if n_faults > 1 else ''}" if n_faults else "nothing"


def _processor() -> str:
    try:
        names = re.search(r"(?m)^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text())
    except OSError:
        names = None
    return names[1] if names else platform.machine()
