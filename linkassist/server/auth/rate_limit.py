"""How often something may be asked for: a pace for each visitor, and growing waits between guesses at a password."""

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
    """So many at once for each key, and so many a second after that. Remembers the 4,096 keys that asked last."""

    def __init__(self, burst: int, per_s: float, clock: Clock = time.monotonic) -> None:
        self._burst, self._per_s, self._clock = burst, per_s, clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """0 where one more may pass, which counts it; else the seconds until then."""
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
    """Bounds the guesses at a password: those of one address by waits that double, those of all by a pace.

    Three are free; the wait before the next is 1 s, 2 s, 4 s, up to 15 minutes. All addresses together have 20 at once
    and one in three seconds after that: who is logged in notices nothing of it.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._all = RateLimiter(_ALL_BURST, _ALL_PER_S, clock)
        self._of: OrderedDict[str, _Guesses] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """0 where that address may guess now, which counts as a wrong guess until `was_right`; else seconds to wait."""
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
        """Forgets what that address guessed before."""
        with self._lock:
            self._of.pop(address, None)


def network_key(address: str) -> str:
    """What stands for an address: of IPv6 the network of /64, which is one household's: `2001:db8::7` to `2001:db8::`.

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
