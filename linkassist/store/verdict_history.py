"""Past verdicts: the rejections with their objections, and totals of all decisions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from linkassist.store.codec import search_form
from linkassist.store.library import Library
from linkassist.store.verdicts import HOLDING, as_verdicts
from linkassist.suggestion import Objection, Verdict


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejected target and the page it was suggested for; is_gone: the page is no longer in the wiki."""

    page_id: int
    title: str
    is_gone: bool
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class DecisionFigures:
    """Totals of the verdicts in force. n_expected: the sum of their probabilities. whys: the number of each objection,
    the most frequent first.
    """

    n_accepted: int
    n_rejected: int
    n_expected: float
    whys: tuple[tuple[Objection, int], ...]


def rejections(
    library: Library, project_id: int, *, search: str = "", limit: int, offset: int = 0
) -> tuple[list[Rejection], int]:
    """The rejections, the latest first, and how many there are in all.

    search: a part of the target or of the page's title, compared as `list_pages` does.
    """
    sql = f"{HOLDING} CROSS JOIN pages p ON p.id = v.page_id WHERE p.project_id = ? AND l.decision = 'reject'"
    rows = list(library.rows(f"{sql} ORDER BY l.id DESC", (project_id,)))
    pages = {
        page_id: (title, bool(is_gone))
        for page_id, title, is_gone in library.rows(
            "SELECT DISTINCT p.id, p.title, p.is_gone FROM verdicts v CROSS JOIN pages p ON p.id = v.page_id"
            " WHERE p.project_id = ?",
            (project_id,),
        )
    }
    found = [Rejection(row[0], *pages[row[0]], each) for row, each in zip(rows, as_verdicts(rows), strict=True)]
    if wanted := search_form(search).strip():
        found = [
            each for each in found if wanted in search_form(each.title) or wanted in search_form(each.verdict.target)
        ]
    return found[offset : offset + limit], len(found)


def decision_figures(library: Library, project_id: int) -> DecisionFigures:
    """The figures of the project's decisions."""
    rows = library.rows(
        """
        SELECT l.decision, l.why, count(*), sum(l.probability) FROM verdicts v
        JOIN verdict_log l ON l.id = v.log_id JOIN pages p ON p.id = v.page_id
        WHERE p.project_id = ? GROUP BY l.decision, l.why
        """,
        (project_id,),
    )
    counts: Counter[str] = Counter()
    whys: Counter[Objection] = Counter()
    n_expected = 0.0
    for decision, why, count, expected in rows:
        counts[decision] += count
        n_expected += expected
        if decision == "reject" and why:
            whys[why] += count
    return DecisionFigures(counts["accept"], counts["reject"], n_expected, tuple(whys.most_common()))


def decision_times(library: Library, project_id: int) -> list[int]:
    """The Unix seconds of all decisions of the project, also of those taken back since, in order of the log."""
    rows = library.rows(
        """
        SELECT l.decided_at FROM verdict_log l CROSS JOIN pages p ON p.id = l.page_id
        WHERE p.project_id = ? AND l.action = 'decide' ORDER BY l.id
        """,
        (project_id,),
    )
    return [at for (at,) in rows]
