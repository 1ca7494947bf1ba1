"""A limit of our own for requests, and the pauses between tries.

The server's limit is unpublished; 20 to 25 requests a minute are said to be never refused.
"""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

MOST_REQUESTS: Final = 20
PER_S: Final = 60.0
_LONGEST_PAUSE_S: Final = 180.0  # whatever the server asks for


class Throttle:
    """A sliding-window rate limit: `wait` blocks so that no minute has more than 20 requests; shared by all clients.

    spares_this_machine: does not limit requests to a server that runs here.
    """

    def __init__(self, *, spares_this_machine: bool = True) -> None:
        self._recent: deque[float] = deque(maxlen=MOST_REQUESTS)
        self._spares_this_machine = spares_this_machine

    def wait(self, *, is_on_this_machine: bool = False) -> None:
        """Blocks until the next request may be sent."""
        if is_on_this_machine and self._spares_this_machine:
            return
        if len(self._recent) == MOST_REQUESTS:
            pause(self._recent[0] + PER_S - _now())
        self._recent.append(_now())


def pause(seconds: float) -> None:
    """Waits, if the time is positive."""
    if seconds > 0:
        _sleep(seconds)


def pause_between_tries(seconds: float, retry_after: str) -> None:
    """Waits these seconds, longer if the header Retry-After asks for it: seconds, or a date."""
    pause(min(max(seconds, _asked_for(retry_after)), _LONGEST_PAUSE_S))


def _asked_for(header: str) -> float:
    """The seconds of a Retry-After header, 0 where there is none."""
    if header.strip().isdecimal() and len(header) < 19:
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    return (until - datetime.now(UTC)).total_seconds() if until.tzinfo else 0.0


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


def _now() -> float:
    return time.monotonic()
