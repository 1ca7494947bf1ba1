"""Previews of link targets: the first lines and picture of a page, or the pages that link a target without a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkassist.server.urls import page_address
from linkassist.server.views.links import NamedLink, page_link
from linkassist.server.views.plain_text import first_picture, plain_text
from linkassist.store.library import Library
from linkassist.store.navigation import Glance, ProjectName, glances
from linkassist.store.pages import backlinks
from linkassist.suggestion import Kind
from linkassist.wiki import title_key

_N_LINKERS = 4


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A preview: the first lines of a page and a picture, or the pages that link a target without a page.

    picture: the URL of the first image among the lines, "" without one; a line that is only an image is no line here.
    """

    title: str
    address: str
    kind: Kind
    lines: tuple[str, ...]
    linkers: tuple[NamedLink, ...]
    n_linked: int
    picture: str = ""


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """A title to preview. kind: of the suggestion, None for a link."""

    target: str
    kind: Kind | None = None


def preview_views(library: Library, project: ProjectName, wanted: Sequence[PreviewRequest]) -> list[PreviewView]:
    """The previews of the titles, in their order."""
    known = glances(library, project.id, [title_key(each.target) for each in wanted])
    return [_preview_view(library, project, each, known.get(title_key(each.target))) for each in wanted]


def _preview_view(library: Library, project: ProjectName, wanted: PreviewRequest, glance: Glance | None) -> PreviewView:
    address = page_address(project.name, wanted.target)
    if glance is None:
        return PreviewView(wanted.target, address, wanted.kind or "red", (), (), 0)
    if glance.has_page:
        lines = tuple(filter(None, map(plain_text, glance.lines)))
        return PreviewView(glance.title, address, "page", lines, (), glance.n_linked, first_picture(glance.lines))
    linkers = tuple(
        page_link(project.name, each.title, plain_text(each.text))
        for each in backlinks(library, project.id, title_key(wanted.target), limit=_N_LINKERS)
    )
    # Suggested as a page that is gone since, or as a phrase that was linked since, it is a red link now.
    return PreviewView(glance.title, address, "red", (), linkers, glance.n_linked)
