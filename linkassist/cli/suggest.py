"""The command `suggest`: the suggestions of pages, or of a text, in words or as JSON lines.

The JSON is a contract with other programs: keys are added, never renamed. `line` counts from 0, the title line being 0;
`start` and `end` are code points of the raw line.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption, ProjectOption, existing_library
from linkassist.cli.output import print_lines, print_utf8
from linkassist.cli.progress import progress
from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be, open_plain
from linkassist.review.verdicts import lessons_of, shown_suggestions
from linkassist.settings import Language, load_settings
from linkassist.store.library import Library
from linkassist.store.pages import Project, find_page, list_pages, project
from linkassist.suggest.explain.reasons import reason_text
from linkassist.suggest.feedback.learn import apply_lessons
from linkassist.suggest.feedback.rules import apply_floors
from linkassist.suggestion import Suggestion
from linkassist.wiki import title_key

_MOST_READ = 1_000_000  # characters of a text: more than it may have, and what is read has an end


class Format(StrEnum):
    """How suggestions are printed."""

    text = "text"
    jsonl = "jsonl"


@command(epilog='Example: linkassist suggest --page "KJ法" --limit 5')
def suggest(
    page: Annotated[str | None, typer.Option("--page", metavar="TITLE", help="The page with this title.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="All pages.")] = False,
    text: Annotated[
        Path | None,
        typer.Option("--text", metavar="FILE", help="A text that is not a page yet, title first; - is standard input."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="The most suggestions of each kind. [default: 50]")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Text, or one JSON object per line.")] = Format.text,
    language: Annotated[
        str | None,
        typer.Option(
            "--language", metavar="auto|ja|en", help="The language of the reasons. [default: auto, by the locale]"
        ),
    ] = None,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Print the missing links of a page, best first.

    For pages, the suggestions of the last reindex are printed. For a text, they are computed from what was learnt then.
    """
    if (page is not None) + is_all + (text is not None) != 1:
        raise typer.BadParameter(
            "Name one page with --page TITLE, or ask for all of them with --all, or for a text with --text FILE."
        )
    settings = load_settings(library, config=config, limit=limit, language=language)
    spoken = _spoken_language(settings.language)
    if form is Format.jsonl:
        print_utf8()
    with existing_library(settings) as opened:
        of = project(opened, project_name)
        for title, found in _of_text(opened, of, text) if text else _of_pages(opened, of, page):
            chosen = _first_of_each_kind(found, settings.limit)
            if form is Format.jsonl:
                print(_suggestions_json(of.name, title, chosen, spoken))
            else:
                print_lines(_suggestions_text(title, chosen, spoken))


def _of_pages(library: Library, of: Project, page: str | None) -> Iterator[tuple[str, list[Suggestion]]]:
    """(title, suggestions) of the page of that title, of every page where it is None."""
    if page is not None:
        found = find_page(library, of.id, title_key(page))
        pages = [(found.id, found.page.title)]
    else:
        pages = [(each.id, each.title) for each in list_pages(library, of.id, sort="title", limit=of.n_pages)[0]]
    lessons = lessons_of(library, of.id)
    for page_id, title in pages:
        yield title, [each.suggestion for each in shown_suggestions(library, page_id, lessons)]


def _of_text(library: Library, of: Project, source: Path) -> Iterator[tuple[str, list[Suggestion]]]:
    """(title, suggestions) of the text in the file, or of standard input where that is "-"."""
    # Here and not above: it brings PyTorch and FAISS, seconds that the suggestions of pages do without.
    from linkassist.pipeline.draft import draft_page, prepare

    title, _, rest = _read_text(source).partition("\n")
    with progress() as on_progress:
        drafting = prepare(library, of, on_progress)
    lessons = lessons_of(library, of.id)
    taught = apply_lessons(lessons, drafting.suggest(draft_page(title.strip(), rest)))
    yield title.strip(), apply_floors(lessons.rules.floors, taught)


def _read_text(source: Path) -> str:
    """The text without a byte-order mark, which editors on Windows write."""
    try:
        if str(source) == "-":
            return sys.stdin.read(_MOST_READ).removeprefix("\ufeff")
        with io.TextIOWrapper(open_plain(source), "utf-8-sig") as file:
            return file.read(_MOST_READ)
    except OSError as error:
        raise LinkAssistError(cannot_be("read", source, error)) from error
    except UnicodeDecodeError as error:
        raise LinkAssistError(f"{source} cannot be read ({error}). Name a file of UTF-8 text.") from error


def _spoken_language(chosen: Language) -> Literal["ja", "en"]:
    """The language of the reasons: the one that was chosen, else that of the locale."""
    if chosen != "auto":
        return chosen
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ja" if next(filter(None, names), "").startswith("ja") else "en"


def _first_of_each_kind(suggestions: Iterable[Suggestion], limit: int) -> list[Suggestion]:
    """At most `limit` suggestions of each kind, in the order given."""
    n_of = {"page": 0, "red": 0, "new": 0}
    chosen = []
    for suggestion in suggestions:
        n_of[suggestion.kind] += 1
        if n_of[suggestion.kind] <= limit:
            chosen.append(suggestion)
    return chosen


def _suggestions_json(project: str, page: str, suggestions: Sequence[Suggestion], language: Literal["ja", "en"]) -> str:
    found = [
        {
            "target": each.target,
            "kind": each.kind,
            "probability": round(each.probability, 6),
            "mentions": [
                {"line": mention.line, "start": mention.start, "end": mention.end, "surface": mention.surface}
                for mention in each.mentions
            ],
            "reasons": [{"signal": reason.signal, "text": reason_text(reason, language)} for reason in each.reasons],
        }
        for each in suggestions
    ]
    return json.dumps({"project": project, "page": page, "suggestions": found}, ensure_ascii=False)


def _suggestions_text(page: str, suggestions: Sequence[Suggestion], language: Literal["ja", "en"]) -> Iterator[str]:
    """Each suggestion of the page in words, with its probability, kind, places and reasons.

    First those that the screens show, then those that wait there behind "more".
    """
    shown = [each for each in suggestions if each.is_worth_showing]
    waiting = [each for each in suggestions if not each.is_worth_showing]
    yield page
    if not suggestions:
        yield "  no suggestions"
        return
    yield from _in_words(shown, language)
    if waiting:
        yield f"  {len(waiting):,} more, less likely or held back"
        yield from _in_words(waiting, language)


def _in_words(suggestions: Sequence[Suggestion], language: Literal["ja", "en"]) -> Iterator[str]:
    for each in suggestions:
        places = ", ".join(f"line {mention.line}: {mention.surface}" for mention in each.mentions[:3])
        yield f"  {each.probability:4.0%}  {each.kind:<4}  [{each.target}]" + (f"  ({places})" if places else "")
        for reason in each.reasons:
            yield f"              {reason_text(reason, language)}"
