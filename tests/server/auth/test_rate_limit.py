"""How often one may ask, how long one waits between guesses, and how long a session lasts, by a clock of our own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from linkassist.server.auth.rate_limit import GuessLimiter, RateLimiter, network_key
from linkassist.server.auth.sessions import IDLE_S, LONGEST_S, Sessions


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_pace_lets_so_many_pass_at_once_and_then_one_each_so_often(clock: Clock) -> None:
    pace = RateLimiter(3, 0.5, clock)
    assert [pace.wait_s("a") for _ in range(4)] == [0, 0, 0, 2.0]
    assert pace.wait_s("b") == 0
    clock.now += 1.5
    assert pace.wait_s("a") == 0.5
    clock.now += 0.5
    assert [pace.wait_s("a"), pace.wait_s("a")] == [0, 2.0]
    clock.now += 3600
    assert [pace.wait_s("a") for _ in range(4)] == [0, 0, 0, 2.0]


def test_waits_between_guesses_double_up_to_a_quarter_of_an_hour(clock: Clock) -> None:
    guesses = GuessLimiter(clock)
    assert [guesses.wait_s("a") for _ in range(3)] == [0, 0, 0]
    waits = []
    for _ in range(12):
        waits.append(guesses.wait_s("a"))
        clock.now += waits[-1]
        assert guesses.wait_s("a") == 0
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_who_was_right_starts_afresh_and_others_were_never_held_up(clock: Clock) -> None:
    guesses = GuessLimiter(clock)
    for _ in range(3):
        guesses.wait_s("a")
    assert guesses.wait_s("a") == 1
    assert guesses.wait_s("b") == 0
    guesses.was_right("a")
    assert guesses.wait_s("a") == 0


def test_many_addresses_together_guess_no_faster_than_one_in_three_seconds(clock: Clock) -> None:
    guesses = GuessLimiter(clock)
    n_taken = 0
    for second in range(60):
        n_taken += sum(guesses.wait_s(f"{second}.{n}") == 0 for n in range(10))
        clock.now += 1
    assert n_taken == 20 + 59 // 3


def test_what_is_remembered_of_addresses_is_bounded(clock: Clock) -> None:
    guesses, pace = GuessLimiter(clock), RateLimiter(1, 1.0, clock)
    for n in range(10_000):
        guesses.wait_s(str(n))
        pace.wait_s(str(n))
    assert len(guesses._of) == len(pace._left) == 4096


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::8", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
    ],
)
def test_a_network_of_ipv6_is_one_visitor_and_an_address_of_ipv4_is_one(one: str, other: str, is_same: bool) -> None:
    assert (network_key(one) == network_key(other)) is is_same


def test_a_session_lasts_while_it_is_used_and_a_month_at_most(clock: Clock) -> None:
    sessions = Sessions(clock)
    idle, used = sessions.begin("p"), sessions.begin("p")
    for _ in range(4):
        clock.now += IDLE_S - 1
        assert sessions.is_open(used, "p")
    assert not sessions.is_open(idle, "p")
    clock.now += LONGEST_S - 4 * (IDLE_S - 1) + 1
    assert not sessions.is_open(used, "p")


def test_a_session_ends_with_its_password_or_when_it_is_ended(clock: Clock) -> None:
    sessions = Sessions(clock)
    first, second = sessions.begin("p"), sessions.begin("p")
    assert sessions.is_open(first, "p") and not sessions.is_open("", "p") and not sessions.is_open(first + "x", "p")
    sessions.end(second)
    assert not sessions.is_open(second, "p")
    assert not sessions.is_open(first, "another")
    assert not sessions.is_open(first, "p")


def test_sessions_are_kept_by_their_hash_and_no_more_than_ten_thousand(clock: Clock) -> None:
    sessions = Sessions(clock)
    tokens = [sessions.begin("p") for _ in range(10_001)]
    assert len(set(tokens)) == 10_001 and min(map(len, tokens)) >= 43
    assert len(sessions._of) == 10_000
    assert not sessions.is_open(tokens[0], "p") and sessions.is_open(tokens[1], "p")
    assert all(tokens[-1].encode() not in key for key in sessions._of)
