"""Checks the Host header of every request and the origin of every change, and adds the security headers.

The server runs on the reader's own machine, where any web page could try to reach it: a foreign Host is a DNS rebinding
attack, a foreign origin a forged form.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linkassist.server.preferences import IMAGES_COOKIE

MOST_HEAD_BYTES: Final = 32_768
_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?")
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_UNUSED_POWERS: Final = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=()"
)


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The host names the server answers to: the one it listens on, loopback, and those in `allowed`.

    is_proxied: whether a proxy in front of it is trusted.
    """

    bound_host: str
    allowed: tuple[str, ...] = ()
    is_proxied: bool = False

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach the server: it listens on loopback, and behind no proxy."""
        return is_loopback(self.bound_host) and not self.allowed and not self.is_proxied

    def has(self, name: str) -> bool:
        """Whether the host name, given without a port, is one of them."""
        if name == self.bound_host.lower().strip("[]") or name in self.allowed or is_loopback(name):
            return True
        # Bound to all addresses, any of ours may be meant; a rebound name is never an IP address.
        return self.bound_host in ("0.0.0.0", "::") and _is_plain_address(name)


class HostGuard:
    """ASGI middleware, the outermost, so that every response has the security headers."""

    def __init__(
        self, app: ASGIApp, hosts: AllowedHosts, checks_itself: Callable[[str], bool] = lambda _: False
    ) -> None:
        """checks_itself: whether what answers at a path checks the origin of its requests."""
        self.app = app
        self.hosts = hosts
        self.checks_itself = checks_itself

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = (
            _too_long(scope)
            or _of_two_lengths(scope)
            or self._refusal(scope["path"], scope["method"], Headers(scope=scope), scope["scheme"])
        )
        headers = security_headers(HTTPConnection(scope), self.hosts)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                sent.update(headers)
                sent.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        await (refusal or self.app)(scope, receive, send_with_headers)

    def _refusal(self, path: str, method: str, headers: Headers, scheme: str) -> PlainTextResponse | None:
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or not self.hosts.has(host_name(host)):
            return PlainTextResponse(
                f"The Host header names {host!r}, but this server answers to {self.hosts.bound_host} and to loopback "
                "only. Open it under that address, or start it with --allow-host and the name.\n",
                status_code=421,
            )
        if self.checks_itself(path):
            return None
        if method in _SAFE_METHODS:
            if _may_look(headers):
                return None
            return PlainTextResponse("Another site wanted to have this in one of its pages. Open it itself.\n", 403)
        if _is_same_origin(headers, host, scheme):
            return None
        return PlainTextResponse(
            "This change was asked for by another site, or by a program that does not say where it comes from. "
            f"Make it on the page itself, or send the header `Origin: {scheme}://{host}`.\n",
            status_code=403,
        )


def _too_long(scope: Scope) -> PlainTextResponse | None:
    """uvicorn limits an incomplete head; one that arrives all at once may still be longer."""
    target = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    head = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    if target <= MOST_HEAD_BYTES and head <= MOST_HEAD_BYTES:
        return None
    what, status = ("address", 414) if target > MOST_HEAD_BYTES else ("head of the request", 431)
    return PlainTextResponse(f"The {what} is longer than {MOST_HEAD_BYTES:,} bytes. Shorten it.\n", status)


def _of_two_lengths(scope: Scope) -> PlainTextResponse | None:
    """RFC 9112, 6.1: a body with both lengths may be request smuggling past a proxy that goes by the other one. It is
    refused, and the connection closed."""
    names = {name for name, _ in scope["headers"]}
    if not {b"content-length", b"transfer-encoding"} <= names:
        return None
    return PlainTextResponse(
        "The request has both Content-Length and Transfer-Encoding. Send one of them.\n", 400, {"Connection": "close"}
    )


def security_headers(request: HTTPConnection, hosts: AllowedHosts) -> Mapping[str, str]:
    """The security headers of every response. Images of other hosts are allowed unless the reader has hidden them."""
    images = "'self' data:" if request.cookies.get(IMAGES_COOKIE) == "off" else "'self' https: data:"
    return {
        "Content-Security-Policy": (
            f"default-src 'self'; img-src {images}; object-src 'none'; base-uri 'none'; "
            "form-action 'self'; frame-ancestors 'none'"
        ),
        # With "no-referrer" a form sends `Origin: null`, and off loopback, without TLS, there is no Sec-Fetch-Site.
        "Referrer-Policy": "no-referrer" if hosts.is_private else "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": _UNUSED_POWERS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def is_loopback(name: str) -> bool:
    """Whether the host is loopback, which only this machine can reach."""
    name = name.strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return _is_plain_address(name) and ipaddress.ip_address(name).is_loopback


def _may_look(headers: Headers) -> bool:
    """Whether a GET comes from the server's own pages, from no page, or follows a link.

    As an image, frame, script or event stream of another site, a response would leak by its size or timing.
    Source: Resource Isolation Policy, https://xsleaks.dev/docs/defenses/isolation-policies/resource-isolation/
    """
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return True
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"


def _is_same_origin(headers: Headers, host: str, scheme: str) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    # A proxy that is not trusted may use TLS in front of us without our knowing.
    schemes = ("https",) if scheme == "https" else ("http", "https")
    return headers.get("origin", "") in [f"{each}://{host}" for each in schemes]


def host_name(host: str) -> str:
    """The name in a Host header, "" where that is none: `host_name("[::1]:8000") == "::1"`."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).lower().rstrip(".") if found else ""


def _is_plain_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
