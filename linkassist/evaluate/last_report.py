"""The last evaluation of each project, kept in the library for the browser; nothing heavy is imported."""

from __future__ import annotations

from linkassist.evaluate.report import EvaluationReport, report_from_json
from linkassist.review.verdicts import start_floors_at
from linkassist.store.library import Library
from linkassist.store.summaries.evaluations import last_evaluation, put_evaluation


def keep_report(library: Library, project_id: int, report: EvaluationReport) -> None:
    """Keeps the report as the project's last one. The floors that it tells take the place of those measured before."""
    put_evaluation(library, project_id, report.as_json())
    if not report.is_blind:
        start_floors_at(library, project_id, report.floors.known, report.floors.new)


def kept_report(library: Library, project_id: int) -> EvaluationReport | None:
    """The project's last report, None if it was never evaluated. Raises OtherVersionError."""
    text = last_evaluation(library, project_id)
    return report_from_json(text) if text is not None else None
