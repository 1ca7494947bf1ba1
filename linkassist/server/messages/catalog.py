"""Looks up the words of the screens in the gettext catalogs `web/locale/ja.po` and `en.po`.

A message is named by a key: `home.pages`. Its values stand in it as `{0}`, `{1}`; where it has plural forms, the first
value chooses one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from starlette.requests import Request

from linkassist.files.catalogs import Language, catalog
from linkassist.server.messages.advice import advice
from linkassist.server.preferences import preferences_of
from linkassist.wiki import unix_second

_DAY_S: Final = 24 * 3600
_UNITS: Final = ((_DAY_S, "ago.days"), (3600, "ago.hours"), (60, "ago.minutes"))


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language; templates call it: `say("home.pages", 12) == "12 pages"`."""

    language: Language

    def __call__(self, key: str, *values: object) -> str:
        """The message with the values put in, whole numbers with thousands separators. Raises KeyError if unknown."""
        messages = catalog(self.language)
        first = values[0] if values else None
        text = messages.ngettext(key, key, first) if isinstance(first, int) else messages.gettext(key)
        return text.format(*(f"{value:,}" if isinstance(value, int) else value for value in values))

    def name_of(self, family: str, name: str) -> str:
        """The words of `family.name`, as of a signal or a peer; those of a newer version show their own name."""
        try:
            return self(f"{family}.{name or 'none'}")
        except KeyError:
            return name.replace("_", " ")

    def error(self, message: str) -> str:
        """The message of an error, which is raised and kept in English, in this language."""
        return advice(message, self.language)

    def around(self, key: str) -> tuple[str, str]:
        """The words before and after the one value of a message, for a template that puts markup around the value."""
        before, after = self(key, "{0}").split("{0}")
        return before, after

    def day(self, moment: int) -> str:
        """The day of Unix second `moment`, in local time."""
        return datetime.fromtimestamp(unix_second(moment)).strftime("%Y-%m-%d")

    def ago(self, moment: int, now: int) -> str:
        """How long ago Unix second `moment` was at `now`; beyond 30 days the date. 0 stands for unknown: ""."""
        moment = unix_second(moment)
        if not moment:
            return ""
        past_s = max(0, now - moment)
        if past_s > 30 * _DAY_S:
            return self.day(moment)
        for length_s, key in _UNITS:
            if past_s >= length_s:
                return self(key, past_s // length_s)
        return self("ago.now")

    def when(self, moment: int, now: int) -> str:
        """Like `ago`, as an adverb: "3日前に" to "3日前"."""
        ago = self.ago(moment, now)
        return ago if ago in ("", self("ago.now")) else self("ago.with", ago)


def wording_of(request: Request) -> Wording:
    """The words in the reader's language."""
    return Wording(preferences_of(request).language)


def read_catalogs() -> None:
    """Reads the catalogs of both languages, which else happens when the first screen is shown in one."""
    for language in get_args(Language):
        catalog(language)
