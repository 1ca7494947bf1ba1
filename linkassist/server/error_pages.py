"""What a failure looks like: the same design as every screen, in words, without traces or places on this machine."""

from __future__ import annotations

import math
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be
from linkassist.server.auth.identity import is_shared
from linkassist.server.context import context_of, frame_for, show
from linkassist.server.messages.catalog import wording_of
from linkassist.server.middleware.host_guard import safety_headers
from linkassist.store.error_messages import MovedError
from linkassist.terminal_escape import shown


def http_failure(request: Request, error: Exception) -> Response:
    """The answer to what cannot be taken, found or done."""
    assert isinstance(error, HTTPException)
    say = wording_of(request)
    if error.status_code == 404:
        return failure(request, 404, say("error.404"), say("error.404.lead"))
    if error.status_code in (408, 413):
        # What is still on its way is not read: the connection ends with this answer.
        return failure(
            request, error.status_code, say("error.400"), say(f"error.{error.status_code}"), {"Connection": "close"}
        )
    heading = say("error.405") if error.status_code == 405 else say("error.400")
    return failure(request, error.status_code, heading, error.detail, error.headers)


def too_often(request: Request, wait_s: float) -> Response:
    """The answer to who asks faster than can be answered; tells when to ask again."""
    say = wording_of(request)
    seconds = max(1, math.ceil(wait_s))
    return failure(request, 429, say("error.429"), say("error.429.lead", seconds), {"Retry-After": str(seconds)})


def not_found(request: Request, error: Exception) -> Response:
    """The answer to a page or project that is not there."""
    say = wording_of(request)
    return failure(request, 404, say("error.404"), for_reader(request, str(error)))


def expected_failure(request: Request, error: Exception) -> Response:
    """The answer where the library cannot be used just now, with the advice of the error."""
    say = wording_of(request)
    advice = say("error.moved", shown(error.path)) if isinstance(error, MovedError) else str(error)
    return failure(request, 503, say("error.503"), for_reader(request, advice))


def refused_by_system(request: Request, error: Exception) -> Response:
    """The answer where the operating system does not let a file be used, with what to do."""
    assert isinstance(error, OSError)
    named = error.filename or context_of(request).library_folder
    return expected_failure(request, LinkAssistError(cannot_be("used", named, error)))


def for_reader(request: Request, message: str) -> str:
    """The message without the place of the library, where others than its owner may be looking."""
    folder = context_of(request).library_folder
    return message.replace(shown(folder), "…").replace(str(folder), "…") if is_shared(request) else message


async def nobody_waits(request: Request, error: Exception) -> Response:
    """The answer, which nobody reads, to a browser that went away before its form was whole: no fault, and no trace."""
    return Response(status_code=400)


def fault(request: Request, error: Exception) -> Response:
    """The answer to a bug: none of it is shown, the terminal has it."""
    say = wording_of(request)
    response = failure(request, 500, say("error.500"), say("error.500.lead"))
    # Starlette answers for a fault from outside of all middleware, the guard included.
    response.headers.update(safety_headers(request, context_of(request).hosts))
    response.headers["Cache-Control"] = "no-store"
    return response


def failure(
    request: Request, status: int, heading: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The screen of a failure."""
    # No library here: it may be what failed.
    frame = frame_for(request, None, None, heading)
    response = show(request, "error.html", frame, {"status": status, "heading": heading, "detail": detail}, status)
    response.headers.update(headers or {})
    return response
