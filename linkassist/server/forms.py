"""Texts in forms: how a title gets to the browser and back unchanged.

A form cannot carry every sign. A browser sends each line break as CR LF, and reads U+0000 as U+FFFD; a title that holds
one goes along a second time, quoted as in an address, and that one counts.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

from starlette.datastructures import FormData

QUOTED: Final = ".quoted"  # behind the name of a field
_BREAK: Final = re.compile(r"\r\n?|\n")


def text_of(form: FormData, name: str) -> str:
    """The text of the field, "" where there is none."""
    value = form.get(name, "")
    exact = form.get(name + QUOTED)
    if isinstance(exact, str):
        return unquote(exact)
    return value if isinstance(value, str) else ""


def is_lost_in_forms(text: str) -> bool:
    """Whether a browser would send something else for the text."""
    return as_sent(text) != text


def as_sent(text: str) -> str:
    """The text as a browser sends it: `as_sent("a\\nb") == "a\\r\\nb"`."""
    return _BREAK.sub("\r\n", text).replace("\0", "\ufffd")


def quoted_for_form(text: str) -> str:
    """The text as the second field holds it."""
    return quote(text, safe="")
