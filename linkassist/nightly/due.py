"""Whether a night is due, for schedulers that ask every hour: none was started on time, or the last one failed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from linkassist.nightly.clock import Timestamp, seconds_since
from linkassist.nightly.health import last_attempt, read_schedule
from linkassist.store.locks import is_nightly_running

_RETRY_S: Final = 4 * 3600.0  # after a night that failed or was killed
_SLACK_S: Final = 600.0  # a night may have begun this long before its minute, by a clock that was set since
_DAY_S: Final = 24 * 3600.0


def is_due(folder: Path, now: Timestamp) -> bool:
    """Whether no night has succeeded since the last scheduled time (a day ago, if nothing is scheduled).

    After a failed night the next is due some hours later. False while one is running. A night of unknown age, because
    the clock was set back, counts as long ago: one more costs little.
    """
    if is_nightly_running(folder):
        return False
    schedule = read_schedule(folder)
    attempt, success = last_attempt(folder)
    scheduled_s = seconds_since_minute(schedule.at_minute, now) if schedule else _DAY_S
    latest = success or (schedule.installed if schedule else None)
    if latest is not None and _is_within(latest, now, scheduled_s + _SLACK_S):
        return False
    return attempt is None or not _is_within(attempt, now, min(_RETRY_S, scheduled_s + _SLACK_S))


def seconds_since_minute(minute: int, now: Timestamp) -> float:
    """How long ago it was that minute of the day, by the wall clock."""
    local_time = datetime.fromtimestamp(now.at)
    last = local_time.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    if last > local_time:
        last -= timedelta(days=1)
    return (local_time - last).total_seconds()


def _is_within(earlier: Timestamp, now: Timestamp, seconds: float) -> bool:
    passed_s = seconds_since(earlier, now)
    return passed_s is not None and passed_s <= seconds
