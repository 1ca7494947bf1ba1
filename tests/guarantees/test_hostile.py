"""The attacks of `make hostile`: they can be repeated by their seed, and docs/guarantees.md has a line for each."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from scripts.hostile.__main__ import MINUTES
from scripts.hostile.exports import hostile_export
from scripts.hostile.outcome import ROOT, Budget, Outcome
from scripts.hostile.processes import lost
from scripts.hostile.readers import Answer
from scripts.hostile.served import Decision
from scripts.hostile.table import DOCUMENT, PART, markdown


def test_the_document_of_the_guarantees_has_a_line_for_each_attack() -> None:
    (found,) = PART.findall(DOCUMENT.read_text("utf-8"))
    assert [name for name in MINUTES if f"| `{name}`:" not in found] == [], "run `make hostile ARGS=--write`"


def test_a_table_tells_what_broke_and_how_to_do_it_again() -> None:
    outcomes = [
        Outcome("kills", "all holds", "9 kills", (), 30.0),
        Outcome("lines", "none hangs", "3 shapes", ("slow",)),
    ]
    table = markdown(outcomes, 7)
    assert "| `kills`: all holds | 9 kills | nothing |" in table
    assert "| `lines`: none hangs | 3 shapes | 1 fault |" in table
    assert "seed 7" in table


def test_a_budget_is_a_number_of_rounds_or_a_time_of_one_round_at_least() -> None:
    told: list[float] = []
    counted = Budget(n_rounds=3, seconds=1e-9, on_progress=lambda n_done, share: told.append(share))
    assert list(counted.rounds()) == [0, 1, 2] and counted.n_done == 3
    assert told[-1] == 1.0
    timed = Budget(n_rounds=None, seconds=1e-9, on_progress=lambda n_done, share: None)
    assert list(timed.rounds()) == [0]


@pytest.mark.parametrize(
    ("kept", "is_lost"),
    [
        ([(1, "a", "accept"), (1, "a", "undo"), (2, "b", "reject")], False),
        ([(2, "b", "reject"), (1, "a", "accept")], False),  # the undo was not answered
        ([(1, "a", "accept")], True),
        ([(1, "a", "undo"), (1, "a", "accept"), (2, "b", "reject")], True),
        ([], True),
    ],
)
def test_a_decision_is_lost_if_it_was_acknowledged_and_is_not_in_the_log_in_its_order(
    kept: list[Decision], is_lost: bool
) -> None:
    before = [(9, "z", "accept")]
    answers = [
        Answer("", 303, 1, "a", "accept"), Answer("", 0, 1, "a", "undo"), Answer("", 303, 2, "b", "reject"),
        Answer("", 404, 3, "c", "accept"), Answer("", 200),
    ]  # fmt: skip
    assert bool(lost(before, before + kept, answers)) is is_lost
    assert lost(before, kept, answers)  # what was there before is gone


def test_an_export_can_be_made_again_by_its_seed() -> None:
    assert [hostile_export(random.Random(n)) for n in range(30)] == [
        hostile_export(random.Random(n)) for n in range(30)
    ]


def test_a_short_attack_finds_nothing() -> None:
    command = [sys.executable, "-m", "scripts.hostile", "--only", "sockets", "--rounds", "12", "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
