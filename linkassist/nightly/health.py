"""The state of the nightly runs, read from files in the library's folder, for the command `status` and the browser.

The database is not opened, so that a damaged one does not hide the state. The lock of a running night tells it from a
killed one, since it ends with the process.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from linkassist.nightly.clock import Timestamp, seconds_since
from linkassist.nightly.report import FILE_NAME
from linkassist.store.locks import is_nightly_running
from linkassist.terminal_escape import visible

TOO_OLD_S: Final = 36 * 3600.0  # one missed night, and some hours for the next
SCHEDULE_NAME: Final = "nightly-schedule.json"

# "none": never scheduled. "waiting": scheduled, and the first is still to come. "clock": the clock was set back, so the
# age of the last night is unknown.
HealthState = Literal["none", "waiting", "running", "done", "failed", "killed", "missed", "clock"]
_NEVER: Final = Timestamp(0.0)
_ALARMS: Final = ("failed", "killed", "missed", "clock")


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed step. project: "" for a step of the whole library."""

    project: str
    step: str
    message: str


@dataclass(frozen=True, slots=True)
class Health:
    """at: when the last night ended, or began if it did not end; last_success_at: when the last complete one began.
    Both are Unix seconds, 0 for never. schedule: the scheduler that starts them, "" for none."""

    state: HealthState
    at: int = 0
    last_success_at: int = 0
    failures: tuple[Failure, ...] = ()
    schedule: str = ""
    exit_code: int = 0

    @property
    def is_alarm(self) -> bool:
        """Whether the user has to act."""
        return self.state in _ALARMS


@dataclass(frozen=True, slots=True)
class NightlySchedule:
    """The scheduler that starts the nights ("systemd", "launchd" or "cron"), at which minute of the day, since when."""

    scheduler: str
    at_minute: int
    installed: Timestamp


def health(folder: Path, now: Timestamp) -> Health:
    """The state of the nights of the library in `folder`."""
    schedule = read_schedule(folder)
    by = schedule.scheduler if schedule else ""
    night = _read(folder / FILE_NAME)
    if night is None:
        if schedule is None:
            return Health("none")
        return Health(_by_age("waiting", schedule.installed, now), schedule=by)
    started, finished = _timestamp(night.get("started")), _timestamp(night.get("finished"))
    success = _timestamp(night.get("last_success"))
    found = Health("done", int((finished or started or _NEVER).at), int((success or _NEVER).at), schedule=by)
    if night.get("state") == "running" or started is None:
        return replace(found, state="running" if is_nightly_running(folder) else "killed")
    if night.get("state") == "failed":
        return replace(found, state="failed", failures=_failures(night), exit_code=_whole(night.get("exit_code")))
    return replace(found, state=_by_age("done", success or started, now))


def read_schedule(folder: Path) -> NightlySchedule | None:
    """The installed schedule, None if there is none."""
    found = _read(folder / SCHEDULE_NAME)
    installed = _timestamp(found.get("installed")) if found else None
    if found is None or installed is None:
        return None
    return NightlySchedule(str(found.get("scheduler")), _whole(found.get("at_minute")), installed)


def last_attempt(folder: Path) -> tuple[Timestamp | None, Timestamp | None]:
    """(when the last night began, when the last complete one began), None for never."""
    night = _read(folder / FILE_NAME) or {}
    return _timestamp(night.get("started")), _timestamp(night.get("last_success"))


def _by_age(if_young: HealthState, since: Timestamp, now: Timestamp) -> HealthState:
    passed_s = seconds_since(since, now)
    if passed_s is None:
        return "clock"
    return "missed" if passed_s > TOO_OLD_S else if_young


def _failures(night: Mapping[str, Any]) -> tuple[Failure, ...]:
    lists = [("", night.get("steps"))]
    lists += [(visible(str(each.get("project"))), each.get("steps")) for each in _objects(night.get("projects"))]
    return tuple(
        Failure(project, visible(str(step.get("step"))), visible(str(step.get("message"))))
        for project, steps in lists
        for step in _objects(steps)
        if step.get("outcome") == "failed"
    )


def _read(path: Path) -> dict[str, Any] | None:
    """The JSON object in the file, None if there is no file, empty if it cannot be read, as after a killed night."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _timestamp(value: object) -> Timestamp | None:
    values = value if isinstance(value, dict) else {}
    at, boot, uptime_s = values.get("at"), values.get("boot"), values.get("uptime_s")
    if not isinstance(at, int | float) or not isinstance(boot, str) or not isinstance(uptime_s, int | float):
        return None
    return Timestamp(float(at), boot, float(uptime_s))


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
