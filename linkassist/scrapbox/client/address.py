"""Addresses: of projects, and of what the API has for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from linkassist.errors import FetchError

PUBLIC_BASE: Final = "https://scrapbox.io"
_THIS_MACHINE: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class RemoteProject:
    """A project by its address: `base` as in "https://scrapbox.io", `name` as in the address."""

    base: str
    name: str

    def __str__(self) -> str:
        return f"{self.base}/{self.name}"

    @property
    def is_on_this_machine(self) -> bool:
        """Whether its server runs here, which no rate limit has to spare."""
        return urlsplit(self.base).hostname in _THIS_MACHINE

    @property
    def quoted_name(self) -> str:
        """The name as a part of a path."""
        return quote(self.name, safe="")

    def page_path(self, title: str) -> str:
        """The path of a page."""
        return f"/api/pages/v2/{self.quoted_name}/{quote(title.replace(' ', '_'), safe='')}"


def remote_project(address: str) -> RemoteProject:
    """The project at an address such as "https://scrapbox.io/niwa" or that of one of its pages.

    Raises FetchError for anything else, and for plain http to another machine, which would send the key unencrypted.
    """
    parts = urlsplit(address)
    names = [name for name in parts.path.split("/") if name]
    if parts.scheme not in ("http", "https") or not parts.netloc or not names or "@" in parts.netloc:
        raise FetchError(f"{address} is no address of a project; expected one such as https://scrapbox.io/niwa.")
    if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
        raise FetchError(f"{address} is not encrypted. Write https:// in place of http://.")
    return RemoteProject(f"{parts.scheme}://{parts.netloc}", unquote(names[0]))


def project_at(base: str, name: str) -> RemoteProject:
    """The project of that name on the server at `base`, such as "https://scrapbox.io". Raises FetchError."""
    try:
        return remote_project(f"{base.rstrip('/')}/{quote(name, safe='')}")
    except ValueError as error:  # such as a port that is no number
        raise FetchError(f"{base} is no address of a server; expected one such as {PUBLIC_BASE}.") from error


def server_at(base: str) -> RemoteProject:
    """The server at `base` without a project. Raises FetchError."""
    return RemoteProject(project_at(base, "-").base, "")


def has_address(title: str) -> bool:
    """Whether an address can name the page: it holds no lone surrogate, and no browser resolves it away."""
    try:
        title.encode()
    except UnicodeEncodeError:
        return False
    return title not in (".", "..")
