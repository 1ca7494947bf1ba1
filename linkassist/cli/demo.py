"""The command `demo`: the sample wiki in the browser, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.output import say
from linkassist.cli.progress import progress
from linkassist.cli.serve import run_server
from linkassist.pipeline.demo import prepare_demo
from linkassist.server.app import create_app
from linkassist.server.run import listen, listen_nearby
from linkassist.settings import default_folder, load_settings


@command(epilog="Example: linkassist demo --no-browser")
def demo(
    library: Annotated[
        Path | None,
        typer.Option("--library", metavar="DIR", help="The folder of its library. [default: a separate one]"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="N", help="The port to listen on. [default: 8000, or a free one if it is taken]"
        ),
    ] = None,
    is_browser_opened: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Whether to open the browser if there is a desktop.")
    ] = True,
) -> None:
    """Show the sample wiki in the browser, until Ctrl-C.

    It uses its own library; yours is left alone.
    """
    settings = load_settings(library or default_folder("demo"), port=port)
    site = create_app(settings)
    # Before the import, so that an error about the port comes at once.
    listener = listen_nearby(settings.host, settings.port) if port is None else listen(settings.host, settings.port)
    if settings.port not in (0, listener.getsockname()[1]):
        say(f"Port {settings.port} is taken by another program, so another one is used.")
    with progress() as on_progress:
        prepare_demo(settings, on_progress)
    run_server(settings, site, listener, opens_browser=is_browser_opened)
