"""The little wiki behind a password, for the tests of who is let in. Hashes cost a sixth of what they do in earnest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from little_server import ORIGIN
from little_wiki import write_little_wiki
from starlette.testclient import TestClient

from linkassist.server import password as kept
from linkassist.server.app import create_app
from linkassist.server.password import Access, new_access, new_token, write_access
from linkassist.settings import Settings

WORD = "ひみつの庭 correct horse"


def cheap_access(word: str = WORD) -> Access:
    """As `new_access`, with parameters that cost less, which are told in it."""
    access = new_access("x" * 10)
    return replace(access, n=2**14, p=1, key=kept._scrypt(word, access.salt, 2**14, access.r, 1))


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
