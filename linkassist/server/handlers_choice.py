"""What the reader chooses: verdicts on suggestions, and how the screens look. Plain forms, answered with a redirect."""

from __future__ import annotations

import time
from typing import cast, get_args
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.server.addresses import page_address
from linkassist.server.preferences import remember
from linkassist.server.site import Site, site_of
from linkassist.store.browsing import project_name
from linkassist.store.library import Library
from linkassist.store.pages import find_page
from linkassist.store.suggestions import open_suggestion
from linkassist.store.verdicts import record_verdict, undo_verdict
from linkassist.suggestion import Decision, Suggestion, Verdict
from linkassist.wiki import title_key


async def verdict(request: Request) -> Response:
    """Stores accept, reject or undo for one target of one page, then shows the page again."""
    async with request.form() as form:
        return await run_in_threadpool(_decide, site_of(request), form)


async def preferences(request: Request) -> Response:
    """Keeps a choice of language, theme or images in a cookie, then shows the screen it came from."""
    async with request.form() as form:
        response = RedirectResponse(_own_address(_text(form, "back")), status_code=303)
        remember(response, language=_text(form, "language"), theme=_text(form, "theme"), images=_text(form, "images"))
    return response


def _decide(site: Site, form: FormData) -> Response:
    decision = _text(form, "decision")
    target = _text(form, "target")
    with site.open_library() as library:
        here = project_name(library, _text(form, "project"))
        stored = find_page(library, here.id, title_key(_text(form, "page")))
        if decision == "undo":
            undo_verdict(library, stored.id, title_key(target))
        elif decision in get_args(Decision):
            _record(library, stored.id, target, cast(Decision, decision), _text(form, "mention"))
        else:
            raise HTTPException(400, f'The decision is "{decision}"; expected accept, reject or undo.')
    done = {"did": decision, "target": target} | ({"all": "1"} if _text(form, "all") else {})
    address = page_address(here.name, stored.page.title)
    joint = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{joint}{urlencode(done)}#suggestions", status_code=303)


def _record(library: Library, page_id: int, target: str, decision: Decision, position: str) -> None:
    suggestion = open_suggestion(library, page_id, title_key(target)).suggestion
    mention = suggestion.mentions[_position(position, suggestion)] if suggestion.mentions else None
    record_verdict(
        library,
        page_id,
        Verdict(
            target=suggestion.target,
            decision=decision,
            decided_at=int(time.time()),
            kind=suggestion.kind,
            probability=suggestion.probability,
            mention=mention if decision == "accept" else None,
        ),
    )


def _position(given: str, suggestion: Suggestion) -> int:
    """Which mention becomes the link: the one that the form names, else the first."""
    if not given:
        return 0
    if given.isdecimal() and int(given) < len(suggestion.mentions):
        return int(given)
    raise HTTPException(
        400, f'Mention "{given}" of "{suggestion.target}" is asked for, but it has {len(suggestion.mentions)}.'
    )


def _own_address(back: str) -> str:
    """`back` if it is a path of this server: "//host" and "/\\host" would lead away."""
    is_path = back.startswith("/") and not back.startswith(("//", "/\\"))
    return back if is_path and back.isprintable() else "/"


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
