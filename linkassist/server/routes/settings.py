"""The settings of a project: suggestions per page, ignored words and pages, rejected suggestions to restore."""

from __future__ import annotations

from typing import cast, get_args

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.review.verdicts import ignore, ignore_titles_like, offer_at_most, show_from, undo, unignore
from linkassist.server.context import context_of, frame_for, open_project, show
from linkassist.server.forms import QUOTED, number_in, takes_form, text_of
from linkassist.server.messages.catalog import wording_of
from linkassist.server.middleware.script_access import is_from_this_machine, script_origin
from linkassist.server.routes.userscript import keys_of
from linkassist.server.urls import script_address, settings_address
from linkassist.server.views.settings import ScriptView, settings_view
from linkassist.store.ignored import IgnoredSort
from linkassist.store.navigation import project_name
from linkassist.store.pages import find_page, stored_page
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key

MOST = 50  # suggestions per page; more would be no limit
LOWEST, HIGHEST = 10, 95  # per cent: what a floor can be
_MOST_PATTERNS, _LONGEST_PATTERN = 100, 300


def settings_screen(request: Request) -> Response:
    """The screen; `q` and `page` are of the rejected suggestions."""
    say = wording_of(request)
    site, given = context_of(request), request.query_params
    encoder = request.app.state.importer.settings.encoder
    with site.open_library() as library:
        here = project_name(library, request.path_params["project"])
        number = max(1, number_in(given.get("page")) or 1)
        view = settings_view(library, here, encoder, given.get("q", ""), number)
        script = _script_view(request, here.name)
        frame = frame_for(request, library, here, say("settings.title"), section="settings")
    did = given.get("did") if given.get("did") in ("saved", "restored", "revoked") else None
    values = {
        "settings": view,
        "script": script,
        "did": did,
        "most": MOST,
        "lowest": LOWEST,
        "highest": HIGHEST,
        "address": settings_address(here.name),
    }
    return show(request, "settings.html", frame, values)


@takes_form
def most(request: Request, form: FormData) -> Response:
    """Stores the number of suggestions per page."""
    how, given = form.get("how", ""), form.get("most", "")
    with open_project(request) as (library, here):
        if how == "wiki":
            offer_at_most(library, here.id, None)
        elif how == "number" and 1 <= (number_in(given) or 0) <= MOST:
            offer_at_most(library, here.id, number_in(given))
        else:
            raise HTTPException(
                400, f"The number of suggestions is {quoted(str(given))}; expected a whole one from 1 to {MOST}."
            )
    return _back(here.name, "saved", "offered")


@takes_form
def floor(request: Request, form: FormData) -> Response:
    """Stores the floors, or goes back to the defaults."""
    percents = [number_in(form.get(name, "")) for name in ("known", "new")]
    with open_project(request) as (library, here):
        if form.get("how") == "default":
            show_from(library, here.id, None, None)
        elif all(percent is not None and LOWEST <= percent <= HIGHEST for percent in percents):
            show_from(library, here.id, percents[0], percents[1])
        else:
            found = quoted(f"{form.get('known', '')}, {form.get('new', '')}")
            raise HTTPException(400, f"The floors are {found}; expected whole per cents from {LOWEST} to {HIGHEST}.")
    return _back(here.name, "saved", "floor")


@takes_form
def patterns(request: Request, form: FormData) -> Response:
    """Stores the patterns of titles whose pages get no suggestions, one a line."""
    given = [line.strip() for line in str(form.get("patterns", "")).splitlines()]
    wanted = list(dict.fromkeys(filter(None, given)))
    if len(wanted) > _MOST_PATTERNS or any(len(each) > _LONGEST_PATTERN for each in wanted):
        raise HTTPException(
            400, f"Expected at most {_MOST_PATTERNS} patterns of at most {_LONGEST_PATTERN} characters, one a line."
        )
    with open_project(request) as (library, here):
        ignore_titles_like(library, here.id, wanted)
    return _back(here.name, "saved", "pages")


@takes_form
def ignoring(request: Request, form: FormData) -> Response:
    """Ignores a word or a page, or no longer."""
    sort, title, action = form.get("sort", ""), text_of(form, "title"), form.get("action", "")
    if action == "add" and f"title{QUOTED}" not in form:
        title = title.strip()  # it was typed
    if sort not in get_args(IgnoredSort) or action not in ("add", "remove") or not title:
        raise HTTPException(
            400, f"{quoted(title)} cannot be ignored. Write the title of a page or a link, on one line."
        )
    with open_project(request) as (library, here):
        if action == "remove":
            unignore(library, here.id, cast(IgnoredSort, sort), title)
        else:
            if sort == "page":
                title = find_page(library, here.id, title_key(title)).page.title
            ignore(library, here.id, cast(IgnoredSort, sort), title)
    return _back(here.name, "saved", f"{sort}s")


@takes_form
def revoked(request: Request, form: FormData) -> Response:
    """Revokes the keys of all copies of the project's UserScript."""
    with open_project(request) as (_, here):
        keys_of(request).revoke(here.name)
    return _back(here.name, "revoked", "userscript")


@takes_form
def restored(request: Request, form: FormData) -> Response:
    """Undoes a rejection."""
    page, target, search = (text_of(form, field) for field in ("page", "target", "q"))
    with open_project(request) as (library, here):
        page_id = number_in(page, most_digits=18)
        if page_id is None or stored_page(library, page_id).project_id != here.id:
            raise HTTPException(
                400, f"{quoted(page)} is not the number of a page of {here.name}. Use the buttons there."
            )
        undo(library, here.id, page_id, target)
    return _back(here.name, "restored", "rejected", search)


def _script_view(request: Request, project: str) -> ScriptView:
    return ScriptView(
        address=f"{request.url.scheme}://{request.headers['host']}{script_address(project)}",
        origin=script_origin(request.app.state.importer.settings.sources, project),
        copied_at=tuple(keys_of(request).issued_at(project)),
        is_here=is_from_this_machine(request),
    )


def _back(project: str, did: str, part: str, search: str = "") -> Response:
    return RedirectResponse(settings_address(project, search=search, did=did, part=part), status_code=303)
