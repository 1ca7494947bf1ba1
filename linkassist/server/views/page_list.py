"""The list of pages that an address asks for: its order, what it holds, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal, cast, get_args
from urllib.parse import urlencode

from linkassist.server.urls import project_address
from linkassist.store.page_filter import PageFilter
from linkassist.store.pages import Sort
from linkassist.suggestion import Group

Only = Literal["", "suggestions", Group, "alone"]
DAYS: Final = (7, 30, 365)
_ONLY: Final = ("suggestions", *get_args(Group), "alone")
_DAY_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class PageList:
    """One list, as its address spells it. Whatever is left out or cannot be read is at its default.

    only: with suggestions, with one of a group, or pages that stand alone.
    links: "0", "3-4" or "17-". made: a span of months, both named, "2021-01/2021-12". days: changed within so many.
    """

    sort: Sort = "gain"
    only: Only = ""
    links: str = ""
    made: str = ""
    days: int = 0
    number: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether some pages are left out."""
        return bool(self.only or self.links or self.made or self.days)

    def address(self, project: str) -> str:
        """Where this list is found."""
        asked = {
            "sort": "" if self.sort == "gain" else self.sort,
            "only": self.only,
            "links": self.links,
            "made": self.made,
            "days": str(self.days or ""),
            "page": "" if self.number <= 1 else str(self.number),
        }
        given = {name: value for name, value in asked.items() if value}
        return project_address(project) + (f"?{urlencode(given, safe='/')}" if given else "")

    def filter(self, now: int) -> PageFilter:
        """The pages that it holds."""
        return PageFilter(
            links=_range_of(self.links),
            created=_months_of(self.made),
            changed_since=now - self.days * _DAY_S if self.days else 0,
            has_suggestions=self.only == "suggestions",
            group=group_of(self.only),
            is_alone=self.only == "alone",
        )

    def without_filter(self) -> PageList:
        """The same order over all pages."""
        return PageList(self.sort)


def page_list_of(query: Mapping[str, str]) -> PageList:
    """The list that the query of an address asks for."""
    sort, only = query.get("sort", ""), query.get("only", "")
    wanted = PageList(
        sort=cast(Sort, sort) if sort in get_args(Sort) else "gain",
        only=cast(Only, only) if only in _ONLY else "",
        links=query.get("links", ""),
        made=query.get("made", ""),
        days=int(query["days"]) if query.get("days", "") in map(str, DAYS) else 0,
        number=_number(query.get("page", "")),
    )
    if _range_of(wanted.links) is None:
        wanted = replace(wanted, links="")
    return wanted if _months_of(wanted.made) else replace(wanted, made="")


def group_of(written: str) -> Group | None:
    """The group of suggestions that an address names, None where it names none."""
    return cast(Group, written) if written in get_args(Group) else None


def month_name(month: int) -> str:
    """A month counted from year 0 as an address names it: `month_name(2021 * 12) == "2021-01"`."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def _number(written: str) -> int:
    return max(1, int(written)) if written.isdecimal() and len(written) < 7 else 1


def _range_of(written: str) -> tuple[int, int | None] | None:
    least, dash, most = written.partition("-")
    if not least.isdecimal() or len(written) > 12 or (most and not most.isdecimal()):
        return None
    return int(least), int(most) if most else None if dash else int(least)


def _months_of(written: str) -> tuple[int, int] | None:
    """The Unix seconds at which the span begins and is over, in UTC."""
    first, _, last = written.partition("/")
    try:
        begin, end = (datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC) for month in (first, last or first))
        over = end.replace(year=end.year + end.month // 12, month=end.month % 12 + 1)
    except ValueError:
        return None
    return int(begin.timestamp()), int(over.timestamp())
