"""The start and the list of a project's pages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from linkassist.nightly.clock import now as this_moment
from linkassist.nightly.health import health
from linkassist.server.context import frame_for, show, site_of
from linkassist.server.messages.catalog import Wording
from linkassist.server.preferences import preferences_of
from linkassist.server.urls import page_address, project_address
from linkassist.server.views.home import index_view, picture_view, queue_card
from linkassist.server.views.models import Choice, FiguresView, HomeView, RowView
from linkassist.server.views.nights import night_view
from linkassist.server.views.page_list import DAYS, Only, PageList, page_list_of
from linkassist.server.views.plain_text import plain_text
from linkassist.store.library import Library
from linkassist.store.locks import is_work_running
from linkassist.store.navigation import (
    ProjectName,
    figures,
    first_lines,
    greatest_gain,
    groups_offered,
    is_dated,
    project_name,
    project_names,
)
from linkassist.store.pages import PageSummary, Sort, list_pages
from linkassist.suggestion import Group

_N_ROWS = 50
_SORTS: tuple[Sort, ...] = ("gain", "links", "updated", "title")


def start(request: Request) -> Response:
    """The first project's list; where nothing is imported yet, how to import."""
    with site_of(request).open_library() as library:
        everything = project_names(library)
        if everything:
            return RedirectResponse(project_address(everything[0].name), status_code=307)
        say = Wording(preferences_of(request).language)
        return show(request, "empty.html", frame_for(request, library, None, say("empty.title")), {})


def home(request: Request) -> Response:
    """A project: its queue, its index, a picture of it, and its pages as the address wants them."""
    now = int(time.time())
    wanted = page_list_of(request.query_params)
    site = site_of(request)
    with site.open_library() as library:
        here = project_name(library, request.path_params["project"])
        frame = frame_for(request, library, here, here.display_name or here.name, section="pages")
        counted = figures(library, here.id)
        values = {
            "home": _list(library, here, wanted, now, Wording(preferences_of(request).language)),
            "figures": FiguresView(counted.n_pages, counted.n_links, counted.n_suggestions),
            "queue": queue_card(library, here, now),
            "index": index_view(library, here, now, is_working=is_work_running(site.library_folder)),
            "picture": picture_view(library, here, wanted),
            "night": night_view(health(site.library_folder, this_moment()), site.library_folder),
        }
    return show(request, "home.html", frame, values)


def _list(library: Library, here: ProjectName, wanted: PageList, now: int, say: Wording) -> HomeView:
    offset = (wanted.number - 1) * _N_ROWS
    found, n_found = list_pages(
        library, here.id, only=wanted.filter(now), sort=wanted.sort, limit=_N_ROWS, offset=offset
    )
    best = greatest_gain(library, here.id)
    knows_dates = is_dated(library, here.id)
    beginnings = first_lines(library, [each.id for each in found])
    has_more = offset + len(found) < n_found
    return HomeView(
        rows=tuple(_row(here, each, best, beginnings[each.id]) for each in found),
        sorts=tuple(
            Choice(
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
) -> tuple[Choice, ...]:
    """Each way to leave pages out; one that is chosen leads back. What was picked in a picture is named too.

    offered: the groups of suggestions that some page has; the others are not asked for. spans: of days.
    """

    def choice(words: str, with_it: PageList, without_it: PageList) -> Choice:
        is_chosen = with_it == wanted
        return Choice(words, (without_it if is_chosen else with_it).address(here.name), is_chosen)

    groups = [group for group in get_args(Group) if group in offered or group == wanted.only]
    alternatives: tuple[Only, ...] = ("suggestions", *groups, "alone")
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
