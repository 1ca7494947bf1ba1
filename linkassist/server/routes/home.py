"""The start of the server and of a project."""

from __future__ import annotations

import time
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.nightly.clock import now as this_moment
from linkassist.nightly.health import health
from linkassist.server.context import context_of, frame_for, show
from linkassist.server.error_pages import error_for_reader
from linkassist.server.messages.catalog import wording_of
from linkassist.server.preferences import today_of
from linkassist.server.urls import project_address
from linkassist.server.views.commands import import_command
from linkassist.server.views.home import index_view, picture_view, queue_card
from linkassist.server.views.news import unread_news_view
from linkassist.server.views.nights import night_view
from linkassist.server.views.page_list import page_list_of, page_list_view
from linkassist.store.locks import is_work_running
from linkassist.store.navigation import figures, project_name, project_names


def start(request: Request) -> Response:
    """A redirect to the first project; if there is none, the screen that says how to import."""
    with context_of(request).open_library() as library:
        everything = project_names(library)
        if everything:
            return RedirectResponse(project_address(everything[0].name), status_code=307)
        say = wording_of(request)
        values = {"command": import_command(library)}
        return show(request, "empty.html", frame_for(request, library, None, say("empty.title")), values)


def home(request: Request) -> Response:
    """The start of a project: its queue, the state of its suggestions, charts, and the list of its pages."""
    now = int(time.time())
    wanted = page_list_of(request.query_params)
    site = context_of(request)
    with site.open_library() as library:
        here = project_name(library, request.path_params["project"])
        frame = frame_for(request, library, here, here.display_name or here.name, section="pages")
        index = index_view(library, here, now, is_working=is_work_running(site.library_folder))
        index = replace(index, message=error_for_reader(request, index.message))
        night = night_view(health(site.library_folder, this_moment()), site.library_folder)
        failures = tuple(replace(each, message=error_for_reader(request, each.message)) for each in night.failures)
        values = {
            "home": page_list_view(library, here, wanted, now, wording_of(request)),
            "figures": figures(library, here.id),
            "queue": queue_card(library, here, index, today_of(request)),
            "news": unread_news_view(library, here, today_of(request)),
            "index": index,
            "picture": picture_view(library, here, wanted),
            "night": replace(night, failures=failures),
        }
    return show(request, "home.html", frame, values)
