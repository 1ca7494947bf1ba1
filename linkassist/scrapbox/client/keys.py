"""Keys to Scrapbox, and the header that each sort is sent in.

A key appears in no message and no `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import unquote

from linkassist.errors import SettingsError

Sort = Literal["none", "token", "service account", "cookie"]

TOKEN_PAGE: Final = "/settings/personal-access-tokens"  # where a user makes one
_HEADERS: Final = {"token": "x-personal-access-token", "service account": "x-service-account-access-key"}
_COOKIE: Final = "connect.sid="
KEYS_ADVICE: Final = (
    "Run `linkassist login`, which asks for a personal access token (pat_...), a service account's access key (cs_...) "
    "or the value of the cookie connect.sid (s:...)."
)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key. sort: "none" for public projects alone."""

    sort: Sort
    text: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries it."""
        if self.sort == "none":
            return {}
        if self.sort == "cookie":
            return {"Cookie": _COOKIE + self.text}
        return {_HEADERS[self.sort]: self.text}


NO_KEY: Final = AccessKey("none")


def access_key(text: str) -> AccessKey:
    """The key, its sort told by how it begins; `NO_KEY` for "".

    A cookie may be URL-encoded or begin with "connect.sid=", as browsers show it. Raises SettingsError for any other
    text, so that what is no key is sent to nobody.
    """
    text = text.strip()
    if not text:
        return NO_KEY
    is_sendable = text.isascii() and text.isprintable() and not {" ", ";"} & set(text)
    if is_sendable and text.startswith("pat_"):
        return AccessKey("token", text)
    if is_sendable and text.startswith("cs_"):
        return AccessKey("service account", text)
    value = text.removeprefix(_COOKIE)
    value = unquote(value) if value.startswith("s%3A") else value
    if is_sendable and value.startswith("s:"):
        return AccessKey("cookie", value)
    raise SettingsError(f"The key to Scrapbox is of no known sort. {KEYS_ADVICE}")
