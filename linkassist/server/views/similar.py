"""The screen of the pages with a suggestion of the same target.

An index from targets to pages (`store/search/by_target.py`) limits the work to a few dozen pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from linkassist.files.catalogs import Language
from linkassist.review.verdicts import lessons_of, worth_showing
from linkassist.server.views.cards import CardView, open_card
from linkassist.server.views.links import NamedLink, page_link
from linkassist.server.views.preview import PreviewRequest, PreviewView, preview_views
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, linked_targets
from linkassist.store.pages import StoredPage, stored_page
from linkassist.store.search.by_target import suggested_on
from linkassist.suggestion import Suggestion
from linkassist.wiki import title_key

_MOST = 24
_LOOKED_AT = 60  # some are decided, or link the target by now


@dataclass(frozen=True, slots=True)
class SimilarPageRow:
    """A page and its card for the target."""

    page: NamedLink
    card: CardView


@dataclass(frozen=True, slots=True)
class SimilarPagesView:
    """The pages, most likely first. is_ignored: whether the target is never suggested."""

    target: PreviewView
    rows: tuple[SimilarPageRow, ...]
    is_ignored: bool


def like_view(library: Library, project: ProjectName, target: str, language: Language) -> SimilarPagesView:
    """The screen of a target, with at most 24 pages."""
    lessons = lessons_of(library, project.id)
    key = title_key(target)
    found: list[tuple[StoredPage, Suggestion]] = []
    for place in suggested_on(library, project.id, target, limit=_LOOKED_AT):
        shown = worth_showing(library, place.page_id, lessons)
        of_target = (each.suggestion for each in shown if title_key(each.suggestion.target) == key)
        suggestion = next(of_target, None)
        if suggestion is None:
            continue
        if key not in linked_targets(library, place.page_id).keys:
            found.append((stored_page(library, place.page_id), suggestion))
        if len(found) == _MOST:
            break
    found.sort(key=lambda each: -each[1].probability)
    kind = found[0][1].kind if found else None
    (preview,) = preview_views(library, project, [PreviewRequest(found[0][1].target if found else target, kind)])
    rows = tuple(_row(project, *each, language, preview) for each in found)
    return SimilarPagesView(preview, rows, key in lessons.rules.words)


def _row(
    project: ProjectName, stored: StoredPage, suggestion: Suggestion, language: Language, preview: PreviewView
) -> SimilarPageRow:
    card = open_card(project, stored.id, suggestion, stored.page.texts, language, preview)
    return SimilarPageRow(page_link(project.name, stored.page.title), card)
