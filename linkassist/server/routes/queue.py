"""The queue: one card after another, answered by plain forms; the script only saves the reload."""

from __future__ import annotations

import time
from typing import cast, get_args

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.review.queue import SNOOZE_S, session_start
from linkassist.server.context import frame_for, open_project, show, wants_fragment
from linkassist.server.forms import number_in, takes_form, text_of
from linkassist.server.messages.catalog import Wording
from linkassist.server.preferences import preferences_of
from linkassist.server.routes.verdicts import record_answer
from linkassist.server.urls import queue_address, with_query
from linkassist.server.views.queue import AnswerView, QueueAnswer, queue_view
from linkassist.store.navigation import has_page
from linkassist.store.pages import find_page
from linkassist.store.snoozes import snooze, snoozed, wake
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key


def queue(request: Request) -> Response:
    """The next card of the session in the address, or of a new one; for the script only the card."""
    preferences = preferences_of(request)
    say = Wording(preferences.language)
    now = int(time.time())
    with open_project(request) as (library, here):
        last = _last(request)
        if last and not has_page(library, here.id, title_key(last.page)):
            last = None  # an old address, whose page is gone
        view = queue_view(
            library,
            here,
            preferences.language,
            now,
            start=session_start(library, request.query_params.get("since", ""), now),
            length=number_in(request.query_params.get("of"), most_digits=12) or 0,
            last=last,
        )
        frame = frame_for(request, library, here, say("queue.title"), section="queue")
    return show(request, "_queue.html" if wants_fragment(request) else "queue.html", frame, {"queue": view})


@takes_form
def answer(request: Request, form: FormData) -> Response:
    """Stores an answer, then shows the next card."""
    page, target, given = text_of(form, "page"), text_of(form, "target"), text_of(form, "answer")
    with open_project(request) as (library, here):
        page_id = find_page(library, here.id, title_key(page)).id
        key = title_key(target)
        now = int(time.time())
        if given not in get_args(QueueAnswer):
            raise HTTPException(400, f"The answer is {quoted(given)}; expected {', '.join(get_args(QueueAnswer))}.")
        if given == "undo" and (page_id, key) in snoozed(library, here.id, now):
            wake(library, page_id, key)
        elif given == "later":
            snooze(library, page_id, key, now, now + SNOOZE_S)
        else:
            record_answer(library, here, page_id, target, given, form)
    query = {"since": text_of(form, "since"), "of": text_of(form, "of"), "did": given, "page": page, "target": target}
    return RedirectResponse(with_query(queue_address(here.name), query), status_code=303)


def _last(request: Request) -> AnswerView | None:
    given = request.query_params
    if given.get("did") not in get_args(QueueAnswer) or not given.get("page") or not given.get("target"):
        return None
    return AnswerView(cast(QueueAnswer, given["did"]), given["page"], given["target"])
