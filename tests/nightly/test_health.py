"""Whether a night failed, was killed, was missed or is due: by its files, and under clocks that jump."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from linkassist.nightly.actions import WriteFile, perform
from linkassist.nightly.clock import Timestamp, now, seconds_since
from linkassist.nightly.due import is_due, seconds_since_minute
from linkassist.nightly.health import Failure, HealthState, health
from linkassist.nightly.report import (
    EXIT_BUSY,
    FILE_NAME,
    NightReport,
    ProjectReport,
    StepReport,
    exit_code_of,
    write_night,
)
from linkassist.nightly.schedule import install_actions, uninstall_actions
from linkassist.store.locks import nightly_lock

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
NOON = datetime(2026, 11, 22, 12, 0).timestamp()  # local time, as schedules are


def moment(hours: float, *, boot: str = "", uptime_h: float | None = None) -> Timestamp:
    """A moment so many hours after the noon of the tests; by its uptime another one, should the clock have jumped."""
    return Timestamp(NOON + hours * HOUR_S, boot, (hours if uptime_h is None else uptime_h) * HOUR_S + 1e6)


def night(folder: Path, began: Timestamp, *, is_failed: bool = False, success: Timestamp | None = None) -> None:
    steps = (StepReport("fetch", "failed", 1.0, "no network"),) if is_failed else ()
    write_night(
        folder,
        NightReport(
            str(folder),
            "failed" if is_failed else "done",
            began,
            finished=began,
            last_success=success if is_failed else began,
            exit_code=10 if is_failed else 0,
            projects=(ProjectReport("niwa", "x", steps),),
        ),
    )


def install(folder: Path, at_minute: int, when: Timestamp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes a schedule as --install does, without telling the platform."""
    monkeypatch.setattr("linkassist.nightly.schedule.now", lambda: when)
    monkeypatch.setenv("PATH", "")  # nothing of the machine is asked
    actions = install_actions("systemd", folder, ["true"], at_minute)
    perform([each for each in actions if isinstance(each, WriteFile) and each.path.parent == folder])


class TestHealth:
    def test_where_nobody_asked_for_nights_there_is_no_alarm(self, tmp_path: Path) -> None:
        assert health(tmp_path, moment(0)).state == "none"

    @pytest.mark.parametrize(("hours", "state"), [(1, "done"), (35, "done"), (37, "missed"), (60 * 24, "missed")])
    def test_a_night_that_did_everything_is_good_for_a_day_and_a_half(
        self, tmp_path: Path, hours: float, state: HealthState
    ) -> None:
        night(tmp_path, moment(0))
        found = health(tmp_path, moment(hours))
        assert (found.state, found.is_alarm) == (state, state == "missed")
        assert found.last_success_at == int(moment(0).at)

    def test_a_failed_night_says_what_failed_and_since_when(self, tmp_path: Path) -> None:
        night(tmp_path, moment(0), is_failed=True, success=moment(-48))
        found = health(tmp_path, moment(1))
        assert found.state == "failed" and found.is_alarm
        assert found.failures == (Failure("niwa", "fetch", "no network"),)
        assert found.last_success_at == int(moment(-48).at)

    def test_a_night_without_an_end_goes_on_or_was_killed(self, tmp_path: Path) -> None:
        write_night(tmp_path, NightReport(str(tmp_path), "running", moment(0), last_success=moment(-24)))
        with nightly_lock(tmp_path):
            assert health(tmp_path, moment(1)).state == "running"
        found = health(tmp_path, moment(1))
        assert (found.state, found.at, found.is_alarm) == ("killed", int(moment(0).at), True)

    @pytest.mark.parametrize("left", [b"", b"{", b"[]", b'{"started": 7}', b"\xff"])
    def test_a_report_that_cannot_be_read_counts_as_a_killed_night(self, tmp_path: Path, left: bytes) -> None:
        (tmp_path / FILE_NAME).write_bytes(left)
        assert health(tmp_path, moment(0)).state == "killed"

    def test_the_first_night_may_be_missed_too(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        install(tmp_path, 210, moment(0), monkeypatch)
        assert health(tmp_path, moment(20)).state == "waiting"
        assert health(tmp_path, moment(40)).state == "missed"
        assert health(tmp_path, moment(20)).schedule == "systemd"

    def test_who_wants_no_nights_any_more_misses_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        monkeypatch.setenv("PATH", "")
        night(tmp_path, moment(0))
        perform(uninstall_actions(tmp_path))
        assert health(tmp_path, moment(1000)).state == "none"


class TestClocks:
    def test_this_machine_tells_its_moments(self) -> None:
        earlier = now()
        passed_s = seconds_since(earlier, now())
        assert passed_s is not None and 0 <= passed_s < 60

    @pytest.mark.parametrize(
        ("later", "hours"),
        [
            pytest.param(moment(5, boot="a"), 5, id="no jump"),
            pytest.param(moment(-9000, boot="a", uptime_h=5), 5, id="back, the machine goes on"),
            pytest.param(moment(9000, boot="a", uptime_h=5), 5, id="forth, the machine goes on"),
            pytest.param(moment(5, boot="b", uptime_h=-90), 5, id="another start"),
            pytest.param(moment(-9000, boot="b", uptime_h=1), None, id="back, and another start"),
            pytest.param(moment(-0.01, boot="b"), 0, id="a correction of half a minute"),
        ],
    )
    def test_how_much_time_has_passed(self, later: Timestamp, hours: float | None) -> None:
        passed_s = seconds_since(moment(0, boot="a"), later)
        assert passed_s == (None if hours is None else pytest.approx(hours * HOUR_S))

    def test_a_clock_that_jumps_forth_raises_no_alarm(self, tmp_path: Path) -> None:
        night(tmp_path, moment(0, boot="a"))
        assert health(tmp_path, moment(9000, boot="a", uptime_h=2)).state == "done"

    def test_a_clock_that_jumps_back_does_not_silence_it(self, tmp_path: Path) -> None:
        night(tmp_path, moment(0, boot="a"))
        assert health(tmp_path, moment(-9000, boot="a", uptime_h=40)).state == "missed"

    def test_a_night_from_the_future_is_an_alarm_and_due(self, tmp_path: Path) -> None:
        night(tmp_path, moment(9000))
        found = health(tmp_path, moment(0))
        assert (found.state, found.is_alarm) == ("clock", True)
        assert is_due(tmp_path, moment(0))


class TestDue:
    def test_how_long_ago_a_minute_of_the_day_was(self) -> None:
        assert seconds_since_minute(12 * 60, moment(0)) == 0
        assert seconds_since_minute(3 * 60 + 30, moment(0)) == 8.5 * HOUR_S
        assert seconds_since_minute(12 * 60 + 1, moment(0)) == DAY_S - 60

    @pytest.mark.parametrize(
        ("began", "asked", "is_it"),
        [
            pytest.param(-8.5, 0, False, id="this night was done at 03:30"),
            pytest.param(-8.5, 15.4, False, id="the next one is a few minutes away"),
            pytest.param(-8.5, 15.6, True, id="the next one should have begun"),
            pytest.param(-8.4, 15.51, True, id="at its minute, though the last one began later"),
            pytest.param(-3, 0, False, id="it was caught up in the morning"),
            pytest.param(-60, 0, True, id="two were missed"),
        ],
    )
    def test_a_night_is_due_when_the_last_was_before_its_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, began: float, asked: float, is_it: bool
    ) -> None:
        install(tmp_path, 3 * 60 + 30, moment(-1000), monkeypatch)
        night(tmp_path, moment(began))
        assert is_due(tmp_path, moment(asked)) is is_it

    def test_the_first_is_due_at_its_minute_and_not_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        install(tmp_path, 3 * 60 + 30, moment(0), monkeypatch)
        assert not is_due(tmp_path, moment(1)) and is_due(tmp_path, moment(16))

    def test_a_failed_one_is_due_again_after_some_hours(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        install(tmp_path, 3 * 60 + 30, moment(-1000), monkeypatch)
        night(tmp_path, moment(-8.5), is_failed=True, success=moment(-32.5))
        assert not is_due(tmp_path, moment(-5)) and is_due(tmp_path, moment(-4))

    def test_without_a_schedule_it_is_due_after_a_day(self, tmp_path: Path) -> None:
        assert is_due(tmp_path, moment(0))
        night(tmp_path, moment(0))
        assert not is_due(tmp_path, moment(23)) and is_due(tmp_path, moment(25))

    def test_none_is_due_while_one_is_under_way(self, tmp_path: Path) -> None:
        with nightly_lock(tmp_path):
            assert not is_due(tmp_path, moment(0))


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        ((), 0),
        (("backup",), 15),
        (("backup", "reindex", "import"), 11),
        (("open",), 9),
        (("evaluate", "prune"), 13),
        (("fetch", "import"), 10),
    ],
)
def test_the_first_step_that_failed_gives_the_exit_code(failed: tuple[str, ...], code: int) -> None:
    steps = [StepReport("reindex", "done", 1.0), *(StepReport(step, "failed", 1.0) for step in failed)]  # type: ignore[arg-type]
    assert exit_code_of(steps) == code


def test_a_step_that_waited_in_vain_has_a_code_of_its_own() -> None:
    steps = [StepReport("fetch", "failed", 1.0), StepReport("import", "failed", 1.0, is_busy=True)]
    assert exit_code_of(steps) == EXIT_BUSY == 16
