"""Places suggestions in the lines of a page as an editor has them open, which may have moved or got links meanwhile.

A line is found by its text, never by its number alone. What a link makes of it is what a push would make of it
(`placement.py`), and a place that a push leaves alone is no place here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from linkassist.pipeline.push.placement import AcceptedLink, edit_of
from linkassist.review.line_after import LinesAfter
from linkassist.scrapbox.client.editing import RemoteLine
from linkassist.scrapbox.edits import link_text
from linkassist.scrapbox.notation import block_kinds, page_links
from linkassist.suggestion import Mention, Suggestion
from linkassist.wiki import title_key

_BRACKETS: Final = str.maketrans("", "", "[]")


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """Where a suggestion can become a link. line: its number in the editor, -1 for a line to be added at the end.

    before, after: the whole raw line without and with the link. surface: the words that become it. nth: how often they
    stand in the line before that place. mention: as it is stored, None for a line to be added.
    """

    line: int
    before: str
    after: str
    surface: str = ""
    nth: int = 0
    mention: Mention | None = None


class OpenLines:
    """The lines of an open page. texts: the raw lines, the title line first."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._after = LinesAfter(texts)
        self._of_words: dict[str, list[int]] = {}
        for number, text in enumerate(texts):
            self._of_words.setdefault(text.translate(_BRACKETS), []).append(number)
        self._kinds = block_kinds(texts)
        self.linked = frozenset(link.key for link in page_links(texts))

    def has(self, text: str) -> bool:
        """Whether a line says that, with or without links."""
        return text.translate(_BRACKETS) in self._of_words

    def places(self, suggestion: Suggestion, stored: Sequence[str]) -> list[OpenPlace]:
        """The places of a suggestion for the page as stored, in its order; [] where none of its lines is there now.

        Without a place in the text there is one at the end, if the target can be written as a link.
        """
        if title_key(suggestion.target) in self.linked:
            return []
        found = [self._place(suggestion.target, each, stored) for each in suggestion.mentions]
        placed = [each for each in found if each]
        in_text = [each for each in placed if each.line >= 0]
        if in_text or suggestion.mentions:
            return in_text or placed[:1]
        return list(filter(None, [self._at_end(suggestion.target)]))

    def _place(self, target: str, mention: Mention, stored: Sequence[str]) -> OpenPlace | None:
        if not 0 < mention.line < len(stored):
            return None
        text = stored[mention.line]
        numbers = [each for each in self._of_words.get(text.translate(_BRACKETS), ()) if each > 0]
        if text[mention.start : mention.end] != mention.surface or not numbers:
            return None
        number = min(numbers, key=lambda each: abs(each - mention.line))
        start = _start_in(self._texts[number], text, mention.start)
        here = replace(mention, line=number, start=start, end=start + len(mention.surface))
        return self._in_place(target, here, mention) or self._at_end(target)

    def _in_place(self, target: str, here: Mention, stored: Mention) -> OpenPlace | None:
        """None if the words are not there in the editor, or cannot become a link without changing others."""
        before = self._texts[here.line]
        line = self._after.of(target, here)
        if before[here.start : here.end] != here.surface or line is None or line.is_added:
            return None
        context = self._context(here.line)
        mention = replace(here, line=len(context))
        lines = [RemoteLine(str(number), text) for number, text in enumerate([*context, before])]
        changes = edit_of(lines, [AcceptedLink(0, target, mention, before)]).changes
        if not changes or changes[0].is_new or changes[0].text is None:
            return None
        n_before = before.count(here.surface, 0, here.start)
        return OpenPlace(here.line, before, changes[0].text, here.surface, n_before, stored)

    def _context(self, number: int) -> list[str]:
        """The lines that must precede the line to be read alike: a title line, and the head of its table."""
        head = number
        while self._kinds[head] == "table":
            head -= 1
        return [""] if head == number else ["", self._texts[head]]

    def _at_end(self, target: str) -> OpenPlace | None:
        return OpenPlace(-1, "", link_text(target)) if self._after.of(target, None) else None


def _start_in(text: str, other: str, start: int) -> int:
    """Where in `text` the character at `start` of `other` is; the two differ in brackets alone."""
    n_before = len(other[:start].translate(_BRACKETS))
    for place, character in enumerate(text):
        if character not in "[]":
            if n_before == 0:
                return place
            n_before -= 1
    return len(text)
