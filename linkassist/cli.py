"""The command line: what each command takes, and who does it. `main` is the program.

Results go to standard output; progress, notices and failures to standard error. How a command ends is left to
`outcomes.py`, what it prints to `printing.py`.
"""

from __future__ import annotations

import io
import os
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkassist import cli_features, cli_finetune, cli_finetune_links  # noqa: F401 (they add their commands to `bert`)
from linkassist.cli_backup import backup, restore
from linkassist.cli_bert import bert
from linkassist.cli_experiments import experiments
from linkassist.cli_nightly import fetch, nightly
from linkassist.cli_options import (
    ConfigOption,
    EncoderOption,
    ExportFile,
    LibraryOption,
    ProjectOption,
    existing_library,
    print_utf8,
)
from linkassist.cli_password import password
from linkassist.deciding import add_up_offers, lessons_of, shown_suggestions
from linkassist.errors import LinkAssistError
from linkassist.ingest import ingest
from linkassist.nightly.health import health
from linkassist.nightly.moments import now
from linkassist.outcomes import Commands
from linkassist.printing import (
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
from linkassist.reindex import reindex as bring_up_to_date
from linkassist.scrapbox.export import read_export
from linkassist.scrapbox.notation import page_links
from linkassist.settings import Settings, default_folder, load_settings, remember_encoder
from linkassist.store.library import Library
from linkassist.store.lock import being_served
from linkassist.store.pages import Project, find_page, list_pages, project, projects
from linkassist.store.runs import artefact, last_run
from linkassist.store.searching import fill_search
from linkassist.store.totals import totals
from linkassist.suggest.reader import apply_lessons
from linkassist.suggestion import Suggestion
from linkassist.terminal import progress, say
from linkassist.visible import visible
from linkassist.wiki import title_key

if TYPE_CHECKING:
    from starlette.applications import Starlette

# Imports inside the commands below are of what takes long to load (PyTorch, FAISS, LightGBM, the web server): only the
# command that needs it waits for it. The others answer at once, and the demo starts in a moment.

_NIGHT_ALARM = 3  # how `status` ends when a night failed or was missed

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: the README shows it too
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
    from linkassist.drafting import draft_page, prepare  # seconds, for the models' libraries

    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LinkAssistError(f"{source} cannot be read ({error}). Name a file of UTF-8 text.") from error
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


@app.command(epilog="Example: linkassist serve --port 8080")
def serve(
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Where to listen. [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help="Where to listen; 0 is any that is free. [default: 8000]")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="A further name it is reached by, as of a reverse proxy."),
    ] = None,
    trusted_proxy: Annotated[
        str | None,
        typer.Option("--trusted-proxy", metavar="ADDRESS", help="A proxy whose X-Forwarded headers are believed."),
    ] = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Show the library in the browser, until Ctrl-C.

    Others than this machine are answered only once `linkassist password` has set a password.
    """
    from linkassist.server.app import create_app
    from linkassist.server.guard import is_loopback
    from linkassist.server.running import listen

    settings = load_settings(
        library, config=config, host=host, port=port, allow_host=allow_host or None, trusted_proxy=trusted_proxy
    )
    site = create_app(settings)
    if not is_loopback(settings.host):
        say(
            f"linkassist: {settings.host} can be reached from other machines. They are asked for the password, but "
            "nothing is encrypted: put a reverse proxy with a certificate in front."
        )
    _serve(settings, site, listen(settings.host, settings.port), opens_browser=False)


app.command(epilog="Example: linkassist password --library ~/wiki")(password)


@app.command(epilog="Example: linkassist evaluate notes-may.json notes-november.json")
def evaluate(
    old: Annotated[
        Path | None, typer.Argument(metavar="OLD", help="An export. [default: the project in the library]")
    ] = None,
    new: Annotated[
        Path | None, typer.Argument(metavar="NEW", help="A later export of the same project, if there is one.")
    ] = None,
    is_blind: Annotated[
        bool, typer.Option("--blind", help="Take the linked words out too, and not their brackets alone.")
    ] = False,
    by_id: Annotated[
        bool | None,
        typer.Option(
            "--by-id/--by-title", help="How pages of two exports are recognised. [default: by id where all have one]"
        ),
    ] = None,
    n_pages: Annotated[
        int | None,
        typer.Option(
            "--pages",
            metavar="N",
            min=1,
            help="How many pages of a single wiki to ask about. [default: an eighth or so, from 30 to 500]",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, help="Chooses the pages where times do not tell them. [default: 0]"),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print the figures as a JSON object.")] = False,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="NAME", help="The encoder to measure with. [default: the library's]"),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Measure suggestions by the links that people made.

    How many of the links of the newest pages would have been suggested, had these pages come without any? Simple
    suggesters answer the same questions, for comparison. Two exports tell the past exactly. A wiki alone tells it by
    the times of its lines, or else random pages have their links hidden. The library keeps its last report for the
    browser; of files nothing is kept.
    """
    _refuse_what_does_not_fit(
        old,
        new,
        {"--project": project_name, "--library": library},
        {"--pages": n_pages, "--seed": seed},
        {"--by-id or --by-title": by_id},
    )
    from linkassist.evaluate.run import Sample, evaluate_file, evaluate_files, evaluate_project

    settings = load_settings(library, config=config, encoder=encoder)
    sample = Sample(n_pages, seed or 0)
    with progress() as told:
        if old and new:
            report = evaluate_files(
                old, new, is_blind=is_blind, by_id=by_id, encoder=settings.encoder, on_progress=told
            )
        elif old:
            report = evaluate_file(old, sample, is_blind=is_blind, encoder=settings.encoder, on_progress=told)
        else:
            with existing_library(settings) as opened:
                of = project(opened, project_name)
                report = evaluate_project(
                    opened, of, sample, is_blind=is_blind, encoder=settings.encoder, on_progress=told
                )
    if is_json:
        print_utf8()
    print(report.as_json() if is_json else report.as_text())


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
    exit code is 3 when a night failed or was missed.
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
    if is_json:
        print_utf8()
        print(status_json(settings.library, settings.encoder, found, nights))
    else:
        _print_lines(status_text(settings.library, settings.encoder, found, nights, time.time()))
    if nights.is_alarm:
        raise typer.Exit(_NIGHT_ALARM)


@app.command(epilog="Example: linkassist demo --no-browser")
def demo(
    library: Annotated[
        Path | None, typer.Option("--library", metavar="DIR", help="Its folder. [default: one of its own]")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="N", help="Where to listen. [default: 8000, or any free one if that is taken]"),
    ] = None,
    is_browser_opened: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Whether to open the browser where there is a desktop.")
    ] = True,
) -> None:
    """Show the sample wiki in the browser, until Ctrl-C.

    It has a library of its own; yours is left alone.
    """
    from linkassist.demo import prepare_demo
    from linkassist.server.app import create_app
    from linkassist.server.running import listen, listen_nearby

    settings = load_settings(library or default_folder("demo"), port=port)
    site = create_app(settings)
    # Before the work, so that a port that is taken is told of at once.
    listener = listen_nearby(settings.host, settings.port) if port is None else listen(settings.host, settings.port)
    if settings.port not in (0, listener.getsockname()[1]):
        say(f"Port {settings.port} is taken by another program, so another one is used.")
    with progress() as on_progress:
        prepare_demo(settings, on_progress)
    _serve(settings, site, listener, opens_browser=is_browser_opened)


def main() -> None:
    """The program `linkassist`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Words may hold what the terminal's encoding cannot write, and that is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.argv[1:2] in _WORK and hasattr(os, "nice"):
        os.nice(10)  # who reads meanwhile goes first
    app(prog_name="linkassist")


def _serve(settings: Settings, site: Starlette, listener: socket.socket, *, opens_browser: bool) -> None:
    from linkassist.server.running import address_of, has_desktop, open_browser, serve_on

    address = address_of(listener)
    with Library.open(settings.library) as library, progress() as told:
        fill_search(library, lambda n_done, n_total: told("search", n_done, n_total))
        add_up_offers(library, lambda n_done, n_total: told("offers", n_done, n_total))

    def on_ready() -> None:
        print(f"linkassist: {address} (Ctrl-C stops it)", flush=True)
        if opens_browser and has_desktop():
            open_browser(address)

    with being_served(settings.library):
        serve_on(listener, site, on_ready, settings.trusted_proxy)


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


def _refuse_what_does_not_fit(
    old: Path | None,
    new: Path | None,
    of_a_library: Mapping[str, object],
    of_one_wiki: Mapping[str, object],
    of_two_exports: Mapping[str, object],
) -> None:
    """Options of `evaluate` by name, None where not given; one that would be without effect is wrong usage."""
    refused = [
        (of_a_library if old else {}, "is for the library; leave out the exports, or the option"),
        (of_one_wiki if new else {}, "is for a single wiki; with two exports, all new pages are asked about"),
        ({} if new else of_two_exports, "is for two exports; name OLD and NEW"),
    ]
    for options, why in refused:
        for name, value in options.items():
            if value is not None:
                raise typer.BadParameter(f"{name} {why}.")


def _remember(encoder: str | None, library: Path | None, config: Path | None, settings: Settings) -> None:
    """Keeps an encoder that was named, unless it would be used without being named."""
    if encoder is not None and load_settings(library, config=config).encoder != settings.encoder:
        remember_encoder(settings.library, settings.encoder)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(visible(line))
