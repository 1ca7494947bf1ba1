"""Verdicts and rules of the reader: storing them, and applying them to lists of suggestions.

Lists are stored as the ranker made them and corrected when they are read, so a verdict takes effect on every page at
once, and an undo restores every list to the byte. The gains that order the list of pages are sums stored with the
pages: a verdict updates that of its own page, the next reindex those of the others (`follow_verdicts`). Rules (ignored
words and pages, how many suggestions a page is shown) take effect everywhere at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from linkassist.progress import OnCount, no_count
from linkassist.store.floors import floors_of, set_floors, set_measured_floors
from linkassist.store.ignored import (
    IgnoredSort,
    add_ignored,
    ignored,
    ignored_page_ids,
    remove_ignored,
    set_ignored_patterns,
)
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
from linkassist.suggest.feedback.rules import ReaderRules, apply_rules
from linkassist.suggestion import Objection, Suggestion, Verdict
from linkassist.wiki import title_key

# Cached lessons by project, with the stamp of their verdicts: to learn from a thousand verdicts takes 50 ms.
_cache: dict[tuple[Path, int], tuple[tuple[int, ...], Lessons]] = {}


@dataclass(frozen=True, slots=True)
class ShownSuggestion:
    """A suggestion after lessons and rules, and as it is stored."""

    suggestion: Suggestion
    stored: StoredSuggestion


def lessons_of(library: Library, project_id: int) -> Lessons:
    """The lessons of the project's verdicts in force, cached in the process, and its rules."""
    at = (library.path, project_id)
    stamp = verdicts_stamp(library, project_id)
    cached_at, lessons = _cache.get(at, ((), Lessons()))
    if cached_at != stamp:
        lessons = learn_from_verdicts(project_verdicts(library, project_id))
        _cache[at] = stamp, lessons
    return replace(lessons, rules=rules_of(library, project_id))


def rules_of(library: Library, project_id: int) -> ReaderRules:
    """The rules that the reader has set for the project."""
    words = frozenset(each.key for each in ignored(library, project_id) if each.sort == "word")
    most = project_setting(library, project_id, "most_per_page")
    return ReaderRules(
        words, ignored_page_ids(library, project_id), int(most) if most else None, floors_of(library, project_id)
    )


def worth_showing(
    library: Library, page_id: int, lessons: Lessons, *, least: float | None = None
) -> list[ShownSuggestion]:
    """The page's open suggestions that are worth showing after the lessons, best first.

    least: only those of at least this stored probability; None for all that can be worth showing.
    """
    shown = shown_suggestions(library, page_id, lessons, least=lessons.least_worth if least is None else least)
    return [each for each in shown if each.suggestion.is_worth_showing]


def shown_suggestions(
    library: Library, page_id: int, lessons: Lessons, *, with_decided: bool = False, least: float = 0.0
) -> list[ShownSuggestion]:
    """The page's open suggestions after the lessons, best first; with_decided: also the decided ones, as stored.

    least: only those of at least this stored probability.
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
    """Stores the verdict. Raises NotFoundError if the library has no such page."""
    with _with_current_lessons(library, project_id) as as_shown:
        record_verdict(library, page_id, verdict, as_shown)


def object_to(library: Library, project_id: int, page_id: int, target: str, why: Objection | None) -> None:
    """Stores the objection to a rejected target. Raises NotFoundError if it is not rejected."""
    with _with_current_lessons(library, project_id) as as_shown:
        set_objection(library, page_id, title_key(target), why, as_shown)


def undo(library: Library, project_id: int, page_id: int, target: str) -> None:
    """Takes back the last decision on the target. Raises NotFoundError if nothing is decided."""
    with _with_current_lessons(library, project_id) as as_shown:
        undo_verdict(library, page_id, title_key(target), as_shown)


def ignore(library: Library, project_id: int, sort: IgnoredSort, title: str) -> None:
    """Adds a rule: never suggest that target, or suggest nothing for that page."""
    with _changing_rules(library, project_id):
        add_ignored(library, project_id, sort, title)
        _follow(library, project_id, sort, title)


def unignore(library: Library, project_id: int, sort: IgnoredSort, title: str) -> None:
    """Takes back `ignore`. Raises NotFoundError if the title is not ignored."""
    with _changing_rules(library, project_id):
        remove_ignored(library, project_id, sort, title)
        _follow(library, project_id, sort, title)


def offer_at_most(library: Library, project_id: int, most: int | None) -> None:
    """Sets the rule how many suggestions a page is shown at most; None removes it."""
    with _changing_rules(library, project_id):
        set_project_setting(library, project_id, "most_per_page", None if most is None else str(most))
        add_up_budget(library, project_id)


def ignore_titles_like(library: Library, project_id: int, patterns: Sequence[str]) -> None:
    """Sets the patterns of titles whose pages get no suggestions, in place of the earlier ones."""
    with _changing_rules(library, project_id):
        before = ignored_page_ids(library, project_id)
        set_ignored_patterns(library, project_id, patterns)
        concerned = sorted(before ^ ignored_page_ids(library, project_id))
        lessons = lessons_of(library, project_id)
        refresh_gains(library, concerned, as_shown_after(lessons), lessons.least_worth)


def show_from(library: Library, project_id: int, known: int | None, new: int | None) -> None:
    """Sets the floors in whole per cent: of page and red links, and of new ones; None for the default."""
    with _changing_rules(library, project_id):
        set_floors(library, project_id, known, new)
        add_up_budget(library, project_id)


def start_floors_at(library: Library, project_id: int, known: float | None, new: float | None) -> None:
    """Sets the floors that were measured, in [0, 1], for where the reader has set none; None for nothing told."""
    with _changing_rules(library, project_id):
        set_measured_floors(library, project_id, known, new)
        add_up_budget(library, project_id)


def follow_verdicts(library: Library, project_id: int) -> None:
    """Updates the gains of all pages where the lessons have changed since; no list is written.

    For the holder of the work lock.
    """
    lessons = lessons_of(library, project_id)
    note = artefact(library, project_id, "lessons")
    if lessons.fingerprint != (note.fingerprint if note else "") or not is_added_up(library, project_id):
        _add_up(library, project_id, lessons)


def add_up_offers(library: Library, on_progress: OnCount) -> None:
    """Adds up the offers of pages in a library of an older linkassist, which has none; does nothing in others.

    on_progress: in pages of one project; 23,000 take half a minute.
    """
    for each in project_names(library):
        if not is_added_up(library, each.id):
            _add_up(library, each.id, lessons_of(library, each.id), on_progress)


def note_of_lessons(lessons: Lessons) -> Note:
    """The note that a project's gains were added up after these lessons."""
    return Note("lessons", lessons.fingerprint)


def as_shown_after(lessons: Lessons) -> AsShown:
    """The function that applies lessons and rules to a list of the project."""

    def as_shown(found: OpenList) -> Sequence[Suggestion]:
        taught = apply_lessons(lessons, found.suggestions)
        return apply_rules(lessons.rules, found.page_id, taught, found.n_answered)

    return as_shown


def _add_up(library: Library, project_id: int, lessons: Lessons, on_progress: OnCount = no_count) -> None:
    pages = pages_with_lists(library, project_id)
    refresh_gains(library, pages, as_shown_after(lessons), lessons.least_worth, on_progress)
    put_artefact(library, project_id, "lessons", lessons.fingerprint)


def _follow(library: Library, project_id: int, sort: IgnoredSort, title: str) -> None:
    """Updates the gains of the pages whose lists change when the title becomes ignored or no longer is."""
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
def _changing_rules(library: Library, project_id: int) -> Iterator[None]:
    """Notes that the gains are up to date with the new rules, if they were up to date before.

    If they were not, or if the block is interrupted, the note says "changed", and the next reindex adds them all up.
    """
    note = artefact(library, project_id, "lessons")
    is_followed = (note.fingerprint if note else "") == lessons_of(library, project_id).fingerprint
    put_artefact(library, project_id, "lessons", "changed")
    yield
    if is_followed:
        put_artefact(library, project_id, "lessons", lessons_of(library, project_id).fingerprint)


@contextmanager
def _with_current_lessons(library: Library, project_id: int) -> Iterator[AsShown]:
    """`as_shown_after` the lessons at the time of the call. A failure of the block drops them from the cache."""

    def as_shown(found: OpenList) -> Sequence[Suggestion]:
        return as_shown_after(lessons_of(library, project_id))(found)

    try:
        yield as_shown
    except BaseException:
        _cache.pop((library.path, project_id), None)  # the id of its rolled back log entry will be used again
        raise
