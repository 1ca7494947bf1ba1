"""One page, a title without a page, and the preview of either."""

from __future__ import annotations

from typing import cast, get_args

from starlette.requests import Request
from starlette.responses import Response

from linkassist.server.context import frame_for, open_project, show, wants_fragment
from linkassist.server.forms import number_in
from linkassist.server.preferences import preferences_of
from linkassist.server.views.page import Notice, PageAction, page_view
from linkassist.server.views.page_list import group_of
from linkassist.server.views.preview import PreviewRequest, preview_views
from linkassist.server.views.red import red_view
from linkassist.store.navigation import has_page
from linkassist.store.pages import find_page
from linkassist.wiki import title_key


def page(request: Request) -> Response:
    """The screen of a page, for the script without its frame; of a title without a page its links (404)."""
    title = title_of(request)
    with open_project(request) as (library, here):
        if not has_page(library, here.id, title_key(title)):
            frame = frame_for(request, library, here, title, section="pages")
            return show(request, "red.html", frame, {"red": red_view(library, here, title)}, status=404)
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
    with open_project(request) as (library, here):
        (view,) = preview_views(library, here, [PreviewRequest(title)])
        frame = frame_for(request, library, here, title, section="pages")
    return show(request, "_preview.html", frame, {"preview": view})


def title_of(request: Request) -> str:
    """The title that the address names."""
    title: str = request.path_params["title"]
    # A title that cannot be a path segment is a query parameter.
    return title or request.query_params.get("title", "")


def _notice(request: Request) -> Notice | None:
    given = request.query_params
    did = given.get("did")
    if did not in get_args(PageAction):
        return None
    since, until = (number_in(given.get(name), most_digits=18) or 0 for name in ("since", "until"))
    return Notice(cast(PageAction, did), given.get("target", ""), since, until)
