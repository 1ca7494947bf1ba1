"""The settings of a project: what is ignored, how much is offered, and what was rejected, to be taken back."""

from __future__ import annotations

from typing import cast, get_args

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.review.verdicts import ignore, offer_at_most, undo, unignore
from linkassist.server.context import Site, frame_for, show, site_of
from linkassist.server.forms import QUOTED, text_of
from linkassist.server.messages.catalog import Wording
from linkassist.server.preferences import preferences_of
from linkassist.server.urls import settings_address
from linkassist.server.views.settings import settings_view
from linkassist.store.ignored import IgnoredSort
from linkassist.store.navigation import project_name
from linkassist.store.pages import find_page, stored_page
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key

MOST = 50  # suggestions a page, of which more were no bound


def settings_screen(request: Request) -> Response:
    """The screen; `q` and `page` name the part of what was rejected."""
    say = Wording(preferences_of(request).language)
    site, given = site_of(request), request.query_params
    encoder = request.app.state.importer.settings.encoder
    with site.open_library() as library:
        here = project_name(library, request.path_params["project"])
        page = given.get("page", "")
        number = max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1
        view = settings_view(library, here, encoder, given.get("q", ""), number)
        frame = frame_for(request, library, here, say("settings.title"), section="settings")
    did = given.get("did") if given.get("did") in ("saved", "restored") else None
    values = {"settings": view, "did": did, "most": MOST, "address": settings_address(here.name)}
    return show(request, "settings.html", frame, values)


async def most(request: Request) -> Response:
    """Keeps how many suggestions a page is offered at most."""
    async with request.form() as form:
        return await run_in_threadpool(_most, site_of(request), request.path_params["project"], form)


async def ignoring(request: Request) -> Response:
    """Ignores a word or a page, or no longer."""
    async with request.form() as form:
        return await run_in_threadpool(_ignoring, site_of(request), request.path_params["project"], form)


async def restored(request: Request) -> Response:
    """Takes back a rejection."""
    async with request.form() as form:
        return await run_in_threadpool(_restored, site_of(request), request.path_params["project"], form)


def _most(site: Site, name: str, form: FormData) -> Response:
    how, given = form.get("how", ""), form.get("most", "")
    with site.open_library() as library:
        here = project_name(library, name)
        if how == "wiki":
            offer_at_most(library, here.id, None)
        elif how == "number" and isinstance(given, str) and given.isdecimal() and 1 <= int(given[:6]) <= MOST:
            offer_at_most(library, here.id, int(given))
        else:
            raise HTTPException(
                400, f"The number of suggestions is {quoted(str(given))}; expected a whole one from 1 to {MOST}."
            )
    return _back(here.name, "saved", "offered")


def _ignoring(site: Site, name: str, form: FormData) -> Response:
    sort, title, action = form.get("sort", ""), text_of(form, "title"), form.get("action", "")
    if action == "add" and f"title{QUOTED}" not in form:
        title = title.strip()  # it was typed
    if sort not in get_args(IgnoredSort) or action not in ("add", "remove") or not title:
        raise HTTPException(
            400, f"{quoted(title)} cannot be ignored. Write the title of a page or a link, on one line."
        )
    with site.open_library() as library:
        here = project_name(library, name)
        if action == "remove":
            unignore(library, here.id, cast(IgnoredSort, sort), title)
        else:
            if sort == "page":
                title = find_page(library, here.id, title_key(title)).page.title
            ignore(library, here.id, cast(IgnoredSort, sort), title)
    return _back(here.name, "saved", f"{sort}s")


def _restored(site: Site, name: str, form: FormData) -> Response:
    page, target, search = (text_of(form, field) for field in ("page", "target", "q"))
    with site.open_library() as library:
        here = project_name(library, name)
        if not (page.isdecimal() and len(page) < 19) or stored_page(library, int(page)).project_id != here.id:
            raise HTTPException(
                400, f"{quoted(page)} is not the number of a page of {here.name}. Use the buttons there."
            )
        undo(library, here.id, int(page), target)
    return _back(here.name, "restored", "rejected", search)


def _back(project: str, did: str, part: str, search: str = "") -> Response:
    return RedirectResponse(settings_address(project, search=search, did=did, part=part), status_code=303)
