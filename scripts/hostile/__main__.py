"""Attacks the program, shows what broke, and ends with 1 where anything did."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from scripts.hostile.outcome import Budget, Outcome

# By attack, its share of the time.
SHARES = {"processes": 20, "kills": 6, "exports": 10, "flips": 8, "lines": 4, "disks": 8, "sockets": 4}
MINUTES = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the attacks one after the other; returns 1 where one of them found something."""
    given = _options().parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # before the models' libraries come, whose threads a fork would lose
    for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
        del os.environ[name]  # settings of whoever runs this
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    names = given.only.split(",") if given.only else list(SHARES)
    outcomes = _attack(names, given.rounds, 60 * given.minutes, seed)
    _show(outcomes, seed)
    return int(any(each.failures for each in outcomes))


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m scripts.hostile", description=__doc__)
    options.add_argument("--only", default="", metavar="NAMES", help=f"some of {','.join(SHARES)}")
    options.add_argument("--seed", type=int, help="of the random numbers, as a failure names it")
    options.add_argument("--minutes", type=float, default=MINUTES, help="for all attacks together [default: 60]")
    options.add_argument("--rounds", type=int, help="of each attack, in place of a time")
    return options


def _attack(names: Sequence[str], n_rounds: int | None, seconds: float, seed: int) -> list[Outcome]:
    outcomes = []
    shares = {name: SHARES[name] for name in names}
    columns = (TextColumn("{task.description:10}"), BarColumn(), TextColumn("{task.fields[n]:,}"), TimeElapsedColumn())
    # Drawn by this thread alone: the attacks fork.
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as progress:
        for name, share in shares.items():
            bar = progress.add_task(name, total=1.0, n=0)

            def on_progress(n_done: int, done: float, bar: int = bar) -> None:
                progress.update(bar, completed=done, n=n_done, refresh=True)

            budget = Budget(n_rounds=n_rounds, seconds=seconds * share / sum(shares.values()), on_progress=on_progress)
            began_at = time.monotonic()
            found = import_module(f"scripts.hostile.{name}").run(budget, seed)
            outcomes.append(replace(found, seconds=time.monotonic() - began_at))
    return outcomes


def _show(outcomes: Sequence[Outcome], seed: int) -> None:
    table = Table("attack", "done", "found", "time")
    for each in outcomes:
        found = f"{len(each.failures)} faults" if each.failures else "nothing"
        table.add_row(each.name, each.done, found, f"{each.seconds:.0f} s")
    Console().print(table)
    for each in outcomes:
        for failure in each.failures:
            print(f"{each.name}: {failure}\n")
    print(f"Seed {seed}.")


if __name__ == "__main__":
    sys.exit(main())
