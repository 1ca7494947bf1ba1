"""The totals of a project, for `linkassist status` and below the list of pages."""

from __future__ import annotations

from dataclasses import dataclass

from linkassist.store.library import Library
from linkassist.store.pages import Project
from linkassist.store.runs import Run, last_run


@dataclass(frozen=True, slots=True)
class Totals:
    """Over present pages, `n_links` counts pairs of page and target, `n_suggestions` the open ones worth showing.

    `n_verdicts` counts those in force, also on pages that are gone. `imported_at` is 0 before the first import.
    """

    n_pages: int
    n_lines: int
    n_links: int
    n_suggestions: int
    n_verdicts: int
    n_accepted: int
    imported_at: int
    last_run: Run | None


def totals(library: Library, project: Project) -> Totals:
    """The numbers of one project."""
    pages = library.row(
        """
        SELECT count(*), coalesce(sum(n_lines), 0), coalesce(sum(n_links), 0), coalesce(sum(n_suggestions), 0)
        FROM pages WHERE project_id = ? AND is_gone = 0
        """,
        (project.id,),
    )
    verdicts = library.row(
        """
        SELECT count(*), coalesce(sum(l.decision = 'accept'), 0)
        FROM verdicts v JOIN pages p ON p.id = v.page_id JOIN verdict_log l ON l.id = v.log_id WHERE p.project_id = ?
        """,
        (project.id,),
    )
    assert pages is not None and verdicts is not None  # an aggregate always has one row
    n_pages, n_lines, n_links, n_suggestions = pages
    n_verdicts, n_accepted = verdicts
    return Totals(
        n_pages=n_pages,
        n_lines=n_lines,
        n_links=n_links,
        n_suggestions=n_suggestions,
        n_verdicts=n_verdicts,
        n_accepted=n_accepted,
        imported_at=project.imported_at,
        last_run=last_run(library, project_id=project.id),
    )
