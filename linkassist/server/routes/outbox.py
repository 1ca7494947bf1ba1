"""The outbox: what waits to be written back, the file for Scrapbox's import, and what is marked as done."""

from __future__ import annotations

from typing import cast, get_args

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.review.write_back import file_for_import
from linkassist.server.context import Site, frame_for, show, site_of
from linkassist.server.messages.catalog import Wording
from linkassist.server.preferences import preferences_of
from linkassist.server.urls import outbox_address
from linkassist.server.views.outbox import outbox_view
from linkassist.store.navigation import project_name
from linkassist.store.outbox import SendMethod, send_off, take_back, waiting_pages
from linkassist.store.pages import project
from linkassist.terminal_escape import quoted


def outbox(request: Request) -> Response:
    """What waits, some pages at a time, and what left before."""
    say = Wording(preferences_of(request).language)
    with site_of(request).open_library() as library:
        here = project_name(library, request.path_params["project"])
        given = request.query_params.get("page", "")
        number = max(1, int(given)) if given.isdecimal() and len(given) < 7 else 1
        view = outbox_view(library, here, project(library, here.name).exported_at, number)
        frame = frame_for(request, library, here, say("outbox.title"), section="outbox")
    return show(request, "outbox.html", frame, {"outbox": view})


def import_file(request: Request) -> Response:
    """The file for Scrapbox's import, as a download. Nothing counts as written back by it."""
    with site_of(request).open_library() as library:
        here = project_name(library, request.path_params["project"])
        text = file_for_import(library, here.id)
    headers = {"Content-Disposition": 'attachment; filename="linkassist-import.json"', "Cache-Control": "no-store"}
    return Response(text, media_type="application/json", headers=headers)


async def done(request: Request) -> Response:
    """Marks a page's links as written back, or those of all pages, then shows the outbox again."""
    async with request.form() as form:
        return await run_in_threadpool(_done, site_of(request), request.path_params["project"], form)


async def undone(request: Request) -> Response:
    """Lets a batch wait again, then shows the outbox again."""
    async with request.form() as form:
        return await run_in_threadpool(_undone, site_of(request), request.path_params["project"], form)


def _done(site: Site, name: str, form: FormData) -> Response:
    way = form.get("way", "")
    if way not in get_args(SendMethod):
        raise HTTPException(400, f"The way is {quoted(str(way))}; expected {' or '.join(get_args(SendMethod))}.")
    with site.open_library() as library:
        here = project_name(library, name)
        given = form.get("page", "")
        pages = [_number(given)] if given else [waiting.page_id for waiting in waiting_pages(library, here.id)]
        send_off(library, here.id, pages, cast(SendMethod, way), _number(form.get("until", "")))
    return RedirectResponse(outbox_address(here.name), status_code=303)


def _undone(site: Site, name: str, form: FormData) -> Response:
    with site.open_library() as library:
        here = project_name(library, name)
        take_back(library, here.id, _number(form.get("batch", "")))
    return RedirectResponse(outbox_address(here.name), status_code=303)


def _number(given: object) -> int:
    if isinstance(given, str) and given.isdecimal() and len(given) < 19:
        return int(given)
    raise HTTPException(
        400, f"{quoted(str(given))} is not a number of a page, a batch or a decision. Use the buttons of the outbox."
    )
