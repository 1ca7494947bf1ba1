"""The list of a project's pages: how its address spells it, and how the start of the project shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal, cast, get_args

from linkassist.server.forms import number_in
from linkassist.server.messages.catalog import Wording
from linkassist.server.urls import page_address, project_address, with_query
from linkassist.server.views.plain_text import plain_text
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, first_lines, greatest_gain, groups_offered, is_dated
from linkassist.store.page_filter import PageFilter
from linkassist.store.pages import PageSummary, Sort, list_pages
from linkassist.suggestion import Group

PageSelection = Literal["", "suggestions", Group, "alone"]
DAYS: Final = (7, 30, 365)
_DAY_S: Final = 24 * 3600
N_ROWS: Final = 50
_SORTS: Final[tuple[Sort, ...]] = ("gain", "links", "updated", "title")


@dataclass(frozen=True, slots=True)
class PageList:
    """The order, filter and page number of a list, as in its address.

    only: pages with suggestions, with a suggestion of a group, or orphans ("alone"). links: a range, "0", "3-4" or
    "17-". made: a range of months, "2021-01/2021-12". days: changed within as many days, 0 for ever.
    """

    sort: Sort = "gain"
    only: PageSelection = ""
    links: str = ""
    made: str = ""
    days: int = 0
    number: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether it filters."""
        return bool(self.only or self.links or self.made or self.days)

    def address(self, project: str) -> str:
        """The address of this list."""
        asked = {
            "sort": "" if self.sort == "gain" else self.sort,
            "only": self.only,
            "links": self.links,
            "made": self.made,
            "days": str(self.days or ""),
            "page": "" if self.number <= 1 else str(self.number),
        }
        return with_query(project_address(project), asked, safe="/")

    def filter(self, now: int) -> PageFilter:
        """Its filter, as the store takes it. now: Unix second."""
        return PageFilter(
            links=_range_of(self.links),
            created=_months_of(self.made),
            changed_since=now - self.days * _DAY_S if self.days else 0,
            has_suggestions=self.only == "suggestions",
            group=group_of(self.only),
            is_alone=self.only == "alone",
        )

    def without_filter(self) -> PageList:
        """The same order, unfiltered."""
        return PageList(self.sort)


@dataclass(frozen=True, slots=True)
class RowView:
    """A page in the list. beginning: of its text. gain: the sum of its suggestions' probabilities.

    gain_share: the gain in per cent of the greatest in the project.
    """

    title: str
    address: str
    n_suggestions: int
    gain: float
    gain_share: int
    n_links: int
    updated_at: int
    beginning: str


@dataclass(frozen=True, slots=True)
class ListOption:
    """A link to another order or filter of the list."""

    name: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PageListView:
    """One page of the list. everything: the address without a filter. is_dated: whether dates of change are known."""

    rows: tuple[RowView, ...]
    sorts: tuple[ListOption, ...]
    filters: tuple[ListOption, ...]
    is_dated: bool
    is_filtered: bool
    n_found: int
    first: int
    everything: str
    previous: str
    next: str


def page_list_of(query: Mapping[str, str]) -> PageList:
    """The list of a query string; a value that cannot be read counts as its default."""
    sort, only = query.get("sort", ""), query.get("only", "")
    wanted = PageList(
        sort=cast(Sort, sort) if sort in get_args(Sort) else "gain",
        only=cast(PageSelection, only) if only in get_args(PageSelection) else "",
        links=query.get("links", ""),
        made=query.get("made", ""),
        days=int(query["days"]) if query.get("days", "") in map(str, DAYS) else 0,
        number=max(1, number_in(query.get("page")) or 1),
    )
    if _range_of(wanted.links) is None:
        wanted = replace(wanted, links="")
    return wanted if _months_of(wanted.made) else replace(wanted, made="")


def group_of(written: str) -> Group | None:
    """The group of that name, None if there is none."""
    return cast(Group, written) if written in get_args(Group) else None


def month_name(month: int) -> str:
    """A month counted from year 0 as an address names it: `month_name(2021 * 12) == "2021-01"`."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def page_list_view(library: Library, here: ProjectName, wanted: PageList, now: int, say: Wording) -> PageListView:
    """The list `wanted` of a project's pages, with links to other orders and filters."""
    offset = (wanted.number - 1) * N_ROWS
    found, n_found = list_pages(
        library, here.id, only=wanted.filter(now), sort=wanted.sort, limit=N_ROWS, offset=offset
    )
    best = greatest_gain(library, here.id)
    knows_dates = is_dated(library, here.id)
    beginnings = first_lines(library, [each.id for each in found])
    has_more = offset + len(found) < n_found
    return PageListView(
        rows=tuple(_row(here, each, best, beginnings[each.id]) for each in found),
        sorts=tuple(
            ListOption(
                say(f"home.sort.{sort}"), replace(wanted, sort=sort, number=1).address(here.name), sort == wanted.sort
            )
            for sort in _SORTS
            if knows_dates or sort != "updated"
        ),
        filters=_filters(here, replace(wanted, number=1), groups_offered(library, here.id), say, DAYS * knows_dates),
        is_dated=knows_dates,
        is_filtered=wanted.is_filtered,
        n_found=n_found,
        first=offset + 1,
        everything=wanted.without_filter().address(here.name),
        previous=replace(wanted, number=wanted.number - 1).address(here.name) if wanted.number > 1 else "",
        next=replace(wanted, number=wanted.number + 1).address(here.name) if has_more else "",
    )


def _filters(
    here: ProjectName, wanted: PageList, offered: frozenset[Group], say: Wording, spans: Sequence[int]
) -> tuple[ListOption, ...]:
    """A link for each filter; the link of one in force removes it. Ranges come only from the bars of the charts.

    offered: the groups that some page has a suggestion of; others have no filter. spans: in days.
    """

    def choice(words: str, with_it: PageList, without_it: PageList) -> ListOption:
        is_chosen = with_it == wanted
        return ListOption(words, (without_it if is_chosen else with_it).address(here.name), is_chosen)

    groups = [group for group in get_args(Group) if group in offered or group == wanted.only]
    alternatives: tuple[PageSelection, ...] = ("suggestions", *groups, "alone")
    found = [
        choice(say(f"home.only.{only}"), replace(wanted, only=only), replace(wanted, only="")) for only in alternatives
    ]
    found.append(choice(say("home.only.unlinked"), replace(wanted, links="0"), replace(wanted, links="")))
    found += [
        choice(say(f"home.only.days.{days}"), replace(wanted, days=days), replace(wanted, days=0)) for days in spans
    ]
    if wanted.links not in ("", "0"):
        words = say(
            "home.only.links", wanted.links.replace("-", "–") if wanted.links[-1] != "-" else wanted.links[:-1] + "+"
        )
        found.append(choice(words, wanted, replace(wanted, links="")))
    if wanted.made:
        found.append(choice(say("home.only.made", wanted.made), wanted, replace(wanted, made="")))
    return tuple(found)


def _row(here: ProjectName, summary: PageSummary, best: float, beginning: tuple[str, ...]) -> RowView:
    return RowView(
        title=summary.title,
        address=page_address(here.name, summary.title),
        n_suggestions=summary.n_suggestions,
        gain=summary.gain,
        gain_share=round(100 * summary.gain / best) if best else 0,
        n_links=summary.n_links,
        updated_at=summary.updated,
        beginning=" ".join(filter(None, map(plain_text, beginning))),
    )


def _range_of(written: str) -> tuple[int, int | None] | None:
    least, dash, most = written.partition("-")
    if not least.isdecimal() or len(written) > 12 or (most and not most.isdecimal()):
        return None
    return int(least), int(most) if most else None if dash else int(least)


def _months_of(written: str) -> tuple[int, int] | None:
    """The range of months as Unix seconds [start, end), in UTC; None if it cannot be read."""
    first, _, last = written.partition("/")
    try:
        begin, end = (datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC) for month in (first, last or first))
        over = end.replace(year=end.year + end.month // 12, month=end.month % 12 + 1)
    except ValueError:
        return None
    return int(begin.timestamp()), int(over.timestamp())
