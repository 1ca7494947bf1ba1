"""Which of a project's pages a list holds: what a reader picks from the picture of the wiki, as a condition in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from linkassist.suggestion import Group

GROUP_BITS: Final[dict[Group, int]] = {"page": 1, "red": 2, "new": 4, "far": 8}  # of the column `kinds`

# A page that links nothing and that no present page of its project links: the indexed look-up runs for the former only.
IS_ALONE = """
    n_links = 0 AND NOT EXISTS (
        SELECT 1 FROM links l CROSS JOIN pages q ON q.text_id = l.text_id
        WHERE l.key = pages.key AND q.project_id = pages.project_id AND q.is_gone = 0
    )
"""


@dataclass(frozen=True, slots=True)
class PageFilter:
    """Pages that meet every condition; as it stands, all of them.

    links: how many targets they link, from and to (inclusive; to None: no bound). created: from which Unix second to
    before which. changed_since: a Unix second. group: they are offered one of these. is_alone: link nothing, and
    nothing links them.
    """

    links: tuple[int, int | None] | None = None
    created: tuple[int, int] | None = None
    changed_since: int = 0
    has_suggestions: bool = False
    group: Group | None = None
    is_alone: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether the table of counts knows how many pages it holds: it has the links and the kinds alone."""
        return not (self.created or self.changed_since or self.is_alone)

    def conditions(self) -> tuple[str, list[object]]:
        """What follows a WHERE over `pages`, beginning with " AND " or empty, and its parameters.

        Where it is counted, it holds over `page_counts` too.
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
