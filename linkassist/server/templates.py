"""Renders the templates of `web/templates`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from linkassist.files.assets import shipped_folder
from linkassist.server import urls
from linkassist.server.forms import is_lost_in_forms, quoted_for_form
from linkassist.server.messages.catalog import Wording
from linkassist.server.views.frame import Frame
from linkassist.wiki import unix_second


class Templates:
    """The templates, with every value escaped."""

    def __init__(self) -> None:
        self._environment = _environment()

    def read_all(self) -> None:
        """Compiles every template, which else happens when it is first shown."""
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def render(self, name: str, frame: Frame, values: Mapping[str, object]) -> str:
        """The HTML of the template `name` in the frame's language, with `values` as its variables."""
        say = Wording(frame.preferences.language)
        html = self._environment.get_template(name).render(frame=frame, say=say, now=int(time.time()), **values)
        # A path may hold bytes that are not UTF-8, which Python reads as lone surrogates.
        return html.encode("utf-8", "backslashreplace").decode()


@cache
def _environment() -> Environment:
    """One for all apps of the process: a template takes longer to compile than to render, and stays compiled there."""
    environment = Environment(
        loader=FileSystemLoader(shipped_folder("web") / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # all functions that give an address
    environment.globals.update({name: each for name, each in vars(urls).items() if name.endswith("_address")})
    environment.filters["iso"] = _iso
    environment.filters["quoted_for_form"] = quoted_for_form
    environment.tests["lost_in_forms"] = is_lost_in_forms
    return environment


def _iso(moment: int) -> str:
    second = unix_second(moment)
    return datetime.fromtimestamp(second, UTC).isoformat() if second else ""
