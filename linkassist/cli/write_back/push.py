"""The command `push`: writes accepted links into the pages in Scrapbox."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import BaseUrlOption, ConfigOption, LibraryOption, existing_library
from linkassist.cli.output import print_lines, print_utf8
from linkassist.cli.write_back.questions import asking, show_report
from linkassist.pipeline.push.report import LinkState, Report
from linkassist.pipeline.push.run import Wanted
from linkassist.pipeline.push.run import push as push_links
from linkassist.pipeline.push.server_of import server_of
from linkassist.scrapbox.client.address import remote_project
from linkassist.scrapbox.client.keys import access_key
from linkassist.settings import load_settings
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.write_back.pushes import Push, pushes

_IN_SHORT: Final[dict[LinkState, str]] = {
    "written": "written",
    "previewed": "would be written",
    "already": "there already",
    "skipped": "skipped",
    "left": "left",
}


@command(epilog="Example: linkassist push my-wiki --dry-run")
def push(
    project_name: Annotated[
        str | None, typer.Argument(metavar="[PROJECT]", help="The project, or its address. [default: the only one]")
    ] = None,
    pages: Annotated[
        list[str] | None, typer.Option("--page", metavar="TITLE", help="Only this page; can be given several times.")
    ] = None,
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what Scrapbox's previews would change, and write nothing.")
    ] = False,
    is_yes: Annotated[bool, typer.Option("--yes", help="Write without asking for each page.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="At most N pages.")] = None,
    is_list: Annotated[bool, typer.Option("--list", help="List the pushes so far, the latest first.")] = False,
    base_url: BaseUrlOption = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the accepted links into their pages in Scrapbox.

    Each page is read anew, the link is put into the very line it was accepted in, and what Scrapbox's preview would
    change is shown before it is written. A line that has changed since is left, and nothing else on the page changes.
    `linkassist undo` takes a push out again. It needs a key (`linkassist login`).
    """
    settings = load_settings(library, config=config)
    if project_name and project_name.startswith(("http://", "https://")):
        remote = remote_project(project_name)
        project_name, base_url = remote.name, base_url or remote.base
    with existing_library(settings) as opened:
        if is_list:
            _list(opened, project(opened, project_name).id if project_name else None, is_json=is_json)
            return
        of = project(opened, project_name)
        with asking(is_dry_run=is_dry_run, is_yes=is_yes, verb="Write") as (approve, on_progress):
            report = push_links(
                opened,
                of,
                server_of(settings, of.name, base_url),
                access_key(settings.scrapbox_key),
                Wanted(tuple(pages or ()), limit),
                approve,
                on_progress,
            )
    show_report(report, is_json=is_json, is_dry_run=is_dry_run, in_short=_in_short)


def _in_short(report: Report) -> str:
    if not report.pages and not report.stopped:
        return f"{report.project}: no accepted link waits to be written"
    counts = [f"{report.count(state):,} {words}" for state, words in _IN_SHORT.items() if report.count(state)]
    taken_out = f"; `linkassist undo {report.batch_id}` takes them out again" if report.count("written") else ""
    return f"{report.project}: links {', '.join(counts) or 'none'}{taken_out}"


def _list(library: Library, project_id: int | None, *, is_json: bool) -> None:
    found = pushes(library, project_id)
    if is_json:
        print_utf8()
        print(json.dumps([_push_object(each) for each in found], ensure_ascii=False))
    else:
        print_lines(_list_text(found))


def _push_object(push: Push) -> dict[str, object]:
    """A push as JSON; times are Unix seconds. links: those that were put in, also if they were taken out since."""
    return {
        "batch": push.batch_id,
        "project": push.project,
        "at": push.made_at,
        "pages": push.n_pages,
        "links": push.n_links,
        "undone_at": push.undone_at or None,
        "address": push.address,
    }


def _list_text(found: Sequence[Push]) -> Iterator[str]:
    for each in found:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.made_at))
        undone = ", taken out again" if each.undone_at else ""
        yield f"{each.batch_id:>5}  {when}  {each.project}: links {each.n_links:,}, pages {each.n_pages:,}{undone}"
    if not found:
        yield "no pushes yet"
