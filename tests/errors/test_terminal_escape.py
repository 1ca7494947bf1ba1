"""Text from elsewhere in messages: whatever it holds, a message is one line that can be shown, written and kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkassist.errors import LinkAssistError, StoreError
from linkassist.nightly.clock import Timestamp
from linkassist.nightly.log import night_log
from linkassist.nightly.report import LOG_NAME, NightReport, ProjectReport, StepReport, write_night
from linkassist.store.library import Library
from linkassist.store.runs import finish_run, last_run, start_run
from linkassist.terminal_escape import quoted, shown, visible

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\nb\r\tc", "a␊b␍␉c"),
        ("\x1b[2J\x00\x7f", "␛[2J␀␡"),
        ("\x9b31m", "<U+009B>31m"),
        ("a\u202etxt.exe", "a<U+202E>txt.exe"),
        ("line\u2028break", "line<U+2028>break"),
        ("half \ud83d", "half \\ud83d"),
        ("path \udce9", "path \\udce9"),
        ("庭 🌱 é", "庭 🌱 é"),
    ],
)
def test_signs_that_do_something_are_seen_instead(text: str, seen: str) -> None:
    assert visible(text) == shown(text) == seen
    assert quoted(text) == f'"{seen}"'


def test_a_long_title_is_quoted_by_its_beginning() -> None:
    assert quoted("x" * 80) == f'"{"x" * 80}"'
    assert quoted("x" * 81) == f'"{"x" * 79}…"'
    assert quoted("庭" * 100_000, 10) == f'"{"庭" * 9}…"'


@given(ANY_TEXT)
def test_every_message_of_a_failure_is_one_line_that_can_be_written(text: str) -> None:
    message = str(LinkAssistError(f"{text} cannot be read."))
    assert message.encode() and len(message.splitlines()) == 1
    assert str(LinkAssistError(message)) == message


def test_a_report_and_a_log_bear_any_text(tmp_path: Path) -> None:
    harm = "half \ud83d, path \udce9, \x1b[2J, \u202e, nul \0, line\nERROR forged"
    steps = (StepReport("import", "failed", 1.0, harm),)
    report = NightReport(harm, "failed", Timestamp(1.0), projects=(ProjectReport(harm, harm, steps),))
    write_night(tmp_path, report)
    written = json.loads((tmp_path / "nightly.json").read_bytes())
    assert written["library"] == harm and written["projects"][0]["steps"][0]["message"] == harm
    with night_log(tmp_path, "") as log:
        log.error("%s", report.as_line())
    logged = (tmp_path / LOG_NAME).read_text("utf-8")
    assert "\\ud83d" in logged and "\x1b" not in logged and "\u202e" not in logged and logged.count("\n") == 1


def test_the_record_of_a_run_bears_any_text(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        finish_run(library, start_run(library, "import"), "failed", message="half \ud83d\nand \x1b[2J")
        run = last_run(library, "import")
    assert run and run.message == "half \\ud83d\nand ␛[2J"


def test_a_failure_of_sqlite_that_quotes_a_lone_surrogate_can_be_told(tmp_path: Path) -> None:
    folder = tmp_path / "caf\udce9\n"
    folder.mkdir()
    with Library.open(folder) as library, pytest.raises(StoreError) as failure, library.transaction() as connection:
        connection.execute("INSERT INTO projects (name) VALUES (?)", ("\ud83d",))
    assert str(failure.value).encode()
    (folder / "linkassist.sqlite3").write_bytes(b"no database, but long enough to be looked at" * 100)
    with pytest.raises(StoreError, match=r"caf\\udce9␊"):
        Library.open(folder)
