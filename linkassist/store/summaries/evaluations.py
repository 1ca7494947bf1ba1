"""The last evaluation report of each project, as text. A damaged one, by its checksum, counts as missing."""

from __future__ import annotations

from linkassist.store.integrity.checksums import report_checksum
from linkassist.store.library import Library


def put_evaluation(library: Library, project_id: int, report: str) -> None:
    """Stores the report in place of the project's earlier one."""
    with library.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO evaluations (project_id, report, checksum) VALUES (?, ?, ?)",
            (project_id, report, report_checksum(report.encode())),
        )


def last_evaluation(library: Library, project_id: int) -> str | None:
    """The project's last report, None if there is none."""
    row = library.row("SELECT CAST(report AS BLOB), checksum FROM evaluations WHERE project_id = ?", (project_id,))
    if row is None or row[1] != report_checksum(row[0]):
        return None
    return str(row[0], "utf-8")
