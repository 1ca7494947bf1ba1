"""Forms: how one is read, and how a title gets to the browser in one and back unchanged.

A form cannot carry every character. A browser sends each line break as CR LF, and reads U+0000 as U+FFFD; a title that
holds one goes along a second time, quoted as in an address, and that one counts.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final
from urllib.parse import quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

QUOTED: Final = ".quoted"  # suffix of the field with the quoted text
_BREAK: Final = re.compile(r"\r\n?|\n")


def takes_form(answer: Callable[[Request, FormData], Response]) -> Callable[[Request], Awaitable[Response]]:
    """A handler that reads the posted form, then calls `answer` in a thread: what it does may wait for the disk."""

    @wraps(answer)
    async def handler(request: Request) -> Response:
        async with request.form() as form:
            return await run_in_threadpool(answer, request, form)

    return handler


def number_in(text: object, *, most_digits: int = 6) -> int | None:
    """The number that the text spells in digits; None for anything else, and for more digits."""
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) <= most_digits else None


def text_of(form: FormData, name: str) -> str:
    """The text of the field, "" if there is none."""
    value = form.get(name, "")
    exact = form.get(name + QUOTED)
    if isinstance(exact, str):
        return unquote(exact)
    return value if isinstance(value, str) else ""


def is_lost_in_forms(text: str) -> bool:
    """Whether a browser would change the text on the way."""
    return as_sent(text) != text


def as_sent(text: str) -> str:
    """The text as a browser sends it: `as_sent("a\\nb") == "a\\r\\nb"`."""
    return _BREAK.sub("\r\n", text).replace("\0", "\ufffd")


def quoted_for_form(text: str) -> str:
    """The text as in the quoted field."""
    return quote(text, safe="")
