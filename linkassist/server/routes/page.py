"""One page, a title without a page, and the preview of either."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from linkassist.server.context import frame_for, show, site_of, wants_fragment
from linkassist.server.preferences import preferences_of
from linkassist.server.urls import page_address, scrapbox_address
from linkassist.server.views.models import NamedLink, Notice, RedView
from linkassist.server.views.page import page_view
from linkassist.server.views.page_list import group_of
from linkassist.server.views.plain_text import plain_text
from linkassist.server.views.preview import Wanted, preview_views
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, glances, has_page, project_name
from linkassist.store.pages import backlinks, find_page, list_pages
from linkassist.store.search.by_target import suggested_on
from linkassist.wiki import title_key

_N_LINKERS = 48
_N_NEAR = 8


def page(request: Request) -> Response:
    """The page's screen; for the script only what changes on it. A title without a page tells who links it (404)."""
    title = title_of(request)
    with site_of(request).open_library() as library:
        here = project_name(library, request.path_params["project"])
        if not has_page(library, here.id, title_key(title)):
            return _red(request, library, here, title)
        stored = find_page(library, here.id, title_key(title))
        view = page_view(
            library,
            here,
            stored,
            preferences_of(request).language,
            shows_all="all" in request.query_params,
            group=group_of(request.query_params.get("kind", "")),
            notice=_notice(request),
        )
        frame = frame_for(request, library, here, stored.page.title, section="pages")
    return show(request, "_page.html" if wants_fragment(request) else "page.html", frame, {"page": view})


def target_preview(request: Request) -> Response:
    """The preview of a title, as a fragment."""
    title = title_of(request)
    with site_of(request).open_library() as library:
        here = project_name(library, request.path_params["project"])
        (view,) = preview_views(library, here, [Wanted(title)])
        frame = frame_for(request, library, here, title, section="pages")
    return show(request, "_preview.html", frame, {"preview": view})


def _red(request: Request, library: Library, here: ProjectName, title: str) -> Response:
    key = title_key(title)
    found = glances(library, here.id, [key]).get(key)
    linkers = backlinks(library, here.id, key, limit=_N_LINKERS)
    near, _ = list_pages(library, here.id, search=title.replace("_", " "), sort="title", limit=_N_NEAR)
    view = RedView(
        title=found.title if found else title,
        linkers=tuple(
            NamedLink(each.title, page_address(here.name, each.title), plain_text(each.text)) for each in linkers
        ),
        n_linked=found.n_linked if found else 0,
        near=tuple(NamedLink(each.title, page_address(here.name, each.title)) for each in near),
        scrapbox=scrapbox_address(f"/{here.name}/{found.title if found else title}"),
        is_suggested=bool(linkers) or bool(suggested_on(library, here.id, title, limit=1)),
    )
    return show(
        request, "red.html", frame_for(request, library, here, title, section="pages"), {"red": view}, status=404
    )


def title_of(request: Request) -> str:
    """The title that the address names."""
    title: str = request.path_params["title"]
    # Titles that cannot be a segment of an address come as a parameter.
    return title or request.query_params.get("title", "")


def _notice(request: Request) -> Notice | None:
    target = request.query_params.get("target", "")
    match request.query_params.get("did"):
        case "accept":
            return Notice("accept", target)
        case "reject":
            return Notice("reject", target)
        case "undo":
            return Notice("undo", target)
        case "never":
            return Notice("never", target)
        case "again":
            return Notice("again", target)
    return None
