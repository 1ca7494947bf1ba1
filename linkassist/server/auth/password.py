"""The password and the token of a library, stored as hashes in a file beside the database.

It is a file and not a table: a copy of the database then contains no hash to attack, and restoring an older backup
does not bring an older password back.
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

FILE_NAME: Final = "access.json"
FEWEST_CHARACTERS: Final = 10
# 32 MiB and about half a second on an older core, as OWASP's Password Storage Cheat Sheet recommends for scrypt.
SCRYPT_N: Final = 2**15
SCRYPT_R: Final = 8
SCRYPT_P: Final = 3
_MOST_MEMORY: Final = 64 * 2**20
_TOKEN_SIGN: Final = "linkassist_"
_one_at_a_time = threading.Lock()  # two attempts at once would take twice the memory


@dataclass(frozen=True, slots=True)
class Access:
    """The stored hashes. key: scrypt of the password with parameters n, r, p. token: its SHA-256, b"" for none."""

    salt: bytes
    key: bytes
    n: int
    r: int
    p: int
    token: bytes = b""

    def is_password(self, guess: str) -> bool:
        """Whether that is the password, in constant time."""
        return hmac.compare_digest(_scrypt(guess, self.salt, self.n, self.r, self.p), self.key)

    def is_token(self, guess: str) -> bool:
        """Whether that is the token. It is long and random, so a fast hash is enough."""
        return bool(self.token) and hmac.compare_digest(hashlib.sha256(guess.encode()).digest(), self.token)

    @property
    def fingerprint(self) -> str:
        """Identifies this setting of the password: setting the same one again gives another fingerprint."""
        return self.salt.hex()


def new_access(password: str, token: bytes = b"") -> Access:
    """The hash of a new password; SettingsError for one that is too short."""
    if len(unicodedata.normalize("NFC", password)) < FEWEST_CHARACTERS:
        raise SettingsError(f"The password has fewer than {FEWEST_CHARACTERS} characters. Take a longer one.")
    salt = secrets.token_bytes(16)
    return Access(salt, _scrypt(password, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P), SCRYPT_N, SCRYPT_R, SCRYPT_P, token)


def new_token(access: Access) -> tuple[Access, str]:
    """(access with a new token in place of the old one, the token itself, which is not stored)."""
    token = _TOKEN_SIGN + secrets.token_urlsafe(32)
    return replace(access, token=hashlib.sha256(token.encode()).digest()), token


def read_access(library: Path) -> Access | None:
    """The hashes of the library in that folder, None if it has no password. SettingsError for a damaged file."""
    path = library / FILE_NAME
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
    """Writes the file, readable by its owner alone, and replaces the old one atomically."""
    path = library / FILE_NAME
    beside = path.with_name(f"{FILE_NAME}.{secrets.token_hex(4)}")
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
    """Removes password and token; the server is then for this machine alone. SettingsError if it cannot."""
    path = library / FILE_NAME
    with file_errors_as(SettingsError, "written", path):
        path.unlink(missing_ok=True)


class AccessFile:
    """The hashes of one library, read again when the file changes: a new password is in force at once."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._seen: tuple[int, int, int] | None = None
        self._access: Access | None = None

    def current(self) -> Access | None:
        """The hashes in force; SettingsError as `read_access`."""
        try:
            found = (self._library / FILE_NAME).stat()
        except FileNotFoundError:
            return None
        except OSError:
            return read_access(self._library)
        seen = (found.st_mtime_ns, found.st_ino, found.st_size)
        if seen != self._seen:
            self._access, self._seen = read_access(self._library), seen
        return self._access


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # Keyboards send the same word in several Unicode forms; a lone surrogate is a password like any other.
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
