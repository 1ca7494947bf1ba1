"""Who may come in: the password and the token of a library, as hashes in a file beside the database.

A file of its own, and not a table: a copy or a backup of the database then gives nobody a hash to guess at, and an
older one that is restored does not bring an older password back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from linkassist.errors import NotFoundError, SettingsError
from linkassist.files.errors import cannot_be, file_errors_as

DATABASE_NAME: Final = "access.json"
FEWEST_CHARACTERS: Final = 10
# 32 MiB and about half a second of an older core; as costly as OWASP's Password Storage Cheat Sheet asks of scrypt.
SCRYPT_N: Final = 2**15
SCRYPT_R: Final = 8
SCRYPT_P: Final = 3
_MOST_MEMORY: Final = 64 * 2**20
_TOKEN_SIGN: Final = "linkassist_"
_one_at_a_time = threading.Lock()  # two guesses at once would take twice the memory


@dataclass(frozen=True, slots=True)
class Access:
    """What a library asks of those who come in. n, r, p: scrypt's parameters for key. token: SHA-256, b"" for none."""

    salt: bytes
    key: bytes
    n: int
    r: int
    p: int
    token: bytes = b""

    def is_password(self, guess: str) -> bool:
        """Whether that is the password; takes as long for a wrong one."""
        return hmac.compare_digest(_scrypt(guess, self.salt, self.n, self.r, self.p), self.key)

    def is_token(self, guess: str) -> bool:
        """Whether that is the token. It is random and long, so that one quick hash is enough."""
        return bool(self.token) and hmac.compare_digest(hashlib.sha256(guess.encode()).digest(), self.token)

    @property
    def fingerprint(self) -> str:
        """Another one after each new password, even if it is the same word again."""
        return self.salt.hex()


def new_access(password: str, token: bytes = b"") -> Access:
    """The hash of a new password; SettingsError for one that is too short."""
    if len(unicodedata.normalize("NFC", password)) < FEWEST_CHARACTERS:
        raise SettingsError(f"The password has fewer than {FEWEST_CHARACTERS} characters. Take a longer one.")
    salt = secrets.token_bytes(16)
    return Access(salt, _scrypt(password, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P), SCRYPT_N, SCRYPT_R, SCRYPT_P, token)


def new_token(access: Access) -> tuple[Access, str]:
    """(access with a new token in place of any other, the token), which is told this once and never again."""
    token = _TOKEN_SIGN + secrets.token_urlsafe(32)
    return replace(access, token=hashlib.sha256(token.encode()).digest()), token


def read_access(library: Path) -> Access | None:
    """What the library in that folder asks for, None where it has no password. SettingsError for a damaged file."""
    path = library / DATABASE_NAME
    try:
        found = json.loads(path.read_text("utf-8"))
        return _access(found)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(cannot_be("read", path, error)) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SettingsError(
            f"{path} is damaged, so nobody can be let in. Run `linkassist password` to write it anew."
        ) from error


def existing_access(library: Path) -> Access:
    """Like `read_access`, but NotFoundError where there is no password."""
    found = read_access(library)
    if found is None:
        raise NotFoundError(f"The library in {library} has no password. Run `linkassist password` to set one.")
    return found


def write_access(library: Path, access: Access) -> None:
    """Puts it into the library's folder, readable by its owner alone. The old one stands until it is whole."""
    path = library / DATABASE_NAME
    beside = path.with_name(f"{DATABASE_NAME}.{secrets.token_hex(4)}")
    kept = {
        "scrypt": {"n": access.n, "r": access.r, "p": access.p},
        "salt": base64.b64encode(access.salt).decode(),
        "key": base64.b64encode(access.key).decode(),
        "token_sha256": access.token.hex(),
    }
    try:
        library.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):  # where nothing can be written, nothing can be removed either
            beside.unlink()
        raise SettingsError(cannot_be("written", path, error)) from error


def remove_access(library: Path) -> None:
    """Takes password and token away; the library then opens to its own machine alone. SettingsError where it cannot."""
    path = library / DATABASE_NAME
    with file_errors_as(SettingsError, "written", path):
        path.unlink(missing_ok=True)


class AccessFile:
    """The file of one library as it is at the moment, for the threads of a server: a new password counts at once."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._seen: tuple[int, int, int] | None = None
        self._access: Access | None = None

    def current(self) -> Access | None:
        """What is asked for now; SettingsError as `read_access`."""
        try:
            found = (self._library / DATABASE_NAME).stat()
        except FileNotFoundError:
            return None
        except OSError:
            return read_access(self._library)
        seen = (found.st_mtime_ns, found.st_ino, found.st_size)
        if seen != self._seen:
            self._access, self._seen = read_access(self._library), seen
        return self._access


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # A keyboard may send the same word in another form of Unicode; a lone surrogate is a guess like any other.
    said = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    with _one_at_a_time:
        return hashlib.scrypt(said, salt=salt, n=n, r=r, p=p, maxmem=_MOST_MEMORY, dklen=32)


def _access(found: Any) -> Access:
    costs = found["scrypt"]
    n, r, p = int(costs["n"]), int(costs["r"]), int(costs["p"])
    salt, key = (base64.b64decode(found[name], validate=True) for name in ("salt", "key"))
    token = bytes.fromhex(found["token_sha256"])
    is_sound = n >= 2**14 and n & (n - 1) == 0 and r >= 1 and p >= 1 and 128 * n * r < _MOST_MEMORY
    if not is_sound or len(salt) < 16 or len(key) != 32 or len(token) not in (0, 32):
        raise ValueError("not what `write_access` writes")
    return Access(salt, key, n, r, p, token)
