"""The last evaluation of a project, kept in the library."""

from __future__ import annotations

from pathlib import Path

from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.summaries.evaluations import last_evaluation, put_evaluation
from linkassist.wiki import Line, Page


def test_each_project_keeps_its_latest_evaluation(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        for name in ("one", "two"):
            import_pages(library, name, name, 1, [Page("p", (Line("p"),))], lambda lines: [])
        one, two = project(library, "one").id, project(library, "two").id
        assert last_evaluation(library, one) is None
        for report in ("first", "second"):
            put_evaluation(library, one, report)
        assert (last_evaluation(library, one), last_evaluation(library, two)) == ("second", None)
