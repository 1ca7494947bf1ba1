"""The quality of a project's suggestions over time: one row per measured sample."""

from __future__ import annotations

from dataclasses import dataclass

from linkassist.store.library import Library


@dataclass(frozen=True, slots=True)
class QualitySample:
    """A sample at Unix second `measured_at`: n_asked pages with n_links hidden links. found_in_10: the share of these
    among ten suggestions per page. first_right: the share of pages whose first suggestion was right."""

    measured_at: int
    n_asked: int
    n_links: int
    found_in_10: float
    first_right: float


def put_sample(library: Library, project_id: int, sample: QualitySample) -> None:
    """Stores the sample in place of one of the same second."""
    with library.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO quality_samples VALUES (?, ?, ?, ?, ?, ?)",
            (
                project_id,
                sample.measured_at,
                sample.n_asked,
                sample.n_links,
                sample.found_in_10,
                sample.first_right,
            ),
        )


def samples(library: Library, project_id: int) -> list[QualitySample]:
    """The samples of the project, the earliest first."""
    rows = library.rows(
        """
        SELECT measured_at, n_asked, n_links, found_in_10, first_right FROM quality_samples
        WHERE project_id = ? ORDER BY measured_at
        """,
        (project_id,),
    )
    return [QualitySample(*row) for row in rows]


def prune_samples(library: Library, keep: int) -> int:
    """Deletes all but the latest `keep` samples of each project; returns how many."""
    with library.transaction() as connection:
        return connection.execute(
            """
            DELETE FROM quality_samples WHERE (project_id, measured_at) IN (
                SELECT project_id, measured_at FROM (
                    SELECT project_id, measured_at,
                        row_number() OVER (PARTITION BY project_id ORDER BY measured_at DESC) AS place
                    FROM quality_samples
                ) WHERE place > ?
            )
            """,
            (keep,),
        ).rowcount
