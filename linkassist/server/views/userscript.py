"""What a UserScript is told about the open page: suggestions with their places in the editor's lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from linkassist.files.catalogs import Language
from linkassist.pipeline.push.open_lines import OpenLines, OpenPlace
from linkassist.review.verdicts import lessons_of, worth_showing
from linkassist.server.views.highlights import place_of
from linkassist.store.library import Library
from linkassist.store.pages import StoredPage
from linkassist.store.verdicts import decided
from linkassist.suggest.explain.reasons import reason_text
from linkassist.suggestion import Kind, Suggestion
from linkassist.wiki import title_key

_MOST_SHOWN: Final = 15
_OF_LINES: Final = ("similar_line", "far")  # reasons that are two lines, not a sentence


@dataclass(frozen=True, slots=True)
class ScriptPlace:
    """A place as `OpenPlace`. mention: as a verdict names it, "" where nothing is stored about it."""

    line: int
    before: str
    after: str
    surface: str
    nth: int
    mention: str


@dataclass(frozen=True, slots=True)
class ScriptSuggestion:
    """A suggestion with at least one place. reason: the first one in words, "" if it has none."""

    target: str
    kind: Kind
    percent: int
    reason: str
    is_draft: bool
    places: tuple[ScriptPlace, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def stored_suggestions(
    library: Library, page: StoredPage | None, lines: OpenLines, language: Language
) -> list[ScriptSuggestion]:
    """The open suggestions of the stored page that are worth showing and have a place, best first."""
    if page is None:
        return []
    found = worth_showing(library, page.id, lessons_of(library, page.project_id))[:_MOST_SHOWN]
    placed = ((each.suggestion, lines.places(each.suggestion, page.page.texts)) for each in found)
    return [_shown(suggestion, places, language, is_draft=False) for suggestion, places in placed if places]


def typed_suggestions(
    library: Library,
    page: StoredPage | None,
    found: Sequence[Suggestion],
    texts: Sequence[str],
    language: Language,
    shown: Iterable[ScriptSuggestion],
) -> list[ScriptSuggestion]:
    """The suggestions for lines that were typed since the page was stored. found: for all its lines as they are now.

    Left out are those that the page shows already, that were decided, and that have no place in a new line.
    """
    known = OpenLines(page.page.texts) if page else OpenLines(())
    lines = OpenLines(texts)
    done = {title_key(each.target) for each in shown} | {title_key(texts[0])}
    if page:
        done |= set(decided(library, page.id))
    made = []
    for each in found:
        if title_key(each.target) in done or not each.is_worth_showing:
            continue
        places = [place for place in lines.places(each, texts) if place.line > 0 and not known.has(texts[place.line])]
        if places:
            made.append(_shown(each, places, language, is_draft=True))
    return made[:_MOST_SHOWN]


def _shown(
    suggestion: Suggestion, places: Sequence[OpenPlace], language: Language, *, is_draft: bool
) -> ScriptSuggestion:
    said = [each for each in suggestion.reasons if each.signal not in _OF_LINES or len(each.names) != 2]
    return ScriptSuggestion(
        suggestion.target,
        suggestion.kind,
        min(99, max(1, round(100 * suggestion.probability))),
        reason_text(said[0], language) if said else "",
        is_draft,
        tuple(
            ScriptPlace(
                each.line,
                each.before,
                each.after,
                each.surface,
                each.nth,
                place_of(each.mention) if each.mention and not is_draft else "",
            )
            for each in places
        ),
    )
