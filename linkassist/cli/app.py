"""The command line: what each command takes, and who does it. `main` is the program.

Results go to standard output; progress, notices and failures to standard error. How a command ends is left to
`exit_codes.py`, what it prints to `output.py`.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli import bert_features as cli_features  # noqa: F401
from linkassist.cli import finetune as cli_finetune  # noqa: F401
from linkassist.cli import finetune_links as cli_finetune_links  # noqa: F401
from linkassist.cli.backup import backup, restore
from linkassist.cli.bert import bert
from linkassist.cli.evaluate import evaluate
from linkassist.cli.exit_codes import Commands, open_standard_streams
from linkassist.cli.experiments import experiments
from linkassist.cli.nightly import fetch, nightly
from linkassist.cli.options import (
    ConfigOption,
    EncoderOption,
    ExportFile,
    LibraryOption,
    ProjectOption,
    existing_library,
    print_utf8,
)
from linkassist.cli.output import (
    ProjectStatus,
    first_of_each_kind,
    ingest_text,
    links_json,
    spoken_language,
    status_json,
    status_text,
    suggestions_json,
    suggestions_text,
)
from linkassist.cli.password import password
from linkassist.cli.progress import progress, say
from linkassist.cli.serve import demo, serve
from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be, open_plain
from linkassist.nightly.clock import now
from linkassist.nightly.health import health
from linkassist.pipeline.ingest import ingest
from linkassist.pipeline.reindex import reindex as bring_up_to_date
from linkassist.review.verdicts import lessons_of, shown_suggestions
from linkassist.scrapbox.export import read_export
from linkassist.scrapbox.notation import page_links
from linkassist.settings import Settings, load_settings, remember_encoder
from linkassist.store.integrity.damage import damaged_rows, in_words
from linkassist.store.library import Library
from linkassist.store.pages import Project, find_page, list_pages, project, projects
from linkassist.store.runs import artefact, last_run
from linkassist.store.summaries.project_totals import totals
from linkassist.suggest.feedback.learn import apply_lessons
from linkassist.suggestion import Suggestion
from linkassist.terminal_escape import visible
from linkassist.wiki import title_key

# Imports inside the commands below are of what takes long to load (PyTorch, FAISS, LightGBM, the web server): only the
# command that needs it waits for it. The others answer at once, and the demo starts in a moment.

_MOST_READ = 1_000_000  # characters of a text: more than it may have, and what is read has an end
_ALARM = 3  # how `status` ends when a night failed or was missed, or something decided or chosen is damaged

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: docs/cli.md shows it too
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Suggests the links that the pages of a Scrapbox (Cosense) wiki lack, on your own machine.",
    epilog="Example: linkassist demo",
)
app.add_typer(bert, name="bert")


class Format(StrEnum):
    """How suggestions are printed."""

    text = "text"
    jsonl = "jsonl"


_WORK = (["import"], ["reindex"], ["nightly"])  # commands of minutes, often with a server beside them


@app.callback(invoke_without_command=True)
def linkassist(
    is_version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if is_version:
        from importlib.metadata import version

        print(version("linkassist"))
        raise typer.Exit


@app.command("import", epilog="Example: linkassist import notes.json.gz --library ~/wiki")
def import_(
    export: ExportFile,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    project_name: Annotated[
        str | None, typer.Option("--project", metavar="NAME", help="A name in place of the one in the export.")
    ] = None,
    is_reindexed: Annotated[
        bool, typer.Option("--reindex/--no-reindex", help="Whether to bring the suggestions up to date afterwards.")
    ] = True,
    skip_bad_pages: Annotated[
        bool, typer.Option("--skip-bad-pages", help="Leave out pages that cannot be read, and list them.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Take in an export and find its missing links.

    All of the export is taken in, or nothing. A page that is in the library already is recognised and keeps what
    was decided about it.
    """
    settings = load_settings(library, config=config, encoder=encoder)
    with progress() as on_progress:
        report = ingest(settings.library, export, project_name, on_progress, skip_bad_pages=skip_bad_pages)
    _print_lines(ingest_text(report))
    if is_reindexed:
        _reindex(settings, report.imported.project.name, is_full=False)
    _remember(encoder, library, config, settings)


app.command(epilog="Example: linkassist fetch https://scrapbox.io/help-jp")(fetch)


@app.command(epilog="Example: linkassist reindex --library ~/wiki")
def reindex(
    is_full: Annotated[bool, typer.Option("--full", help="Do everything anew, also what has not changed.")] = False,
    project_name: Annotated[
        str | None, typer.Option("--project", metavar="NAME", help="The project. [default: every one]")
    ] = None,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    config: ConfigOption = None,
) -> None:
    """Bring embeddings, index and suggestions up to date."""
    settings = load_settings(library, config=config, encoder=encoder)
    with existing_library(settings) as opened:
        # Where there is none, `project` says so and what to do.
        names = [] if project_name else [each.name for each in projects(opened)]
        names = names or [project(opened, project_name).name]
    for name in names:
        _reindex(settings, name, is_full=is_full)
    _remember(encoder, library, config, settings)


@app.command(epilog='Example: linkassist suggest --page "KJ法" --limit 5')
def suggest(
    page: Annotated[str | None, typer.Option("--page", metavar="TITLE", help="The page of this title.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Every page.")] = False,
    text: Annotated[
        Path | None,
        typer.Option("--text", metavar="FILE", help="A text that is no page yet, title first; - is standard input."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="At most so many of each kind. [default: 50]")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Words, or a JSON object a line.")] = Format.text,
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="auto|ja|en", help="Of the reasons. [default: auto, that of the locale]"),
    ] = None,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Print the links that a page lacks, best first.

    Of pages, what the last reindex found is read. For a text, all pages are read first, by what was learnt then.
    """
    if (page is not None) + is_all + (text is not None) != 1:
        raise typer.BadParameter(
            "Name one page with --page TITLE, or ask for all of them with --all, or for a text with --text FILE."
        )
    settings = load_settings(library, config=config, limit=limit, language=language)
    spoken = spoken_language(settings.language)
    if form is Format.jsonl:
        print_utf8()
    with existing_library(settings) as opened:
        of = project(opened, project_name)
        for title, found in _drafted(opened, of, text) if text else _suggested(opened, of, page):
            chosen = first_of_each_kind(found, settings.limit)
            if form is Format.jsonl:
                print(suggestions_json(of.name, title, chosen, spoken))
            else:
                _print_lines(suggestions_text(title, chosen, spoken))


def _suggested(library: Library, of: Project, page: str | None) -> Iterator[tuple[str, list[Suggestion]]]:
    """(title, what it is shown) of the page of that title, of every page where it is None."""
    if page is not None:
        found = find_page(library, of.id, title_key(page))
        pages = [(found.id, found.page.title)]
    else:
        pages = [(each.id, each.title) for each in list_pages(library, of.id, sort="title", limit=of.n_pages)[0]]
    lessons = lessons_of(library, of.id)
    for page_id, title in pages:
        yield title, [each.suggestion for each in shown_suggestions(library, page_id, lessons)]


def _drafted(library: Library, of: Project, source: Path) -> Iterator[tuple[str, list[Suggestion]]]:
    """(title, what it is shown) of the text in the file, or of standard input where that is "-"."""
    try:
        if str(source) == "-":
            text = sys.stdin.read(_MOST_READ)
        else:
            with io.TextIOWrapper(open_plain(source), "utf-8") as file:
                text = file.read(_MOST_READ)
    except OSError as error:
        raise LinkAssistError(cannot_be("read", source, error)) from error
    except UnicodeDecodeError as error:
        raise LinkAssistError(f"{source} cannot be read ({error}). Name a file of UTF-8 text.") from error
    from linkassist.pipeline.draft import draft_page, prepare  # seconds, for the models' libraries

    title, _, rest = text.partition("\n")
    with progress() as told:
        drafting = prepare(library, of, told)
    yield title.strip(), apply_lessons(lessons_of(library, of.id), drafting.suggest(draft_page(title.strip(), rest)))


@app.command(epilog="Example: linkassist links notes.json | head")
def links(export: ExportFile) -> None:
    """Print every link of an export as JSON lines.

    Each page is an object with its links and their spans. No library is needed.
    """
    print_utf8()
    with read_export(export) as opened:
        for page in opened:
            print(links_json(page.title, page_links(page.texts)))


app.command(epilog="Example: linkassist serve --port 8080")(serve)
app.command(epilog="Example: linkassist password --library ~/wiki")(password)


app.command(epilog="Example: linkassist evaluate notes-may.json notes-november.json")(evaluate)
app.command(epilog="Example: linkassist experiments notes.json --nearest")(experiments)
app.command(epilog="Example: linkassist nightly --install --at 03:30")(nightly)
app.command(epilog="Example: linkassist backup --to /media/usb/wiki.sqlite3")(backup)
app.command(epilog="Example: linkassist restore --latest")(restore)


@app.command(epilog="Example: linkassist status --json")
def status(
    is_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Tell what the library holds and how old it is.

    Its projects and pages, the encoder, the age of the suggestions, how the last run went, and how the nights go. The
    exit code is 3 when a night failed or was missed, or something that you decided or chose is damaged.
    """
    settings = load_settings(library, config=config)
    nights = health(settings.library, now())
    with existing_library(settings) as opened:
        found = []
        for each in projects(opened):
            run = last_run(opened, "reindex", each.id, "done")
            reindexed_at = run.finished_at if run and run.finished_at else 0
            note = artefact(opened, each.id, "encoder")
            fingerprint = note.fingerprint if note else ""
            source = settings.sources.get(each.name, "")
            drift = run.counts.get("drift_permille", 0) / 1000 if run else 0.0
            found.append(ProjectStatus(each, totals(opened, each), reindexed_at, fingerprint, source, drift))
        rows = damaged_rows(opened.path)
        damage = in_words(opened.path, rows) if rows else ""
        if is_json:
            print_utf8()
            print(status_json(settings.library, settings.encoder, found, nights, damage))
        else:
            _print_lines(status_text(settings.library, settings.encoder, found, nights, damage, time.time()))
    if nights.is_alarm or damage:
        raise typer.Exit(_ALARM)


app.command(epilog="Example: linkassist demo --no-browser")(demo)


def main() -> None:
    """The program `linkassist`."""
    open_standard_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Words may hold what the terminal's encoding cannot write, and that is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.argv[1:2] in _WORK and hasattr(os, "nice"):
        os.nice(10)  # who reads meanwhile goes first
    app(prog_name="linkassist")


def _reindex(settings: Settings, project_name: str, *, is_full: bool) -> None:
    with existing_library(settings) as opened, progress() as on_progress:
        report = bring_up_to_date(opened, project(opened, project_name), settings, on_progress, is_full=is_full)
    for note in report.notes:
        say(f"linkassist: {note}")
    if report.was_needed:
        print(
            f"{project_name}: {report.n_suggestions:,} suggestions for {report.n_pages:,} pages, "
            f"{report.n_pages_rewritten:,} of them new or changed, in {report.seconds:.1f} s"
        )
    else:
        print(f"{project_name}: the suggestions are up to date")


def _remember(encoder: str | None, library: Path | None, config: Path | None, settings: Settings) -> None:
    """Keeps an encoder that was named, unless it would be used without being named."""
    if encoder is not None and load_settings(library, config=config).encoder != settings.encoder:
        remember_encoder(settings.library, settings.encoder)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(visible(line))
