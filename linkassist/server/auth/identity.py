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
    """address: the network key of its address. session: the token of its session, "" if it has none."""

    address: str
    session: str = ""

    @property
    def key(self) -> str:
        """The key of its rate limits: its session if it has one, for a whole office may share an address."""
        return hashlib.sha256(self.session.encode()).hexdigest() if self.session else self.address


def identity_of(connection: HTTPConnection) -> ClientIdentity:
    """The identity of the client that made the request."""
    found = connection.scope.get(_KEY)
    return found if isinstance(found, ClientIdentity) else ClientIdentity(_address(connection))


def remember_identity(connection: HTTPConnection, session: str) -> None:
    """Stores the identity in the request's scope."""
    connection.scope[_KEY] = ClientIdentity(_address(connection), session)


def is_shared(connection: HTTPConnection) -> bool:
    """Whether the server asks for a password, so that others than this machine's owner may see the screens."""
    return _KEY in connection.scope


def session_cookie(connection: HTTPConnection) -> str:
    """The name of the session cookie; over TLS with the prefix that binds it to this host and to TLS."""
    return "__Host-linkassist_session" if connection.url.scheme == "https" else "linkassist_session"


def _address(connection: HTTPConnection) -> str:
    return network_key(connection.client.host) if connection.client else ""
