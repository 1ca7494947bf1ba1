"""One edit of one page, from reading it to knowing that it was made, for pushes and undos.

The steps are: preview; read the page again, so that nothing which somebody wrote between the reading and the preview
is overwritten; record; submit. A killed process leaves the record, and whoever comes next looks at the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from linkassist.errors import FetchError
from linkassist.pipeline.push.remote_pages import RemotePages
from linkassist.pipeline.push.report import ChangedLine, changes_between
from linkassist.scrapbox.client.connection import (
    IN_VAIN,
    PAUSES_S,
    ConflictError,
    LostAnswerError,
    NotThereError,
    RefusedEditError,
)
from linkassist.scrapbox.client.editing import Editor, LineChange, Preview, RemotePage, changed_lines
from linkassist.scrapbox.client.throttle import pause_between_tries
from linkassist.store.library import Library

Approve = Callable[[str, Sequence[ChangedLine]], bool]  # (title of the page, what would change)

_MOST_CONFLICTS: Final = 2  # a page that changes under our hands is read and edited once more, then left

# "made": the server has said so. "lost": its answer was lost, or told of trouble. "used": the preview is not there (any
# more). "conflict": the page has changed; nothing was written. "previewed": of a dry run. "skipped": not approved.
Outcome = Literal["made", "lost", "used", "conflict", "previewed", "skipped"]

_CHANGING: Final = "The page was edited in Scrapbox at the same time."
_BEYOND: Final = "Scrapbox's preview would change other lines too, as when the page is edited at the same time."


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
    """How an edit ended, and what its preview showed.

    why: of a conflict or a lost answer, in words. retry_after: of a lost answer. is_seen: the page was read again and
    shows the edit.
    """

    outcome: Outcome
    changes: tuple[ChangedLine, ...] = ()
    why: str = _CHANGING
    retry_after: str = ""
    is_seen: bool = False


class Tries:
    """Decides whether a page is tried again, and waits before: once after a conflict, four times after lost answers."""

    def __init__(self) -> None:
        self._n_conflicts = 0
        self._pauses_s = iter(PAUSES_S)

    def again(self, edited: Edited) -> bool:
        """Whether to read the page and edit it again. Raises FetchError after the last lost answer."""
        if edited.outcome == "conflict":
            self._n_conflicts += 1
            return self._n_conflicts < _MOST_CONFLICTS
        if edited.outcome != "lost":
            return False
        pause_s = next(self._pauses_s, None)
        if pause_s is None:
            raise FetchError(f"{edited.why} {IN_VAIN}")
        pause_between_tries(pause_s, edited.retry_after)
        return True


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
    except (NotThereError, RefusedEditError, ConflictError) as error:
        return Edited("conflict", why=str(error))
    shown = changes_between(page.lines, preview.lines)
    if preview.lines != changed_lines(page.lines, changes):
        return Edited("conflict", shown, why=_BEYOND)
    if session.approve is None:
        return Edited("previewed", shown)
    if shown != tuple(approved) and not session.approve(page.title, shown):
        return Edited("skipped", shown)
    if not session.editor.is_unchanged(page):
        return Edited("conflict", shown)
    record()
    return _submitted(session.editor, preview, shown)


def _submitted(editor: Editor, preview: Preview, shown: tuple[ChangedLine, ...]) -> Edited:
    try:
        editor.submit(preview)
    except (ConflictError, RefusedEditError) as error:
        return Edited("conflict", shown, why=str(error))
    except LostAnswerError as error:
        return Edited("lost", shown, why=str(error), retry_after=error.retry_after)
    except NotThereError:
        return Edited("used", shown)
    return Edited("made", shown)
