"""The files that come with the program: `web/` (templates and static files) and `data/` (the sample wiki)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from linkassist.errors import LinkAssistError

_PACKAGE = Path(__file__).parents[1]


def shipped_folder(name: Literal["web", "data"]) -> Path:
    """The folder of that name: inside the package where it was installed from a wheel, beside it in a checkout.

    Raises LinkAssistError if the installation lacks it.
    """
    for folder in (_PACKAGE / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise LinkAssistError(f"{_PACKAGE} lacks its folder {name}/. Install linkassist again.")
