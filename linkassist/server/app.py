"""The web application: its routes and middleware. `linkassist serve` runs it with uvicorn.

It reads SQLite and imports no model library, so that it starts in well under a second.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from linkassist.errors import LinkAssistError, NotFoundError, SettingsError
from linkassist.files.assets import shipped_folder
from linkassist.server.auth.password import AccessFile
from linkassist.server.auth.script_keys import ScriptKeys
from linkassist.server.context import ServerContext
from linkassist.server.error_pages import (
    expected_failure,
    fault,
    http_failure,
    nobody_waits,
    not_found,
    refused_by_system,
)
from linkassist.server.jobs.import_job import Importer
from linkassist.server.jobs.model_worker import ModelWorker
from linkassist.server.jobs.upload import MOST_BYTES, remove_leftovers
from linkassist.server.jobs.write_job import Writer
from linkassist.server.middleware.authentication import Authentication
from linkassist.server.middleware.concurrency import ConcurrencyLimit
from linkassist.server.middleware.host_guard import AllowedHosts, HostGuard
from linkassist.server.middleware.limits import RequestLimits
from linkassist.server.middleware.script_access import ScriptAccess, script_project
from linkassist.server.routes.draft import draft
from linkassist.server.routes.home import home, start
from linkassist.server.routes.imports import cancel, import_screen, progress, reindex_now, upload
from linkassist.server.routes.login import Login, log_in, log_out, login_form
from linkassist.server.routes.outbox import done, import_file, outbox, undone
from linkassist.server.routes.page import page, target_preview
from linkassist.server.routes.quality import cancel_measuring, measure, measuring, quality
from linkassist.server.routes.queue import answer, queue
from linkassist.server.routes.search import search
from linkassist.server.routes.settings import (
    floor,
    ignoring,
    most,
    patterns,
    restored,
    revoked,
    settings_screen,
)
from linkassist.server.routes.similar import answer_like, like
from linkassist.server.routes.userscript import given_verdict, open_page, typed_page, user_script
from linkassist.server.routes.verdicts import never, preferences, several, verdict
from linkassist.server.routes.write_back import discard, preview, stop, write, write_screen, writing
from linkassist.server.templates import Templates
from linkassist.settings import Settings
from linkassist.store.pool import LibraryPool


class _Title(Convertor[str]):
    """The rest of a path. Unlike Starlette's "path" it matches line breaks too, which a title may contain."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("title", _Title())

_WAIT_S: Final = 10.0  # how long a verdict waits for another that is being written


def create_app(settings: Settings) -> Starlette:
    """The application for one library. It answers to loopback and to the host names in the settings.

    Raises SettingsError where others than this machine could reach it and no password is set.
    """
    allowed = tuple(filter(None, settings.allow_host.split(",")))
    hosts = AllowedHosts(settings.host, allowed, is_proxied=bool(settings.trusted_proxy))
    access, keys = AccessFile(settings.library), ScriptKeys(settings.library)
    if access.current() is None and not hosts.is_private:
        raise SettingsError(
            "Others than you could reach this server, and its library has no password. Set one with "
            "`linkassist password`, or leave out --host, --allow-host and --trusted-proxy to show it to this machine "
            "alone."
        )
    app = Starlette(
        routes=[
            Route("/", start),
            Route("/p/{project}", home),
            Route("/p/{project}/{title:title}", page),
            Route("/search/{project}", search),
            Route("/preview/{project}/{title:title}", target_preview),
            Route("/draft/{project}", draft, methods=["GET", "POST"]),
            Route("/quality/{project}", quality),
            Route("/quality/{project}/measure", measure, methods=["POST"]),
            Route("/quality/{project}/cancel", cancel_measuring, methods=["POST"]),
            Route("/quality/{project}/progress", measuring),
            Route("/queue/{project}", queue),
            Route("/queue/{project}", answer, methods=["POST"]),
            Route("/outbox/{project}", outbox),
            Route("/outbox/{project}/import.json", import_file),
            Route("/outbox/{project}/done", done, methods=["POST"]),
            Route("/outbox/{project}/undo", undone, methods=["POST"]),
            Route("/outbox/{project}/write", write_screen),
            Route("/outbox/{project}/write", write, methods=["POST"]),
            Route("/outbox/{project}/write/preview", preview, methods=["POST"]),
            Route("/outbox/{project}/write/stop", stop, methods=["POST"]),
            Route("/outbox/{project}/write/discard", discard, methods=["POST"]),
            Route("/outbox/{project}/write/progress", writing),
            Route("/import", import_screen),
            Route("/import", upload, methods=["POST"]),
            Route("/import/cancel", cancel, methods=["POST"]),
            Route("/import/reindex", reindex_now, methods=["POST"]),
            Route("/import/progress", progress),
            Route("/settings/{project}", settings_screen),
            Route("/settings/{project}/most", most, methods=["POST"]),
            Route("/settings/{project}/floor", floor, methods=["POST"]),
            Route("/settings/{project}/patterns", patterns, methods=["POST"]),
            Route("/settings/{project}/ignored", ignoring, methods=["POST"]),
            Route("/settings/{project}/rejected", restored, methods=["POST"]),
            Route("/settings/{project}/userscript", revoked, methods=["POST"]),
            Route("/userscript/{project}.js", user_script),
            Route("/userscript/{project}/page", open_page, methods=["POST"]),
            Route("/userscript/{project}/draft", typed_page, methods=["POST"]),
            Route("/userscript/{project}/verdict", given_verdict, methods=["POST"]),
            Route("/like/{project}/{title:title}", like),
            Route("/like/{project}/{title:title}", answer_like, methods=["POST"]),
            Route("/verdict", verdict, methods=["POST"]),
            Route("/verdicts", several, methods=["POST"]),
            Route("/never", never, methods=["POST"]),
            Route("/preferences", preferences, methods=["POST"]),
            Route("/login", login_form),
            Route("/login", log_in, methods=["POST"]),
            Route("/logout", log_out, methods=["POST"]),
            Mount("/static", StaticFiles(directory=shipped_folder("web") / "static")),
        ],
        lifespan=_lifespan,
        middleware=[
            Middleware(HostGuard, hosts=hosts, checks_itself=lambda path: script_project(path) is not None),
            Middleware(ScriptAccess, keys=keys, sources=settings.sources),
            Middleware(Authentication, is_private=hosts.is_private),
            Middleware(RequestLimits),
            Middleware(ConcurrencyLimit),
        ],
        exception_handlers={
            HTTPException: http_failure,
            ClientDisconnect: nobody_waits,
            NotFoundError: not_found,
            LinkAssistError: expected_failure,
            OSError: refused_by_system,
            500: fault,
        },
    )
    app.state.models = ModelWorker(settings.library)
    app.state.importer = Importer(settings)
    app.state.writer = Writer(settings)
    app.state.most_upload_bytes = MOST_BYTES
    app.state.is_ending = False
    app.state.login = Login(access)
    app.state.script_keys = keys
    app.state.context = ServerContext(
        settings.library, hosts, Templates(), LibraryPool(settings.library, wait_s=_WAIT_S)
    )
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    remove_leftovers(app.state.context.library_folder)
    try:
        yield
    finally:
        app.state.importer.close()
        app.state.writer.close()
        app.state.models.close()
        app.state.context.libraries.close()
