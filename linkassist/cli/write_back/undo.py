"""The command `undo`: takes a push out of the pages in Scrapbox."""

from __future__ import annotations

from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import BaseUrlOption, ConfigOption, LibraryOption, existing_library
from linkassist.cli.write_back.questions import asking, show_report
from linkassist.pipeline.push.report import Report
from linkassist.pipeline.push.server_of import server_of
from linkassist.pipeline.push.undo import undo_push
from linkassist.scrapbox.client.keys import access_key
from linkassist.settings import load_settings
from linkassist.store.write_back.pushes import find_push


@command(epilog="Example: linkassist undo 3 --dry-run")
def undo(
    batch: Annotated[int, typer.Argument(metavar="BATCH", help="The number of the push, as `push --list` shows it.")],
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be taken out, and write nothing.")] = (
        False
    ),
    is_yes: Annotated[bool, typer.Option("--yes", help="Write without asking for each page.")] = False,
    base_url: BaseUrlOption = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Take out of the pages in Scrapbox exactly what a push put in.

    A link that does not stand there any more, or whose line was rewritten, is left, and nothing else on the page
    changes. What is taken out waits in the outbox again.
    """
    settings = load_settings(library, config=config)
    with existing_library(settings) as opened:
        of = find_push(opened, batch)
        remote = server_of(settings, of.project, base_url or of.address)
        with asking(is_dry_run=is_dry_run, is_yes=is_yes, verb="Change") as (approve, on_progress):
            report = undo_push(opened, of, remote, access_key(settings.scrapbox_key), approve, on_progress)
    show_report(report, is_json=is_json, is_dry_run=is_dry_run, in_short=_in_short)


def _in_short(report: Report) -> str:
    if not report.pages and not report.stopped:
        return f"{report.project}: nothing of push {report.batch_id} is left to take out"
    left = f", left {report.count('left'):,}" if report.count("left") else ""
    would = f", would be taken out {report.count('previewed'):,}" if report.count("previewed") else ""
    return f"{report.project}: links taken out {report.count('undone'):,}{would}{left}"
