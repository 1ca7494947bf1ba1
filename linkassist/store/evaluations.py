"""The last evaluation of each project, as the text that `evaluate/` makes of it; what it says is no matter here."""

from __future__ import annotations

from linkassist.store.library import Library


def put_evaluation(library: Library, project_id: int, report: str) -> None:
    """Keeps the report in place of the project's earlier one."""
    with library.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO evaluations (project_id, report) VALUES (?, ?)",
            (project_id, report),
        )


def evaluation(library: Library, project_id: int) -> str | None:
    """The project's last report, None if there is none."""
    row = library.row("SELECT report FROM evaluations WHERE project_id = ?", (project_id,))
    return str(row[0]) if row else None
