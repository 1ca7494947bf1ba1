"""The little wiki behind a password, for the tests of who is let in. Hashes cost a sixth of what they do in earnest."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from starlette.testclient import TestClient

from linkassist.server.app import create_app
from linkassist.server.auth.password import Access, new_token, write_access
from linkassist.settings import Settings
from support.little_server import ORIGIN
from support.little_wiki import write_little_wiki

WORD = "ひみつの庭 correct horse"


def cheap_access(word: str = WORD) -> Access:
    """As `new_access`, with parameters that cost less, which are told in it."""
    salt = secrets.token_bytes(16)
    key = hashlib.scrypt(word.encode(), salt=salt, n=2**14, r=8, p=1, maxmem=2**26, dklen=32)
    return Access(salt, key, n=2**14, r=8, p=1)


def write_locked_wiki(folder: Path) -> str:
    """Puts the little wiki there, with the password WORD; returns the token for programs."""
    write_little_wiki(folder)
    access, token = new_token(cheap_access())
    write_access(folder, access)
    return token


def stranger(folder: Path, language: str = "en", *, base_url: str = ORIGIN, allow_host: str = "") -> TestClient:
    """A browser that was never there, on a server of its own."""
    return TestClient(
        create_app(Settings(folder, allow_host=allow_host)),
        base_url=base_url,
        headers={"Accept-Language": language, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
        follow_redirects=False,
    )
