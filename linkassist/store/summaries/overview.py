"""Statistics of a wiki for its overview: pages by number of links, pages without links, pages by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from linkassist.store.library import Library
from linkassist.store.page_filter import IS_ALONE
from linkassist.store.project_cache import ProjectCache


@dataclass(frozen=True, slots=True)
class MonthOfPages:
    """The present pages made in one month of UTC, `month` counted from year 0 (12 · year + month - 1)."""

    month: int
    n_pages: int
    n_linked: int


def pages_by_links(library: Library, project_id: int) -> dict[int, int]:
    """How many present pages link how many targets: {number of targets: number of pages}."""
    sql = "SELECT n_links, sum(n_pages) AS n FROM page_counts WHERE project_id = ? GROUP BY n_links HAVING n > 0"
    return dict(library.rows(sql, (project_id,)))


def pages_by_month(library: Library, project_id: int) -> list[MonthOfPages]:
    """The present pages by the month in which they were created, in order; those without a time are left out."""
    sql = "SELECT month, n_pages, n_linked FROM month_counts WHERE project_id = ? AND n_pages > 0 ORDER BY month"
    return [MonthOfPages(*row) for row in library.rows(sql, (project_id,))]


def n_alone(library: Library, project_id: int) -> int:
    """How many present pages have neither links nor backlinks."""
    return _alone.of(library, project_id)


def _count_alone(library: Library, project_id: int) -> int:
    sql = f"SELECT count(*) FROM pages WHERE project_id = ? AND is_gone = 0 AND {IS_ALONE}"
    row = library.row(sql, (project_id,))
    return int(row[0]) if row else 0


def n_without_list(library: Library, project_id: int) -> int:
    """How many present pages have no list of suggestions, such as those changed since the last reindex."""
    row = library.row(
        """
        SELECT count(*) FROM pages p WHERE project_id = ? AND is_gone = 0
            AND NOT EXISTS (SELECT 1 FROM suggestion_lists s WHERE s.page_id = p.id)
        """,
        (project_id,),
    )
    return int(row[0]) if row else 0


def imported_at(library: Library, project_id: int) -> int:
    """When the project was last imported, in Unix seconds."""
    row = library.row("SELECT imported_at FROM projects WHERE id = ?", (project_id,))
    return int(row[0]) if row else 0


_alone: Final = ProjectCache(_count_alone)
