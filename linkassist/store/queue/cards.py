"""The cards chosen for a day's queue, by project and local date.

A day's cards are kept, so that they are the same after a reload, on another device, and after a reindex in between.
What became of a card (answered, put off, still open) is not here: verdicts, snoozes and suggestions tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from linkassist.store.library import Library

_KEPT_DAYS: Final = 2  # on both sides of today: devices in several time zones have different dates


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A pair of a day. title, key, n_links: of the page now; is_gone: the page is no longer in the wiki."""

    page_id: int
    target_key: str
    title: str
    n_links: int
    is_gone: bool


def day_cards(library: Library, project_id: int, day: date) -> list[StoredCard]:
    """The cards of that day, in order; empty if none were chosen yet."""
    rows = library.rows(
        """
        SELECT q.page_id, q.target_key, p.title, p.n_links, p.is_gone
        FROM queue_cards q CROSS JOIN pages p ON p.id = q.page_id
        WHERE q.project_id = ? AND q.day = ? AND p.project_id = q.project_id ORDER BY q.place
        """,
        (project_id, day.toordinal()),
    )
    return [
        StoredCard(page_id, bytes(key).decode(errors="replace"), title, n_links, bool(is_gone))
        for page_id, key, title, n_links, is_gone in rows
    ]


def add_day_cards(
    library: Library, project_id: int, day: date, pairs: Sequence[tuple[int, str]], *, n_before: int
) -> None:
    """Appends (page row id, target key) pairs to the cards of that day, and drops those of days long past.

    Does nothing unless the day has `n_before` cards, so that of two equal requests only the first counts.
    """
    number = day.toordinal()
    with library.transaction() as connection:
        held = connection.execute(
            "SELECT count(*), coalesce(max(place), 0) FROM queue_cards WHERE project_id = ? AND day = ?",
            (project_id, number),
        ).fetchone()
        if held[0] != n_before:
            return
        connection.execute(
            "DELETE FROM queue_cards WHERE project_id = ? AND day NOT BETWEEN ? AND ?",
            (project_id, number - _KEPT_DAYS, number + _KEPT_DAYS),
        )
        connection.executemany(
            "INSERT INTO queue_cards (project_id, day, place, page_id, target_key) VALUES (?, ?, ?, ?, ?)",
            [
                (project_id, number, held[1] + place, page_id, key.encode("utf-8", "replace"))
                for place, (page_id, key) in enumerate(pairs, 1)
            ],
        )


def link_keys(library: Library, page_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """The title keys that each of these pages links."""
    found: dict[int, set[str]] = {page_id: set() for page_id in page_ids}
    marks = ",".join("?" * len(page_ids))
    for page_id, key in library.rows(
        f"SELECT p.id, l.key FROM pages p CROSS JOIN links l ON l.text_id = p.text_id WHERE p.id IN ({marks})", page_ids
    ):
        found[page_id].add(key)
    return {page_id: frozenset(keys) for page_id, keys in found.items()}
