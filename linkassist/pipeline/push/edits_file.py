"""The edits of a push without a server: for the outbox, as a file for Scrapbox's import, a diff, or JSON lines.

They are made of the pages as the library has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from linkassist.pipeline.push.placement import LeftLink, edit_of
from linkassist.pipeline.push.report import ChangedLine, changes_between
from linkassist.pipeline.push.run import Wanted, accepted_link, waiting_pages
from linkassist.scrapbox.client.editing import RemoteLine, changed_lines
from linkassist.scrapbox.edits import import_file_text, with_title_line
from linkassist.store.library import Library
from linkassist.store.pages import Project


@dataclass(frozen=True, slots=True)
class EditedPage:
    """A page with its links written in. row: the library's. page_id: Scrapbox's, "" if unknown.

    before, after: its lines, the title line first. n_inserted: 1 where the library's lines lack it, else 0.
    left: links without a place on it. at_end: targets that had words in the text and are linked in a new last line.
    """

    row: int
    title: str
    page_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    changes: tuple[ChangedLine, ...]
    left: tuple[LeftLink, ...]
    at_end: tuple[str, ...]
    n_inserted: int

    @property
    def body(self) -> str:
        """The lines below the title, to be pasted into Scrapbox."""
        return "\n".join(self.after[1:])


def edited_pages(library: Library, of: Project, wanted: Wanted) -> Iterator[EditedPage]:
    """The pages with waiting links, the one with the latest decision first; `changes` is empty where all were left."""
    for stored, waiting in waiting_pages(library, of, wanted):
        texts = with_title_line(stored.page.title, stored.page.texts)
        lines = tuple(RemoteLine(str(number), text) for number, text in enumerate(texts))
        links = [accepted_link(stored, each) for each in waiting]
        edit = edit_of(lines, links)
        after = changed_lines(lines, edit.changes)
        added = {each.log_id for each in edit.written if each.is_added}
        yield EditedPage(
            stored.id,
            stored.page.title,
            stored.page.page_id,
            tuple(texts),
            tuple(line.text for line in after),
            changes_between(lines, after),
            edit.left,
            tuple(link.target for link in links if link.mention and link.log_id in added),
            len(texts) - len(stored.page.texts),
        )


def as_import_file(pages: Iterable[EditedPage]) -> str:
    """The changed pages whole, for Scrapbox's import, which overwrites pages of the same title."""
    return import_file_text((page.title, page.after) for page in pages if page.changes)


def as_diff(pages: Iterable[EditedPage]) -> str:
    """A unified diff; a page's title stands where a file's name would."""
    return "".join(line for page in pages for line in _diff_of(page))


def as_json_lines(project: str, pages: Iterable[EditedPage]) -> str:
    """An object for each changed line: project, page, page_id, line (0 is the title), before (null if new), after."""
    return "".join(
        json.dumps(
            {
                "project": project,
                "page": page.title,
                "page_id": page.page_id or None,
                "line": change.number,
                "before": change.before,
                "after": change.after,
            },
            ensure_ascii=False,
        )
        + "\n"
        for page in pages
        for change in page.changes
    )


def _diff_of(page: EditedPage) -> Iterator[str]:
    title = json.dumps(page.title, ensure_ascii=False)[1:-1]  # a title with a line break would end the header
    yield from unified_diff(_ended(page.before), _ended(page.after), f"a/{title}", f"b/{title}")


def _ended(lines: Sequence[str]) -> list[str]:
    return [f"{line}\n" for line in lines]
