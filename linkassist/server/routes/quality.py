"""The quality screen: the last evaluation of a project, measured from here or by `linkassist evaluate`."""

from __future__ import annotations

import time

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.evaluate.last_report import kept_report
from linkassist.evaluate.report import EvaluationReport, OtherVersionError
from linkassist.server.context import context_of, frame_for, open_project, show
from linkassist.server.forms import takes_form
from linkassist.server.jobs.import_process import MeasureOrder
from linkassist.server.jobs.upload import UploadError
from linkassist.server.messages.catalog import wording_of
from linkassist.server.routes.imports import begin, event_stream, importer_of
from linkassist.server.urls import quality_address
from linkassist.server.views.commands import command_for
from linkassist.server.views.imports import RunView, job_view
from linkassist.server.views.nights import trend_view
from linkassist.server.views.quality import SIDE, quality_view
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName
from linkassist.store.summaries.quality_samples import samples


def quality(request: Request) -> Response:
    """The last evaluation of the project, and the measurement that is under way; if there is none, how to make one."""
    return _screen(request)


@takes_form
def measure(request: Request, form: FormData) -> Response:
    """Starts a measurement, then redirects to the screen."""
    with open_project(request) as (_, here):
        order = MeasureOrder(here.name, here.display_name or here.name)
    try:
        begin(importer_of(request), order)
    except UploadError as error:
        return _screen(request, error)
    return RedirectResponse(quality_address(here.name), status_code=303)


def cancel_measuring(request: Request) -> Response:
    """Stops the measurement of the project, then redirects to the screen."""
    with open_project(request) as (_, here):
        if _measurement(request, here.name):
            importer_of(request).cancel()
    return RedirectResponse(quality_address(here.name), status_code=303)


def measuring(request: Request) -> Response:
    """Server-sent events: the HTML of the measurement whenever it changes; "end" when it is over."""
    return event_stream(request, _measuring_html)


def _screen(request: Request, refused: UploadError | None = None) -> Response:
    """The screen. refused: why no measurement was started."""
    say = wording_of(request)
    with open_project(request) as (library, here):
        report = _report(library, here)
        frame = frame_for(request, library, here, say("quality.title"), section="quality")
        values = {
            "quality": quality_view(report) if report else None,
            "side": SIDE,
            "command": command_for(library, here, ["linkassist", "evaluate"]),
            "trend": trend_view(samples(library, here.id)),
            "run": _measurement(request, here.name),
            "address": quality_address(here.name),
            "refusal": say(f"import.refused.{refused.why}", *refused.values) if refused else "",
        }
    return show(request, "quality.html", frame, values, refused.status if refused else 200)


def _measurement(request: Request, project: str) -> RunView | None:
    """The measurement of the project that is under way or was the server's last job; None once it is done."""
    job = importer_of(request).job
    if job is None or not isinstance(job.order, MeasureOrder) or job.order.project != project or job.is_done:
        return None
    return job_view(job, time.monotonic())


def _measuring_html(request: Request) -> str:
    run = _measurement(request, request.path_params["project"])
    if run is None or not run.is_under_way:
        return ""
    values = {"run": run, "address": quality_address(request.path_params["project"])}
    return context_of(request).templates.render("_measuring.html", frame_for(request, None, None, ""), values)


def _report(library: Library, here: ProjectName) -> EvaluationReport | None:
    try:
        return kept_report(library, here.id)
    except OtherVersionError:
        return None  # the same as none: it has to be measured again
