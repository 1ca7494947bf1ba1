"""A wiki at a glance: how many links its pages have, how many stand alone, and how that changed with the years."""

from __future__ import annotations

from dataclasses import dataclass

from linkassist.store.library import Library
from linkassist.store.page_filter import IS_ALONE


@dataclass(frozen=True, slots=True)
class MonthOfPages:
    """The present pages made in one month of UTC, `month` counted from year 0 (12 · year + month - 1)."""

    month: int
    n_pages: int
    n_linked: int


def pages_by_links(library: Library, project_id: int) -> dict[int, int]:
    """How many present pages link how many targets: {number of targets: number of pages}."""
    # Grouped first as the index is sorted: half the time of sorting all pages by their links.
    return dict(
        library.rows(
            """
            SELECT n_links, sum(n_pages) FROM (
                SELECT n_links, count(*) AS n_pages FROM pages INDEXED BY pages_in_figures
                WHERE project_id = ? AND is_gone = 0 GROUP BY n_suggestions, n_links
            ) GROUP BY n_links
            """,
            (project_id,),
        )
    )


def pages_by_month(library: Library, project_id: int) -> list[MonthOfPages]:
    """The months in which present pages were made, in order; pages of which that is not known are left out."""
    # By day first: 23,000 calls of strftime would take longer than all the rest.
    rows = library.rows(
        """
        SELECT CAST(strftime('%Y', day * 86400, 'unixepoch') AS INTEGER) * 12
                   + CAST(strftime('%m', day * 86400, 'unixepoch') AS INTEGER) - 1 AS month,
               sum(n_pages), sum(n_linked)
        FROM (
            SELECT created / 86400 AS day, count(*) AS n_pages, sum(n_links > 0) AS n_linked
            FROM pages INDEXED BY pages_in_picture
            WHERE created > 0 AND project_id = ? AND is_gone = 0 GROUP BY day
        ) GROUP BY month ORDER BY month
        """,
        (project_id,),
    )
    return [MonthOfPages(*row) for row in rows]


def n_alone(library: Library, project_id: int) -> int:
    """How many present pages link nothing and are linked by none."""
    sql = f"SELECT count(*) FROM pages WHERE project_id = ? AND is_gone = 0 AND {IS_ALONE}"
    row = library.row(sql, (project_id,))
    return int(row[0]) if row else 0


def n_without_list(library: Library, project_id: int) -> int:
    """How many present pages wait for suggestions: those that came or changed since the last reindex."""
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
