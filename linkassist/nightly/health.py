"""Whether the nights go as they should: read from the library's folder, for the command `status` and the browser.

Nothing of the database is needed, so that this also speaks where the database does not. A night that was killed is told
from one that goes on by its lock, which ends with the program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from linkassist.nightly.clock import Moment, seconds_since
from linkassist.nightly.report import FILE_NAME
from linkassist.store.locks import is_nightly_running
from linkassist.terminal_escape import visible

TOO_OLD_S: Final = 36 * 3600.0  # one missed night, and some hours in which the next may still come
SCHEDULE_NAME: Final = "nightly-schedule.json"

# "none": nobody has asked for nights. "waiting": the first is still to come. "clock": the clock was set back, and
# nobody can tell how old the last night is.
HealthState = Literal["none", "waiting", "running", "done", "failed", "killed", "missed", "clock"]
_NEVER: Final = Moment(0.0)
_ALARMS: Final = ("failed", "killed", "missed", "clock")


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed. project: "" for one of the library as a whole."""

    project: str
    step: str
    message: str


@dataclass(frozen=True, slots=True)
class Health:
    """How the nights go. at: when the last one ended, or began where it did not end; last_success_at: when the last
    one that did everything began. Both are Unix seconds, 0 for never. schedule: what starts them, "" if nothing here
    was told to."""

    state: HealthState
    at: int = 0
    last_success_at: int = 0
    failures: tuple[Failure, ...] = ()
    schedule: str = ""
    exit_code: int = 0

    @property
    def is_alarm(self) -> bool:
        """Whether somebody has to do something."""
        return self.state in _ALARMS


@dataclass(frozen=True, slots=True)
class Schedule:
    """What starts the nights: "systemd", "launchd" or "cron", at which minute of the day, and since when."""

    scheduler: str
    at_minute: int
    installed: Moment


def health(folder: Path, now: Moment) -> Health:
    """How the nights of the library in `folder` go."""
    schedule = read_schedule(folder)
    by = schedule.scheduler if schedule else ""
    night = _read(folder / FILE_NAME)
    if night is None:
        if schedule is None:
            return Health("none")
        return Health(_by_age("waiting", schedule.installed, now), schedule=by)
    started, finished = _moment(night.get("started")), _moment(night.get("finished"))
    success = _moment(night.get("last_success"))
    found = Health("done", int((finished or started or _NEVER).at), int((success or _NEVER).at), schedule=by)
    if night.get("state") == "running" or started is None:
        return replace(found, state="running" if is_nightly_running(folder) else "killed")
    if night.get("state") == "failed":
        return replace(found, state="failed", failures=_failures(night), exit_code=_whole(night.get("exit_code")))
    return replace(found, state=_by_age("done", success or started, now))


def read_schedule(folder: Path) -> Schedule | None:
    """What was told to start the nights, None if nothing was."""
    found = _read(folder / SCHEDULE_NAME)
    installed = _moment(found.get("installed")) if found else None
    if found is None or installed is None:
        return None
    return Schedule(str(found.get("scheduler")), _whole(found.get("at_minute")), installed)


def last_attempt(folder: Path) -> tuple[Moment | None, Moment | None]:
    """(when the last night began, when the last one that did everything began), None for never."""
    night = _read(folder / FILE_NAME) or {}
    return _moment(night.get("started")), _moment(night.get("last_success"))


def _by_age(if_young: HealthState, since: Moment, now: Moment) -> HealthState:
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
    """The object in the file, None where there is no file; one that cannot be read is empty, as of a killed night."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _moment(value: object) -> Moment | None:
    values = value if isinstance(value, dict) else {}
    at, boot, uptime_s = values.get("at"), values.get("boot"), values.get("uptime_s")
    if not isinstance(at, int | float) or not isinstance(boot, str) or not isinstance(uptime_s, int | float):
        return None
    return Moment(float(at), boot, float(uptime_s))


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
