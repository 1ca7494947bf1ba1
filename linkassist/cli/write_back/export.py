"""The command `export`: the edits that accepted links make, as a file."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption, existing_library
from linkassist.cli.output import print_utf8, say
from linkassist.errors import LinkAssistError
from linkassist.files.errors import file_errors_as
from linkassist.files.private import write_private
from linkassist.pipeline.push.edits_file import EditedPage, as_diff, as_import_file, as_json_lines, edited_pages
from linkassist.pipeline.push.run import Wanted
from linkassist.settings import load_settings
from linkassist.store.pages import project


class Format(StrEnum):
    """How edits are written."""

    import_file = "import"
    diff = "diff"
    jsonl = "jsonl"


@command(epilog="Example: linkassist export my-wiki --format diff")
def export(
    project_name: Annotated[
        str | None, typer.Argument(metavar="[PROJECT]", help="The project. [default: the only one]")
    ] = None,
    pages: Annotated[
        list[str] | None, typer.Option("--page", metavar="TITLE", help="Only this page; can be given several times.")
    ] = None,
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="Whole pages for Scrapbox's import, a unified diff, or a JSON line for each edit.",
        ),
    ] = Format.import_file,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The file. [default: standard output]")
    ] = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the edits that accepted links make into a file.

    They are the edits of `push`, made of the pages as the library has them. Scrapbox's import overwrites whole pages of
    the same title: what was changed there since the pages were fetched is lost. The links go on waiting.
    """
    settings = load_settings(library, config=config)
    with existing_library(settings) as opened:
        of = project(opened, project_name)
        found = list(edited_pages(opened, of, Wanted(tuple(pages or ()))))
    if form is Format.jsonl:
        text = as_json_lines(of.name, found)
    else:
        text = as_diff(found) if form is Format.diff else as_import_file(found)
    if output is None:
        print_utf8()
        sys.stdout.write(text)
    else:
        with file_errors_as(LinkAssistError, "written", output):
            write_private(output, text.encode("utf-8", "backslashreplace"))
    _tell(found, form)


def _tell(found: list[EditedPage], form: Format) -> None:
    """Says what was left, and what an import would do."""
    for page in found:
        for left in page.left:
            say(f"{page.title}: {left.target} is left. {left.why}")
    if not any(page.changes for page in found):
        say("linkassist: no accepted link changes a page.")
    elif form is Format.import_file:
        say(
            "linkassist: Scrapbox's import overwrites whole pages of the same title. What was changed there since the "
            "pages were fetched would be lost: fetch first, and import at once."
        )
