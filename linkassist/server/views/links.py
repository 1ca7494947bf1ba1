"""Links to pages, as the templates show them."""

from __future__ import annotations

from dataclasses import dataclass

from linkassist.server.urls import page_address


@dataclass(frozen=True, slots=True)
class NamedLink:
    """A title with its address. line: a line of the page, or the one that links it. picture: URL of one of the page."""

    title: str
    address: str
    line: str = ""
    is_red: bool = False
    picture: str = ""


def page_link(project: str, title: str, line: str = "", *, is_red: bool = False) -> NamedLink:
    """The link to the screen of a page, or of a red link, of that title."""
    return NamedLink(title, page_address(project, title), line, is_red)
