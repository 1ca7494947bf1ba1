"""The commands `serve` and `demo`: a library in the browser, until Ctrl-C."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkassist.cli.options import ConfigOption, LibraryOption
from linkassist.cli.progress import progress, say
from linkassist.review.verdicts import add_up_offers
from linkassist.settings import Settings, default_folder, load_settings
from linkassist.store.library import Library
from linkassist.store.locks import serving_lock
from linkassist.store.search.full_text import fill_search

if TYPE_CHECKING:
    from starlette.applications import Starlette


def serve(
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Where to listen. [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help="Where to listen; 0 is any that is free. [default: 8000]")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="A further name it is reached by, as of a reverse proxy."),
    ] = None,
    trusted_proxy: Annotated[
        str | None,
        typer.Option("--trusted-proxy", metavar="ADDRESS", help="A proxy whose X-Forwarded headers are believed."),
    ] = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Show the library in the browser, until Ctrl-C.

    Others than this machine are answered only once `linkassist password` has set a password.
    """
    from linkassist.server.app import create_app
    from linkassist.server.middleware.host_guard import is_loopback
    from linkassist.server.run import listen

    settings = load_settings(
        library, config=config, host=host, port=port, allow_host=allow_host or None, trusted_proxy=trusted_proxy
    )
    site = create_app(settings)
    if not is_loopback(settings.host):
        say(
            f"linkassist: {settings.host} can be reached from other machines. They are asked for the password, but "
            "nothing is encrypted: put a reverse proxy with a certificate in front."
        )
    run_server(settings, site, listen(settings.host, settings.port), opens_browser=False)


def demo(
    library: Annotated[
        Path | None, typer.Option("--library", metavar="DIR", help="Its folder. [default: one of its own]")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="N", help="Where to listen. [default: 8000, or any free one if that is taken]"),
    ] = None,
    is_browser_opened: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Whether to open the browser where there is a desktop.")
    ] = True,
) -> None:
    """Show the sample wiki in the browser, until Ctrl-C.

    It has a library of its own; yours is left alone.
    """
    from linkassist.pipeline.demo import prepare_demo
    from linkassist.server.app import create_app
    from linkassist.server.run import listen, listen_nearby

    settings = load_settings(library or default_folder("demo"), port=port)
    site = create_app(settings)
    # Before the work, so that a port that is taken is told of at once.
    listener = listen_nearby(settings.host, settings.port) if port is None else listen(settings.host, settings.port)
    if settings.port not in (0, listener.getsockname()[1]):
        say(f"Port {settings.port} is taken by another program, so another one is used.")
    with progress() as on_progress:
        prepare_demo(settings, on_progress)
    run_server(settings, site, listener, opens_browser=is_browser_opened)


def run_server(settings: Settings, site: Starlette, listener: socket.socket, *, opens_browser: bool) -> None:
    """Brings the library up to what the screens read, then serves it until Ctrl-C or SIGTERM."""
    from linkassist.server.run import address_of, has_desktop, open_browser, serve_on

    address = address_of(listener)
    with Library.open(settings.library) as library, progress() as told:
        fill_search(library, lambda n_done, n_total: told("search", n_done, n_total))
        add_up_offers(library, lambda n_done, n_total: told("offers", n_done, n_total))

    def on_ready() -> None:
        print(f"linkassist: {address} (Ctrl-C stops it)", flush=True)
        if opens_browser and has_desktop():
            open_browser(address)

    with serving_lock(settings.library):
        serve_on(listener, site, on_ready, settings.trusted_proxy)
