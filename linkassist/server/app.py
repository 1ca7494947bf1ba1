"""The web application: routes, and what a failure looks like. `linkassist serve` runs it with uvicorn.

It reads SQLite and imports no model library, so that it starts in well under a second.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from linkassist.errors import LinkAssistError, NotFoundError
from linkassist.server.guard import Guard, safety_headers
from linkassist.server.handlers_choice import never, preferences, verdict
from linkassist.server.handlers_draft import draft
from linkassist.server.handlers_home import home, start
from linkassist.server.handlers_import import cancel, import_screen, progress, reindex_now, upload
from linkassist.server.handlers_like import answer_like, like
from linkassist.server.handlers_outbox import done, import_file, outbox, undone
from linkassist.server.handlers_page import page, target_preview
from linkassist.server.handlers_quality import quality
from linkassist.server.handlers_queue import answer, queue
from linkassist.server.handlers_search import search
from linkassist.server.handlers_settings import ignoring, most, restored, settings_screen
from linkassist.server.importer import Importer
from linkassist.server.preferences import preferences_of
from linkassist.server.site import Site, frame_for, show, site_of
from linkassist.server.templates import Templates
from linkassist.server.upload import MOST_BYTES, remove_leftovers
from linkassist.server.wording import Wording
from linkassist.server.worker import ModelWorker
from linkassist.settings import Settings
from linkassist.shipped import shipped_folder


def create_app(settings: Settings) -> Starlette:
    """The application for one library. It answers to loopback and to the address that the settings bind it to."""
    app = Starlette(
        routes=[
            Route("/", start),
            Route("/p/{project}", home),
            Route("/p/{project}/{title:path}", page),
            Route("/search/{project}", search),
            Route("/preview/{project}/{title:path}", target_preview),
            Route("/draft/{project}", draft, methods=["GET", "POST"]),
            Route("/quality/{project}", quality),
            Route("/queue/{project}", queue),
            Route("/queue/{project}", answer, methods=["POST"]),
            Route("/outbox/{project}", outbox),
            Route("/outbox/{project}/import.json", import_file),
            Route("/outbox/{project}/done", done, methods=["POST"]),
            Route("/outbox/{project}/undo", undone, methods=["POST"]),
            Route("/import", import_screen),
            Route("/import", upload, methods=["POST"]),
            Route("/import/cancel", cancel, methods=["POST"]),
            Route("/import/reindex", reindex_now, methods=["POST"]),
            Route("/import/progress", progress),
            Route("/settings/{project}", settings_screen),
            Route("/settings/{project}/most", most, methods=["POST"]),
            Route("/settings/{project}/ignored", ignoring, methods=["POST"]),
            Route("/settings/{project}/rejected", restored, methods=["POST"]),
            Route("/like/{project}/{title:path}", like),
            Route("/like/{project}/{title:path}", answer_like, methods=["POST"]),
            Route("/verdict", verdict, methods=["POST"]),
            Route("/never", never, methods=["POST"]),
            Route("/preferences", preferences, methods=["POST"]),
            Mount("/static", StaticFiles(directory=shipped_folder("web") / "static")),
        ],
        lifespan=_lifespan,
        middleware=[Middleware(Guard, bound_host=settings.host)],
        exception_handlers={
            HTTPException: _http_failure,
            NotFoundError: _not_found,
            LinkAssistError: _expected_failure,
            500: _fault,
        },
    )
    app.state.models = ModelWorker(settings.library)
    app.state.importer = Importer(settings)
    app.state.most_upload_bytes = MOST_BYTES
    app.state.is_ending = False
    app.state.site = Site(settings.library, settings.host, settings.encoder, Templates())
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    remove_leftovers(app.state.site.library_folder)
    yield
    app.state.importer.close()
    app.state.models.close()


def _http_failure(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    say = Wording(preferences_of(request).language)
    if error.status_code == 404:
        return _failure(request, 404, say("error.404"), say("error.404.lead"))
    heading = say("error.405") if error.status_code == 405 else say("error.400")
    return _failure(request, error.status_code, heading, error.detail)


def _not_found(request: Request, error: Exception) -> Response:
    return _failure(request, 404, Wording(preferences_of(request).language)("error.404"), str(error))


def _expected_failure(request: Request, error: Exception) -> Response:
    return _failure(request, 503, Wording(preferences_of(request).language)("error.503"), str(error))


def _fault(request: Request, error: Exception) -> Response:
    say = Wording(preferences_of(request).language)
    response = _failure(request, 500, say("error.500"), say("error.500.lead"))
    # Starlette answers for a fault from outside of all middleware, the guard included.
    site = site_of(request)
    response.headers.update(safety_headers(request, site.bound_host))
    return response


def _failure(request: Request, status: int, heading: str, detail: str) -> Response:
    # No library here: it may be what failed.
    frame = frame_for(request, None, None, heading)
    return show(request, "error.html", frame, {"status": status, "heading": heading, "detail": detail}, status)
