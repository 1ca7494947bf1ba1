"""A project in Scrapbox and a library that was imported from it, with accepted links to be written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkassist.pipeline.push.report import Report
from linkassist.pipeline.push.run import Wanted, push
from linkassist.pipeline.push.session import Approve
from linkassist.pipeline.push.undo import undo_push
from linkassist.progress import no_progress
from linkassist.scrapbox.client.address import remote_project
from linkassist.scrapbox.client.keys import access_key
from linkassist.scrapbox.notation import page_links
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.verdicts import record_verdict
from linkassist.store.write_back.outbox import n_waiting
from linkassist.store.write_back.pushes import find_push
from linkassist.suggestion import Mention, Verdict
from linkassist.wiki import Line, Page, title_key
from support.little_scrapbox import TOKEN, LittleScrapbox


def yes(title: str, changes: object) -> bool:
    """Approves of everything."""
    return True


@dataclass
class PushedWiki:
    """A library beside the server that its pages come from."""

    folder: Path
    scrapbox: LittleScrapbox

    def fetch(self) -> None:
        """Imports the pages as they are in Scrapbox now."""
        pages = [
            Page(page["title"], tuple(Line(line["text"]) for line in page["lines"]), page["id"], 50, page["updated"])
            for page in self.scrapbox.pages.values()
        ]
        with Library.open(self.folder) as library:
            import_pages(library, "niwa", "庭", 1, pages, lambda lines: page_links(lines))

    def accept(self, title: str, target: str, surface: str = "", line: int = 0) -> None:
        """Accepts a link; surface: its words in the line, "" for a link without a place in the text."""
        with Library.open(self.folder) as library:
            page = find_page(library, project(library, "niwa").id, title_key(title))
            mention = None
            if surface:
                start = page.page.texts[line].index(surface)
                mention = Mention(line, start, start + len(surface), surface)
            record_verdict(library, page.id, Verdict(target, "accept", 5, "page", 0.5, mention))

    def push(self, *, approve: Approve | None = yes, key: str = TOKEN, **wanted: Any) -> Report:
        with Library.open(self.folder) as library:
            remote = remote_project(self.scrapbox.project)
            return push(
                library, project(library, "niwa"), remote, access_key(key), Wanted(**wanted), approve, no_progress
            )

    def undo(self, batch_id: int | None, *, approve: Approve | None = yes) -> Report:
        assert batch_id is not None
        with Library.open(self.folder) as library:
            remote = remote_project(self.scrapbox.project)
            return undo_push(library, find_push(library, batch_id), remote, access_key(TOKEN), approve, no_progress)

    def n_waiting(self) -> int:
        with Library.open(self.folder) as library:
            return n_waiting(library, project(library, "niwa").id)

    def states(self) -> list[tuple[int, str, str]]:
        """(batch, target, state) of every recorded link."""
        with Library.open(self.folder) as library:
            links = "push_links k JOIN verdict_log l ON l.id = k.log_id"
            return list(library.rows(f"SELECT k.batch_id, l.target, k.state FROM {links} ORDER BY 1, 2"))


def links_of(report: Report) -> dict[str, str]:
    """The state of each link of a report."""
    return {link.target: link.state for page in report.pages for link in page.links}


def whys_of(report: Report) -> str:
    """All reasons that a report gives."""
    return " ".join([link.why for page in report.pages for link in page.links] + [report.stopped])


def as_json(scrapbox: LittleScrapbox) -> str:
    """The text of all pages, to compare."""
    return json.dumps({page_id: scrapbox.texts(page_id) for page_id in scrapbox.pages}, ensure_ascii=False)
