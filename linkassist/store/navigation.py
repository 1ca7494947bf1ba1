"""Queries for the screens: the links of one page, the targets it shares with others, its neighbours in the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from linkassist.errors import NotFoundError
from linkassist.store.codec import decode_texts
from linkassist.store.library import Library
from linkassist.store.page_filter import GROUP_BITS
from linkassist.suggestion import Group
from linkassist.terminal_escape import quoted

# Lines 1 to 8 as a JSON array, null where a page is shorter, so that long pages need not be decoded.
_BEGINNING: Final = "json_extract(t.lines, '$[1]', '$[2]', '$[3]', '$[4]', '$[5]', '$[6]', '$[7]', '$[8]')"


@dataclass(frozen=True, slots=True)
class ProjectName:
    """A project without counts: to count the pages of a large one takes longer than to show one of them."""

    id: int
    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class ProjectFigures:
    """The totals of a project above its list of pages. `n_links` counts a target once per page."""

    n_pages: int
    n_links: int
    n_suggestions: int


@dataclass(frozen=True, slots=True)
class Glance:
    """A summary of a title: as it is written, the first lines of its page if any, and how many pages link it."""

    title: str
    has_page: bool
    lines: tuple[str, ...]
    n_linked: int


@dataclass(frozen=True, slots=True)
class LinkedTargets:
    """The title keys that one page links: all of them, and those that have a page."""

    keys: frozenset[str]
    existing_keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class SharedTarget:
    """A target that a page and others link: its title, and the titles of the others, the latest updated first."""

    target: str
    has_page: bool
    titles: tuple[str, ...]
    n_pages: int


def project_names(library: Library) -> list[ProjectName]:
    """Every project, by name."""
    return [ProjectName(*row) for row in library.rows("SELECT id, name, display_name FROM projects ORDER BY name")]


def project_name(library: Library, name: str) -> ProjectName:
    """The project of that name. Raises NotFoundError, naming the projects there are."""
    everything = project_names(library)
    for found in everything:
        if found.name == name:
            return found
    names = ", ".join(found.name for found in everything) or "no project yet"
    raise NotFoundError(f"The library holds no project {quoted(name)}. It holds: {names}.")


def figures(library: Library, project_id: int) -> ProjectFigures:
    """The figures of a project's present pages."""
    row = library.row(
        """
        SELECT coalesce(sum(n_pages), 0), coalesce(sum(n_links * n_pages), 0), coalesce(sum(n_suggestions), 0)
        FROM page_counts WHERE project_id = ?
        """,
        (project_id,),
    )
    return ProjectFigures(*row) if row else ProjectFigures(0, 0, 0)


def groups_offered(library: Library, project_id: int) -> frozenset[Group]:
    """The groups of which some present page is offered a suggestion."""
    sql = "SELECT DISTINCT kinds FROM page_counts WHERE project_id = ? AND n_pages > 0"
    found = [kinds for (kinds,) in library.rows(sql, (project_id,))]
    return frozenset(group for group, bit in GROUP_BITS.items() if any(kinds & bit for kinds in found))


def is_dated(library: Library, project_id: int) -> bool:
    """Whether some present page tells when it was changed."""
    sql = "SELECT updated FROM pages WHERE project_id = ? AND is_gone = 0 ORDER BY updated DESC LIMIT 1"
    row = library.row(sql, (project_id,))
    return bool(row and row[0])


def greatest_gain(library: Library, project_id: int) -> float:
    """The gain of the page that has most to gain, 0.0 where no page has any."""
    sql = "SELECT gain FROM pages WHERE project_id = ? AND is_gone = 0 ORDER BY gain DESC LIMIT 1"
    row = library.row(sql, (project_id,))
    return float(row[0]) if row else 0.0


def linked_targets(library: Library, page_id: int) -> LinkedTargets:
    """The targets that the page links. The cost depends only on the links of the page."""
    rows = list(
        library.rows(
            """
            SELECT DISTINCT l.key, EXISTS (
                SELECT 1 FROM pages t WHERE t.project_id = p.project_id AND t.key = l.key AND t.is_gone = 0
            )
            FROM pages p JOIN links l ON l.text_id = p.text_id WHERE p.id = ?
            """,
            (page_id,),
        )
    )
    return LinkedTargets(frozenset(key for key, _ in rows), frozenset(key for key, exists in rows if exists))


def linked_titles(library: Library, page_id: int, *, limit: int) -> tuple[list[tuple[str, bool]], int]:
    """(title, whether it has a page) of what the page links, in the order of its text, and how many there are in all.

    A link to the page itself is left out.
    """
    rows = list(
        library.rows(
            """
            SELECT coalesce(t.title, l.target), t.id IS NOT NULL, min(l.line * 1000000 + l.start) AS place
            FROM pages p JOIN links l ON l.text_id = p.text_id
            LEFT JOIN pages t ON t.project_id = p.project_id AND t.key = l.key AND t.is_gone = 0
            WHERE p.id = ? AND l.key <> p.key GROUP BY l.key ORDER BY place
            """,
            (page_id,),
        )
    )
    return [(title, bool(exists)) for title, exists, _ in rows[:limit]], len(rows)


def has_page(library: Library, project_id: int, key: str) -> bool:
    """Whether a present page has that title key."""
    return present_page_id(library, project_id, key) is not None


def present_page_id(library: Library, project_id: int, key: str) -> int | None:
    """The row of the present page of that title key, None where there is none."""
    sql = "SELECT id FROM pages WHERE project_id = ? AND key = ? AND is_gone = 0"
    row = library.row(sql, (project_id, key))
    return int(row[0]) if row else None


def first_lines(library: Library, page_ids: Sequence[int], n_lines: int = 3) -> dict[int, tuple[str, ...]]:
    """The first lines after the title that are not blank, by page row id."""
    rows = library.rows(
        f"SELECT p.id, {_BEGINNING} FROM pages p JOIN texts t ON t.id = p.text_id WHERE p.id IN ({_marks(page_ids)})",
        page_ids,
    )
    return {page_id: _beginning(lines, n_lines) for page_id, lines in rows}


def glances(library: Library, project_id: int, keys: Sequence[str], n_lines: int = 4) -> dict[str, Glance]:
    """A summary of each title key, in three queries for all of them. Unknown keys are left out."""
    # CROSS JOIN: from the few links to their pages. SQLite would otherwise read all pages of the project first.
    linked = """
        FROM links l CROSS JOIN pages p ON p.text_id = l.text_id
        WHERE l.key IN ({}) AND p.project_id = ? AND p.is_gone = 0 GROUP BY l.key
    """
    # Counted in indexes alone. The link holds the spelling of a red link, which is read only where there is no page.
    count = f"SELECT l.key, count(DISTINCT p.id) {linked}".format(_marks(keys))
    n_linked = dict(library.rows(count, (*keys, project_id)))
    found: dict[str, Glance] = {}
    for key, title, lines in library.rows(
        f"""
        SELECT p.key, p.title, {_BEGINNING} FROM pages p JOIN texts t ON t.id = p.text_id
        WHERE p.project_id = ? AND p.is_gone = 0 AND p.key IN ({_marks(keys)})
        """,
        (project_id, *keys),
    ):
        found[key] = Glance(title, True, _beginning(lines, n_lines), n_linked.get(key, 0))
    red = [key for key in n_linked if key not in found]
    for key, as_written in library.rows(
        f"SELECT l.key, max(l.target) {linked}".format(_marks(red)), (*red, project_id)
    ):
        found[key] = Glance(as_written, False, (), n_linked[key])
    return found


def next_by_gain(library: Library, project_id: int, page_id: int) -> tuple[str, str]:
    """The titles of the page before and the page after this one, most to gain first; "" at either end.

    Pages without suggestions are skipped; after one of them comes the page with the largest gain.
    """
    here = library.row("SELECT gain, key FROM pages WHERE id = ?", (page_id,))
    if here is None:
        return "", ""
    gain, key = here
    present = "SELECT title FROM pages WHERE project_id = ? AND is_gone = 0"
    before = library.row(
        f"{present} AND gain = ? AND key < ? AND gain > 0 ORDER BY key DESC LIMIT 1", (project_id, gain, key)
    )
    before = before or library.row(
        f"{present} AND gain > ? AND gain > 0 ORDER BY gain, key DESC LIMIT 1", (project_id, gain)
    )
    after = library.row(
        f"{present} AND gain = ? AND key > ? AND gain > 0 ORDER BY key LIMIT 1", (project_id, gain, key)
    )
    after = after or library.row(
        f"{present} AND gain < ? AND gain > 0 ORDER BY gain DESC, key LIMIT 1", (project_id, gain)
    )
    if after is None and not gain:
        # After a page without suggestions the list begins again.
        after = library.row(f"{present} AND gain > 0 ORDER BY gain DESC, key LIMIT 1", (project_id,))
    return (before[0] if before else ""), (after[0] if after else "")


def shared_targets(
    library: Library, project_id: int, page_id: int, *, n_targets: int = 8, n_titles: int = 6, at_most: int = 200
) -> list[SharedTarget]:
    """The targets that this page shares with others, the rarest first: what Scrapbox calls 2-hop links.

    A target that more than `at_most` texts link is left out: it says little and is expensive.
    """
    targets = library.rows(
        """
        SELECT l.key, min(l.target), EXISTS (
                   SELECT 1 FROM pages t WHERE t.project_id = p.project_id AND t.key = l.key AND t.is_gone = 0),
               (SELECT count(*) FROM (SELECT DISTINCT o.text_id FROM links o WHERE o.key = l.key LIMIT ?)) AS n_texts
        FROM pages p JOIN links l ON l.text_id = p.text_id
        WHERE p.id = ? GROUP BY l.key HAVING n_texts BETWEEN 2 AND ? ORDER BY n_texts, l.key
        """,
        (at_most + 1, page_id, at_most),
    )
    found: list[SharedTarget] = []
    for key, target, exists, _ in targets:
        titles = [
            title
            for (title,) in library.rows(
                """
                SELECT DISTINCT p.title FROM links l CROSS JOIN pages p ON p.text_id = l.text_id
                WHERE l.key = ? AND p.project_id = ? AND p.is_gone = 0 AND p.id <> ? AND p.key <> ?
                ORDER BY p.updated DESC, p.id
                """,
                (key, project_id, page_id, key),
            )
        ]
        if titles:
            found.append(SharedTarget(target, bool(exists), tuple(titles[:n_titles]), len(titles)))
        if len(found) == n_targets:
            break
    return found


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _beginning(lines: str, n_lines: int) -> tuple[str, ...]:
    return tuple([text for text in decode_texts(lines) if text and text.strip()][:n_lines])
