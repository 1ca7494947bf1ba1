"""Login sessions: a random token in a cookie of the browser, its hash in memory. A restart of the server ends all."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LONGEST_S: Final = 30 * 24 * 3600
IDLE_S: Final = 7 * 24 * 3600
_MOST: Final = 10_000


@dataclass(slots=True)
class _Session:
    password: str  # fingerprint of the password it was opened with
    began_at: float
    used_at: float


class Sessions:
    """The sessions of one server, at most 10,000: beyond that, the least recently used one ends."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: monotonic seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._of: OrderedDict[bytes, _Session] = OrderedDict()

    def begin(self, password: str) -> str:
        """The token of a new session. It ends when a password of another fingerprint is in force."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            self._of[_hash(token)] = _Session(password, now, now)
            if len(self._of) > _MOST:
                self._of.popitem(last=False)
        return token

    def is_open(self, token: str, password: str) -> bool:
        """Whether a session has the token; marks it as used. A session ends after 7 days unused, or after 30 in all."""
        key, now = _hash(token), self._clock()
        with self._lock:
            found = self._of.get(key)
            if found is None:
                return False
            is_old = now - found.used_at > IDLE_S or now - found.began_at > LONGEST_S
            if is_old or found.password != password:
                del self._of[key]
                return False
            found.used_at = now
            self._of.move_to_end(key)
            return True

    def end(self, token: str) -> None:
        """Ends the session of the token, if there is one."""
        with self._lock:
            self._of.pop(_hash(token), None)


def _hash(token: str) -> bytes:
    # Looked up by its hash, so that the time of a look-up tells nothing about the token.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
