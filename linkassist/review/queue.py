"""The review queue: open suggestions as single cards, the largest expected gain first, in short sessions.

A session is given by its start and its length, which are in the address of the screen. What was decided since is
counted in the library, so a reload, another tab and a restart of the server lose nothing.
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
SNOOZE_S: Final = 20 * 3600  # a card snoozed in the evening is back the next evening

_N_PAGES: Final = 24  # the pages with the largest gains that are read


@dataclass(frozen=True, slots=True)
class SessionStart:
    """The start of a session: after this entry of the decision log, and after this Unix second."""

    decision: int
    at: int

    def __str__(self) -> str:
        return f"{self.decision}-{self.at}"


@dataclass(frozen=True, slots=True)
class QueueItem:
    """The best open suggestion of a page, with its expected gain."""

    page_id: int
    title: str
    target: str
    gain: float


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict given in a session, and the title of its page."""

    title: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class QueueSession:
    """The verdicts given in a session, the latest first, and the number of cards snoozed."""

    decided: tuple[Decided, ...]
    n_later: int

    @property
    def n_done(self) -> int:
        """The number of cards decided or snoozed."""
        return len(self.decided) + self.n_later

    @property
    def titles(self) -> frozenset[str]:
        """The titles of the pages of the verdicts."""
        return frozenset(each.title for each in self.decided)


def session_start(library: Library, written: str, now: int) -> SessionStart:
    """The start that `str(start)` gave; a new one, now, where the text is none."""
    decision, _, at = written.partition("-")
    if decision.isdecimal() and at.isdecimal() and max(len(decision), len(at)) < 16:
        return SessionStart(int(decision), int(at))
    return SessionStart(last_decision(library), now - 1)


def queue_session(library: Library, project_id: int, start: SessionStart, now: int) -> QueueSession:
    """The session with this start."""
    found = verdicts_since(library, project_id, start.decision)
    return QueueSession(
        tuple(Decided(title, verdict) for _, title, verdict in found),
        n_snoozed_since(library, project_id, start.at, now),
    )


def waiting_items(library: Library, project_id: int, now: int, max_cards: int = MAX_CARDS) -> list[QueueItem]:
    """The best open suggestion of each page, largest expected gain first, without snoozed ones.

    No more pages are read than a session of `max_cards` needs.
    """
    snoozed_pairs = snoozed(library, project_id, now)
    lessons = lessons_of(library, project_id)
    pages = [page for page in list_pages(library, project_id, sort="gain", limit=_N_PAGES)[0] if page.n_suggestions]
    offered = best_offers(library, [page.id for page in pages])
    # Branch and bound: pages in order of an upper bound of their gain, until no better one can follow.
    bound = {page.id: _worth(page) * lessons.most_likely(offered.get(page.id, 1.0)) for page in pages}
    found: list[QueueItem] = []
    for page in sorted(pages, key=lambda page: -bound[page.id]):
        if len(found) > max_cards and bound[page.id] < sorted(item.gain for item in found)[-max_cards - 1]:
            break
        if best := _best(library, page, lessons, snoozed_pairs, offered.get(page.id, 0.0)):
            found.append(QueueItem(page.id, page.title, best.suggestion.target, expected_gain(page, best)))
    return sorted(found, key=lambda item: -item.gain)


def _best(
    library: Library, page: PageSummary, lessons: Lessons, snoozed_pairs: set[tuple[int, str]], offered: float
) -> ShownSuggestion | None:
    """The best open suggestion of a page. offered: the probability of the best when the offers were last added up.

    Most often that still is the best, and the rest of the list is not read.
    """
    for least in (0.999 * offered, lessons.least_worth):
        shown = [
            each
            for each in worth_showing(library, page.id, lessons, least=least)
            if (page.id, title_key(each.suggestion.target)) not in snoozed_pairs
        ]
        best = max(shown, key=lambda each: each.suggestion.probability, default=None)
        if best and best.suggestion.probability >= lessons.most_likely(least):
            return best
    return best


def next_item(items: list[QueueItem], after_page: int | None, had: Set[str] = frozenset()) -> QueueItem | None:
    """The best item of a page that the session has not shown, else of another page than the last card's, else of that.

    None where there is no item. had: the titles of the pages that the session has shown.
    """
    others = [item for item in items if item.page_id != after_page]
    unseen = (item for item in others if item.title not in had)
    seen = others or items
    return next(unseen, seen[0] if seen else None)


def expected_gain(page: PageSummary, shown: ShownSuggestion) -> float:
    """The probability of the link times its worth to the page."""
    return shown.suggestion.probability * _worth(page)


def _worth(page: PageSummary) -> float:
    """The worth of a link to a page with n links: 1 + 1/(n + 1), so two for an orphan."""
    return 1 + 1 / (page.n_links + 1)
