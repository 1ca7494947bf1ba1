"""What `push` and `undo` share: the question before a page is written, and the report."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import typer

from linkassist.cli.output import print_lines, print_utf8, say
from linkassist.cli.progress import progress
from linkassist.pipeline.push.report import ChangedLine, LinkState, PageReport, Report
from linkassist.pipeline.push.run import StoppedByReader
from linkassist.pipeline.push.session import Approve
from linkassist.progress import OnProgress

_WORDS: dict[LinkState, str] = {
    "written": "written",
    "previewed": "would be written",
    "already": "is on the page already",
    "left": "left",
    "skipped": "skipped",
    "undone": "taken out",
}


@contextmanager
def asking(*, is_dry_run: bool, is_yes: bool, verb: str) -> Iterator[tuple[Approve | None, OnProgress]]:
    """(the question before a page is written, the progress). Bars would be drawn over a question, and are not then."""
    if is_dry_run or is_yes:
        with progress() as on_progress:
            yield (None if is_dry_run else lambda title, changes: True), on_progress
    else:
        questions = _Questions(verb)
        yield questions, questions.on_progress


class _Questions:
    """Shows each page's changes and asks; "all" is the answer for all further pages."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._is_for_all = False
        self._place = (0, 0)

    def on_progress(self, step: str, done: int, total: int) -> None:
        """Remembers how far the work is, for the next question."""
        self._place = (done + 1, total)

    def __call__(self, title: str, changes: Sequence[ChangedLine]) -> bool:
        if self._is_for_all:
            return True
        say(f"{title} (page {self._place[0]:,} of {self._place[1]:,})")
        for line in changes_text(changes):
            say(line)
        while True:
            sys.stderr.write(f"{self._verb} this page? [y]es, [n]o, [a]ll, [q]uit: ")
            sys.stderr.flush()
            answer = sys.stdin.readline()
            if not answer:
                say("\nlinkassist: nobody answers. --yes writes without asking, --dry-run only shows.")
                raise StoppedByReader
            word = answer.strip().lower()[:1]
            if word == "q":
                raise StoppedByReader
            self._is_for_all = word == "a"
            if word in ("y", "a", "n"):
                return word != "n"


def changes_text(changes: Sequence[ChangedLine]) -> Iterator[str]:
    """The changed lines as a diff."""
    for each in changes:
        yield f"  line {each.number}"
        if each.before is not None:
            yield f"    - {each.before}"
        if each.after is not None:
            yield f"    + {each.after}"


def show_report(report: Report, *, is_json: bool, is_dry_run: bool, in_short: Callable[[Report], str]) -> None:
    """Prints what was done; exit code 1 if it ended early."""
    if is_json:
        print_utf8()
        print(_report_json(report, is_dry_run=is_dry_run))
    else:
        for page in report.pages:
            print_lines(_page_text(page))
        print_lines([in_short(report)])
    if report.stopped:
        say(f"linkassist: {report.stopped}")
        raise typer.Exit(1)


def _page_text(page: PageReport) -> Iterator[str]:
    yield page.title
    yield from changes_text(page.changes)
    for link in page.links:
        if link.state in ("left", "already", "skipped") or link.why:
            yield f"  {link.target}: {_WORDS[link.state]}" + (f". {link.why}" if link.why else "")


def _report_json(report: Report, *, is_dry_run: bool) -> str:
    """The report as one JSON object; a contract with other programs: keys are added, never renamed."""
    states: tuple[LinkState, ...] = ("written", "previewed", "already", "left", "skipped", "undone")
    return json.dumps(
        {
            "batch": report.batch_id,
            "project": report.project,
            "dry_run": is_dry_run,
            **{state: report.count(state) for state in states},
            "stopped": report.stopped or None,
            "pages": [
                {
                    "page": page.title,
                    "page_id": page.page_id or None,
                    "changes": [
                        {"line": each.number, "line_id": each.line_id, "before": each.before, "after": each.after}
                        for each in page.changes
                    ],
                    "links": [
                        {"target": link.target, "state": link.state, "reason": link.why or None} for link in page.links
                    ],
                }
                for page in report.pages
            ],
        },
        ensure_ascii=False,
    )
