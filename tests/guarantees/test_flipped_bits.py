"""A bit flips, wherever in the database: nothing falls, and nothing of the reader's is lost silently.

`scripts/hostile_flips.py` does it, here with 200 flips; by itself with as many as one likes.
"""

from __future__ import annotations

import pytest
from support.paths import SCRIPTS


def test_after_200_flips_every_command_answers_or_says_what_to_do_and_nothing_is_lost_silently(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    from hostile_flips import run, table

    flips = run(200, 12, most_learnt=2, n_screens=2)
    faults = [f"byte {flip.offset}, bit {flip.bit}, {flip.where}: {fault}" for flip in flips for fault in flip.faults]
    assert faults == []
    assert len(flips) == 200
    assert sum(bool(flip.told) for flip in flips) > 20, "\n".join(table(flips))
