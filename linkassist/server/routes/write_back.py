"""Writing to Scrapbox from the outbox: a preview, the reader's yes, the push with its progress, and its undo."""

from __future__ import annotations

import time
from typing import Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.errors import LinkAssistError
from linkassist.pipeline.push.server_of import server_of
from linkassist.server.context import context_of, frame_for, open_project, show
from linkassist.server.error_pages import error_for_reader, for_reader
from linkassist.server.forms import number_in, takes_form
from linkassist.server.jobs.write_job import Writer, WriteUnderWayError
from linkassist.server.jobs.write_process import WriteOrder, approved_changes
from linkassist.server.messages.catalog import wording_of
from linkassist.server.routes.imports import event_stream
from linkassist.server.urls import outbox_address
from linkassist.server.views.commands import library_option
from linkassist.server.views.write_back import WriteView, login_command, write_view
from linkassist.store.pages import project
from linkassist.store.write_back.outbox import waiting_pages
from linkassist.store.write_back.pushes import unsettled_links

PAGES_AT_ONCE: Final = 20  # of a preview, unless all are asked for


def write_screen(request: Request) -> Response:
    """The job under way or the last one; else how to begin."""
    return _screen(request)


@takes_form
def preview(request: Request, form: FormData) -> Response:
    """Starts Scrapbox's previews of the first pages, or of all; nothing is written."""
    with open_project(request) as (library, here):
        rows = [waiting.page_id for waiting in waiting_pages(library, here.id)]
    chosen = None if form.get("all") else tuple(rows[:PAGES_AT_ONCE])
    return start(request, WriteOrder("preview", here.name, chosen))


@takes_form
def write(request: Request, form: FormData) -> Response:
    """Writes the ticked pages of the preview, and of each exactly what the preview showed."""
    with open_project(request) as (_, here):
        pass
    ticked = {number_in(each, most_digits=18) for each in form.getlist("page")}
    job = writer_of(request).job
    is_previewed = job is not None and job.order.kind == "preview" and job.order.project == here.name
    if job is None or not is_previewed or job.ended_at is None:
        return _screen(request, wording_of(request)("write.no.preview"), 409)
    reports = job.report.pages if job.report else job.pages
    chosen = [page for page in reports if page.row in ticked]
    if not chosen:
        return _screen(request, wording_of(request)("write.none.ticked"), 400)
    approved = tuple((page.title, approved_changes(page.changes)) for page in chosen)
    return start(request, WriteOrder("write", here.name, tuple(page.row for page in chosen), approved))


def stop(request: Request) -> Response:
    """Stops the job of the project after the page under way, then redirects to the screen."""
    with open_project(request) as (_, here):
        writer = writer_of(request)
        if writer.job and writer.job.order.project == here.name:
            writer.cancel()
    return RedirectResponse(outbox_address(here.name, "write"), status_code=303)


def discard(request: Request) -> Response:
    """Forgets the preview or the result that is shown, then redirects to the outbox."""
    with open_project(request) as (_, here):
        writer = writer_of(request)
        if writer.job and writer.job.order.project == here.name:
            writer.forget()
    return RedirectResponse(outbox_address(here.name), status_code=303)


def writing(request: Request) -> Response:
    """Server-sent events: the HTML of the job whenever it changes; "end" when it is over."""
    return event_stream(request, _job_html)


def start(request: Request, order: WriteOrder) -> Response:
    """Starts the job and redirects to its screen, which says what is missing where it cannot start."""
    writer = writer_of(request)
    try:
        if writer.settings.scrapbox_key:
            writer.start(order)
    except WriteUnderWayError as error:
        return _screen(request, error_for_reader(request, str(error)), 409)
    except LinkAssistError as error:
        return _screen(request, error_for_reader(request, str(error)), 503)
    return RedirectResponse(outbox_address(order.project, "write"), status_code=303)


def writer_of(request: Request) -> Writer:
    """The server's writer, kept in `app.state.writer`."""
    writer: Writer = request.app.state.writer
    return writer


def _screen(request: Request, refusal: str = "", status: int = 200) -> Response:
    """The screen. refusal: why nothing was started."""
    say = wording_of(request)
    writer = writer_of(request)
    with open_project(request) as (library, here):
        n_pages = len(waiting_pages(library, here.id))
        is_interrupted = not writer.is_busy and bool(unsettled_links(library, project(library, here.name).id))
        frame = frame_for(request, library, here, say("write.title"), section="outbox")
        option = library_option(library)
    has_key, command = False, ""
    try:
        settings = writer.settings
        has_key = bool(settings.scrapbox_key)
        command = login_command(server_of(settings, here.name, None), option)
    except LinkAssistError as error:
        refusal, status = refusal or error_for_reader(request, str(error)), 503
    job = _job(request, here.name)
    if writer.is_busy and job is None:
        raise HTTPException(409, str(WriteUnderWayError()))
    values = {
        "job": job,
        "n_pages": n_pages,
        "n_at_once": min(n_pages, PAGES_AT_ONCE),
        "has_key": has_key,
        "command": for_reader(request, command),
        "is_interrupted": is_interrupted,
        "refusal": refusal,
        "address": outbox_address(here.name, "write"),
    }
    return show(request, "write.html", frame, values, status)


def _job(request: Request, project_name: str) -> WriteView | None:
    writer = writer_of(request)
    job = writer.job
    if job is None or job.order.project != project_name:
        return None
    try:
        remote = server_of(writer.settings, project_name, None)
    except LinkAssistError:
        return None
    return write_view(job, time.monotonic(), remote, lambda why: error_for_reader(request, why))


def _job_html(request: Request) -> str:
    name = request.path_params["project"]
    job = _job(request, name)
    if job is None or not job.is_under_way:
        return ""
    values = {"job": job, "address": outbox_address(name, "write"), "project_name": name}
    return context_of(request).templates.render("_write_job.html", frame_for(request, None, None, ""), values)
