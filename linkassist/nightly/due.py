"""Whether a night is due that was not begun when it should have been: for a scheduler that forgets what it missed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from linkassist.nightly.clock import Moment, seconds_since
from linkassist.nightly.health import last_attempt, read_schedule
from linkassist.store.locks import is_nightly_running

_RETRY_S: Final = 4 * 3600.0  # after a night that failed or was killed
_SLACK_S: Final = 600.0  # a night may begin so long before the minute that the clock shows now
_DAY_S: Final = 24 * 3600.0


def is_due(folder: Path, now: Moment) -> bool:
    """Whether no night has done everything since the last one was to begin (a day ago, where nothing was installed).

    After a night that failed it is due again some hours later. Not while one is under way. A night of which nobody can
    tell how old it is, because the clock was set back, counts as long ago: one more costs little.
    """
    if is_nightly_running(folder):
        return False
    schedule = read_schedule(folder)
    attempt, success = last_attempt(folder)
    wanted_s = seconds_since_minute(schedule.at_minute, now) if schedule else _DAY_S
    enough = success or (schedule.installed if schedule else None)
    if enough is not None and _is_within(enough, now, wanted_s + _SLACK_S):
        return False
    return attempt is None or not _is_within(attempt, now, min(_RETRY_S, wanted_s + _SLACK_S))


def seconds_since_minute(minute: int, now: Moment) -> float:
    """How long ago it was that minute of the day, by the clock on the wall."""
    here = datetime.fromtimestamp(now.at)
    wanted = here.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    if wanted > here:
        wanted -= timedelta(days=1)
    return (here - wanted).total_seconds()


def _is_within(earlier: Moment, now: Moment, seconds: float) -> bool:
    passed_s = seconds_since(earlier, now)
    return passed_s is not None and passed_s <= seconds
