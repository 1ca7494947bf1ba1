"""Access of UserScripts, which run in pages of Scrapbox, to the few addresses that are for them.

These are the only addresses that answer another origin, and only the one that the project's pages have. A request must
come from this machine, from that origin, and with a key of the project; then neither a login nor the host guard's check
of the origin is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linkassist.errors import FetchError, SettingsError
from linkassist.scrapbox.client.address import PUBLIC_BASE, remote_project
from linkassist.server.auth.script_keys import ScriptKeys
from linkassist.server.middleware.host_guard import host_name, is_loopback

_PATH: Final = re.compile(r"/userscript/([^/]+)/(?:page|draft|verdict)")
_ADMITTED: Final = "linkassist.script"
_PREFLIGHT_S: Final = "600"  # how long a browser may remember the answer
# A proxy that adds one of these passes on requests from elsewhere.
_OF_PROXIES: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class ScriptAccess:
    """ASGI middleware between the host guard and the login. sources: as in Settings."""

    def __init__(self, app: ASGIApp, keys: ScriptKeys, sources: Mapping[str, str]) -> None:
        self.app = app
        self.keys = keys
        self.sources = sources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        project = script_project(scope["path"]) if scope["type"] == "http" else None
        if project is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        origin = script_origin(self.sources, project)
        is_from_there = request.headers.getlist("origin") == [origin]
        answer: ASGIApp = self._refusal(request, project, is_from_there) or self.app
        if answer is self.app and request.method == "OPTIONS":
            answer = _preflight(request)
        scope[_ADMITTED] = True
        await answer(scope, receive, _for_origin(send, origin) if is_from_there else send)

    def _refusal(self, request: Request, project: str, is_from_there: bool) -> Response | None:
        try:
            # A browser sends a preflight without the key.
            may_enter = request.method == "OPTIONS" or self.keys.is_key(project, _key(request))
        except SettingsError:
            return _refused(503, "The keys of UserScripts cannot be read. The settings screen says why.")
        if not may_enter:
            return _refused(401, "The key of this UserScript is unknown or was revoked. Copy the script anew.")
        if not is_from_this_machine(request):
            return _refused(403, "UserScripts are answered on the machine that linkassist runs on alone.")
        if not is_from_there:
            return _refused(403, "UserScripts are answered in the pages of their own project alone.")
        return None


def script_project(path: str) -> str | None:
    """The project of an address that is for UserScripts, None for any other address."""
    found = _PATH.fullmatch(path)
    return found[1] if found else None


def script_origin(sources: Mapping[str, str], project: str) -> str:
    """The origin of the project's pages: of its address in the settings, else of Scrapbox."""
    try:
        return remote_project(sources.get(project, "")).base.lower()
    except (FetchError, ValueError):  # the source is a file
        return PUBLIC_BASE


def is_admitted(connection: HTTPConnection) -> bool:
    """Whether the request is a UserScript's that may have an answer."""
    return _ADMITTED in connection.scope


def is_from_this_machine(connection: HTTPConnection) -> bool:
    """Whether the request comes from this machine and was made to loopback, through no proxy that says so."""
    headers, client = connection.headers, connection.client
    return (
        client is not None
        and is_loopback(client.host.removeprefix("::ffff:"))
        and is_loopback(host_name(headers.get("host", "")))
        and not any(name in headers for name in _OF_PROXIES)
    )


def _key(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)


def _preflight(request: Request) -> Response:
    """The answer to a preflight, also that of Private Network Access: may a public site reach this machine?

    Source: https://wicg.github.io/private-network-access/#cors-preflight
    """
    headers = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "authorization, content-type",
        "Access-Control-Max-Age": _PREFLIGHT_S,
    }
    if request.headers.get("access-control-request-private-network") == "true":
        headers["Access-Control-Allow-Private-Network"] = "true"
    return Response(status_code=204, headers=headers)


def _for_origin(send: Send, origin: str) -> Send:
    """Wraps `send` so that scripts of that origin may read the answer. No cookie is asked for, so none is allowed."""

    async def send_it(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Cache-Control"] = "no-store"
            headers.add_vary_header("Origin")
        await send(message)

    return send_it
