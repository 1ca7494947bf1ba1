"""What every request passes: who may ask (Host), who may change anything (same origin), and the safety headers.

The server listens on the reader's own machine, where any page of the web could try to talk to it: a foreign Host is a
rebound name, a foreign origin a forged form.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linkassist.server.preferences import IMAGES_COOKIE

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """ASGI middleware. `bound_host` is the address that the server listens on."""

    def __init__(self, app: ASGIApp, bound_host: str = "127.0.0.1") -> None:
        self.app = app
        self.bound_host = bound_host.lower().strip("[]")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope["method"], Headers(scope=scope))
        headers = safety_headers(HTTPConnection(scope), self.bound_host)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await (refusal or self.app)(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        host = headers.get("host", "")
        name = _host_name(host)
        if not self._is_ours(name):
            return PlainTextResponse(
                f"The Host header names {host!r}, but this server answers to {self.bound_host} and to loopback only. "
                "Open it under that address.\n",
                status_code=421,
            )
        if method in _SAFE_METHODS or _is_same_origin(headers, host):
            return None
        return PlainTextResponse(
            "This change was asked for by another site, or by a program that does not say where it comes from. "
            f"Make it on the page itself, or send the header `Origin: http://{host}`.\n",
            status_code=403,
        )

    def _is_ours(self, name: str) -> bool:
        if name == self.bound_host or _is_loopback(name):
            return True
        # Bound to every address, we cannot know our names; a rebound name is never a plain address.
        return self.bound_host in ("0.0.0.0", "::") and _is_plain_address(name)


def safety_headers(request: HTTPConnection, bound_host: str) -> Mapping[str, str]:
    """The headers of every response. Images may come from elsewhere, unless the reader has switched them off."""
    images = "'self' data:" if request.cookies.get(IMAGES_COOKIE) == "off" else "'self' https: data:"
    return {
        "Content-Security-Policy": (
            f"default-src 'self'; img-src {images}; object-src 'none'; base-uri 'none'; "
            "form-action 'self'; frame-ancestors 'none'"
        ),
        # Under "no-referrer" a form says `Origin: null`, and off loopback there is no Sec-Fetch-Site to go by instead.
        "Referrer-Policy": "no-referrer" if _is_loopback(bound_host) else "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }


def _is_same_origin(headers: Headers, host: str) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return headers.get("origin", "") in (f"http://{host}", f"https://{host}")


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return _is_plain_address(name) and ipaddress.ip_address(name).is_loopback


def _is_plain_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
