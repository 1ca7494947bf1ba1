"""Verdicts on suggestions, and the reader's preferences: plain forms, answered with a redirect."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import count, takewhile
from typing import cast, get_args

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.errors import NotFoundError
from linkassist.review.verdicts import decide, ignore, lessons_of, object_to, undo, unignore
from linkassist.server.context import context_of
from linkassist.server.forms import as_sent, number_in, takes_form, text_of
from linkassist.server.preferences import remember
from linkassist.server.urls import listed_address, own_address, with_query
from linkassist.server.views.highlights import place_of
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, project_name
from linkassist.store.pages import find_page
from linkassist.store.suggestions import open_suggestion
from linkassist.store.verdicts import accepted_between, last_decision
from linkassist.suggest.feedback.learn import apply_to_one
from linkassist.suggestion import Decision, Mention, Objection, Suggestion, Verdict
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key


@takes_form
def verdict(request: Request, form: FormData) -> Response:
    """Stores accept, reject or undo for one target of one page, then shows the page again.

    With `why`, stores the objection to a rejected target; an empty one removes it.
    """
    decision = text_of(form, "decision")
    target = text_of(form, "target")
    with context_of(request).open_library() as library:
        here = project_name(library, text_of(form, "project"))
        stored = find_page(library, here.id, title_key(text_of(form, "page")))
        record_answer(library, here, stored.id, target, decision, form)
    return _back_to_page(here, stored.page.title, form)


@takes_form
def several(request: Request, form: FormData) -> Response:
    """Accepts several suggestions of one page, or takes back those of such a batch; then shows the page again.

    Accepted are the fields target-0, target-1, ..., each at the mention of the same number: all of them or, if one is
    no longer suggested, none. A batch is named by the log entries around it, `since` and `until`.
    """
    decision = text_of(form, "decision")
    with context_of(request).open_library() as library:
        here = project_name(library, text_of(form, "project"))
        stored = find_page(library, here.id, title_key(text_of(form, "page")))
        if decision == "accept_all":
            numbers = takewhile(lambda number: f"target-{number}" in form, count())
            made = [
                _decision(
                    library, here, stored.id, text_of(form, f"target-{at}"), "accept", text_of(form, f"mention-{at}")
                )
                for at in numbers
            ]
            since = last_decision(library)
            for each in made:
                decide(library, here.id, stored.id, each)
            until = last_decision(library)
        elif decision == "undo_all":
            since, until = (_log_entry(form, name) for name in ("since", "until"))
            for each in accepted_between(library, stored.id, since, until):
                undo(library, here.id, stored.id, each.target)
        else:
            raise HTTPException(400, f"The decision is {quoted(decision)}; expected accept_all or undo_all.")
    return _back_to_page(here, stored.page.title, form, {"since": str(since), "until": str(until)})


def _log_entry(form: FormData, name: str) -> int:
    number = number_in(form.get(name), most_digits=18)
    if number is None:
        raise HTTPException(
            400, f"The batch is marked by {quoted(text_of(form, name))}; expected a number. Use the buttons there."
        )
    return number


@takes_form
def never(request: Request, form: FormData) -> Response:
    """Adds the target of a card to the ignored words, or removes it; then shows the page again."""
    decision, target = text_of(form, "decision"), text_of(form, "target")
    if decision not in ("never", "again") or not target:
        raise HTTPException(400, f"The decision on {quoted(target)} is {quoted(decision)}; expected never or again.")
    with context_of(request).open_library() as library:
        here = project_name(library, text_of(form, "project"))
        stored = find_page(library, here.id, title_key(text_of(form, "page")))
        (ignore if decision == "never" else unignore)(library, here.id, "word", target)
    return _back_to_page(here, stored.page.title, form)


@takes_form
def preferences(request: Request, form: FormData) -> Response:
    """Stores language, theme or images in a cookie, then shows the screen it came from."""
    response = RedirectResponse(own_address(text_of(form, "back")), status_code=303)
    remember(response, language=text_of(form, "language"), theme=text_of(form, "theme"), images=text_of(form, "images"))
    return response


def _back_to_page(here: ProjectName, title: str, form: FormData, batch: Mapping[str, str] | None = None) -> Response:
    done = {"did": text_of(form, "decision"), "target": text_of(form, "target"), **(batch or {})}
    address = listed_address(here.name, title, shows_all=bool(text_of(form, "all")), group=text_of(form, "kind"))
    return RedirectResponse(with_query(address, done) + "#suggestions", status_code=303)


def record_answer(
    library: Library, here: ProjectName, page_id: int, target: str, decision: str, form: FormData
) -> None:
    """Stores the decision of a form, "accept", "reject" or "undo", or with `why` the objection to a rejected target.

    Raises HTTPException 400 for another decision, and NotFoundError as `_decision`.
    """
    if decision == "undo":
        undo(library, here.id, page_id, target)
    elif decision == "reject" and "why" in form:
        _record_objection(library, here, page_id, target, text_of(form, "why"))
    elif decision in get_args(Decision):
        made = _decision(library, here, page_id, target, cast(Decision, decision), text_of(form, "mention"))
        decide(library, here.id, page_id, made)
    else:
        raise HTTPException(400, f"The decision is {quoted(decision)}; expected accept, reject or undo.")


def _decision(
    library: Library, here: ProjectName, page_id: int, target: str, decision: Decision, place: str
) -> Verdict:
    """The decision on an open suggestion, not yet stored. place: of the mention, as in a form, "" for the first.

    Raises NotFoundError if the suggestion or the mention no longer exists, as after a reindex.
    """
    suggestion = open_suggestion(library, page_id, title_key(target)).suggestion
    return Verdict(
        target=suggestion.target,
        decision=decision,
        decided_at=int(time.time()),
        kind=suggestion.kind,
        probability=suggestion.probability,
        mention=_mention(library, here, suggestion, place),
    )


def _mention(library: Library, here: ProjectName, suggestion: Suggestion, place: str) -> Mention | None:
    """The mention at the place, else the first one that is shown."""
    if not place:
        shown = apply_to_one(lessons_of(library, here.id), suggestion) or suggestion
        return shown.mentions[0] if shown.mentions else None
    for mention in suggestion.mentions:
        if as_sent(place) == as_sent(place_of(mention)):
            return mention
    raise NotFoundError(
        f"{quoted(suggestion.target)} is still suggested, but no longer there ({quoted(place)}): the suggestions were "
        "made anew since. Reload the page to see where it is now."
    )


def _record_objection(library: Library, here: ProjectName, page_id: int, target: str, why: str) -> None:
    """Stores the objection to a rejected target; "" removes it."""
    if why and why not in get_args(Objection):
        raise HTTPException(400, f"The objection is {quoted(why)}; expected {', '.join(get_args(Objection))} or none.")
    object_to(library, here.id, page_id, target, cast(Objection, why) if why else None)
