"""The reader's preferences, kept in cookies: language (by default the browser's), theme, images, time zone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from linkassist.files.catalogs import Language
from linkassist.review.days import Today

Theme = Literal["auto", "light", "dark"]

LANGUAGE_COOKIE = "linkassist_language"
THEME_COOKIE = "linkassist_theme"
IMAGES_COOKIE = "linkassist_images"
ZONE_COOKIE = "linkassist_zone"  # set by the script of every screen
_A_YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Preferences:
    """The reader's choices, with defaults for what was not chosen."""

    language: Language
    theme: Theme = "auto"
    shows_images: bool = True


def preferences_of(request: Request) -> Preferences:
    """The preferences in the request's cookies and Accept-Language; an unknown value counts as not chosen."""
    theme = request.cookies.get(THEME_COOKIE, "")
    return Preferences(
        language=_language(request.cookies.get(LANGUAGE_COOKIE, ""), request.headers.get("accept-language", "")),
        theme=cast(Theme, theme) if theme in get_args(Theme) else "auto",
        shows_images=request.cookies.get(IMAGES_COOKIE) != "off",
    )


def today_of(request: Request) -> Today:
    """The present moment in the time zone of the reader's browser, or of this machine if it names no known one."""
    try:
        zone = ZoneInfo(request.cookies[ZONE_COOKIE])
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; "Asia" is a folder
        return Today(int(time.time()))
    return Today(int(time.time()), zone)


def remember(response: Response, *, language: str, theme: str, images: str) -> None:
    """Sets the cookies of the known values; "" leaves a choice as it is."""
    for name, value, known in (
        (LANGUAGE_COOKIE, language, get_args(Language)),
        (THEME_COOKIE, theme, get_args(Theme)),
        (IMAGES_COOKIE, images, ("on", "off")),
    ):
        if value in known:
            response.set_cookie(name, value, max_age=_A_YEAR_S, httponly=True, samesite="lax")


def _language(chosen: str, accepted: str) -> Language:
    if chosen in get_args(Language):
        return cast(Language, chosen)
    wanted: list[tuple[float, Language]] = []
    for entry in accepted.split(","):
        tag, _, parameters = entry.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        if primary in get_args(Language):
            wanted.append((_quality(parameters), cast(Language, primary)))
    return max(wanted, key=lambda pair: pair[0])[1] if wanted else "en"


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
