"""The command `decide`: a verdict on a suggestion, as given on the screen, for scripts.

The JSON is a contract with other programs: keys are added, never renamed.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption, ProjectOption, existing_library
from linkassist.cli.output import print_lines, print_utf8
from linkassist.review.answer import answer, take_back
from linkassist.settings import load_settings
from linkassist.store.pages import find_page, project
from linkassist.suggestion import Objection, Verdict
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key


class Reason(StrEnum):
    """The objections of a rejection."""

    too_common = "too_common"
    wrong_sense = "wrong_sense"
    wrong_span = "wrong_span"
    too_near = "too_near"


@command(epilog='Example: linkassist decide --page "KJ法" --target 発想法 --accept')
def decide(
    page: Annotated[str, typer.Option("--page", metavar="TITLE", help="The page.")],
    target: Annotated[str, typer.Option("--target", metavar="TITLE", help="The suggested target.")],
    is_accepted: Annotated[bool, typer.Option("--accept", help="Accept the link.")] = False,
    is_rejected: Annotated[bool, typer.Option("--reject", help="Reject it.")] = False,
    reason: Annotated[Reason | None, typer.Option("--reason", help="Why it is rejected.")] = None,
    is_undone: Annotated[bool, typer.Option("--undo", help="Take back the last decision on it.")] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print the verdict in force as one JSON object.")] = False,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Decide on a suggested link, as on the screen.

    When the command ends with exit code 0, the decision is on the disk. It replaces an earlier one.
    """
    if is_accepted + is_rejected + is_undone != 1:
        raise typer.BadParameter("Choose one of --accept, --reject and --undo.")
    if reason and not is_rejected:
        raise typer.BadParameter("--reason is for --reject.")
    with existing_library(load_settings(library, config=config)) as opened:
        of = project(opened, project_name)
        found = find_page(opened, of.id, title_key(page))
        if is_undone:
            verdict = take_back(opened, found, target)
        else:
            why: Objection | None = reason.value if reason else None
            verdict = answer(opened, found, target, "accept" if is_accepted else "reject", why)
    if is_json:
        print_utf8()
        print(_verdict_json(of.name, found.page.title, target, verdict))
    else:
        print_lines([_verdict_text(found.page.title, target, verdict)])


def _verdict_json(project: str, page: str, target: str, verdict: Verdict | None) -> str:
    """The verdict in force as one JSON object; the decision is null while the target is open."""
    mention = verdict.mention if verdict else None
    place = mention and {
        "line": mention.line,
        "start": mention.start,
        "end": mention.end,
        "surface": mention.surface,
    }
    return json.dumps(
        {
            "project": project,
            "page": page,
            "target": verdict.target if verdict else target,
            "decision": verdict.decision if verdict else None,
            "reason": verdict.why or None if verdict else None,
            "mention": place,
            "decided_at": verdict.decided_at if verdict else None,
        },
        ensure_ascii=False,
    )


def _verdict_text(page: str, target: str, verdict: Verdict | None) -> str:
    if verdict is None:
        return f"{quoted(target)} on page {quoted(page)} is open again"
    decided = {"accept": "accepted", "reject": "rejected"}[verdict.decision]
    return f"{quoted(verdict.target)} on page {quoted(page)} is {decided}" + (f": {verdict.why}" if verdict.why else "")
