"""A first look at a link's target: the first lines of a page, or, where there is none, the pages that link it."""

from __future__ import annotations

from linkassist.server.addresses import page_address
from linkassist.server.plain import plain_text
from linkassist.server.views import NamedLink, PreviewView
from linkassist.store.library import Library
from linkassist.store.pages import Project, preview
from linkassist.suggestion import Kind
from linkassist.wiki import title_key

_N_LINKERS = 4


def preview_view(library: Library, project: Project, target: str, kind: Kind | None = None) -> PreviewView:
    """The preview of a title as it is written. kind: what it was suggested as; None says what the library says."""
    found = preview(library, project.id, title_key(target), n_backlinks=_N_LINKERS)
    if found.page_id is not None:
        shown: Kind = "page"
    else:
        shown = kind if kind and kind != "page" else "red"
    return PreviewView(
        title=found.title if found.page_id is not None or found.n_linked else target,
        address=page_address(project.name, target),
        kind=shown,
        lines=tuple(plain_text(line) for line in found.lines),
        linkers=tuple(
            NamedLink(each.title, page_address(project.name, each.title), plain_text(each.text))
            for each in found.backlinks
        ),
        n_linked=found.n_linked,
    )
