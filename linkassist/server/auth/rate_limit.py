"""Rate limits: a token bucket for each client, and growing delays between attempts at the password."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MOST_KEYS: Final = 4096
_FREE_GUESSES: Final = 3
_LONGEST_WAIT_S: Final = 900.0
_ALL_BURST: Final = 20
_ALL_PER_S: Final = 1 / 3

Clock = Callable[[], float]


class RateLimiter:
    """Token bucket per key: `burst` at once, then `per_s` per second. Keeps the 4,096 keys used last."""

    def __init__(self, burst: int, per_s: float, clock: Clock = time.monotonic) -> None:
        self._burst, self._per_s, self._clock = burst, per_s, clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Takes a token and returns 0; where there is none, the seconds until there is one."""
        now = self._clock()
        with self._lock:
            left, at = self._left.pop(key, (float(self._burst), now))
            left = min(self._burst, left + (now - at) * self._per_s)
            may_pass = left >= 1
            self._left[key] = (left - may_pass, now)
            if len(self._left) > _MOST_KEYS:
                self._left.popitem(last=False)
        return 0.0 if may_pass else (1 - left) / self._per_s


@dataclass(slots=True)
class _Guesses:
    n_wrong: int = 0
    next_at: float = 0.0


class GuessLimiter:
    """Limits attempts at the password: of one address by delays that double, of all addresses by a token bucket.

    Three attempts are free; the delay before the next is 1 s, 2 s, 4 s, up to 15 minutes. All addresses together have
    20 at once, then one in three seconds. Clients that are logged in are not affected.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._all = RateLimiter(_ALL_BURST, _ALL_PER_S, clock)
        self._of: OrderedDict[str, _Guesses] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """0 if the address may try now, which counts as a wrong attempt until `was_right`; else the seconds to wait."""
        now = self._clock()
        with self._lock:
            found = self._of.pop(address, None) or _Guesses()
            self._of[address] = found
            if len(self._of) > _MOST_KEYS:
                self._of.popitem(last=False)
            if now < found.next_at:
                return found.next_at - now
            if wait_s := self._all.wait_s(""):
                return wait_s
            found.n_wrong += 1
            if found.n_wrong >= _FREE_GUESSES:
                found.next_at = now + min(_LONGEST_WAIT_S, 2.0 ** min(found.n_wrong - _FREE_GUESSES, 20))
        return 0.0

    def was_right(self, address: str) -> None:
        """Forgets the wrong attempts of the address."""
        with self._lock:
            self._of.pop(address, None)


def network_key(address: str) -> str:
    """The key that an address is counted by: an IPv4 address itself, of IPv6 its /64 network, which is one household's.

    >>> network_key("2001:db8:1:2:3::7"), network_key("192.0.2.7"), network_key("::ffff:192.0.2.7")
    ('2001:db8:1:2::', '192.0.2.7', '192.0.2.7')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)
