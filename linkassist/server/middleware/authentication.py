"""Authentication: with a password set, only sessions, programs with the token and UserScripts with a key may enter;
without one, everybody.

Without a password the server serves this machine alone, which `app.py` makes sure of. With one it asks on loopback too:
a reverse proxy on this machine passes on requests from anywhere.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linkassist.errors import SettingsError
from linkassist.server.auth.identity import remember_identity, session_cookie
from linkassist.server.auth.password import Access
from linkassist.server.middleware.script_access import is_admitted
from linkassist.server.routes.login import Login, login_of, login_screen
from linkassist.server.urls import login_address, request_address

# Open to all: the login, and the choice of a language, which is kept in a cookie.
_OPEN: Final = frozenset({"/login", "/preferences"})
_STATIC: Final = "/static/"  # the program's own files, the same for everybody
_NO_PASSWORD: Final = "The password was taken away, so nobody can be let in. Set one with `linkassist password`.\n"


class Authentication:
    """ASGI middleware. is_private: only this machine can reach the server, so no password is needed."""

    def __init__(self, app: ASGIApp, is_private: bool) -> None:
        self.app = app
        self.is_private = is_private

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        login = login_of(request)
        try:
            access = login.file.current()
        except SettingsError:
            # Its message names a path on this machine; the terminal shows it.
            access, is_damaged = None, True
        else:
            is_damaged = False
        if is_damaged or access is None and not self.is_private:
            await PlainTextResponse(_NO_PASSWORD, 503)(scope, receive, send)
        elif access is None:
            await self.app(scope, receive, send)
        else:
            session = _session(request, login, access)
            remember_identity(request, session)
            may_enter = bool(session) or _is_open(request) or is_admitted(request) or _has_token(request, access)
            answer = self.app if may_enter else _refusal(request)
            await answer(scope, receive, send if _is_static(request) else _never_stored(send))


def _session(request: Request, login: Login, access: Access) -> str:
    token = request.cookies.get(session_cookie(request), "")
    return token if token and login.sessions.is_open(token, access.fingerprint) else ""


def _has_token(request: Request, access: Access) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and access.is_token(token.strip())


def _is_static(request: Request) -> bool:
    path: str = request.scope["path"]
    return path.startswith(_STATIC)


def _is_open(request: Request) -> bool:
    return request.scope["path"] in _OPEN or _is_static(request)


def _refusal(request: Request) -> Response:
    """For a browser that opens a screen, a redirect to the login; for a script or a program, 401."""
    is_screen = (
        request.method in ("GET", "HEAD")
        and "text/html" in request.headers.get("accept", "")
        and "x-fragment" not in request.headers
        and request.headers.get("sec-fetch-mode", "navigate") == "navigate"
    )
    if not is_screen:
        return login_screen(request, 401, "login.ended" if request.method == "POST" else "")
    return RedirectResponse(login_address(request_address(request.scope)), 303)


def _never_stored(send: Send) -> Send:
    """Wraps `send` so that browsers store nothing that is behind the password."""

    async def send_it(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = "no-store"
        await send(message)

    return send_it
