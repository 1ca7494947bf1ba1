"""Every place where the pages' text says a title or a red link.

An Aho-Corasick automaton of the folded titles runs over the folded text (`search_text.py`), whose places are mapped to
those of the passage. The raw span follows from the passage's segments, and nothing is searched for twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import ahocorasick
import numpy as np

from linkassist.progress import OnCount, no_count
from linkassist.suggest.corpus import BoolArray, FloatArray, IntArray, places_within
from linkassist.suggest.date_titles import date_interiors
from linkassist.suggest.folding import KANJI, fold, fold_key, scripts
from linkassist.suggest.line_kinds import LineKind, line_kinds
from linkassist.suggest.search_text import SearchText, search_key, search_text
from linkassist.suggest.segmentation import interiors
from linkassist.suggest.title_case import REACH, Case, case_of, wants_own_case
from linkassist.suggest.title_forms import title_forms
from linkassist.suggest.word_edges import FormKinds, word_edges
from linkassist.wiki import Reading, title_key

_MOST_OF_PAIR = 1_000  # mentions of one target on one page: in two wikis at most 790
_MOST_OF_PAGE = 50_000
SHORTEST_MENTION = (
    2  # code points: a title of one character is in every other word, but for a kanji, which is a word itself
)
_CHUNK = 2_000_000  # code points scanned at once


@dataclass(frozen=True, slots=True)
class Mentions:
    """Mentions as parallel arrays, ordered by page and place.

    page, target: numbers of the corpus. passage: number within the page, -1 for the title. start, end: in the text of
    that passage. is_free: no longer mention contains it; the others are here only where no link can be put, in titles
    and in links. edges: how many of its two ends are word boundaries (0 to 2), 0 where the title wants its own case and
    has another one. is_exact: the surface is the title but for space and underscore, and for case where the title does
    not mind it. is_linked: it is the text of a link. before, after: the folded code points beside it, a line end at the
    border of its passage. cover: its share of the characters of the passage, blanks aside. line_kind: the `LineKind` of
    its passage, PROSE in the title.
    """

    page: IntArray
    target: IntArray
    passage: IntArray
    start: IntArray
    end: IntArray
    is_free: BoolArray
    edges: IntArray
    is_exact: BoolArray
    is_linked: BoolArray
    before: IntArray
    after: IntArray
    cover: FloatArray
    line_kind: IntArray

    def __len__(self) -> int:
        return len(self.page)

    def with_pages(self, pages: IntArray, found: Mentions) -> Mentions:
        """A copy in which the mentions of `pages` are those in `found`, where page i is `pages[i]`."""
        kept = ~np.isin(self.page, pages)
        page = np.concatenate([self.page[kept], pages[found.page]])
        order = np.argsort(page, kind="stable")

        def merged(field: str) -> np.ndarray:
            return np.asarray(np.concatenate([getattr(self, field)[kept], getattr(found, field)])[order])

        return Mentions(page[order], *(merged(field) for field in self.__slots__[1:]))


class TitleFinder:
    """An Aho-Corasick automaton of the titles of targets."""

    def __init__(self, titles: Sequence[str], is_target: BoolArray | None = None) -> None:
        """titles: as they are written. is_target: per title, False where it is not searched for; None searches for
        all."""
        keys = [title_key(title) for title in titles]
        wanted = [number for number in range(len(keys)) if is_target is None or is_target[number]]
        found = [(folded, number) for number in wanted if _is_findable(folded := search_key(keys[number]))]
        groups = title_forms([folded for folded, _ in found], [number for _, number in found])
        self._members = np.array([number for group in groups.values() for number in group], np.int64)
        self._n_members = np.array([len(group) for group in groups.values()], np.int64)
        self._first_member = np.cumsum(self._n_members) - self._n_members
        forms = [form for form, group in groups.items() for _ in group]
        self._is_folded = np.array(
            [
                keys[number] == fold(keys[number]) and fold_key(keys[number]) == form
                for number, form in zip(self._members.tolist(), forms, strict=True)
            ],
            np.bool_,
        )
        self._keys = [keys[number] for number in self._members.tolist()]
        self._titles = [titles[number] for number in self._members.tolist()]
        self._wants_case = np.array([wants_own_case(title) for title in self._titles], np.bool_)
        self._kinds = FormKinds.of(list(groups))
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        for number, folded in enumerate(groups):
            self._automaton.add_word(folded, number)
        if groups:
            self._automaton.make_automaton()

    def find(
        self,
        readings: Sequence[Reading],
        on_progress: OnCount = no_count,
        *,
        templates: frozenset[str] = frozenset(),
    ) -> Mentions:
        """The mentions in these pages. on_progress: in pages. templates: the wiki's `template_lines`."""
        parts = []
        start = 0
        while start < len(readings):
            end, size = start, 0
            while end < len(readings) and size < _CHUNK:
                size += len(readings[end].text) + 1
                end += 1
            parts.append(self._find_chunk(readings[start:end], start, templates))
            start = end
            on_progress(end, len(readings))
        return Mentions(*(np.concatenate(columns) for columns in zip(*parts, strict=True))) if parts else _nothing()

    def saying(self, texts: Iterable[str]) -> Iterator[tuple[int, int]]:
        """(number of the text, number of the title) of each title that one of these texts says.

        Other spellings count, in any case, and so does what stands inside a longer title; a pair may come twice.
        """
        chunk: list[str] = []
        first = size = 0
        for text in texts:
            chunk.append(text)
            size += len(text) + 1
            if size > _CHUNK:
                yield from self._saying(chunk, first)
                first, size, chunk = first + len(chunk), 0, []
        yield from self._saying(chunk, first)

    def _saying(self, texts: Sequence[str], first: int) -> Iterator[tuple[int, int]]:
        raw = "\n".join(texts)
        text = fold(raw)
        start, _, group, _ = self._matches(raw, text, search_text(raw, text), np.full(len(raw) + 1, -1))
        borders = np.cumsum([len(each) + 1 for each in texts])
        owner = np.searchsorted(borders, start, side="right")
        for number, of_group in sorted(set(zip(owner.tolist(), group.tolist(), strict=True))):
            at = self._first_member[of_group]
            yield from ((first + number, int(member)) for member in self._members[at : at + self._n_members[of_group]])

    def _matches(
        self, raw: str, text: str, searched: SearchText, link_end: IntArray
    ) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """(start, end, number of the form, how many ends are word boundaries) of what says a form in whole words.

        text: the folded `raw`. The places are those of both. link_end: from `_Places`; a link is a word whatever is
        beside it.
        """
        matches = chain.from_iterable(self._automaton.iter(searched.text)) if len(self._members) else ()
        found = np.fromiter(matches, np.int64).reshape(-1, 2)
        end, group = found[:, 0] + 1, found[:, 1]
        start = end - self._kinds.length[group]
        if searched.place is not None:
            whole = (searched.place[start] >= 0) & (searched.place[end] >= 0)
            start, end, group = start[whole], end[whole], group[whole]
        is_word, edges = word_edges(searched.text, start, end, group, self._kinds)  # composed: a particle is one kana
        if searched.place is not None:
            start, end = searched.place[start], searched.place[end]
        is_word &= (self._kinds.length[group] >= SHORTEST_MENTION) | (edges == 2)
        kept = (is_word | (link_end[start] == end)) & _whole_tokens(raw, text, start, end)
        return start[kept], end[kept], group[kept], edges[kept]

    def _cases(self, raw: str, start: IntArray, end: IntArray, member: IntArray) -> tuple[BoolArray, BoolArray]:
        """(whether the case of each mention makes it the title's word, whether it is the title's own case)."""
        is_said, is_own = np.ones(len(start), np.bool_), np.ones(len(start), np.bool_)
        for row in np.flatnonzero(self._wants_case[member]).tolist() if len(member) else ():
            first, behind = int(start[row]), int(end[row])
            before = raw[max(0, first - REACH) : first].rpartition("\n")[2]
            case = case_of(
                self._titles[member[row]], raw[first:behind], before, raw[behind : behind + REACH].partition("\n")[0]
            )
            is_said[row], is_own[row] = case != Case.OTHER_WORD, case == Case.OWN
        return is_said, is_own

    def _find_chunk(self, readings: Sequence[Reading], first: int, templates: frozenset[str]) -> tuple[np.ndarray, ...]:
        raw = "\n".join(reading.text for reading in readings)
        text = fold(raw)
        searched = search_text(raw, text)
        place = _Places(readings, templates)
        start, end, group, edges = self._matches(raw, text, searched, place.link_end)
        # a row for each target of a folded form, of which several may share one
        counts = self._n_members[group] if len(group) else group
        member = np.repeat(self._first_member[group] if len(group) else group, counts) + places_within(counts)
        start, end, edges = (np.repeat(a, counts) for a in (start, end, edges))
        is_said, is_own_case = self._cases(raw, start, end, member)
        start, end, member, is_own_case = start[is_said], end[is_said], member[is_said], is_own_case[is_said]
        edges = edges[is_said] * is_own_case
        is_free = _is_free(start, end)
        kept = is_free | place.is_linked[start] | place.is_title(start)
        start, end, edges, member = start[kept], end[kept], edges[kept], member[kept]
        is_free, is_own_case = is_free[kept], is_own_case[kept]
        plain = _as_key(raw)
        is_exact = _is_unfolded(plain, text, searched.is_changed, start, end) & self._is_folded[member]
        for row in np.flatnonzero(~self._is_folded[member]).tolist():  # few: wide letters, other spellings
            is_exact[row] = plain[start[row] : end[row]] == self._keys[member[row]]
        is_exact &= is_own_case
        page, passage, offset = place.of(start, end)
        inside = passage >= -1
        inside[inside] = _first_of_each(page[inside], self._members[member][inside])
        codes = np.frombuffer(f"{text}\n".encode("utf-32-le"), np.uint32).astype(np.int64)
        columns = (
            page + first,
            self._members[member],
            passage,
            start - offset,
            end - offset,
            is_free,
            edges,
            is_exact,
            place.is_linked[start] if len(start) else is_free,
            codes[start - 1],  # of the first code point -1, the line end at the end
            codes[end],
            place.cover(codes, start, end),
            place.line_kind(start, end),
        )
        return tuple(column[inside] for column in columns)


def _first_of_each(page: IntArray, target: IntArray) -> BoolArray:
    """Per mention, whether it is within the bounds per page and per target on a page. The pages ascend.

    The bounds keep what grows with the pairs of one page's mentions from growing without end.
    """
    kept = np.ones(len(page), np.bool_)
    for many in np.flatnonzero(np.bincount(page) > _MOST_OF_PAIR).tolist():
        rows = np.arange(*np.searchsorted(page, [many, many + 1]))
        order = np.argsort(target[rows], kind="stable")
        in_order = target[rows][order]
        kept[rows[order]] = np.arange(len(rows)) - np.searchsorted(in_order, in_order) < _MOST_OF_PAIR
        kept[rows[kept[rows]][_MOST_OF_PAGE:]] = False
    return kept


def _is_findable(folded: str) -> bool:
    if "\t" in folded:
        return False
    return len(folded.strip("_")) >= SHORTEST_MENTION or (len(folded) == 1 and scripts(folded)[0] == KANJI)


def _as_key(raw: str) -> str:
    """The text in lower case with `_` for spaces, like title keys, and of the same length."""
    spaced = raw.replace(" ", "_")
    plain = spaced.lower()
    if len(plain) != len(raw):  # "İ".lower() is two code points
        plain = "".join(low if len(low := char.lower()) == 1 else char for char in spaced)
    return plain


def _is_unfolded(plain: str, folded: str, is_changed: BoolArray, start: IntArray, end: IntArray) -> BoolArray:
    """Per span, whether folding changed it no more than a title key does. plain: from `_as_key`.

    is_changed: of the `SearchText`.
    """
    differs = np.frombuffer(plain.encode("utf-32-le"), np.uint32) != np.frombuffer(
        folded.encode("utf-32-le"), np.uint32
    )
    before = np.concatenate([[0], np.cumsum(differs | is_changed)])
    return np.asarray(before[end] == before[start])


def _nothing() -> Mentions:
    none = np.zeros(0, np.int64)
    no = none.astype(np.bool_)
    return Mentions(none, none, none, none, none, no, none, no, no, none, none, none.astype(np.float32), none)


def _whole_tokens(raw: str, folded: str, start: IntArray, end: IntArray) -> BoolArray:
    """False where a span begins or ends inside a character or a token ("js" in "Node.js"), or is a piece of a date."""
    inside, in_date = interiors(raw, folded), date_interiors(folded)
    n_before = np.concatenate([[0], np.cumsum(in_date)])
    is_within = n_before[end] - n_before[start + 1] == end - start - 1  # no border of a date between its ends
    is_whole: BoolArray = ~(inside[start] | inside[end] | (is_within & (in_date[start] | in_date[end])))
    return is_whole


def _is_free(start: IntArray, end: IntArray) -> BoolArray:
    """False where a longer mention contains the span."""
    order = np.lexsort((-end, start))
    s, e = start[order], end[order]
    reach = np.maximum.accumulate(e) if len(e) else e
    held = np.zeros(len(e), np.bool_)
    same = np.zeros(len(e), np.bool_)
    if len(e) > 1:
        held[1:] = reach[:-1] >= e[1:]
        same[1:] = (s[1:] == s[:-1]) & (e[1:] == e[:-1])
        for i in np.flatnonzero(same):  # equal spans share the first one's fate
            held[i] = held[i - 1]
    is_free = np.empty(len(e), np.bool_)
    is_free[order] = ~held
    return is_free


class _Places:
    """The borders of the passages in the joined text of pages, and which of its code points are link text."""

    def __init__(self, readings: Sequence[Reading], templates: frozenset[str]) -> None:
        starts: list[int] = []
        pages: list[int] = []
        passages: list[int] = []
        linked: list[tuple[int, int]] = []
        at = 0
        for number, reading in enumerate(readings):
            starts.append(at)
            pages.append(number)
            passages.append(-1)
            at += len(reading.title) + 1
            keys = {title_key(target) for target in reading.links}
            for i, passage in enumerate(reading.passages):
                starts.append(at)
                pages.append(number)
                passages.append(i)
                linked += [
                    (at + each.start, at + each.start + each.length) for key, each in passage.links() if key in keys
                ]
                at += len(passage.text) + 1
        self._borders = np.array([*starts, at], np.int64)
        self._pages, self._passages = np.array(pages, np.int64), np.array(passages, np.int64)
        self._kinds = np.array(line_kinds(readings, templates), np.int64)
        self.is_linked: BoolArray = np.zeros(at, np.bool_)
        self.link_end: IntArray = np.full(at + 1, -1)  # of a link that begins at this place; else -1
        for start, end in linked:
            self.is_linked[start:end] = True
            self.link_end[start] = end
        self._n_linked_before: IntArray = np.concatenate([[0], np.cumsum(self.is_linked)])

    def of(self, start: IntArray, end: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Per span: page, passage (-1 for the title, -2 across two passages) and where that passage begins."""
        row = self._row(start)
        passage = np.where(end <= self._borders[row + 1] - 1, self._passages[row], -2)
        return self._pages[row], passage, self._borders[row]

    def is_title(self, start: IntArray) -> BoolArray:
        """Per place, whether it is in the title of its page."""
        return np.asarray(self._passages[self._row(start)] < 0)

    def cover(self, codes: IntArray, start: IntArray, end: IntArray) -> FloatArray:
        """Per span, its share of the characters of its passage, blanks aside. codes: of the joined folded text."""
        before = np.concatenate([[0], np.cumsum((codes != ord("_")) & (codes != ord("\t")) & (codes != ord("\n")))])
        row = self._row(start)
        whole = before[np.minimum(self._borders[row + 1], len(codes))] - before[self._borders[row]]
        share: FloatArray = ((before[end] - before[start]) / np.maximum(whole, 1)).astype(np.float32)
        return share

    def line_kind(self, start: IntArray, end: IntArray) -> IntArray:
        """Per span, the `LineKind` of its passage; what the span itself links does not count."""
        row = self._row(start)
        first, behind, linked = self._borders[row], self._borders[row + 1] - 1, self._n_linked_before
        others = linked[behind] - linked[first] - np.where(self.is_linked[start], end - start, 0)
        is_of_links = (self._kinds[row] == LineKind.PROSE) & (2 * others > behind - first - (end - start))
        return np.where(is_of_links, LineKind.LINKS, self._kinds[row])

    def _row(self, start: IntArray) -> IntArray:
        return np.searchsorted(self._borders, start, side="right") - 1
