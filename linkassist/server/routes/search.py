"""The search: by words, while typing, and by meaning."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from linkassist.errors import LinkAssistError
from linkassist.server.context import frame_for, open_project, show, wants_fragment
from linkassist.server.error_pages import error_for_reader
from linkassist.server.forms import number_in
from linkassist.server.jobs.model_worker import ModelWorker, StillPreparing
from linkassist.server.messages.catalog import wording_of
from linkassist.server.views.search import meaning_view, search_view

_N_TITLES = 8
_N_MORE_TITLES = 30
_N_TEXTS = 20
_N_NEAR = 20
_N_HIT_TITLES = 6
_N_HIT_TEXTS = 4
_LONGEST = 200  # code points of a query
_START_S = 1.5  # of waiting for the first answer of a process
_AGAIN_S = 2


def search(request: Request) -> Response:
    """The screen of results; for the script the results alone, or, with `X-Fragment: hits`, the first few."""
    query = request.query_params.get("q", "").strip()[:_LONGEST]
    say = wording_of(request)
    title_at, text_at = (number_in(request.query_params.get(name), most_digits=7) or 0 for name in ("titles", "texts"))
    is_short = request.headers.get("x-fragment") == "hits"
    with open_project(request) as (library, here):
        title = say("search.title.of", query) if query else say("search.title")
        frame = frame_for(request, library, here, title, query, "pages")
        if query and request.query_params.get("by") == "meaning":
            try:
                near, failure = _nearest(request.app.state.models, here.name, query)
            except StillPreparing:
                view = replace(meaning_view(library, here, "", [], ""), query=query, is_preparing=True)
            else:
                view = meaning_view(library, here, query, near, error_for_reader(request, failure))
            response = show(request, "search.html", frame, {"found": None, "meaning": view})
            if view.is_preparing:
                response.headers["Refresh"] = str(_AGAIN_S)  # works without a script too
            return response
        found = search_view(
            library,
            here,
            query,
            n_titles=_N_HIT_TITLES if is_short else _N_MORE_TITLES if title_at else _N_TITLES,
            n_texts=_N_HIT_TEXTS if is_short else _N_TEXTS,
            title_at=title_at,
            text_at=text_at,
        )
    template = "_hits.html" if is_short else "_found.html" if wants_fragment(request) else "search.html"
    return show(request, template, frame, {"found": found, "meaning": None})


def _nearest(models: ModelWorker, project: str, query: str) -> tuple[list[tuple[int, float]], str]:
    """The pages nearest in meaning, or the message of an error; raises StillPreparing."""
    try:
        return models.nearest(project, query, _N_NEAR, start_s=_START_S), ""
    except StillPreparing:
        raise
    except LinkAssistError as error:
        return [], str(error)
