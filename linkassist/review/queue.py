"""The queue: which open suggestion to put before the reader next, one card at a time, and how far a sitting has come.

A sitting has a beginning and a length, and both stand in the address: what was decided since is counted in the library,
so a reload, another tab and a restart of the server lose nothing.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

from linkassist.review.verdicts import ShownSuggestion, lessons_of, worth_showing
from linkassist.store.library import Library
from linkassist.store.pages import PageSummary, list_pages
from linkassist.store.snoozes import n_snoozed_since, snoozed
from linkassist.store.suggestions import best_offers
from linkassist.store.verdicts import last_decision, verdicts_since
from linkassist.suggest.feedback.learn import Lessons
from linkassist.suggestion import Verdict
from linkassist.wiki import title_key

MIN_CARDS: Final = 3
MAX_CARDS: Final = 9
DEFAULT_CARDS: Final = 7
SNOOZE_S: Final = 20 * 3600  # what is put off this evening comes up tomorrow evening

_N_PAGES: Final = 24  # the pages with most to gain that are looked at


@dataclass(frozen=True, slots=True)
class SessionStart:
    """When a sitting began: after this decision in the log, and after this Unix second."""

    decision: int
    at: int

    def __str__(self) -> str:
        return f"{self.decision}-{self.at}"


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A suggestion that waits. `gain` is what the wiki can expect of it."""

    page_id: int
    title: str
    target: str
    gain: float


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided in a sitting on a page."""

    title: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class QueueSession:
    """How far a sitting has come: what was decided in it, the latest first, and how many cards were put off."""

    decided: tuple[Decided, ...]
    n_later: int

    @property
    def n_done(self) -> int:
        """How many cards were answered, one way or another."""
        return len(self.decided) + self.n_later

    @property
    def titles(self) -> frozenset[str]:
        """The pages that were decided on."""
        return frozenset(each.title for each in self.decided)


def session_start(library: Library, written: str, now: int) -> SessionStart:
    """The start that was written so, or one at this moment where it is none."""
    decision, _, at = written.partition("-")
    if decision.isdecimal() and at.isdecimal() and max(len(decision), len(at)) < 16:
        return SessionStart(int(decision), int(at))
    return SessionStart(last_decision(library), now - 1)


def queue_session(library: Library, project_id: int, start: SessionStart, now: int) -> QueueSession:
    """The sitting that began then."""
    found = verdicts_since(library, project_id, start.decision)
    return QueueSession(
        tuple(Decided(title, verdict) for _, title, verdict in found),
        n_snoozed_since(library, project_id, start.at, now),
    )


def waiting_items(library: Library, project_id: int, now: int) -> list[QueueItem]:
    """The best that waits, a suggestion a page, best first: the pages with most to gain, and not what is put off.

    More than the longest sitting takes are not looked for.
    """
    put_off = snoozed(library, project_id, now)
    lessons = lessons_of(library, project_id)
    pages = [page for page in list_pages(library, project_id, sort="gain", limit=_N_PAGES)[0] if page.n_suggestions]
    offered = best_offers(library, [page.id for page in pages])
    # By what each can come to: the pages from which nothing better can come need not be read.
    most = {page.id: _worth(page) * lessons.most_likely(offered.get(page.id, 1.0)) for page in pages}
    found: list[QueueItem] = []
    for page in sorted(pages, key=lambda page: -most[page.id]):
        if len(found) > MAX_CARDS and most[page.id] < sorted(item.gain for item in found)[-MAX_CARDS - 1]:
            break
        if best := _best(library, page, lessons, put_off, offered.get(page.id, 0.0)):
            found.append(QueueItem(page.id, page.title, best.suggestion.target, expected_gain(page, best)))
    return sorted(found, key=lambda item: -item.gain)


def _best(
    library: Library, page: PageSummary, lessons: Lessons, put_off: set[tuple[int, str]], offered: float
) -> ShownSuggestion | None:
    """The best suggestion of a page that waits. offered: how likely the best was when last added up.

    Most often it still is the best, and the rest of the list need not be read.
    """
    for least in (0.999 * offered, lessons.least_worth):
        shown = [
            each
            for each in worth_showing(library, page.id, lessons, least=least)
            if (page.id, title_key(each.suggestion.target)) not in put_off
        ]
        best = max(shown, key=lambda each: each.suggestion.probability, default=None)
        if best and best.suggestion.probability >= lessons.most_likely(least):
            return best
    return best


def next_item(items: list[QueueItem], after_page: int | None, had: Set[str] = frozenset()) -> QueueItem | None:
    """The best item of a page that the sitting has not had; None where nothing waits.

    Where it has had them all, that of another page than the last card's; of that one, where it is the only one.
    had: the titles of the pages that were decided on.
    """
    others = [item for item in items if item.page_id != after_page]
    unseen = (item for item in others if item.title not in had)
    seen = others or items
    return next(unseen, seen[0] if seen else None)


def expected_gain(page: PageSummary, shown: ShownSuggestion) -> float:
    """How likely the link is, times what it is worth to the page."""
    return shown.suggestion.probability * _worth(page)


def _worth(page: PageSummary) -> float:
    """What a link is worth to a page with n links: 1 + 1/(n + 1), so two to an orphan."""
    return 1 + 1 / (page.n_links + 1)
