"""One edit of one page, from reading it to knowing that it was made, for pushes and undos.

The steps are: preview; read the page again, so that nothing which somebody wrote between the reading and the preview
is overwritten; record; submit. A killed process leaves the record, and whoever comes next looks at the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from linkassist.pipeline.push.remote_pages import RemotePages
from linkassist.pipeline.push.report import ChangedLine, changes_between
from linkassist.scrapbox.client.connection import (
    ConflictError,
    LostAnswerError,
    NotThereError,
    RefusedEditError,
)
from linkassist.scrapbox.client.editing import Editor, LineChange, Preview, RemotePage, changed_lines
from linkassist.store.library import Library

Approve = Callable[[str, Sequence[ChangedLine]], bool]  # (title of the page, what would change)

TRIES = 2  # a page that changes under our hands is read and edited once more, then left

# "made": the server has said so. "unknown": the answer was lost. "conflict": the page has changed, or the preview was
# lost; nothing was written. "previewed": of a dry run. "skipped": it was not approved.
Outcome = Literal["made", "unknown", "conflict", "previewed", "skipped"]


@dataclass(frozen=True, slots=True)
class Session:
    """What all edits of a push or an undo share. approve: asks about what a preview shows; None in a dry run."""

    library: Library
    project_id: int
    editor: Editor
    pages: RemotePages
    approve: Approve | None


@dataclass(frozen=True, slots=True)
class Edited:
    """How an edit ended, and what its preview showed. is_seen: the page was read again and shows it."""

    outcome: Outcome
    changes: tuple[ChangedLine, ...] = ()
    is_seen: bool = False


def edit_page(
    session: Session,
    page: RemotePage,
    changes: Sequence[LineChange],
    record: Callable[[], None],
    approved: Sequence[ChangedLine],
) -> Edited:
    """Makes the changes. record: called before they are submitted. approved: what was approved for this page before.

    Raises NotAllowedError, and FetchError where the server cannot be reached.
    """
    try:
        preview = session.editor.preview(page.page_id, changes)
    except (NotThereError, RefusedEditError, ConflictError):
        return Edited("conflict")
    shown = changes_between(page.lines, preview.lines)
    if preview.lines != changed_lines(page.lines, changes):
        return Edited("conflict", shown)
    if session.approve is None:
        return Edited("previewed", shown)
    if shown != tuple(approved) and not session.approve(page.title, shown):
        return Edited("skipped", shown)
    if not session.editor.is_unchanged(page):
        return Edited("conflict", shown)
    record()
    return Edited(_submit(session.editor, preview), shown)


def _submit(editor: Editor, preview: Preview) -> Outcome:
    try:
        editor.submit(preview)
    except ConflictError:
        return "conflict"
    except (LostAnswerError, NotThereError):  # a preview that was used up may have been used by a try of ours
        return "unknown"
    except RefusedEditError:
        return "conflict"
    return "made"
