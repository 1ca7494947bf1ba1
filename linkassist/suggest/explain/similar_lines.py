"""Lines that say alike: of a page's lines and those that link a target elsewhere, the two that are most similar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np
import scipy.sparse as sp

from linkassist.suggest.corpus import BoolArray, Corpus, IntArray, csr
from linkassist.suggest.mentions import fold
from linkassist.suggest.statistics import Bigrams
from linkassist.suggestion import Reason
from linkassist.wiki import Passage, Reading, Segment, title_key

_SHORTEST: Final = 8  # characters besides the link; fewer are alike by chance
_SHORTEST_FAR: Final = 14  # of the page's own line: shorter ones are names and list entries
_MOST_OF_TARGET: Final = 40  # lines that link a target, the newest pages' ones
_MOST_OF_PAGE: Final = 200
_MOST_OF_LINE: Final = 40  # links; of two wikis of 6,000 and 23,000 pages no line has more than 31
_MOST_READ_OF_LINE: Final = 30_000  # characters, the whole line for each of its links
_AT_ONCE: Final = 2_000_000
ALIKE: Final = 0.45  # cosine; of pairs read by hand 3 in 4 were alike in meaning, at 0.35 to 0.4 half of them
VERY_ALIKE: Final = 0.55  # nearly all of them
_MOST_LOOKED_AT: Final = 3  # suggestions not worth showing
_MOST_FAR: Final = 2
_LONGEST: Final = 160  # characters that are shown


@dataclass(frozen=True, slots=True)
class LinePair:
    """A line of the page, the page that has one like it, that one, and how alike they are (cosine)."""

    own: str
    page: int
    other: str
    similarity: float


class LineExplainer:
    """Reasons that name a pair of lines, for suggestions that the page's text does not say."""

    def __init__(self, corpus: Corpus, bigrams: Bigrams, linking: LinkingLines) -> None:
        self._names = corpus.names
        self._finder = LineFinder(corpus, bigrams, linking)
        links = corpus.links.tocoo()
        shape = (corpus.n_targets, corpus.n_targets)
        self._joined = csr(np.append(links.row, links.col), np.append(links.col, links.row), shape)
        self._around: Mapping[int, IntArray] = {}

    def beside(self, around: Mapping[int, IntArray]) -> LineExplainer:
        """The same where some pages link otherwise than the corpus tells. around: what they link or are linked by."""
        other = copy(self)
        other._around = around
        return other

    def read(self, pages: Sequence[int]) -> None:
        """Makes ready to be asked about these pages; those read before are forgotten."""
        self._finder.read(pages)

    def reasons(self, page: int, targets: Sequence[int], is_shown: Sequence[bool]) -> dict[int, Reason]:
        """By place in `targets`, best first: a similar line for those shown, and of the next at most two far ones.

        Far is what is three links away or more, whichever way the links point.
        """
        hidden = [i for i, shown in enumerate(is_shown) if not shown][:_MOST_LOOKED_AT]
        asked = [i for i, shown in enumerate(is_shown) if shown] + hidden
        pairs = self._finder.most_alike(page, [targets[i] for i in asked], ALIKE)
        found = {
            i: self._told(Reason("similar_line"), pair)
            for i, pair in zip(asked, pairs, strict=True)
            if pair and is_shown[i]
        }
        strong = [
            (i, pair)
            for i, pair in zip(asked, pairs, strict=True)
            if pair and not is_shown[i] and pair.similarity >= VERY_ALIKE and len(pair.own) >= _SHORTEST_FAR
        ]
        if strong:
            near = self._near(page)
            far = [(i, pair) for i, pair in strong if targets[i] not in near][:_MOST_FAR]
            found |= {i: self._told(Reason("far"), pair) for i, pair in far}
        return found

    def _told(self, reason: Reason, pair: LinePair) -> Reason:
        return replace(reason, names=(self._names[pair.page], pair.other), quote=pair.own)

    def _near(self, page: int) -> frozenset[int]:
        """What links this page or is linked by it, and what these link or are linked by."""
        around = self._around.get(page, self._joined[page].indices)
        return frozenset((*around.tolist(), *self._joined[around].indices.tolist()))


@dataclass(frozen=True, slots=True)
class LinkingLines:
    """The lines that link a target, by target, those of the newest pages first, at most `_MOST_OF_TARGET` of each.

    starts: per target and one more, where its lines begin. page, passage: where each line stands. bigrams: (lines,
    terms), what it says besides the link. readings: of all pages, as they were when the lines were found.
    """

    starts: IntArray
    page: IntArray
    passage: IntArray
    bigrams: sp.csr_matrix
    readings: Sequence[Reading]


def read_linking_lines(corpus: Corpus, bigrams: Bigrams, is_teacher: BoolArray) -> LinkingLines:
    """Of the teachers' pages, the lines that link anything."""
    found = _linking_lines(corpus, is_teacher)
    targets = [line.target for line in found]
    rests = (fold(_rest(corpus.readings[line.page].passages[line.passage].text, line)) for line in found)
    return LinkingLines(
        starts=np.searchsorted(targets, np.arange(corpus.n_targets + 1)).astype(np.int64),
        page=np.array([line.page for line in found], np.int64),
        passage=np.array([line.passage for line in found], np.int64),
        bigrams=sp.csr_matrix(sp.vstack([bigrams.of(some) for some in _some_at_once(rests)], format="csr")),
        readings=corpus.readings,
    )


class LineFinder:
    """Finds pairs of lines; the lines that link a target count for what they say besides."""

    def __init__(self, corpus: Corpus, bigrams: Bigrams, linking: LinkingLines) -> None:
        self._corpus = corpus
        self._bigrams = bigrams
        self._linking = linking
        self._own: dict[int, tuple[list[str], sp.csr_matrix]] = {}

    def read(self, pages: Sequence[int]) -> None:
        """Makes ready to be asked about these pages; those read before are forgotten."""
        texts = [_telling(self._corpus.readings[page]) for page in pages]
        lines = self._bigrams.of([fold(line) for own in texts for line in own])
        ends = np.cumsum([len(own) for own in texts]).tolist()
        self._own = {
            page: (own, lines[end - len(own) : end]) for page, own, end in zip(pages, texts, ends, strict=True)
        }

    def most_alike(self, page: int, targets: Sequence[int], least: float) -> list[LinePair | None]:
        """Per target, the pair that is most alike; None where it is less so than `least`. The page must be read."""
        best: list[LinePair | None] = [None] * len(targets)
        linking = self._linking
        rows = [(i, row) for i, t in enumerate(targets) for row in range(linking.starts[t], linking.starts[t + 1])]
        rows = [(i, row) for i, row in rows if linking.page[row] != page]
        own, mine = self._own[page]
        if not own or not rows:
            return best
        similarity = np.asarray((mine @ linking.bigrams[[row for _, row in rows]].T).todense())
        nearest, how_near = similarity.argmax(axis=0), similarity.max(axis=0)
        for column in np.argsort(how_near, kind="stable").tolist():
            if how_near[column] >= least:
                i, row = rows[column]
                other = int(linking.page[row])
                text = linking.readings[other].passages[linking.passage[row]].text
                best[i] = LinePair(_shown(own[nearest[column]]), other, _shown(text), float(how_near[column]))
        return best


def _telling(reading: Reading) -> list[str]:
    """The lines of the page that are long enough, each once."""
    texts = (passage.text for passage in reading.passages)
    return list(dict.fromkeys(text for text in texts if len(text) >= _SHORTEST))[:_MOST_OF_PAGE]


@dataclass(frozen=True, slots=True)
class _LinkingLine:
    """A passage of a page that links the target, at this place of its text."""

    target: int
    page: int
    passage: int
    start: int
    end: int


def _linking_lines(corpus: Corpus, is_teacher: BoolArray) -> list[_LinkingLine]:
    """The lines that link anything, by target, those of the newest pages first."""
    number = {key: i for i, key in enumerate(corpus.keys)}
    found: defaultdict[int, list[_LinkingLine]] = defaultdict(list)
    for page in np.argsort(-corpus.created, kind="stable").tolist():
        if not is_teacher[page]:
            continue
        for at, passage in enumerate(corpus.readings[page].passages):
            for target, part in _links_of(passage, number):
                line = _LinkingLine(target, page, at, part.start, part.start + part.length)
                if len(found[target]) < _MOST_OF_TARGET and len(_rest(passage.text, line)) >= _SHORTEST:
                    found[target].append(line)
    return [line for target in sorted(found) for line in found[target]]


def _links_of(passage: Passage, number: Mapping[str, int]) -> Iterator[tuple[int, Segment]]:
    """The targets that the passage links, and where: of a long one the first, for each is read with its whole line."""
    most = min(_MOST_OF_LINE, _MOST_READ_OF_LINE // max(1, len(passage.text)))
    links = (part for part in passage.parts if not part.is_prose)
    for part in islice(links, most):
        target = number.get(title_key(passage.text[part.start : part.start + part.length]))
        if target is not None:
            yield target, part


def _rest(text: str, line: _LinkingLine) -> str:
    """What the line says besides the link."""
    return (text[: line.start] + "\n" + text[line.end :]).strip()


def _some_at_once(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts, some million characters at a time; at least one list."""
    some: list[str] = []
    n_characters = 0
    for text in texts:
        some.append(text)
        n_characters += len(text)
        if n_characters > _AT_ONCE:
            yield some
            some, n_characters = [], 0
    yield some


def _shown(line: str) -> str:
    plain = " ".join(line.replace("\x1f", " ").split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
