"""An export into a library: read, checked, its links found, and stored, all or nothing.

Bringing the suggestions up to date afterwards is left to `reindex.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from linkassist.errors import ExportError
from linkassist.progress import OnProgress, counting
from linkassist.scrapbox.export import Export, read_export
from linkassist.scrapbox.notation import page_links
from linkassist.store.database_file import database_files, identity
from linkassist.store.imports import ImportReport, RunToEnd, import_pages
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import work_lock
from linkassist.store.runs import Note
from linkassist.wiki import Page

LONGEST_NAME: Final = 100
SOURCE_NOTE: Final = "source"  # of the artefact that tells which export was taken in last


def is_project_name(name: str) -> bool:
    """Whether a project can be called that: its name is one part of every address of its pages."""
    is_segment = "/" not in name and name not in ("", ".", "..")
    return is_segment and name.isprintable() and len(name) <= LONGEST_NAME


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of an export. `skipped` tells of every page left out: bad ones, and second ones of one title."""

    imported: ImportReport
    skipped: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many pages became what, by the words that records and reports have for it."""
        found = self.imported
        return {
            "new": found.new,
            "changed": found.changed,
            "unchanged": found.unchanged,
            "gone": found.gone,
            "renamed": len(found.renamed),
            "skipped": len(self.skipped),
        }


def ingest(
    folder: Path,
    source: Path,
    project_name: str | None,
    on_progress: OnProgress,
    *,
    skip_bad_pages: bool = False,
    least_pages: int = 0,
    version: str = "",
    run_id: int | None = None,
) -> IngestReport:
    """Imports the export `source` into the library in `folder`, which is made if it is not there.

    project_name: what to call the project in place of the names that the export gives.
    on_progress is told of the steps "import" (in bytes) and "store".
    least_pages: an export with fewer is refused, where nobody is there to see that most of a wiki would vanish.
    version: of the export, to be noted as what was taken in last. run_id: the run whose record ends with the import.
    Both are written in one transaction with the pages.
    Raises ExportError for a file that cannot be used, and StoreError while another import or a reindex is under way;
    the library is then as it was.
    """

    def pages(export: Export) -> Iterator[Page]:
        n_pages = 0
        for n_pages, page in enumerate(export, 1):  # noqa: B007 (the last number is their count)
            yield page
        if n_pages < least_pages:
            raise ExportError(
                f"{source} holds {n_pages:,} pages, and not half of those in the library, so it was not taken in. "
                "If that is right, take it in by hand with `linkassist import` or `linkassist fetch`."
            )
        on_progress("store", 0, 0)

    def counts_of(report: ImportReport) -> dict[str, int]:
        return IngestReport(report, (*export.skipped, *report.skipped)).counts

    if identity(source) in {identity(file) for file in database_files(folder / DATABASE_NAME)} - {None}:
        raise ExportError(f"{source} is the library itself and no export. Name the JSON file that Scrapbox exported.")
    with read_export(
        source,
        skip_bad_pages=skip_bad_pages,
        on_progress=counting(on_progress, "import"),
    ) as export:
        name = project_name or export.name
        if not name:
            raise ExportError("standard input does not say which project it is. Name the project with --project NAME.")
        if not is_project_name(name):
            raise ExportError(
                f"The project is called {name[:LONGEST_NAME]!r}, which no address can hold. Give it another name "
                f'without "/" and of {LONGEST_NAME} characters at most: with --project NAME, or in the browser\'s form.'
            )
        with Library.open(folder) as library, work_lock(folder):
            # Under another name, that of the file would show two projects as one.
            display_name = export.display_name if name == export.name else name
            report = import_pages(
                library,
                name,
                display_name,
                export.exported_at,
                pages(export),
                page_links,
                notes=[Note(SOURCE_NOTE, version)] if version else [],
                run=RunToEnd(run_id, counts_of) if run_id is not None else None,
            )
    return IngestReport(report, (*export.skipped, *report.skipped))
