"""The command line: the table of its commands, and `main`, which is the program.

Results go to standard output; progress, notices and failures to standard error. How a command ends is left to
`exit_codes.py`.
"""

from __future__ import annotations

import io
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from linkassist.cli.exit_codes import Commands, open_standard_streams
from linkassist.cli.lazy_group import Entry, group

_WORK = (["import"], ["reindex"], ["nightly"])  # commands of minutes, often with a server beside them


class _Linkassist(Commands):
    entries = {
        "import": Entry("import_export", "Import an export and find its missing links."),
        "fetch": Entry("fetch", "Import the newest pages of a project from its source."),
        "reindex": Entry("reindex", "Bring embeddings, index and suggestions up to date."),
        "suggest": Entry("suggest", "Print the missing links of a page, best first."),
        "links": Entry("links", "Print every link of an export as JSON lines."),
        "serve": Entry("serve", "Show the library in the browser, until Ctrl-C."),
        "password": Entry("password", "Set the password that the browser asks for."),
        "evaluate": Entry("evaluate", "Measure the suggestions on links that people made."),
        "experiments": Entry("experiments", "Try two old ideas on a wiki and measure their worth."),
        "nightly": Entry("nightly", "Do the nightly work of a library."),
        "backup": Entry("backup", "Copy the library to a single verified file."),
        "restore": Entry("restore", "Restore the library from a backup."),
        "status": Entry("status", "Show what the library holds and how old it is."),
        "demo": Entry("demo", "Show the sample wiki in the browser, until Ctrl-C."),
        "bert": Entry("bert.commands", "Convert, use and fine-tune a Japanese BERT."),
    }


@group(cls=_Linkassist, invoke_without_command=True, epilog="Example: linkassist demo")
def app(
    is_version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Find the links that the pages of a Scrapbox (Cosense) wiki are missing, on your own machine."""
    if is_version:
        print(version("linkassist"))
        raise typer.Exit


def main() -> None:
    """The program `linkassist`."""
    open_standard_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Words may hold what the terminal's encoding cannot write, and that is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.argv[1:2] in _WORK and hasattr(os, "nice"):
        os.nice(10)  # who reads meanwhile goes first
    app(prog_name="linkassist")
