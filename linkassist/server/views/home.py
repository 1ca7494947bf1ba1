"""The start of a project, above its list of pages: the queue, the age of the suggestions, two bar charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from linkassist.review.days import Today
from linkassist.review.queue import has_more, queue_day
from linkassist.server.views.commands import command_for
from linkassist.server.views.links import NamedLink
from linkassist.server.views.page_list import PageList, month_name
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, figures
from linkassist.store.queue.snoozes import snoozed
from linkassist.store.runs import last_run
from linkassist.store.summaries.overview import (
    MonthOfPages,
    imported_at,
    n_alone,
    n_without_list,
    pages_by_links,
    pages_by_month,
)
from linkassist.store.verdict_history import decision_figures
from linkassist.store.write_back.outbox import n_waiting

TOO_OLD_S: Final = 36 * 3600  # one missed night, and some hours for the next
IndexState = Literal["never", "running", "failed", "broken", "missed", "fresh"]
# done: today's cards are answered. never: imported and not indexed. broken: the update was cancelled. later: what is
# left was put off. answered: nothing is left to answer, and accepted links wait to be written back. settled: nor does
# any link wait. nothing: there was nothing to suggest.
QueueState = Literal["cards", "done", "never", "running", "broken", "later", "answered", "settled", "nothing"]

WIDTH: Final = 360  # of a chart, in SVG units
HEIGHT: Final = 96
_BINS: Final = ((0, 0), (1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, None))
_MOST_BARS: Final = 28
_GAP: Final = 0.16  # share of a column


@dataclass(frozen=True, slots=True)
class QueueCard:
    """Today's queue. state: why there is no card, "cards" if there is one. first: the page of the next card, of n_cards
    still open.
    """

    state: QueueState
    n_cards: int = 0
    first: NamedLink | None = None
    target: str = ""

    @property
    def is_unindexed(self) -> bool:
        """Whether an update has to be run, or run to its end, before there can be cards."""
        return self.state in ("never", "broken")


@dataclass(frozen=True, slots=True)
class IndexView:
    """The age of the suggestions. at: when they were made, or the failed or running update began; 0 for never.

    n_waiting: pages that were added or changed since, if an update was missed. command: what starts an update.
    """

    state: IndexState
    at: int
    imported_at: int
    n_waiting: int = 0
    message: str = ""
    command: str = ""

    @property
    def is_alarm(self) -> bool:
        """Whether the reader has to do something."""
        return self.state in ("never", "failed", "broken", "missed")


@dataclass(frozen=True, slots=True)
class BarView:
    """A bar with the address of its pages. place: x of its column. x, y: its upper left corner."""

    label: str
    n: int
    percent: int
    place: float
    x: float
    y: float
    width: float
    height: float
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PictureView:
    """The bar charts. links: pages by number of links. shares: of pages with links by date, empty without dates."""

    links: tuple[BarView, ...]
    shares: tuple[BarView, ...]
    n_alone: int
    alone_address: str


def queue_card(library: Library, here: ProjectName, index: IndexView, today: Today) -> QueueCard:
    """The queue of today. index: the state of the suggestions."""
    day = queue_day(library, here.id, today)
    if day.next:
        return QueueCard("cards", len(day.cards) - day.n_done, NamedLink(day.next.title, ""), day.next.target)
    if day.n_done and has_more(library, here.id, today):
        return QueueCard("done")
    if index.state in ("never", "running", "broken"):
        return QueueCard(index.state)
    # Rejections elsewhere may have sunk what is still counted here until the next reindex.
    if figures(library, here.id).n_suggestions and snoozed(library, here.id, today.now):
        return QueueCard("later")
    decided = decision_figures(library, here.id)
    if not decided.n_accepted + decided.n_rejected:
        return QueueCard("nothing")
    return QueueCard("answered" if n_waiting(library, here.id) else "settled")


def index_view(library: Library, here: ProjectName, now: int, *, is_working: bool) -> IndexView:
    """The age and state of the suggestions. is_working: whether some process holds the library's lock."""
    found = _index_state(library, here, now, is_working=is_working)
    return replace(found, command=command_for(library, here, ["linkassist", "reindex"]))


def _index_state(library: Library, here: ProjectName, now: int, *, is_working: bool) -> IndexView:
    imported = imported_at(library, here.id)
    last, done = last_run(library, "reindex", here.id), last_run(library, "reindex", here.id, "done")
    if last and last.status == "running" and is_working:
        return IndexView("running", last.started_at, imported)
    if last and last.status != "done":
        state: IndexState = "failed" if last.status == "failed" else "broken"
        return IndexView(state, last.finished_at or last.started_at, imported, message=last.message)
    if done is None:
        return IndexView("never", 0, imported)
    made_at = done.finished_at or done.started_at
    is_of_the_future = made_at > now  # the clock has been set back since, so the age is unknown
    is_too_old = imported > made_at and now - made_at > TOO_OLD_S
    if (is_too_old or is_of_the_future) and (n_waiting := n_without_list(library, here.id)):
        return IndexView("missed", made_at, imported, n_waiting)
    return IndexView("fresh", made_at, imported)


def picture_view(library: Library, here: ProjectName, chosen: PageList) -> PictureView:
    """The bar charts. chosen: the list below them, whose bar is highlighted."""
    return PictureView(
        links=_bars_of_links(pages_by_links(library, here.id), here, chosen),
        shares=_bars_of_shares(pages_by_month(library, here.id), here, chosen),
        n_alone=n_alone(library, here.id),
        alone_address=PageList(chosen.sort, only="alone").address(here.name),
    )


def _bars_of_links(counted: dict[int, int], here: ProjectName, chosen: PageList) -> tuple[BarView, ...]:
    n_pages = sum(counted.values())
    bins = [
        sum(n for links, n in counted.items() if links >= least and (most is None or links <= most))
        for least, most in _BINS
    ]
    greatest = max(bins)
    bars = []
    for place, ((least, most), n) in enumerate(zip(_BINS, bins, strict=True)):
        written = f"{least}-" if most is None else f"{least}-{most}" if most > least else str(least)
        label = written.replace("-", "–") if most is not None else f"{least}+"
        share = n / greatest if greatest else 0.0
        percent = round(100 * n / n_pages) if n_pages else 0
        address, is_chosen = _to_list(here, chosen, replace(chosen.without_filter(), links=written))
        bars.append(_bar(place, len(_BINS), share, label, n, percent, address, is_chosen))
    return tuple(bars)


def _bars_of_shares(months: Sequence[MonthOfPages], here: ProjectName, chosen: PageList) -> tuple[BarView, ...]:
    """A bar for each month, quarter or year, whichever leaves few enough; at most the latest `_MOST_BARS`."""
    if not months:
        return ()
    first, last = months[0].month, months[-1].month
    length = next((length for length in (1, 3) if last // length - first // length < _MOST_BARS), 12)
    periods = range(max(first // length, last // length - _MOST_BARS + 1), last // length + 1)
    bars = []
    for place, period in enumerate(periods):
        within = [month for month in months if month.month // length == period]
        n, n_linked = sum(month.n_pages for month in within), sum(month.n_linked for month in within)
        begin, end = month_name(period * length), month_name(period * length + length - 1)
        label = begin if length == 1 else begin[:4] if length == 12 else f"{begin}/{end[5:]}"
        made = begin if length == 1 else f"{begin}/{end}"
        share = n_linked / n if n else 0.0
        address, is_chosen = _to_list(here, chosen, replace(chosen.without_filter(), made=made))
        bars.append(_bar(place, len(periods), share, label, n, round(100 * share), address, is_chosen))
    return tuple(bars)


def _to_list(here: ProjectName, chosen: PageList, wanted: PageList) -> tuple[str, bool]:
    """The address of a bar, and whether its list is shown; then the address is of all pages."""
    is_chosen = replace(chosen, number=1) == wanted
    return (chosen.without_filter() if is_chosen else wanted).address(here.name), is_chosen


def _bar(
    place: int, n_places: int, share: float, label: str, n: int, percent: int, address: str, is_chosen: bool
) -> BarView:
    step = WIDTH / n_places
    width = min(step * (1 - _GAP), 44.0)
    height = round(share * HEIGHT, 1)
    x = place * step + (step - width) / 2
    return BarView(
        label, n, percent, round(place * step, 1), round(x, 1), HEIGHT - height, round(width, 1), height,
        address, is_chosen,
    )  # fmt: skip
