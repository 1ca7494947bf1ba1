"""The import: uploading a file, watching and cancelling the import, and starting a reindex."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from linkassist.pipeline.ingest import LONGEST_NAME, is_project_name
from linkassist.server.context import context_of, frame_for, show
from linkassist.server.error_pages import error_for_reader, for_reader
from linkassist.server.forms import takes_form
from linkassist.server.jobs.import_job import Importer, ImportUnderWayError, Job
from linkassist.server.jobs.import_process import ImportOrder, MeasureOrder, Order, ReindexOrder
from linkassist.server.jobs.upload import Upload, UploadError, receive_upload
from linkassist.server.messages.catalog import wording_of
from linkassist.server.preferences import today_of
from linkassist.server.urls import import_address
from linkassist.server.views.imports import RunView, imported_projects, job_view, recorded_view, with_present_count
from linkassist.server.views.news import NewsView, last_import_view
from linkassist.store.library import Library
from linkassist.store.navigation import project_name, project_names

_LOOK_EVERY_S: Final = 0.5
_BEAT_EVERY_S: Final = 10.0


def import_screen(request: Request) -> Response:
    """The current or last run, the form for a file, and the projects of the library."""
    return _screen(request)


async def upload(request: Request) -> Response:
    """Receives a file and starts its import, then redirects to the screen."""
    importer = importer_of(request)
    await run_in_threadpool(_require_library, request)
    try:
        form = await receive_upload(
            request.stream(),
            request.headers.get("content-type", ""),
            context_of(request).library_folder,
            request.app.state.most_upload_bytes,
            is_kept=not importer.is_busy,
        )
        await run_in_threadpool(_start, importer, form)
    except UploadError as error:
        return await run_in_threadpool(_screen, request, error)
    return RedirectResponse(import_address(), status_code=303)


@takes_form
def reindex_now(request: Request, form: FormData) -> Response:
    """Starts a reindex of a project, then redirects to the screen."""
    with context_of(request).open_library() as library:
        here = project_name(library, str(form.get("project", "")))
    try:
        begin(importer_of(request), ReindexOrder(here.name, here.display_name or here.name))
    except UploadError as error:
        return _screen(request, error)
    return RedirectResponse(import_address(), status_code=303)


def cancel(request: Request) -> Response:
    """Stops the run, then redirects to the screen."""
    importer_of(request).cancel()
    return RedirectResponse(import_address(), status_code=303)


def progress(request: Request) -> Response:
    """Server-sent events: the HTML of the run whenever it changes; "end" when it is over."""
    return event_stream(request, _run_html)


def importer_of(request: Request) -> Importer:
    """The server's importer, kept in `app.state.importer`."""
    importer: Importer = request.app.state.importer
    return importer


async def events(request: Request, html_of: Callable[[Request], str]) -> AsyncIterator[str]:
    """The HTML that `html_of` gives whenever it changes, as server-sent events; "end" when it is empty."""
    sent, sent_at = "", 0.0
    while not request.app.state.is_ending:
        html = (await run_in_threadpool(html_of, request)).strip()
        if not html:
            yield "event: end\ndata:\n\n"
            return
        now = time.monotonic()
        if html != sent:
            sent, sent_at = html, now
            yield "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"
        elif now - sent_at > _BEAT_EVERY_S:
            sent_at = now
            yield ": beat\n\n"
        await asyncio.sleep(_LOOK_EVERY_S)


def event_stream(request: Request, html_of: Callable[[Request], str]) -> Response:
    """The response of `events`."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(request, html_of), media_type="text/event-stream", headers=headers)


def _screen(request: Request, refused: UploadError | None = None) -> Response:
    """The screen. refused: the error of the file that was just sent."""
    say = wording_of(request)
    run = _run(request)
    with context_of(request).open_library() as library:
        projects = imported_projects(library)
        frame = frame_for(request, library, None, say("import.title"))
        news = _news_of(request, library, run)
    refusal = for_reader(request, say(f"import.refused.{refused.why}", *refused.values)) if refused else ""
    values = {
        "run": run,
        "news": news,
        "refusal": refusal,
        "imported": projects,
        "most_bytes": request.app.state.most_upload_bytes,
        "longest_name": LONGEST_NAME,
    }
    return show(request, "imports.html", frame, values, refused.status if refused else 200)


def _run(request: Request) -> RunView | None:
    """The server's own run, or that in the library's record if there is none or it is later."""
    job = importer_of(request).job
    if job and isinstance(job.order, MeasureOrder):
        job = None  # the screen of the quality shows it
    if job and job.ended_at is None:
        return shown_run(request, job)
    with context_of(request).open_library() as library:
        found = recorded_view(library)
        if job and (found is None or found.ended_at <= job.ended_time and not found.is_under_way):
            return with_present_count(library, shown_run(request, job))
        if found is None:
            return None
        return with_present_count(library, replace(found, message=error_for_reader(request, found.message)))


def _news_of(request: Request, library: Library, run: RunView | None) -> NewsView | None:
    """What the import that is shown brought of the accepted links; None for another run, or before its end."""
    if run is None or run.project is None or not run.is_import or run.state != "done":
        return None
    here = next((each for each in project_names(library) if each.name == run.project.name), None)
    return last_import_view(library, here, today_of(request)) if here else None


def shown_run(request: Request, job: Job) -> RunView:
    """The view of the server's job, with its error as the reader is told it."""
    view = job_view(job, time.monotonic())
    return replace(view, message=error_for_reader(request, view.message))


def _run_html(request: Request) -> str:
    """The HTML of the run, "" when it is over."""
    run = _run(request)
    if run is None or not run.is_under_way:
        return ""
    frame = frame_for(request, None, None, "")
    return context_of(request).templates.render("_import_run.html", frame, {"run": run, "news": None})


def _require_library(request: Request) -> None:
    """Raises StoreError before a file is received that could be stored nowhere."""
    with context_of(request).open_library():
        pass


def _start(importer: Importer, form: Upload) -> None:
    if form.path is None:
        raise UploadError("busy", 409) if importer.is_busy else UploadError("none", 400)
    try:
        name = form.fields.get("project", "").strip()
        if name and not is_project_name(name):
            raise UploadError("name", 400, LONGEST_NAME)
        begin(importer, ImportOrder(form.path, form.file_name, name, "skip_bad_pages" in form.fields))
    except UploadError:
        form.path.unlink()
        raise


def begin(importer: Importer, order: Order) -> None:
    """Starts the job. Raises UploadError where another one runs."""
    try:
        importer.start(order)
    except ImportUnderWayError as error:
        raise UploadError("busy", 409) from error
