"""Days of the reader: where they begin, when a card comes back, and which days count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from linkassist.review.days import Today, back_at, streak, when

TOKYO = timezone(timedelta(hours=9))


def at(text: str, hours_ahead: int = 9) -> int:
    """The Unix second of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone(timedelta(hours=hours_ahead))).timestamp())


def test_a_day_is_that_of_the_reader_and_not_of_the_machine() -> None:
    now = at("2026-12-01T08:00")
    assert Today(now, TOKYO).day == date(2026, 12, 1)
    assert Today(now, UTC).day == date(2026, 11, 30)
    assert Today(now, TOKYO).start == at("2026-12-01T00:00")


def test_a_day_begins_at_midnight_also_when_the_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    today = Today(int(datetime(2026, 3, 29, 12, tzinfo=berlin).timestamp()), berlin)
    assert today.start == int(datetime(2026, 3, 28, 23, tzinfo=UTC).timestamp())
    assert today.start_of(date(2026, 3, 30)) - today.start == 23 * 3600


def test_a_card_put_off_again_and_again_stays_away_longer_each_time() -> None:
    today, last, waits = Today(at("2026-12-01T23:30"), TOKYO), None, []
    for _ in range(8):
        until = back_at(today, last)
        waits.append((today.day_of(until) - today.day).days)
        assert until == today.start_of(today.day_of(until))
        last, today = (today.now, until), Today(until + 20 * 3600, TOKYO)
    assert waits == [1, 3, 7, 14, 30, 60, 60, 60]


def test_a_snooze_of_twenty_hours_by_an_older_linkassist_counts_as_one_of_a_day() -> None:
    evening = at("2026-11-30T20:00")
    assert back_at(Today(at("2026-12-01T20:00"), TOKYO), (evening, evening + 20 * 3600)) == at("2026-12-04T00:00")


def test_a_missed_day_takes_nothing_away_from_the_days_so_far() -> None:
    today = Today(at("2026-12-10T12:00"), TOKYO)
    days = ["2026-11-01", "2026-12-05", "2026-12-06", "2026-12-09", "2026-12-10", "2026-12-10"]
    found = streak(today, [at(f"{day}T00:30") for day in days])
    assert (found.n_days, found.n_in_a_row) == (5, 2)
    assert found.recent == (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 2)


def test_a_decision_by_a_clock_in_the_future_is_of_no_day() -> None:
    found = streak(Today(at("2026-12-10T12:00"), TOKYO), [at("2031-12-10T12:00")])
    assert (found.n_days, found.n_in_a_row, sum(found.recent)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("2026-12-03T00:00", "2026-12-03T09:00", "today"),
        ("2026-12-02T00:00", "2026-12-02T23:59", "yesterday"),
        ("2026-12-02T23:59", "2026-12-03T00:00", "this_week"),
        ("2026-11-30T00:00", "2026-12-03T00:00", "this_week"),
        ("2026-11-23T00:00", "2026-11-29T23:59", "last_week"),
        ("2026-11-29T23:59", "2026-11-30T00:00", "earlier"),
        ("2026-11-22T23:59", "2026-11-25T00:00", "earlier"),
    ],
)
def test_links_are_of_today_yesterday_this_week_or_last_week_where_all_of_them_are(
    first: str, last: str, name: str
) -> None:
    thursday = Today(at("2026-12-03T10:00"), TOKYO)
    assert when(thursday, at(first), at(last)) == name
