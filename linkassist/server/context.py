"""What the handlers of a server share: its library and templates, and the frame that stands around every screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse

from linkassist.server.auth.identity import identity_of
from linkassist.server.middleware.host_guard import AllowedHosts
from linkassist.server.preferences import preferences_of
from linkassist.server.templates import Templates
from linkassist.server.urls import (
    draft_address,
    outbox_address,
    project_address,
    quality_address,
    queue_address,
    request_address,
    settings_address,
)
from linkassist.server.views.frame import Frame, Section, TabView, project_view
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, project_name, project_names
from linkassist.store.pool import LibraryPool
from linkassist.store.write_back.outbox import n_waiting


@dataclass(frozen=True, slots=True)
class ServerContext:
    """One server's library, host names and templates; kept in `app.state.context`."""

    library_folder: Path
    hosts: AllowedHosts
    templates: Templates
    libraries: LibraryPool

    def open_library(self) -> AbstractContextManager[Library]:
        """A connection to the library, for one request."""
        return self.libraries.borrow()


def context_of(request: Request) -> ServerContext:
    """The context of the server that the request was made to."""
    context: ServerContext = request.app.state.context
    return context


@contextmanager
def open_project(request: Request) -> Iterator[tuple[Library, ProjectName]]:
    """The library and the project that the address names, for one request; NotFoundError where there is none."""
    with context_of(request).open_library() as library:
        yield library, project_name(library, request.path_params["project"])


def wants_fragment(request: Request) -> bool:
    """Whether the request comes from our script, which needs the changed part alone."""
    return "x-fragment" in request.headers


def frame_for(
    request: Request,
    library: Library | None,
    project: ProjectName | None,
    title: str,
    search: str = "",
    section: Section | None = None,
) -> Frame:
    """The frame of a screen, without projects if there is no library. section: the tab that the screen belongs to."""
    here = request_address(request.scope)
    return Frame(
        preferences=preferences_of(request),
        here=here if request.method == "GET" else "/",
        title=title,
        projects=tuple(project_view(each.name, each.display_name) for each in project_names(library))
        if library
        else (),
        project=project_view(project.name, project.display_name) if project else None,
        search=search,
        tabs=_tabs(library, project, section) if library and project else (),
        is_logged_in=bool(identity_of(request).session),
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
    html = context_of(request).templates.render(template, frame, values)
    return HTMLResponse(html, status_code=status, headers={"Vary": "X-Fragment, Cookie, Accept-Language"})
