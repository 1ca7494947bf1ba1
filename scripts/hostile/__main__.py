"""Attacks the program, shows what broke, and ends with 1 where anything did."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from scripts.hostile.outcome import Budget, Outcome
from scripts.hostile.table import show, write

# By attack, its minutes of an hour.
MINUTES: Final = {"processes": 20, "kills": 6, "exports": 10, "flips": 8, "lines": 4, "disks": 8, "sockets": 4}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the attacks one after the other; returns 1 where one of them found something."""
    given = _options().parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # before the models' libraries come, whose threads a fork would lose
    for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
        del os.environ[name]  # settings of whoever runs this
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    shares = {name: MINUTES[name] for name in given.only.split(",")}
    outcomes = _attack(shares, given.rounds, 60 * given.minutes, seed)
    show(outcomes, seed)
    if given.write:
        write(outcomes, seed)
    return int(any(each.failures for each in outcomes))


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m scripts.hostile", description=__doc__)
    options.add_argument("--only", default=",".join(MINUTES), metavar="NAMES", help="some of %(default)s")
    options.add_argument("--seed", type=int, help="of the random numbers, as a failure names it")
    options.add_argument("--minutes", type=float, default=60.0, help="for all together [default: %(default)g]")
    options.add_argument("--rounds", type=int, help="of each attack, in place of a time")
    options.add_argument("--write", action="store_true", help="put the table into docs/guarantees.md")
    return options


def _attack(shares: Mapping[str, float], n_rounds: int | None, seconds: float, seed: int) -> list[Outcome]:
    outcomes = []
    columns = (TextColumn("{task.description:10}"), BarColumn(), TextColumn("{task.fields[n]:,}"), TimeElapsedColumn())
    # Drawn between two rounds, by this thread: the attacks fork, which a process with threads must not.
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as progress:
        for name, share in shares.items():
            bar = progress.add_task(name, total=1.0, n=0)

            def on_progress(n_done: int, done: float, bar: int = bar) -> None:
                progress.update(bar, completed=done, n=n_done, refresh=True)

            attack_s = seconds * share / sum(shares.values())
            budget = Budget(n_rounds=n_rounds, seconds=attack_s, on_progress=on_progress)
            began_at = time.monotonic()
            found = import_module(f"scripts.hostile.{name}").run(budget, seed)
            outcomes.append(replace(found, seconds=time.monotonic() - began_at))
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
