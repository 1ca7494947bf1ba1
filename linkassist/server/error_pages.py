"""Screens for errors, without tracebacks. For other readers than its owner they leave out the library's path."""

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
from linkassist.server.middleware.host_guard import security_headers
from linkassist.server.views.commands import with_library
from linkassist.terminal_escape import shown


def http_failure(request: Request, error: Exception) -> Response:
    """The screen of an HTTPException."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    if status in (404, 408, 413):
        detail = wording_of(request)("error.404.lead" if status == 404 else f"error.{status}")
        # After 408 and 413 the rest of the body is not read, so the connection is closed.
        headers = {} if status == 404 else {"Connection": "close"}
        return failure(request, status, "error.404" if status == 404 else "error.400", detail, headers)
    detail = error_for_reader(request, error.detail)
    return failure(request, status, "error.405" if status == 405 else "error.400", detail, error.headers)


def too_often(request: Request, wait_s: float) -> Response:
    """429 with Retry-After, for a client over its rate limit."""
    seconds = max(1, math.ceil(wait_s))
    detail = wording_of(request)("error.429.lead", seconds)
    return failure(request, 429, "error.429", detail, {"Retry-After": str(seconds)})


def not_found(request: Request, error: Exception) -> Response:
    """404 for a page or project that does not exist."""
    return failure(request, 404, "error.404", error_for_reader(request, str(error)))


def expected_failure(request: Request, error: Exception) -> Response:
    """503 with the message of an expected error, as where the library cannot be used."""
    return failure(request, 503, "error.503", error_for_reader(request, str(error)))


def refused_by_system(request: Request, error: Exception) -> Response:
    """503 for an error of the operating system, with the file and what to do."""
    assert isinstance(error, OSError)
    named = error.filename or context_of(request).library_folder
    return expected_failure(request, LinkAssistError(cannot_be("used", named, error)))


def error_for_reader(request: Request, message: str) -> str:
    """The message of an error, in the reader's language, with commands as they have to be typed."""
    told = wording_of(request).error(message)
    return for_reader(request, with_library(told, context_of(request).library_folder))


def for_reader(request: Request, message: str) -> str:
    """The message, without the library's path where others than its owner may see it."""
    folder = context_of(request).library_folder
    return message.replace(shown(folder), "…").replace(str(folder), "…") if is_shared(request) else message


async def nobody_waits(request: Request, error: Exception) -> Response:
    """For a client that disconnected before its body was complete: no fault, and no traceback in the log."""
    return Response(status_code=400)


def fault(request: Request, error: Exception) -> Response:
    """500 for a bug, whose traceback the terminal shows."""
    response = failure(request, 500, "error.500", wording_of(request)("error.500.lead"))
    # Starlette sends this from outside of all middleware, HostGuard included.
    response.headers.update(security_headers(request, context_of(request).hosts))
    response.headers["Cache-Control"] = "no-store"
    return response


def failure(
    request: Request, status: int, heading: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The screen of an error. heading: the key of its words. detail: a sentence."""
    # without a library, which may be what failed
    frame = frame_for(request, None, None, wording_of(request)(heading))
    response = show(request, "error.html", frame, {"status": status, "detail": detail}, status)
    response.headers.update(headers or {})
    return response
