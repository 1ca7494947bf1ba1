"""Days of the reader: local dates, when a card that was put off comes back, and on which days links were reviewed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, Literal

# A card put off comes back after so many days, the next time after the next number of them.
_PUT_OFF_DAYS: Final = (1, 3, 7, 14, 30, 60)
_DAYS_SHOWN: Final = 14

When = Literal["today", "yesterday", "this_week", "last_week", "earlier"]


@dataclass(frozen=True, slots=True)
class Today:
    """The present moment of a reader. now: Unix seconds. zone: the reader's time zone, None for the machine's."""

    now: int
    zone: tzinfo | None = None

    @property
    def day(self) -> date:
        """The local date."""
        return self.day_of(self.now)

    @property
    def start(self) -> int:
        """The Unix second at which the day began."""
        return self.start_of(self.day)

    def day_of(self, moment: int) -> date:
        """The local date of a Unix second."""
        return datetime.fromtimestamp(moment, self.zone).date()

    def start_of(self, day: date) -> int:
        """The Unix second at which a local date begins."""
        return int(datetime.combine(day, time(), self.zone).timestamp())


def back_at(today: Today, last: tuple[int, int] | None) -> int:
    """The Unix second at which a card put off now comes back: the start of a later day.

    last: (put off at, until) of the time before, None for the first. Days grow from 1 to 60.
    """
    n_last = (today.day_of(last[1]) - today.day_of(last[0])).days if last else 0
    n_days = next((n_days for n_days in _PUT_OFF_DAYS if n_days > n_last), _PUT_OFF_DAYS[-1])
    return today.start_of(today.day + timedelta(n_days))


@dataclass(frozen=True, slots=True)
class Streak:
    """The days on which links were reviewed. n_days: all of them, so a missed day takes nothing away.

    n_in_a_row: up to today, 0 if today has none. recent: the number of decisions of each of the last 14 days, today
    last.
    """

    n_days: int
    n_in_a_row: int
    recent: tuple[int, ...]


def streak(today: Today, decided_at: Iterable[int]) -> Streak:
    """The streak of decisions at these Unix seconds; those of a later day than today do not count."""
    per_day = Counter(day for day in map(today.day_of, decided_at) if day <= today.day)
    n_in_a_row = 0
    while per_day[today.day - timedelta(n_in_a_row)]:
        n_in_a_row += 1
    recent = [per_day[today.day - timedelta(n_ago)] for n_ago in reversed(range(_DAYS_SHOWN))]
    return Streak(sum(n > 0 for n in per_day.values()), n_in_a_row, tuple(recent))


def when(today: Today, first: int, last: int) -> When:
    """The name of the span in which both Unix seconds lie; a week begins on Monday."""
    days = today.day_of(first), today.day_of(last)
    monday = today.day - timedelta(today.day.weekday())
    spans: tuple[tuple[When, date, date], ...] = (
        ("today", today.day, today.day),
        ("yesterday", today.day - timedelta(1), today.day - timedelta(1)),
        ("this_week", monday, today.day),
        ("last_week", monday - timedelta(7), monday - timedelta(1)),
    )
    return next((name for name, begin, end in spans if begin <= days[0] and days[1] <= end), "earlier")
