"""The identity of a client: its address, and its session where it is logged in. `Authentication` finds it out once
for each request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection

from linkassist.server.auth.rate_limit import network_key

_KEY: Final = "linkassist.identity"


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """address: the key of where it comes from. session: the token of its session, "" where there is none.

    key: what it is counted by: its session, so that a whole office behind one address is not one visitor.
    """

    address: str
    session: str = ""

    @property
    def key(self) -> str:
        """By which its requests are counted."""
        return hashlib.sha256(self.session.encode()).hexdigest() if self.session else self.address


def identity_of(connection: HTTPConnection) -> ClientIdentity:
    """The visitor of a request."""
    found = connection.scope.get(_KEY)
    return found if isinstance(found, ClientIdentity) else ClientIdentity(_address(connection))


def remember_identity(connection: HTTPConnection, session: str) -> None:
    """Keeps in the request whose session it belongs to."""
    connection.scope[_KEY] = ClientIdentity(_address(connection), session)


def is_shared(connection: HTTPConnection) -> bool:
    """Whether the server asks for a password, so that others than this machine's owner may be looking."""
    return _KEY in connection.scope


def session_cookie(connection: HTTPConnection) -> str:
    """The name of the session's cookie. Over TLS one that browsers take only from this very host, and only over TLS."""
    return "__Host-linkassist_session" if connection.url.scheme == "https" else "linkassist_session"


def _address(connection: HTTPConnection) -> str:
    return network_key(connection.client.host) if connection.client else ""
