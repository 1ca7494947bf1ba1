"""The screen of a title without a page: the pages that link it, and similar titles."""

from __future__ import annotations

from dataclasses import dataclass

from linkassist.server.urls import scrapbox_address
from linkassist.server.views.links import NamedLink, page_link
from linkassist.server.views.plain_text import plain_text
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, glances
from linkassist.store.pages import backlinks, list_pages
from linkassist.store.search.by_target import suggested_on
from linkassist.wiki import title_key

_N_LINKERS = 48
_N_NEAR = 8


@dataclass(frozen=True, slots=True)
class RedView:
    """A title without a page. near: similar titles. scrapbox: the address to write the page.

    is_suggested: whether it may be suggested on other pages.
    """

    title: str
    linkers: tuple[NamedLink, ...]
    n_linked: int
    near: tuple[NamedLink, ...]
    scrapbox: str
    is_suggested: bool


def red_view(library: Library, here: ProjectName, title: str) -> RedView:
    """The screen of a title that no page of the project has."""
    key = title_key(title)
    found = glances(library, here.id, [key]).get(key)
    linkers = backlinks(library, here.id, key, limit=_N_LINKERS)
    near, _ = list_pages(library, here.id, search=title.replace("_", " "), sort="title", limit=_N_NEAR)
    return RedView(
        title=found.title if found else title,
        linkers=tuple(page_link(here.name, each.title, plain_text(each.text)) for each in linkers),
        n_linked=found.n_linked if found else 0,
        near=tuple(page_link(here.name, each.title) for each in near),
        scrapbox=scrapbox_address(f"/{here.name}/{found.title if found else title}"),
        is_suggested=bool(linkers) or bool(suggested_on(library, here.id, title, limit=1)),
    )
