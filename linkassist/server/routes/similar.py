"""More like this: the pages that are suggested the same target, each of which can be answered there."""

from __future__ import annotations

from typing import cast, get_args

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.review.verdicts import undo
from linkassist.server.context import frame_for, open_project, show
from linkassist.server.forms import number_in, takes_form, text_of
from linkassist.server.messages.catalog import Wording
from linkassist.server.preferences import preferences_of
from linkassist.server.routes.page import title_of
from linkassist.server.routes.verdicts import record_decision
from linkassist.server.urls import like_address, with_query
from linkassist.server.views.similar import like_view
from linkassist.store.pages import find_page
from linkassist.suggestion import Decision
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key


def like(request: Request) -> Response:
    """The pages for the target that the address names."""
    preferences, given = preferences_of(request), request.query_params
    with open_project(request) as (library, here):
        view = like_view(library, here, title_of(request), preferences.language)
        title = Wording(preferences.language)("like.title", view.target.title)
        frame = frame_for(request, library, here, title, section="pages")
    did = given.get("did") if given.get("did") in ("accept", "reject", "undo") else None
    at = number_in(given.get("at"), most_digits=3)
    # The row after the one that was answered, so that the keys go on from there; -1 before anything is answered.
    place = min(at, len(view.rows) - 1) if did and at is not None else -1
    values = {"like": view, "did": did, "done_on": given.get("page", ""), "at": place}
    return show(request, "similar.html", frame, values)


@takes_form
def answer_like(request: Request, form: FormData) -> Response:
    """Keeps an answer for one of the pages, then shows the others."""
    fields = ("page", "target", "decision", "mention", "at")
    page, target, decision, mention, at = (text_of(form, field) for field in fields)
    with open_project(request) as (library, here):
        page_id = find_page(library, here.id, title_key(page)).id
        if decision == "undo":
            undo(library, here.id, page_id, target)
        elif decision in get_args(Decision):
            record_decision(library, here, page_id, target, cast(Decision, decision), mention)
        else:
            raise HTTPException(400, f"The decision is {quoted(decision)}; expected accept, reject or undo.")
    done = {"did": decision, "page": page, "at": at}
    return RedirectResponse(with_query(like_address(here.name, target), done), status_code=303)
