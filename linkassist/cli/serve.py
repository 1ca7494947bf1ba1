"""The command `serve`: the library in the browser, until Ctrl-C."""

from __future__ import annotations

import socket
from typing import Annotated

import typer
from starlette.applications import Starlette

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption
from linkassist.cli.output import say
from linkassist.cli.progress import progress
from linkassist.progress import counting
from linkassist.review.verdicts import add_up_offers
from linkassist.server.app import create_app
from linkassist.server.middleware.host_guard import is_loopback
from linkassist.server.run import address_of, has_desktop, listen, open_browser, serve_on
from linkassist.settings import Settings, load_settings
from linkassist.store.library import Library
from linkassist.store.locks import serving_lock
from linkassist.store.search.full_text import fill_search


@command(epilog="Example: linkassist serve --port 8080")
def serve(
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="The address to listen on. [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="N", help="The port to listen on; 0 for any free one. [default: 8000]"),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", help="A further host name of the server, such as that of a reverse proxy."
        ),
    ] = None,
    trusted_proxy: Annotated[
        str | None,
        typer.Option("--trusted-proxy", metavar="ADDRESS", help="A proxy whose X-Forwarded headers are trusted."),
    ] = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Show the library in the browser, until Ctrl-C.

    Other machines are served only after `linkassist password` has set a password.
    """
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


def run_server(settings: Settings, site: Starlette, listener: socket.socket, *, opens_browser: bool) -> None:
    """Brings the library up to what the screens read, then serves it until Ctrl-C or SIGTERM."""
    address = address_of(listener)
    with Library.open(settings.library) as library, progress() as on_progress:
        fill_search(library, counting(on_progress, "search"))
        add_up_offers(library, counting(on_progress, "offers"))

    def on_ready() -> None:
        print(f"linkassist: {address} (Ctrl-C stops it)", flush=True)
        if opens_browser and has_desktop():
            open_browser(address)

    with serving_lock(settings.library):
        serve_on(listener, site, on_ready, settings.trusted_proxy)
