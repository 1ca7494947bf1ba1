"""The review queue: a fixed set of cards for each local day, chosen from the open suggestions of the largest gain.

The day's cards are chosen when they are first asked for, and stored. Their answers are the verdicts and snoozes in the
library, so a reload, another device, a restart and a reindex in between change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

from linkassist.errors import StoreError
from linkassist.review.days import Today, back_at
from linkassist.review.spread import Candidate, spread
from linkassist.review.verdicts import ShownSuggestion, lessons_of, worth_showing
from linkassist.store.library import Library
from linkassist.store.pages import PageSummary, list_pages
from linkassist.store.queue.cards import StoredCard, add_day_cards, day_cards, link_keys
from linkassist.store.queue.snoozes import last_snooze, snooze, snoozed
from linkassist.store.verdicts import decided
from linkassist.suggest.feedback.learn import Lessons
from linkassist.wiki import title_key

CARDS_A_DAY: Final = 20
MORE_CARDS: Final = 10

_N_PAGES: Final = 120  # the pages with the largest gains that are read
_N_OF_PAGE: Final = 3  # suggestions of one page that can become cards

CardState = Literal["open", "accept", "reject", "later"]


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A page, the target suggested for it, and its expected gain, 0 for a card that is answered."""

    page_id: int
    title: str
    target: str
    gain: float = 0.0


@dataclass(frozen=True, slots=True)
class DayCard:
    """A card of the day. answered_at: Unix seconds, 0 while it is open."""

    item: QueueItem
    state: CardState
    answered_at: int = 0


@dataclass(frozen=True, slots=True)
class QueueDay:
    """The cards of a day in order, without those that are no longer suggested. n_stored: with these."""

    cards: tuple[DayCard, ...]
    n_stored: int

    @property
    def n_done(self) -> int:
        """The number of cards decided or put off."""
        return sum(card.state != "open" for card in self.cards)

    @property
    def next(self) -> QueueItem | None:
        """The first open card, None at the end of the day."""
        return next((card.item for card in self.cards if card.state == "open"), None)

    @property
    def last(self) -> DayCard | None:
        """The card answered last, None if there is none."""
        answered = [card for card in reversed(self.cards) if card.state != "open"]  # of one second, the later in order
        return max(answered, key=lambda card: card.answered_at, default=None)


def queue_day(library: Library, project_id: int, today: Today) -> QueueDay:
    """The queue of today; its cards are chosen now if there are none yet."""
    stored = day_cards(library, project_id, today.day)
    found = _answered(library, project_id, stored, today)
    if not found and (chosen := _choose(library, project_id, today, CARDS_A_DAY, stored)):
        # If another process holds the library, the next request makes the same choice again.
        with suppress(StoreError):
            _store(library, project_id, today, chosen, n_before=len(stored))
        stored = day_cards(library, project_id, today.day)
        found = _answered(library, project_id, stored, today)
        found = found or [DayCard(QueueItem(e.page_id, e.title, e.target, e.gain), "open") for e in chosen]
    return QueueDay(tuple(found), len(stored))


def add_cards(library: Library, project_id: int, today: Today, n_seen: int) -> None:
    """Adds `MORE_CARDS` to the queue of today, unless it has other than `n_seen` stored cards by now."""
    stored = day_cards(library, project_id, today.day)
    if len(stored) == n_seen:
        chosen = _choose(library, project_id, today, MORE_CARDS, stored)
        _store(library, project_id, today, chosen, n_before=n_seen)


def has_more(library: Library, project_id: int, today: Today) -> bool:
    """Whether `add_cards` would find any."""
    return bool(_choose(library, project_id, today, 1, day_cards(library, project_id, today.day)))


def put_off(library: Library, page_id: int, target: str, today: Today) -> None:
    """Puts a card off to a later day, the more days the more often it was put off; not twice if sent twice."""
    key = title_key(target)
    last = last_snooze(library, page_id, key)
    if last is None or not last[0] <= today.now < last[1]:
        snooze(library, page_id, key, today.now, back_at(today, last))


def expected_gain(page: PageSummary, shown: ShownSuggestion) -> float:
    """The probability of the link times its worth to the page."""
    return shown.suggestion.probability * _worth(page.n_links)


def _choose(
    library: Library, project_id: int, today: Today, n_cards: int, before: Sequence[StoredCard] = ()
) -> list[Candidate]:
    """Up to `n_cards` new cards that differ from each other and from those before."""
    candidates = _candidates(library, project_id, today.now)
    keys = link_keys(library, [each.page_id for each in before])
    had = [
        Candidate(each.page_id, each.title, "", each.target_key, 0.0, keys[each.page_id] | {title_key(each.title)})
        for each in before
    ]
    pairs = {(each.page_id, each.target_key) for each in had}
    return spread([each for each in candidates if (each.page_id, each.target_key) not in pairs], n_cards, had)


def _candidates(library: Library, project_id: int, now: int) -> list[Candidate]:
    """The best open suggestions of the pages with the largest gains, without those put off; largest gain first."""
    put_off = snoozed(library, project_id, now)
    lessons = lessons_of(library, project_id)
    pages = [page for page in list_pages(library, project_id, sort="gain", limit=_N_PAGES)[0] if page.n_suggestions]
    keys = link_keys(library, [page.id for page in pages])
    found: list[Candidate] = []
    for page in pages:
        open_ones = [
            each
            for each in worth_showing(library, page.id, lessons)
            if (page.id, title_key(each.suggestion.target)) not in put_off
        ]
        neighbours = keys[page.id] | {page.key}
        found += [
            Candidate(
                *(page.id, page.title, each.suggestion.target, title_key(each.suggestion.target)),
                *(expected_gain(page, each), neighbours),
            )
            for each in open_ones[:_N_OF_PAGE]
        ]
    return sorted(found, key=lambda each: (-each.gain, each.page_id, each.target_key))


def _store(library: Library, project_id: int, today: Today, chosen: Sequence[Candidate], *, n_before: int) -> None:
    pairs = [(each.page_id, each.target_key) for each in chosen]
    add_day_cards(library, project_id, today.day, pairs, n_before=n_before)


def _answered(library: Library, project_id: int, stored: Sequence[StoredCard], today: Today) -> list[DayCard]:
    """The cards with their answers, without open ones that are no longer suggested or no longer worth showing."""
    if not stored:
        return []
    put_off = snoozed(library, project_id, today.now)
    lessons = lessons_of(library, project_id)
    found = [_with_answer(library, each, lessons, put_off) for each in stored if not each.is_gone]
    return [card for card in found if card]


def _with_answer(
    library: Library, stored: StoredCard, lessons: Lessons, put_off: Set[tuple[int, str]]
) -> DayCard | None:
    key = stored.target_key
    if verdict := decided(library, stored.page_id).get(key):
        return DayCard(QueueItem(stored.page_id, stored.title, verdict.target), verdict.decision, verdict.decided_at)
    shown = worth_showing(library, stored.page_id, lessons)
    now = next((each.suggestion for each in shown if title_key(each.suggestion.target) == key), None)
    if (stored.page_id, key) in put_off:
        snoozed_at, _ = last_snooze(library, stored.page_id, key) or (0, 0)
        return DayCard(QueueItem(stored.page_id, stored.title, now.target if now else key), "later", snoozed_at)
    if now is None:
        return None
    item = QueueItem(stored.page_id, stored.title, now.target, now.probability * _worth(stored.n_links))
    return DayCard(item, "open")


def _worth(n_links: int) -> float:
    """The worth of a link to a page with n links: 1 + 1/(n + 1), so two for an orphan."""
    return 1 + 1 / (n_links + 1)
