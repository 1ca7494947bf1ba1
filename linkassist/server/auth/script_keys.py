"""The keys of UserScripts: one for each copy that is handed out, stored as a hash in a file beside the database.

A file and not a table, as for the password: restoring an older backup does not bring a revoked key back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from pathlib import Path
from typing import Final

from linkassist.errors import SettingsError
from linkassist.files.errors import cannot_be, file_errors_as
from linkassist.files.private import write_private

FILE_NAME: Final = "userscript.json"
MOST_COPIES: Final = 20  # of a project; a further one replaces the oldest
_SIGN: Final = "linkassist_script_"
_Keys = dict[str, list[tuple[str, int]]]  # by project, the SHA-256 and the Unix second of each key, oldest first


class ScriptKeys:
    """The keys of one library. Every method reads the file anew, and raises SettingsError if it cannot be used."""

    def __init__(self, library: Path) -> None:
        self._path = library / FILE_NAME
        self._changing = threading.Lock()

    def issue(self, project: str) -> str:
        """A new key of the project. It is not stored, only its hash."""
        key = _SIGN + secrets.token_urlsafe(32)
        with self._changing:
            keys = self._read()
            keys[project] = [*keys.get(project, []), (_hash(key), int(time.time()))][-MOST_COPIES:]
            self._write(keys)
        return key

    def is_key(self, project: str, guess: str) -> bool:
        """Whether that is a key of the project in force. It is long and random, so a fast hash is enough."""
        digest = _hash(guess)
        return any(hmac.compare_digest(digest, known) for known, _ in self._read().get(project, []))

    def issued_at(self, project: str) -> list[int]:
        """When the keys in force were made, in Unix seconds, oldest first."""
        return [made_at for _, made_at in self._read().get(project, [])]

    def revoke(self, project: str) -> None:
        """Revokes all keys of the project."""
        with self._changing:
            keys = self._read()
            if keys.pop(project, None):
                self._write(keys)

    def _read(self) -> _Keys:
        try:
            found = json.loads(self._path.read_text("utf-8"))
            return {
                str(name): [(str(each["sha256"]), int(each["made_at"])) for each in keys]
                for name, keys in found.items()
            }
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SettingsError(cannot_be("read", self._path, error)) from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SettingsError(
                f"{self._path} is damaged, so no UserScript is answered. Delete it and copy the scripts anew."
            ) from error

    def _write(self, keys: _Keys) -> None:
        kept = {
            name: [{"sha256": digest, "made_at": made_at} for digest, made_at in of_project]
            for name, of_project in keys.items()
        }
        with file_errors_as(SettingsError, "written", self._path):
            write_private(self._path, json.dumps(kept, indent=1).encode())


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
