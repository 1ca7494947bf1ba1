"""What the reader decides, and what every list becomes by it: verdicts are kept, and taught lessons applied.

Lists are kept as the ranker found them and changed when they are read, so a verdict shows on every page at once, and an
undo restores every list to the byte. The gains that order the list of pages are sums kept with the pages: a verdict
brings that of its own page up to date at once, those of the others follow with the next reindex (`follow_verdicts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from linkassist.store.library import Library
from linkassist.store.runs import artefact, put_artefact
from linkassist.store.suggestion_lists import AsShown
from linkassist.store.suggestions import StoredSuggestion, page_suggestions, refresh_gains
from linkassist.store.verdicts import project_verdicts, record_verdict, set_objection, undo_verdict, verdicts_stamp
from linkassist.suggest.reader import Lessons, apply_lessons, apply_to_one, learn_from_verdicts
from linkassist.suggestion import Objection, Suggestion, Verdict
from linkassist.wiki import title_key

# The lessons of the projects that were asked for, with the stamp of their verdicts: a thousand verdicts take 50 ms.
_known: dict[tuple[Path, int], tuple[tuple[int, ...], Lessons]] = {}


@dataclass(frozen=True, slots=True)
class ShownSuggestion:
    """A suggestion as the reader is shown it, and as the ranker found it."""

    suggestion: Suggestion
    stored: StoredSuggestion


def lessons_of(library: Library, project_id: int) -> Lessons:
    """What the verdicts that hold now in the project teach. Learnt once a process for as long as they hold."""
    at = (library.path, project_id)
    stamp = verdicts_stamp(library, project_id)
    known_at, lessons = _known.get(at, ((), Lessons()))
    if known_at != stamp:
        lessons = learn_from_verdicts(project_verdicts(library, project_id))
        _known[at] = stamp, lessons
    return lessons


def shown_suggestions(
    library: Library, page_id: int, lessons: Lessons, *, with_decided: bool = False
) -> list[ShownSuggestion]:
    """The page's open suggestions after the lessons, best first; with_decided: also the decided ones, as found."""
    found = []
    for stored in page_suggestions(library, page_id, with_decided=with_decided):
        suggestion = stored.suggestion if stored.verdict else apply_to_one(lessons, stored.suggestion)
        if suggestion:
            found.append(ShownSuggestion(suggestion, stored))
    return sorted(found, key=lambda shown: -shown.suggestion.probability)


def decide(library: Library, project_id: int, page_id: int, verdict: Verdict) -> None:
    """Keeps the verdict. Raises NotFoundError if the library has no such page."""
    with _learning(library, project_id) as as_shown:
        record_verdict(library, page_id, verdict, as_shown)


def object_to(library: Library, project_id: int, page_id: int, target: str, why: Objection | None) -> None:
    """Keeps what the reader has against a rejected target. Raises NotFoundError if it is not rejected."""
    with _learning(library, project_id) as as_shown:
        set_objection(library, page_id, title_key(target), why, as_shown)


def undo(library: Library, project_id: int, page_id: int, target: str) -> None:
    """Takes back the last decision on the target. Raises NotFoundError if nothing is decided."""
    with _learning(library, project_id) as as_shown:
        undo_verdict(library, page_id, title_key(target), as_shown)


def follow_verdicts(library: Library, project_id: int) -> None:
    """Brings the gains of all pages up to what was taught since they were added up; writes nothing where nothing was.

    For the holder of the lock. Of the lists none is written.
    """
    lessons = lessons_of(library, project_id)
    note = artefact(library, project_id, "lessons")
    if lessons.fingerprint != (note.fingerprint if note else ""):
        refresh_gains(library, project_id, as_shown_after(lessons))
        note_lessons(library, project_id, lessons)


def note_lessons(library: Library, project_id: int, lessons: Lessons) -> None:
    """Notes that the gains of the project's pages were added up after these lessons."""
    put_artefact(library, project_id, "lessons", lessons.fingerprint)


def as_shown_after(lessons: Lessons) -> AsShown:
    """What makes the lists of the project into those that the reader is shown."""

    def as_shown(suggestions: Sequence[Suggestion]) -> Sequence[Suggestion]:
        return apply_lessons(lessons, suggestions)

    return as_shown


@contextmanager
def _learning(library: Library, project_id: int) -> Iterator[AsShown]:
    """Like `as_shown_after`, with the lessons of the moment when it is asked; a decision that fails teaches nothing."""

    def as_shown(suggestions: Sequence[Suggestion]) -> Sequence[Suggestion]:
        return apply_lessons(lessons_of(library, project_id), suggestions)

    try:
        yield as_shown
    except BaseException:
        _known.pop((library.path, project_id), None)  # its entry in the log may be another's next
        raise
