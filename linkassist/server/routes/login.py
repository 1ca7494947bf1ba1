"""Login and logout."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.server.auth.identity import identity_of, session_cookie
from linkassist.server.auth.password import AccessFile
from linkassist.server.auth.rate_limit import GuessLimiter
from linkassist.server.auth.sessions import LONGEST_S, Sessions
from linkassist.server.context import frame_for, show
from linkassist.server.messages.catalog import wording_of
from linkassist.server.urls import login_address, own_address


@dataclass(frozen=True, slots=True)
class Login:
    """A server's password file, sessions and attempts; kept in `app.state.login`."""

    file: AccessFile
    sessions: Sessions = field(default_factory=Sessions)
    guesses: GuessLimiter = field(default_factory=GuessLimiter)


def login_of(request: Request) -> Login:
    """The login state of the request's server."""
    login: Login = request.app.state.login
    return login


def login_form(request: Request) -> Response:
    """The form; a redirect if no login is needed."""
    if login_of(request).file.current() is None or identity_of(request).session:
        return RedirectResponse(_next(request.query_params.get("next", "")), status_code=303)
    return login_screen(request, 200)


async def log_in(request: Request) -> Response:
    """With the right password a new session, and a redirect to where the reader wanted to go."""
    login = login_of(request)
    async with request.form() as form:
        guess, wanted = str(form.get("password", "")), _next(str(form.get("next", "")))
    access = login.file.current()
    if access is None:
        return RedirectResponse(wanted, status_code=303)
    address = identity_of(request).address
    if wait_s := login.guesses.wait_s(address):
        return login_screen(request, 429, "login.wait", wanted, math.ceil(wait_s))
    if not await run_in_threadpool(access.is_password, guess):
        return login_screen(request, 401, "login.wrong", wanted)
    login.guesses.was_right(address)
    login.sessions.end(identity_of(request).session)
    response = RedirectResponse(wanted, status_code=303)
    is_secure = request.url.scheme == "https"
    response.set_cookie(
        session_cookie(request),
        login.sessions.begin(access.fingerprint),
        max_age=LONGEST_S,
        httponly=True,
        samesite="lax",  # with "strict", a link from another site to a page would ask for the password again
        secure=is_secure,
    )
    return response


def log_out(request: Request) -> Response:
    """Ends the session, here and in the browser."""
    login_of(request).sessions.end(identity_of(request).session)
    response = RedirectResponse(login_address(), status_code=303)
    response.delete_cookie(session_cookie(request), httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return response


def login_screen(request: Request, status: int, why: str = "", wanted: str = "", wait_s: int = 0) -> Response:
    """The form. why: the key of its message, "" for none. wanted: where to go afterwards. wait_s: with status 429."""
    say = wording_of(request)
    frame = frame_for(request, None, None, say("login.title"))
    message = say(why, wait_s) if why else ""
    wanted = wanted or _next(request.query_params.get("next", ""))
    response = show(request, "login.html", frame, {"message": message, "wanted": wanted}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="linkassist"'
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    return response


def _next(given: str) -> str:
    address = own_address(given)
    return "/" if address.partition("?")[0] in ("/login", "/logout", "/preferences") else address
