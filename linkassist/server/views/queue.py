"""The queue screen: one card with the lines around it, or the summary at the end of a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linkassist.files.catalogs import Language
from linkassist.review.queue import (
    DEFAULT_CARDS,
    MAX_CARDS,
    MIN_CARDS,
    Decided,
    QueueItem,
    QueueSession,
    SessionStart,
    next_item,
    queue_session,
    waiting_items,
)
from linkassist.server.views.cards import CardView, ObjectionView
from linkassist.server.views.links import NamedLink, page_link
from linkassist.server.views.page import one_suggestion
from linkassist.server.views.page_text import Block
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName
from linkassist.store.pages import find_page
from linkassist.wiki import title_key

_BESIDE = 1  # lines shown before and after the one in question
_N_FIRST = 3  # lines shown of a page that does not say the target

QueueAnswer = Literal["accept", "reject", "later", "undo"]


@dataclass(frozen=True, slots=True)
class QueueCardView:
    """A suggestion with the lines around its mention; is_said: False if there is none, with the page's first lines."""

    page: NamedLink
    blocks: tuple[Block, ...]
    card: CardView
    is_said: bool


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The last answer."""

    answer: QueueAnswer
    page: str
    target: str
    objections: tuple[ObjectionView, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueView:
    """A session. card: None at its end. number: of the card, from 1. start, length: as in the address."""

    start: SessionStart
    length: int
    number: int
    card: QueueCardView | None
    last: AnswerView | None
    n_accepted: int
    n_rejected: int
    n_later: int
    accepted: tuple[Decided, ...]
    has_more: bool


def queue_view(
    library: Library,
    project: ProjectName,
    language: Language,
    now: int,
    *,
    start: SessionStart,
    length: int,
    last: AnswerView | None,
) -> QueueView:
    """The screen at Unix second `now`. length: in cards; 0 for a new session of the usual length."""
    items = waiting_items(library, project.id, now)
    so_far = queue_session(library, project.id, start, now)
    if length == 0:
        length = so_far.n_done + min(DEFAULT_CARDS, len(items))
    length = min(MAX_CARDS, max(MIN_CARDS, length))
    after = find_page(library, project.id, title_key(last.page)).id if last else None
    item = _again(items, last) if last and last.answer == "undo" else next_item(items, after, so_far.titles)
    card = _card(library, project, item, language) if item and so_far.n_done < length else None
    return QueueView(
        start=start,
        length=length,
        number=so_far.n_done + 1,
        card=card,
        last=_with_objections(library, project, language, last) if last else None,
        n_accepted=_count(so_far, "accept"),
        n_rejected=_count(so_far, "reject"),
        n_later=so_far.n_later,
        accepted=tuple(each for each in so_far.decided if each.verdict.decision == "accept"),
        has_more=bool(items),
    )


def _count(so_far: QueueSession, decision: str) -> int:
    return sum(each.verdict.decision == decision for each in so_far.decided)


def _again(items: list[QueueItem], last: AnswerView) -> QueueItem | None:
    """The item whose answer was undone, else the best one."""
    wanted = (title_key(last.page), title_key(last.target))
    same = (item for item in items if (title_key(item.title), title_key(item.target)) == wanted)
    return next(same, next_item(items, None))


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
    return QueueCardView(page_link(project.name, stored.page.title), tuple(shown), card, at is not None)


def _with_objections(library: Library, project: ProjectName, language: Language, last: AnswerView) -> AnswerView:
    if last.answer != "reject":
        return last
    stored = find_page(library, project.id, title_key(last.page))
    found = one_suggestion(library, project, stored, last.target, language)
    return AnswerView(last.answer, last.page, last.target, found.card.objections) if found else last
