"""The queue: one card after another, answered by plain forms; the script only saves the reload."""

from __future__ import annotations

from typing import cast, get_args

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.review.days import Today
from linkassist.review.queue import add_cards, put_off
from linkassist.server.context import context_of, frame_for, open_project, show, wants_fragment
from linkassist.server.forms import number_in, takes_form, text_of
from linkassist.server.messages.catalog import Wording
from linkassist.server.preferences import preferences_of, today_of
from linkassist.server.routes.verdicts import record_answer
from linkassist.server.urls import project_address, queue_address, with_query
from linkassist.server.views.home import QueueCard, index_view, queue_card
from linkassist.server.views.queue import AnswerView, QueueAnswer, queue_view
from linkassist.store.library import Library
from linkassist.store.locks import is_work_running
from linkassist.store.navigation import ProjectName, has_page
from linkassist.store.pages import find_page
from linkassist.store.queue.snoozes import snoozed, wake
from linkassist.store.write_back.import_news import dismiss_news
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key

_ROUNDS = ("more", "read")  # one more round of cards; the news is read


def queue(request: Request) -> Response:
    """The next card of the day, or its end; for the script only the changed part."""
    preferences = preferences_of(request)
    say = Wording(preferences.language)
    with open_project(request) as (library, here):
        last = _last(request)
        if last and not has_page(library, here.id, title_key(last.page)):
            last = None  # an old address, whose page is gone
        is_round = request.query_params.get("did") in _ROUNDS
        view = queue_view(library, here, preferences.language, today_of(request), last=last, recalls_last=is_round)
        frame = frame_for(request, library, here, say("queue.title"), section="queue")
        empty = None if view.card or view.n_done else _why_empty(request, library, here)
    values = {"queue": view, "empty": empty}
    return show(request, "_queue.html" if wants_fragment(request) else "queue.html", frame, values)


def _why_empty(request: Request, library: Library, here: ProjectName) -> QueueCard:
    today = today_of(request)
    is_working = is_work_running(context_of(request).library_folder)
    return queue_card(library, here, index_view(library, here, today.now, is_working=is_working), today)


@takes_form
def answer(request: Request, form: FormData) -> Response:
    """Stores an answer, adds a round of cards, or closes the news; then shows the next card."""
    page, target, given = text_of(form, "page"), text_of(form, "target"), text_of(form, "answer")
    today = today_of(request)
    with open_project(request) as (library, here):
        if given == "more":
            add_cards(library, here.id, today, number_in(text_of(form, "number"), most_digits=9) or 0)
        elif given == "read":
            dismiss_news(library, here.id, number_in(text_of(form, "number"), most_digits=18) or 0, today.now)
            if text_of(form, "on") == "home":
                return RedirectResponse(project_address(here.name), status_code=303)
        else:
            _answer_card(library, here, today, page, target, given, form)
    did = {"did": given} | ({} if given in _ROUNDS else {"page": page, "target": target})
    return RedirectResponse(with_query(queue_address(here.name), did), status_code=303)


def _answer_card(
    library: Library, here: ProjectName, today: Today, page: str, target: str, given: str, form: FormData
) -> None:
    page_id = find_page(library, here.id, title_key(page)).id
    key = title_key(target)
    if given not in get_args(QueueAnswer):
        known = ", ".join((*get_args(QueueAnswer), *_ROUNDS))
        raise HTTPException(400, f"The answer is {quoted(given)}; expected {known}.")
    if given == "undo" and (page_id, key) in snoozed(library, here.id, today.now):
        wake(library, page_id, key)
    elif given == "later":
        put_off(library, page_id, target, today)
    else:
        record_answer(library, here, page_id, target, given, form)


def _last(request: Request) -> AnswerView | None:
    given = request.query_params
    if given.get("did") not in get_args(QueueAnswer) or not given.get("page") or not given.get("target"):
        return None
    return AnswerView(cast(QueueAnswer, given["did"]), given["page"], given["target"])
