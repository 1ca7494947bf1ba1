"""The outbox: links to write back, the file for Scrapbox's import, and what is marked as done."""

from __future__ import annotations

from typing import cast, get_args

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.pipeline.push.edits_file import as_import_file, edited_pages
from linkassist.pipeline.push.run import Wanted
from linkassist.server.context import frame_for, open_project, show
from linkassist.server.forms import number_in, takes_form
from linkassist.server.jobs.write_process import WriteOrder
from linkassist.server.messages.catalog import wording_of
from linkassist.server.routes.write_back import start, writer_of
from linkassist.server.urls import outbox_address
from linkassist.server.views.outbox import outbox_view
from linkassist.store.pages import project
from linkassist.store.write_back.outbox import SendMethod, send_off, take_back, waiting_pages
from linkassist.store.write_back.pushes import pushes
from linkassist.terminal_escape import quoted


def outbox(request: Request) -> Response:
    """The links to write back, some pages at a time, and the batches written back before."""
    say = wording_of(request)
    with open_project(request) as (library, here):
        number = max(1, number_in(request.query_params.get("page")) or 1)
        view = outbox_view(library, project(library, here.name), number)
        frame = frame_for(request, library, here, say("outbox.title"), section="outbox")
    job = writer_of(request).job
    has_job = job is not None and job.order.project == here.name
    return show(request, "outbox.html", frame, {"outbox": view, "has_job": has_job})


def import_file(request: Request) -> Response:
    """The file for Scrapbox's import, as a download. It marks nothing as written back."""
    with open_project(request) as (library, here):
        text = as_import_file(edited_pages(library, project(library, here.name), Wanted()))
    headers = {"Content-Disposition": 'attachment; filename="linkassist-import.json"', "Cache-Control": "no-store"}
    return Response(text, media_type="application/json", headers=headers)


@takes_form
def done(request: Request, form: FormData) -> Response:
    """Marks a page's links as written back, or those of all pages, then shows the outbox again."""
    way = form.get("way", "")
    if way not in get_args(SendMethod):
        raise HTTPException(400, f"The way is {quoted(str(way))}; expected {' or '.join(get_args(SendMethod))}.")
    with open_project(request) as (library, here):
        given = form.get("page", "")
        pages = [_number(given)] if given else [waiting.page_id for waiting in waiting_pages(library, here.id)]
        send_off(library, here.id, pages, cast(SendMethod, way), _number(form.get("until", "")))
    return RedirectResponse(outbox_address(here.name), status_code=303)


@takes_form
def undone(request: Request, form: FormData) -> Response:
    """Takes back a batch, whose links then wait again; what a push wrote is taken out of Scrapbox."""
    batch_id = _number(form.get("batch", ""))
    with open_project(request) as (library, here):
        is_push = any(each.batch_id == batch_id and not each.undone_at for each in pushes(library, here.id))
        if not is_push:
            take_back(library, here.id, batch_id)
    if is_push:
        return start(request, WriteOrder("undo", here.name, batch_id=batch_id))
    return RedirectResponse(outbox_address(here.name), status_code=303)


def _number(given: object) -> int:
    number = number_in(given, most_digits=18)
    if number is not None:
        return number
    raise HTTPException(
        400, f"{quoted(str(given))} is not a number of a page, a batch or a decision. Use the buttons of the outbox."
    )
