"""Reasons in words, from the catalogs of both languages. What they say is chosen in `explainer.py`."""

from __future__ import annotations

from contextlib import suppress

from linkassist.files.catalogs import Language, catalog
from linkassist.suggestion import Reason

_MOST_NAMES = 3


def reason_text(reason: Reason, language: Language) -> str:
    """The reason as one short sentence. Unknown signals (of a newer version's library) show their name."""
    keys = [f"reason.{reason.signal}.one"] if reason.total == 1 else []
    for key in (*keys, f"reason.{reason.signal}"):
        with suppress(KeyError):
            return _filled(catalog(language).gettext(key), reason, language)
    return reason.signal


def _filled(template: str, reason: Reason, language: Language) -> str:
    return template.format(
        count=reason.count,
        total=reason.total,
        quote=reason.quote,
        page=reason.names[0] if reason.names else "",
        line=reason.names[-1] if reason.names else "",
        names=_joined(reason.names, reason.total, language),
    )


def _joined(names: tuple[str, ...], total: int, language: Language) -> str:
    shown = names[:_MOST_NAMES]
    left = max(total, len(names)) - len(shown)
    if language == "ja":
        return "、".join(f"「{name}」" for name in shown) + (f" ほか {left} 件" if left and total else "")
    return ", ".join(f"“{name}”" for name in shown) + (f" and {left} more" if left and total else "")
