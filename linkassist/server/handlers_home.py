"""The start and the list of a project's pages."""

from __future__ import annotations

from typing import cast, get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.server.addresses import page_address, project_address
from linkassist.server.plain import plain_text
from linkassist.server.preferences import preferences_of
from linkassist.server.site import frame_for, show, site_of, wants_fragment
from linkassist.server.views import Choice, FiguresView, HomeView, RowView
from linkassist.server.wording import Wording
from linkassist.store.browsing import ProjectName, figures, first_lines, greatest_gain, project_name, project_names
from linkassist.store.library import Library
from linkassist.store.pages import PageSummary, Sort, list_pages
from linkassist.store.runs import last_run

_N_ROWS = 50
_N_HITS = 8


def start(request: Request) -> Response:
    """The first project's list; where nothing is imported yet, how to import."""
    with site_of(request).open_library() as library:
        everything = project_names(library)
        if everything:
            return RedirectResponse(project_address(everything[0].name), status_code=307)
        say = Wording(preferences_of(request).language)
        return show(request, "empty.html", frame_for(request, library, None, say("empty.title")), {})


def home(request: Request) -> Response:
    """A project's pages; for the script only the rows, or, with `X-Fragment: hits`, a few titles."""
    search = request.query_params.get("q", "")
    with site_of(request).open_library() as library:
        here = project_name(library, request.path_params["project"])
        frame = frame_for(request, library, here, here.display_name or here.name, search, "pages")
        if request.headers.get("x-fragment") == "hits":
            return show(request, "_hits.html", frame, {"home": _list(request, library, here, search, _N_HITS)})
        pages = _list(request, library, here, search, _N_ROWS)
        if wants_fragment(request):
            return show(request, "_results.html", frame, {"home": pages})
        return show(request, "home.html", frame, {"home": pages, "figures": _figures(library, here)})


def _list(request: Request, library: Library, here: ProjectName, search: str, n_rows: int) -> HomeView:
    sort = _sort(request.query_params.get("sort", ""))
    number = _number(request.query_params.get("page", ""))
    offset = (number - 1) * n_rows
    found, n_found = list_pages(library, here.id, search=search, sort=sort, limit=n_rows, offset=offset)
    best = greatest_gain(library, here.id)
    beginnings = first_lines(library, [each.id for each in found])
    has_more = offset + len(found) < n_found
    chosen = "" if sort == "gain" else sort
    return HomeView(
        rows=tuple(_row(here, each, best, beginnings[each.id]) for each in found),
        sorts=_sorts(here, search, sort),
        sort=sort,
        n_found=n_found,
        first=offset + 1,
        previous=project_address(here.name, search=search, sort=chosen, number=number - 1) if number > 1 else "",
        next=project_address(here.name, search=search, sort=chosen, number=number + 1) if has_more else "",
    )


def _figures(library: Library, here: ProjectName) -> FiguresView:
    counted = figures(library, here.id)
    run = last_run(library, "reindex", here.id, "done")
    return FiguresView(
        n_pages=counted.n_pages,
        n_links=counted.n_links,
        n_suggestions=counted.n_suggestions,
        indexed_at=(run.finished_at or run.started_at) if run else 0,
    )


def _sorts(here: ProjectName, search: str, chosen: Sort) -> tuple[Choice, ...]:
    return tuple(
        Choice(each, project_address(here.name, search=search, sort="" if each == "gain" else each), each == chosen)
        for each in get_args(Sort)
    )


def _row(here: ProjectName, summary: PageSummary, best: float, beginning: tuple[str, ...]) -> RowView:
    return RowView(
        title=summary.title,
        address=page_address(here.name, summary.title),
        n_suggestions=summary.n_suggestions,
        gain=summary.gain,
        gain_share=round(100 * summary.gain / best) if best else 0,
        n_links=summary.n_links,
        updated_at=summary.updated,
        beginning=" ".join(filter(None, map(plain_text, beginning))),
    )


def _sort(given: str) -> Sort:
    return cast(Sort, given) if given in get_args(Sort) else "gain"


def _number(given: str) -> int:
    return max(1, int(given)) if given.isdecimal() and len(given) < 7 else 1
