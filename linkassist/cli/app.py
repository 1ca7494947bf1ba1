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
from linkassist.cli.lazy_group import Command, group

_WORK = (["import"], ["reindex"], ["nightly"])  # commands of minutes, often with a server beside them


class _Linkassist(Commands):
    entries = {
        "import": Command("import_export", "Import an export and find its missing links."),
        "fetch": Command("fetch", "Import the newest pages of a project from its source."),
        "login": Command("write_back.login", "Keep a key to Scrapbox, to fetch private projects and to write links."),
        "reindex": Command("reindex", "Bring embeddings, index and suggestions up to date."),
        "suggest": Command("suggest", "Print the missing links of a page, best first."),
        "decide": Command("decide", "Decide on a suggested link, as on the screen."),
        "push": Command("write_back.push", "Write the accepted links into their pages in Scrapbox."),
        "undo": Command("write_back.undo", "Take out of the pages in Scrapbox exactly what a push put in."),
        "export": Command("write_back.export", "Write the edits that accepted links make into a file."),
        "embed": Command("embed", "Write a vector for each page or line into a file."),
        "links": Command("links", "Print every link of an export as JSON lines."),
        "serve": Command("serve", "Show the library in the browser, until Ctrl-C."),
        "password": Command("password", "Set the password that the browser asks for."),
        "evaluate": Command("evaluate", "Measure the suggestions on links that people made."),
        "experiments": Command("experiments", "Try two old ideas on a wiki and measure their worth."),
        "nightly": Command("nightly", "Do the nightly work of a library."),
        "backup": Command("backup", "Copy the library to a single verified file."),
        "restore": Command("restore", "Restore the library from a backup."),
        "status": Command("status", "Show what the library holds and how old it is."),
        "demo": Command("demo", "Show the sample wiki in the browser, until Ctrl-C."),
        "bert": Command("bert.commands", "Convert, use and fine-tune a Japanese BERT."),
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
