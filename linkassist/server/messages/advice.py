"""Translates the messages of expected errors for the screens.

Errors are raised, kept in the library and sent between processes in English, as the commands print them. Each sentence
of theirs is an entry of `web/locale/errors.ja.po`, with `{0}` for a value and `{0#}` for a whole number. A message is
matched against the entries, sentence by sentence, and its values are put into the translations. A value may be an entry
itself, such as the reason in parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from babel.messages.pofile import read_po

from linkassist.files.assets import shipped_folder
from linkassist.files.catalogs import Language, catalog

_LONGEST: Final = 2000  # code points of a message: more than any error has
_MOST_SENTENCES: Final = 10  # more full stops than that are in a title, which comes first
_PLACE: Final = re.compile(r"\{(\d)(#?)\}")
_END: Final = re.compile(r"(?<=[.]) ")  # of a sentence


@dataclass(frozen=True, slots=True)
class _Entry:
    """A sentence as a pattern, with a group "v0" for the value of `{0}`, and its translation."""

    said: re.Pattern[str]
    translated: str


def advice(message: str, language: Language) -> str:
    """The message of an error in that language; one that no entry knows is described in general."""
    if language == "en" or not message:
        return message
    return _translated(message[:_LONGEST]) or catalog(language).gettext("error.unknown")


@lru_cache(maxsize=512)
def _translated(message: str) -> str | None:
    """The message, cut where every part is an entry; None if it cannot be. The first parts are as short as can be."""
    for end in list(_END.finditer(message))[-_MOST_SENTENCES:]:
        if (rest := _translated(message[end.end() :])) and (first := _sentence(message[: end.start()])):
            return first + rest
    return _sentence(message)


def _sentence(said: str) -> str | None:
    """The translation of what is one entry as a whole."""
    for entry in _entries():
        if found := entry.said.fullmatch(said):
            return _filled(entry.translated, found.groupdict())
    return None


def _filled(translated: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: _value(values[f"v{place[1]}"]), translated)


def _value(value: str) -> str:
    """A value, translated where it is an entry itself."""
    return _sentence(value) or value


@cache
def _entries() -> tuple[_Entry, ...]:
    """The entries, those with most words of their own first."""
    with (shipped_folder("web") / "locale" / "errors.ja.po").open("rb") as file:
        found = [(str(each.id), str(each.string)) for each in read_po(file, locale="ja", abort_invalid=True) if each.id]
    found.sort(key=lambda each: -len(_PLACE.sub("", each[0])))
    return tuple(_Entry(re.compile(_pattern(said), re.S), translated) for said, translated in found)


def _pattern(said: str) -> str:
    """A regular expression of the sentence, with the value of `{0}` as the group "v0"."""
    seen: set[str] = set()

    def place(found: re.Match[str]) -> str:
        number = found[1]
        if number in seen:
            return f"(?P=v{number})"
        seen.add(number)
        return f"(?P<v{number}>[0-9,]+)" if found[2] else f"(?P<v{number}>.+?)"

    parts = re.split(r"(\{\d#?\})", said)
    return "".join(_PLACE.sub(place, part) if _PLACE.fullmatch(part) else re.escape(part) for part in parts)
