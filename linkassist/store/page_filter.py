"""A filter of a project's pages, as an SQL condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from linkassist.suggestion import Group

GROUP_BITS: Final[dict[Group, int]] = {"page": 1, "red": 2, "new": 4, "far": 8}  # of the column `kinds`

# A page without links and backlinks. The indexed look-up runs only for pages without links.
IS_ALONE = """
    n_links = 0 AND NOT EXISTS (
        SELECT 1 FROM links l CROSS JOIN pages q ON q.text_id = l.text_id
        WHERE l.key = pages.key AND q.project_id = pages.project_id AND q.is_gone = 0
    )
"""


@dataclass(frozen=True, slots=True)
class PageFilter:
    """Pages that meet every condition; by default all of them.

    links: the least and the greatest number of linked targets (None: no bound). created: half-open range of Unix
    seconds. changed_since: a Unix second. group: a group of which they have an offer. is_alone: no links and backlinks.
    """

    links: tuple[int, int | None] | None = None
    created: tuple[int, int] | None = None
    changed_since: int = 0
    has_suggestions: bool = False
    group: Group | None = None
    is_alone: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether the table `page_counts`, which is by links and kinds alone, can count its pages."""
        return not (self.created or self.changed_since or self.is_alone)

    def conditions(self) -> tuple[str, list[object]]:
        """(condition, parameters): SQL on `pages` that begins with " AND " or is empty.

        If `is_counted`, the condition is also valid on `page_counts`.
        """
        found: list[tuple[str, list[object]]] = []
        if self.links:
            least, most = self.links
            found.append(("n_links >= ?", [least]))
            if most is not None:
                found.append(("n_links <= ?", [most]))
        if self.created:
            found.append(("created >= ? AND created < ?", list(self.created)))
        if self.changed_since:
            found.append(("updated >= ?", [self.changed_since]))
        if self.has_suggestions:
            found.append(("kinds <> 0", []))
        if self.group:
            found.append((f"kinds & {GROUP_BITS[self.group]} <> 0", []))
        if self.is_alone:
            found.append((IS_ALONE, []))
        return "".join(f" AND ({sql})" for sql, _ in found), [value for _, values in found for value in values]
