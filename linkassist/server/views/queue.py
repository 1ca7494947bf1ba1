"""The queue screen: one card with the lines around it, or the end of the day with what was done and what waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from linkassist.files.catalogs import Language
from linkassist.review.days import Streak, Today, streak
from linkassist.review.queue import MORE_CARDS, CardState, DayCard, QueueDay, QueueItem, has_more, queue_day
from linkassist.server.views.cards import CardView, ObjectionView
from linkassist.server.views.links import NamedLink, page_link
from linkassist.server.views.news import NewsView, unread_news_view
from linkassist.server.views.page import one_suggestion
from linkassist.server.views.page_text import Block
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName
from linkassist.store.pages import find_page
from linkassist.store.queue.snoozes import last_snooze
from linkassist.store.verdict_history import decision_times
from linkassist.store.verdicts import verdicts_since
from linkassist.store.write_back.outbox import n_waiting
from linkassist.suggestion import Verdict
from linkassist.wiki import title_key

_BESIDE = 1  # lines shown before and after the one in question
_N_FIRST = 3  # lines shown of a page that does not say the target
_N_LISTED = 10  # of the links accepted today

QueueAnswer = Literal["accept", "reject", "later", "undo"]


@dataclass(frozen=True, slots=True)
class QueueCardView:
    """A suggestion with the lines around its mention, or the first lines of the page if it has none."""

    page: NamedLink
    blocks: tuple[Block, ...]
    card: CardView


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The last answer. n_days: after how many days a card put off comes back."""

    answer: QueueAnswer
    page: str
    target: str
    objections: tuple[ObjectionView, ...] = ()
    n_days: int = 0


@dataclass(frozen=True, slots=True)
class DayEndView:
    """The end of a day. accepted: on whatever screen, the first ones; n_accepted: all of them.

    n_waiting: links in the outbox. n_more: cards that one more round would have at most, 0 if nothing is left.
    """

    accepted: tuple[tuple[str, Verdict], ...]
    n_accepted: int
    n_waiting: int
    streak: Streak
    n_more: int


@dataclass(frozen=True, slots=True)
class QueueView:
    """The day. states: of its cards, answered ones first. card: None at the end. n_stored: for a round more."""

    states: tuple[CardState, ...]
    n_done: int
    n_stored: int
    card: QueueCardView | None
    end: DayEndView | None
    last: AnswerView | None
    news: NewsView | None

    def n_of(self, state: CardState) -> int:
        """The number of cards in that state."""
        return self.states.count(state)


def queue_view(
    library: Library,
    project: ProjectName,
    language: Language,
    today: Today,
    *,
    last: AnswerView | None,
    recalls_last: bool = False,
) -> QueueView:
    """The screen. last: the answer just given.

    Where there is none, at the end of the day or with `recalls_last`, it is the last answer of the day.
    """
    day = queue_day(library, project.id, today)
    item = _again(day, last) if last and last.answer == "undo" else day.next
    card = _card(library, project, item, language) if item else None
    if last is None and (recalls_last or card is None):
        last = _last_of(day)
    return QueueView(
        states=tuple(sorted((card.state for card in day.cards), key=lambda state: state == "open")),
        n_done=day.n_done,
        n_stored=day.n_stored,
        card=card,
        end=None if card else _end(library, project, today, day),
        last=_in_full(library, project, language, today, last) if last else None,
        news=unread_news_view(library, project, today),
    )


def _end(library: Library, project: ProjectName, today: Today, day: QueueDay) -> DayEndView:
    accepted = [
        (title, verdict)
        for _, title, verdict in verdicts_since(library, project.id, today.start)
        if verdict.decision == "accept" and today.day_of(verdict.decided_at) == today.day
    ]
    return DayEndView(
        accepted=tuple(accepted[:_N_LISTED]),
        n_accepted=len(accepted),
        n_waiting=n_waiting(library, project.id),
        streak=streak(today, decision_times(library, project.id)),
        n_more=MORE_CARDS if has_more(library, project.id, today) else 0,
    )


def _last_of(day: QueueDay) -> AnswerView | None:
    last: DayCard | None = day.last
    return AnswerView(last.state, last.item.title, last.item.target) if last and last.state != "open" else None


def _again(day: QueueDay, last: AnswerView) -> QueueItem | None:
    """The item whose answer was undone, else the next one."""
    wanted = (title_key(last.page), title_key(last.target))
    still = (card.item for card in day.cards if card.state == "open")
    return next((item for item in still if (title_key(item.title), title_key(item.target)) == wanted), day.next)


def _card(library: Library, project: ProjectName, item: QueueItem, language: Language) -> QueueCardView:
    stored = find_page(library, project.id, title_key(item.title))
    found = one_suggestion(library, project, stored, item.target, language)
    assert found is not None  # it waits
    card = found.card
    at = card.mentions[0].number if card.mentions else None
    said = [block for block in found.blocks if block.shape != "text" or block.pieces]
    if at is None:
        shown = said[:_N_FIRST]
    else:
        # a table or code block has the number of its first line
        place = max((place for place, block in enumerate(said) if block.number <= at), default=0)
        shown = said[max(0, place - _BESIDE) : place + _BESIDE + 1]
    return QueueCardView(page_link(project.name, stored.page.title), tuple(shown), card)


def _in_full(library: Library, project: ProjectName, language: Language, today: Today, last: AnswerView) -> AnswerView:
    """The answer with the objections to a rejected target, or with the days until a card comes back."""
    stored = find_page(library, project.id, title_key(last.page))
    if last.answer == "reject":
        found = one_suggestion(library, project, stored, last.target, language)
        return replace(last, objections=found.card.objections) if found else last
    if last.answer == "later" and (kept := last_snooze(library, stored.id, title_key(last.target))):
        return replace(last, n_days=max(1, (today.day_of(kept[1]) - today.day).days))
    return last
