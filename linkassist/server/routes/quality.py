"""The quality screen: the last evaluation of a project by `linkassist evaluate`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from linkassist.evaluate.last_report import kept_report
from linkassist.evaluate.report import EvaluationReport, OtherVersionError
from linkassist.server.context import frame_for, open_project, show
from linkassist.server.messages.catalog import wording_of
from linkassist.server.views.commands import command_for
from linkassist.server.views.nights import trend_view
from linkassist.server.views.quality import SIDE, quality_view
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName
from linkassist.store.summaries.quality_samples import samples


def quality(request: Request) -> Response:
    """The last evaluation of the project; if there is none, how to make one."""
    say = wording_of(request)
    with open_project(request) as (library, here):
        report = _report(library, here)
        frame = frame_for(request, library, here, say("quality.title"), section="quality")
        values = {
            "quality": quality_view(report) if report else None,
            "side": SIDE,
            "command": command_for(library, here, ["linkassist", "evaluate"]),
            "trend": trend_view(samples(library, here.id)),
        }
    return show(request, "quality.html", frame, values)


def _report(library: Library, here: ProjectName) -> EvaluationReport | None:
    try:
        return kept_report(library, here.id)
    except OtherVersionError:
        return None  # the same as none: it has to be measured again
