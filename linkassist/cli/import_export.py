"""The command `import`: imports an export, and reports what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, EncoderOption, ExportFile, LibraryOption, ReindexOption
from linkassist.cli.output import print_lines, print_utf8, say
from linkassist.cli.progress import progress
from linkassist.cli.reindex import keep_encoder, reindex_project
from linkassist.pipeline.ingest import IngestReport, ingest
from linkassist.pipeline.reindex import check_encoder
from linkassist.settings import load_settings

_MOST_SHOWN: Final = 10  # pages of each kind; all of them with --json


@command(epilog="Example: linkassist import notes.json.gz --library ~/wiki")
def import_export(
    export: ExportFile,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    project_name: Annotated[
        str | None, typer.Option("--project", metavar="NAME", help="A name instead of the one in the export.")
    ] = None,
    is_reindexed: ReindexOption = True,
    skip_bad_pages: Annotated[
        bool, typer.Option("--skip-bad-pages", help="Skip pages that cannot be read, and list them.")
    ] = False,
    is_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object instead: project, display_name, pages, counts, renamed as [before, after], "
            "mended, arrived (accepted links that are in the wiki now), joined (pages that stood alone before), and in "
            "skipped a message for every page left out.",
        ),
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Import an export and find its missing links.

    The whole export is imported, or nothing. A page that is already in the library is recognised and keeps your
    decisions.
    """
    settings = load_settings(library, config=config, encoder=encoder)
    if is_reindexed:
        check_encoder(settings.encoder)
    with progress() as on_progress:
        report = ingest(settings.library, export, project_name, on_progress, skip_bad_pages=skip_bad_pages)
    if is_json:
        print_utf8()
        print(_ingest_json(report))
    else:
        print_lines(ingest_text(report))
    if is_reindexed:
        reindex_project(settings, report.imported.project.name, tell=say if is_json else print)
    keep_encoder(encoder, library, config, settings)


def ingest_text(report: IngestReport) -> Iterator[str]:
    """What an import found, in lines: the counts, then the first of the pages renamed and of those left out."""
    found = report.imported
    in_words = ", ".join(f"{number:,} {name}" for name, number in report.counts.items())
    yield f"{found.project.name}: {found.project.n_pages:,} pages ({in_words})"
    if found.n_arrived:
        arrived = f"{found.n_arrived:,} {'link' if found.n_arrived == 1 else 'links'} you accepted"
        yield f"  {arrived} {'is' if found.n_arrived == 1 else 'are'} in the wiki now"
    if found.n_joined:
        joined = "page no longer stands" if found.n_joined == 1 else "pages no longer stand"
        yield f"  {found.n_joined:,} {joined} alone"
    for before, after in found.renamed[:_MOST_SHOWN]:
        yield f"  renamed: {before} -> {after}"
    if len(found.renamed) > _MOST_SHOWN:
        yield f"  and {len(found.renamed) - _MOST_SHOWN:,} more renamed"
    if found.n_mended:
        yield f"  {found.n_mended:,} texts in the library were damaged; those of this export took their place"
    for message in report.skipped[:_MOST_SHOWN]:
        yield f"  skipped: {message}"
    if len(report.skipped) > _MOST_SHOWN:
        yield f"  and {len(report.skipped) - _MOST_SHOWN:,} more skipped"


def _ingest_json(report: IngestReport) -> str:
    """All that an import found, as one JSON object."""
    found = report.imported
    return json.dumps(
        {
            "project": found.project.name,
            "display_name": found.project.display_name,
            "pages": found.project.n_pages,
            "counts": report.counts,
            "renamed": found.renamed,
            "mended": found.n_mended,
            "arrived": found.n_arrived,
            "joined": found.n_joined,
            "skipped": report.skipped,
        },
        ensure_ascii=False,
    )
