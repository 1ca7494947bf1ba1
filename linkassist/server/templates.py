"""The templates of `web/templates`, and how a screen is made from one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from linkassist.assets import shipped_folder
from linkassist.server.forms import is_lost_in_forms, quoted_for_form
from linkassist.server.messages.catalog import Wording
from linkassist.server.urls import (
    draft_address,
    import_address,
    like_address,
    outbox_address,
    page_address,
    preview_address,
    project_address,
    queue_address,
    search_address,
    settings_address,
)
from linkassist.server.views.frame import Frame


class Templates:
    """Renders the templates of `web/templates`, escaped throughout."""

    def __init__(self) -> None:
        self._environment = _environment()

    def read_all(self) -> None:
        """Reads every template, which else happens when it is first shown."""
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def render(self, name: str, frame: Frame, values: Mapping[str, object]) -> str:
        """The template `name` in the frame's language, with `values` under their names."""
        say = Wording(frame.preferences.language)
        html = self._environment.get_template(name).render(frame=frame, say=say, now=int(time.time()), **values)
        # A path may hold bytes that are no UTF-8, which Python reads as lone surrogates.
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
    environment.globals.update(
        outbox_address=outbox_address,
        project_address=project_address,
        draft_address=draft_address,
        like_address=like_address,
        import_address=import_address,
        page_address=page_address,
        preview_address=preview_address,
        queue_address=queue_address,
        settings_address=settings_address,
        search_address=search_address,
    )
    environment.filters["iso"] = _iso
    environment.filters["quoted_for_form"] = quoted_for_form
    environment.tests["lost_in_forms"] = is_lost_in_forms
    return environment


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat() if moment > 0 else ""
