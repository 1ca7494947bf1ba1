"""Progress where there is no terminal: a quiet line a step. (With a terminal: `test_process.py`.)"""

from __future__ import annotations

import re

import pytest

from linkassist.cli.progress import progress


def test_without_a_terminal_a_step_is_one_line_when_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as on_progress:
        for done in range(1001):
            on_progress("encode", done, 1000)
        on_progress("write", 0, 0)
        on_progress("import", 2_500_000, 5_000_000)
        assert len(capsys.readouterr().err.splitlines()) == 2
        on_progress("something else", 1, 1)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"Reading the export: 2.5 MB, 0.0 s\nSomething else: 1, 0.0 s\n", err)


def test_a_step_that_fails_is_not_said_to_have_ended(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), progress() as on_progress:
        on_progress("encode", 1, 2)
        raise ZeroDivisionError
    assert capsys.readouterr().err == ""
