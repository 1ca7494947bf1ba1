"""The line that accepting one suggestion would change, as write-back leaves it: shown before the reader says yes.

`scrapbox/edits.py` edits the line, so that what is promised is what is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from linkassist.errors import LinkAssistError
from linkassist.review.line_diff import DiffSpan, LineChange, diff_spans
from linkassist.scrapbox.edits import (
    Accepted,
    LinkedPage,
    Replacement,
    link_text,
    linked_page,
    linked_text,
    replacements,
)
from linkassist.scrapbox.notation import block_kinds
from linkassist.scrapbox.tokens import LineKind
from linkassist.suggestion import Mention
from linkassist.wiki import Line, Page

_LONGEST_READ: Final = 4_000  # code points; of a longer line, only the part around the mention is parsed


@dataclass(frozen=True, slots=True)
class LineAfter:
    """A line with one more link. number: of the line, from 0; for a line added at the end, that of the last line + 1.

    spans: the whole line in reading order, with what the link puts in and takes out. Of a line of more than 4,000 code
    points it is the part around the mention.
    """

    number: int
    spans: tuple[DiffSpan, ...]
    is_added: bool


class LinesAfter:
    """The lines after, for any suggestion of one text.

    texts: the raw lines, the title line first. accepted: links that the reader has accepted and that are in their lines
    already.
    """

    def __init__(self, texts: Sequence[str], accepted: Sequence[Accepted] = ()) -> None:
        self._texts = texts
        self._accepted: dict[int, list[tuple[str, Mention]]] = {}
        for target, mention in accepted:
            if mention is not None:
                self._accepted.setdefault(mention.line, []).append((target, mention))

    @cached_property
    def _kinds(self) -> list[LineKind]:
        return block_kinds(self._texts)

    def of(self, target: str, mention: Mention | None) -> LineAfter | None:
        """The line with the target linked at the mention, or else the one that is added at the end.

        None if the target cannot be written as a link.
        """
        try:
            in_place = self._in_place(target, mention) if mention else None
            return in_place or LineAfter(len(self._texts), (DiffSpan(link_text(target), "in"),), True)
        except LinkAssistError:
            return None

    def _in_place(self, target: str, mention: Mention) -> LineAfter | None:
        """None if the mention is not there, or cannot become a link without changing others."""
        number = mention.line
        if not 0 < number < len(self._texts) or self._kinds[number] not in ("text", "table"):
            return None
        first = max(0, mention.start - _LONGEST_READ // 2) if len(self._texts[number]) > _LONGEST_READ else 0
        text = self._texts[number][first : first + _LONGEST_READ]
        context = self._context(number)

        def moved(each: Mention) -> Mention:
            return replace(each, line=len(context), start=each.start - first, end=each.end - first)

        def linked(pairs: Sequence[tuple[str, Mention]]) -> LinkedPage:
            return linked_page(Page("", tuple(Line(each) for each in (*context, text))), pairs)

        mine = moved(mention)
        earlier = [(each, moved(place)) for each, place in self._accepted.get(number, ())]
        earlier = [each for each in earlier if each[1].start >= 0 and each[1].end <= len(text)]
        (wanted,) = replacements(text, [(target, mine)])
        made = linked([*earlier, (target, mine)]).replaced.get(len(context), ())
        if wanted not in made:
            return None
        before = [each for each in made if each != wanted]
        shift = sum(len(each.link) - (each.end - each.start) for each in before if each.start < wanted.start)
        place = Replacement(wanted.start + shift, wanted.end + shift, wanted.link)
        change = LineChange(number, linked_text(text, before), linked_text(text, made), False, (place,))
        return LineAfter(number, diff_spans(change), False)

    def _context(self, number: int) -> list[str]:
        """The lines that must precede the line to be parsed alike: a title line, and the head of its table."""
        head = number
        while self._kinds[head] == "table":
            head -= 1
        return [""] if head == number else ["", self._texts[head]]
