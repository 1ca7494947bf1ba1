"""More like this: the pages with a suggestion of the same target, each with its answers."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.server.context import frame_for, open_project, show
from linkassist.server.forms import number_in, takes_form, text_of
from linkassist.server.messages.catalog import Wording
from linkassist.server.preferences import preferences_of
from linkassist.server.routes.page import title_of
from linkassist.server.routes.verdicts import record_answer
from linkassist.server.urls import like_address, with_query
from linkassist.server.views.similar import like_view
from linkassist.store.pages import find_page
from linkassist.wiki import title_key


def like(request: Request) -> Response:
    """The pages for the target in the address."""
    preferences, given = preferences_of(request), request.query_params
    with open_project(request) as (library, here):
        view = like_view(library, here, title_of(request), preferences.language)
        title = Wording(preferences.language)("like.title", view.target.title)
        frame = frame_for(request, library, here, title, section="pages")
    did = given.get("did") if given.get("did") in ("accept", "reject", "undo") else None
    at = number_in(given.get("at"), most_digits=3)
    # The row after the answered one, where the keys continue; -1 before the first answer.
    place = min(at, len(view.rows) - 1) if did and at is not None else -1
    values = {"like": view, "did": did, "done_on": given.get("page", ""), "at": place}
    return show(request, "similar.html", frame, values)


@takes_form
def answer_like(request: Request, form: FormData) -> Response:
    """Stores an answer for one of the pages, then shows the others."""
    page, target, decision, at = (text_of(form, field) for field in ("page", "target", "decision", "at"))
    with open_project(request) as (library, here):
        page_id = find_page(library, here.id, title_key(page)).id
        record_answer(library, here, page_id, target, decision, form)
    done = {"did": decision, "page": page, "at": at}
    return RedirectResponse(with_query(like_address(here.name, target), done), status_code=303)
