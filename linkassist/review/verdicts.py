"""What the reader decides, and what every list becomes by it: verdicts and choices are kept, and applied.

Lists are kept as the ranker found them and changed when they are read, so a verdict shows on every page at once, and an
undo restores every list to the byte. The gains that order the list of pages are sums kept with the pages: a verdict
brings that of its own page up to date at once, those of the others follow with the next reindex (`follow_verdicts`).
What is chosen, words and pages to ignore and how much a page is offered, is followed at once everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from linkassist.store.ignored import IgnoredSort, add_ignored, ignored, ignored_page_ids, remove_ignored
from linkassist.store.library import Library
from linkassist.store.navigation import present_page_id, project_names
from linkassist.store.project_settings import project_setting, set_project_setting
from linkassist.store.runs import Note, artefact, put_artefact
from linkassist.store.search.by_target import suggested_on
from linkassist.store.suggestion_lists import AsShown, OpenList
from linkassist.store.suggestions import (
    StoredSuggestion,
    add_up_budget,
    is_added_up,
    page_suggestions,
    pages_with_lists,
    refresh_gains,
)
from linkassist.store.verdicts import project_verdicts, record_verdict, set_objection, undo_verdict, verdicts_stamp
from linkassist.suggest.feedback.learn import Lessons, apply_lessons, learn_from_verdicts
from linkassist.suggest.feedback.rules import Choices, apply_choices
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
    """What the verdicts that hold now in the project teach, and what was chosen.

    Verdicts are learnt from once a process for as long as they hold.
    """
    at = (library.path, project_id)
    stamp = verdicts_stamp(library, project_id)
    known_at, lessons = _known.get(at, ((), Lessons()))
    if known_at != stamp:
        lessons = learn_from_verdicts(project_verdicts(library, project_id))
        _known[at] = stamp, lessons
    choices = choices_of(library, project_id)
    return lessons if choices == Choices() else replace(lessons, choices=choices)


def choices_of(library: Library, project_id: int) -> Choices:
    """What the reader has chosen for the project."""
    words = frozenset(each.key for each in ignored(library, project_id) if each.sort == "word")
    most = project_setting(library, project_id, "most_per_page")
    return Choices(words, ignored_page_ids(library, project_id), int(most) if most else None)


def worth_showing(
    library: Library, page_id: int, lessons: Lessons, *, least: float | None = None
) -> list[ShownSuggestion]:
    """The page's open suggestions that are worth showing after the lessons, best first; the others are not even read.

    least: those found to be at least so likely alone.
    """
    shown = shown_suggestions(library, page_id, lessons, least=lessons.least_worth if least is None else least)
    return [each for each in shown if each.suggestion.is_worth_showing]


def shown_suggestions(
    library: Library, page_id: int, lessons: Lessons, *, with_decided: bool = False, least: float = 0.0
) -> list[ShownSuggestion]:
    """The page's open suggestions after the lessons, best first; with_decided: also the decided ones, as found.

    least: those found to be at least so likely alone.
    """
    listed = page_suggestions(library, page_id, with_decided=True, least=least)
    decided = [ShownSuggestion(each.suggestion, each) for each in listed if each.verdict]
    still = {each.suggestion.target: each for each in listed if not each.verdict}
    n_answered = sum(each.suggestion.is_worth_showing for each in decided)
    found = OpenList(page_id, tuple(each.suggestion for each in still.values()), n_answered)
    shown = [ShownSuggestion(each, still[each.target]) for each in as_shown_after(lessons)(found)]
    if not with_decided:
        return shown
    return sorted((*shown, *decided), key=lambda each: (-each.suggestion.probability, each.stored.rank))


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


def ignore(library: Library, project_id: int, sort: IgnoredSort, title: str) -> None:
    """Never suggests that target any more, or nothing for that page."""
    with _choosing(library, project_id):
        add_ignored(library, project_id, sort, title)
        _follow(library, project_id, sort, title)


def unignore(library: Library, project_id: int, sort: IgnoredSort, title: str) -> None:
    """Takes back `ignore`. Raises NotFoundError if the title is not ignored."""
    with _choosing(library, project_id):
        remove_ignored(library, project_id, sort, title)
        _follow(library, project_id, sort, title)


def offer_at_most(library: Library, project_id: int, most: int | None) -> None:
    """Offers a page at most so many suggestions; None for as many as the wiki's own pages suggest."""
    with _choosing(library, project_id):
        set_project_setting(library, project_id, "most_per_page", None if most is None else str(most))
        add_up_budget(library, project_id)


def follow_verdicts(library: Library, project_id: int) -> None:
    """Brings the gains of all pages up to what was taught since they were added up; writes nothing where nothing was.

    For the holder of the lock. Of the lists none is written.
    """
    lessons = lessons_of(library, project_id)
    note = artefact(library, project_id, "lessons")
    if lessons.fingerprint != (note.fingerprint if note else "") or not is_added_up(library, project_id):
        _add_up(library, project_id, lessons, lambda n_done, n_total: None)


def add_up_offers(library: Library, on_progress: Callable[[int, int], None]) -> None:
    """Adds up what is offered on the pages of a library of an older linkassist, which has not; of others nothing.

    on_progress: called with how many of how many pages are done. 23,000 take half a minute.
    """
    for each in project_names(library):
        if not is_added_up(library, each.id):
            _add_up(library, each.id, lessons_of(library, each.id), on_progress)


def note_of_lessons(lessons: Lessons) -> Note:
    """What is noted of the gains of a project's pages that were added up after these lessons."""
    return Note("lessons", lessons.fingerprint)


def as_shown_after(lessons: Lessons) -> AsShown:
    """What makes the lists of the project into those that the reader is shown."""

    def as_shown(found: OpenList) -> Sequence[Suggestion]:
        taught = apply_lessons(lessons, found.suggestions)
        return apply_choices(lessons.choices, found.page_id, taught, found.n_answered)

    return as_shown


def _add_up(library: Library, project_id: int, lessons: Lessons, on_progress: Callable[[int, int], None]) -> None:
    pages = pages_with_lists(library, project_id)
    refresh_gains(library, pages, as_shown_after(lessons), lessons.least_worth, on_progress)
    put_artefact(library, project_id, "lessons", lessons.fingerprint)


def _follow(library: Library, project_id: int, sort: IgnoredSort, title: str) -> None:
    """Adds up the pages whose lists change when the title is ignored or heeded."""
    lessons = lessons_of(library, project_id)
    least = lessons.least_worth
    if sort == "word":
        found = suggested_on(library, project_id, title)
        concerned = [each.page_id for each in takewhile(lambda each: each.probability >= least, found)]
    else:
        page_id = present_page_id(library, project_id, title_key(title))
        concerned = [] if page_id is None else [page_id]
    refresh_gains(library, concerned, as_shown_after(lessons), least)


@contextmanager
def _choosing(library: Library, project_id: int) -> Iterator[None]:
    """Notes that the gains follow the new choices, where they followed all lessons before.

    Where they did not, or where this is broken off, the next reindex adds them all up, even if by then every lesson is
    taken back.
    """
    note = artefact(library, project_id, "lessons")
    is_followed = (note.fingerprint if note else "") == lessons_of(library, project_id).fingerprint
    put_artefact(library, project_id, "lessons", "changed")
    yield
    if is_followed:
        put_artefact(library, project_id, "lessons", lessons_of(library, project_id).fingerprint)


@contextmanager
def _learning(library: Library, project_id: int) -> Iterator[AsShown]:
    """Like `as_shown_after`, with the lessons of the moment when it is asked; a decision that fails teaches nothing."""

    def as_shown(found: OpenList) -> Sequence[Suggestion]:
        return as_shown_after(lessons_of(library, project_id))(found)

    try:
        yield as_shown
    except BaseException:
        _known.pop((library.path, project_id), None)  # its entry in the log may be another's next
        raise
