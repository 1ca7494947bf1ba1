"""What handlers share: the library, the templates, and the frame that stands around every screen."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse

from linkassist.server.auth.visitor import visitor_of
from linkassist.server.middleware.host_guard import Names
from linkassist.server.preferences import preferences_of
from linkassist.server.templates import Templates
from linkassist.server.urls import (
    asked_address,
    draft_address,
    outbox_address,
    project_address,
    quality_address,
    queue_address,
    settings_address,
)
from linkassist.server.views.models import Frame, ProjectView, Section, TabView
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, project_names
from linkassist.store.outbox import n_waiting
from linkassist.store.pool import LibraryPool


@dataclass(frozen=True, slots=True)
class Site:
    """One server's library, names and templates; lies in `app.state.site`."""

    library_folder: Path
    names: Names
    templates: Templates
    libraries: LibraryPool

    def open_library(self) -> AbstractContextManager[Library]:
        """The library, for one request."""
        return self.libraries.borrow()


def site_of(request: Request) -> Site:
    """The site that the request was made to."""
    site: Site = request.app.state.site
    return site


def wants_fragment(request: Request) -> bool:
    """Whether the page's own script asks, which needs the changed part alone."""
    return "x-fragment" in request.headers


def frame_for(
    request: Request,
    library: Library | None,
    project: ProjectName | None,
    title: str,
    search: str = "",
    section: Section | None = None,
) -> Frame:
    """The frame of a screen; without a library it names no projects. section: the tab that the screen belongs to."""
    here = asked_address(request.scope)
    return Frame(
        preferences=preferences_of(request),
        here=here if request.method == "GET" else "/",
        title=title,
        projects=tuple(_project_view(each) for each in project_names(library)) if library else (),
        project=_project_view(project) if project else None,
        search=search,
        tabs=_tabs(library, project, section) if library and project else (),
        is_logged_in=bool(visitor_of(request).session),
    )


def _tabs(library: Library, project: ProjectName, here: Section | None) -> tuple[TabView, ...]:
    """The project's screens, in the order in which they are used."""
    screens: tuple[tuple[Section, str, int], ...] = (
        ("pages", project_address(project.name), 0),
        ("queue", queue_address(project.name), 0),
        ("outbox", outbox_address(project.name), n_waiting(library, project.id)),
        ("draft", draft_address(project.name), 0),
        ("quality", quality_address(project.name), 0),
        ("settings", settings_address(project.name), 0),
    )
    return tuple(TabView(section, address, section == here, count) for section, address, count in screens)


def show(
    request: Request, template: str, frame: Frame, values: Mapping[str, object], status: int = 200
) -> HTMLResponse:
    """A screen or a fragment as a response."""
    html = site_of(request).templates.render(template, frame, values)
    return HTMLResponse(html, status_code=status, headers={"Vary": "X-Fragment, Cookie, Accept-Language"})


def _project_view(project: ProjectName) -> ProjectView:
    name = project.display_name or project.name
    return ProjectView(project.name, name, project_address(project.name))
