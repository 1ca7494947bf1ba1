"""What an attack is given and what it returns: a budget of rounds or seconds, and the outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attack.

    name: of the attack. promise: what must hold. done: what was done, with the number of rounds. failures: what broke,
    each with the command that repeats it; empty where the promise held.
    """

    name: str
    promise: str
    done: str
    failures: tuple[str, ...]
    seconds: float = 0.0


class Budget:
    """How long an attack goes on: for a number of rounds, or for a number of seconds."""

    def __init__(self, *, n_rounds: int | None, seconds: float, on_progress: Callable[[int, float], None]) -> None:
        """n_rounds: None to go by the time alone. on_progress: called with the rounds done and the share of the whole.

        Where n_rounds is given, all of them are done, however long they take.
        """
        self._n_rounds = n_rounds
        self._seconds = seconds
        self._on_progress = on_progress
        self.n_done = 0

    def rounds(self) -> Iterator[int]:
        """The number of each round, from 0; at least one."""
        began_at = time.monotonic()
        while True:
            yield self.n_done
            self.n_done += 1
            share = (time.monotonic() - began_at) / self._seconds
            if self._n_rounds is not None:
                share = self.n_done / self._n_rounds
            self._on_progress(self.n_done, min(share, 1.0))
            if share >= 1.0:
                return


def repeat(name: str, seed: int, n_rounds: int = 1) -> str:
    """The command that does these rounds again."""
    return f"`python -m scripts.hostile --only {name} --seed {seed} --rounds {n_rounds}`"
