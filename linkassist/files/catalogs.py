"""The gettext catalogs `web/locale/ja.po` and `en.po`. A message is looked up by a key, such as `home.pages`."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from typing import Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from linkassist.files.assets import shipped_folder

Language = Literal["ja", "en"]


@cache
def catalog(language: Language) -> GNUTranslations:
    """The messages of one language, read once. An unknown key raises KeyError."""
    compiled = BytesIO()
    with (shipped_folder("web") / "locale" / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    found = GNUTranslations(compiled)
    found.add_fallback(_Singular(found))
    return found


class _Singular(NullTranslations):
    """Where a catalog has no plural forms for a key: its one form. gettext itself would give the key instead."""

    def __init__(self, translations: GNUTranslations) -> None:
        super().__init__()
        self._forms = translations

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._forms.gettext(msgid1)

    def gettext(self, message: str) -> str:
        raise KeyError(message)
