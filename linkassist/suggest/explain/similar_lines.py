"""Similar lines: the line of a page and the line elsewhere that links a target, with the largest cosine of bigrams."""

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
from linkassist.suggest.folding import fold
from linkassist.suggest.statistics import Bigrams
from linkassist.suggestion import Reason
from linkassist.wiki import Passage, Reading, Segment

_SHORTEST: Final = 8  # characters besides the link; shorter lines are similar by chance
_SHORTEST_FAR: Final = 14  # of the page's own line: shorter ones are names and list entries
_MOST_OF_TARGET: Final = 40  # lines that link a target, from the newest pages
_MOST_OF_PAGE: Final = 200
_MOST_OF_LINE: Final = 40  # links; in two wikis of 6,000 and 23,000 pages no line has more than 31
_MOST_READ_OF_LINE: Final = 30_000  # characters: the length of the line times its links
_AT_ONCE: Final = 2_000_000
_SIMILAR: Final = 0.45  # cosine; of pairs judged by hand 3 in 4 were similar in meaning, at 0.35 to 0.4 half of them
_VERY_SIMILAR: Final = 0.55  # nearly all of them
_MOST_HIDDEN: Final = 3  # suggestions not worth showing that are looked up
_MOST_FAR: Final = 2
_LONGEST: Final = 160  # characters that are shown


@dataclass(frozen=True, slots=True)
class LinePair:
    """A line of the page (own), a similar line (other) of another page, and their cosine."""

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
        """A copy for pages whose links differ from the corpus. around: by page, what it links and what links it."""
        other = copy(self)
        other._around = around
        return other

    def read(self, pages: Sequence[int]) -> None:
        """Loads the lines of these pages in place of those loaded before."""
        self._finder.read(pages)

    def reasons(self, page: int, targets: Sequence[int], is_shown: Sequence[bool]) -> dict[int, Reason]:
        """By index in `targets`, best first: a similar line for those shown, and for at most two of the others.

        Those others are far: three links away or more, in either direction.

        The lines of the page must be loaded.
        """
        hidden = [i for i, shown in enumerate(is_shown) if not shown][:_MOST_HIDDEN]
        asked = [i for i, shown in enumerate(is_shown) if shown] + hidden
        pairs = self._finder.most_similar(page, [targets[i] for i in asked], _SIMILAR)
        similar = [(i, pair) for i, pair in zip(asked, pairs, strict=True) if pair]
        found = {i: self._reason(Reason("similar_line"), pair) for i, pair in similar if is_shown[i]}
        strong = [
            (i, pair)
            for i, pair in similar
            if not is_shown[i] and pair.similarity >= _VERY_SIMILAR and len(pair.own) >= _SHORTEST_FAR
        ]
        if strong:
            near = self._near(page)
            far = [(i, pair) for i, pair in strong if targets[i] not in near][:_MOST_FAR]
            found |= {i: self._reason(Reason("far"), pair) for i, pair in far}
        return found

    def _reason(self, reason: Reason, pair: LinePair) -> Reason:
        return replace(reason, names=(self._names[pair.page], pair.other), quote=pair.own)

    def _near(self, page: int) -> frozenset[int]:
        """The targets at most two links away, in either direction."""
        around = self._around.get(page, self._joined[page].indices)
        return frozenset((*around.tolist(), *self._joined[around].indices.tolist()))


@dataclass(frozen=True, slots=True)
class LinkingLines:
    """The lines that link a target, grouped by target, those of the newest pages first, at most 40 of each.

    starts: (targets + 1,), where the lines of each target begin. page, passage: per line. bigrams: (lines, terms), of
    the line without the link. readings: of all pages, as they were when the lines were found.
    """

    starts: IntArray
    page: IntArray
    passage: IntArray
    bigrams: sp.csr_matrix
    readings: Sequence[Reading]


def read_linking_lines(corpus: Corpus, bigrams: Bigrams, is_teacher: BoolArray) -> LinkingLines:
    """The lines of the teachers' pages that link anything."""
    found = _linking_lines(corpus, is_teacher)
    targets = [line.target for line in found]
    rests = (fold(_rest(corpus.readings[line.page].passages[line.passage].text, line)) for line in found)
    return LinkingLines(
        starts=np.searchsorted(targets, np.arange(corpus.n_targets + 1)).astype(np.int64),
        page=np.array([line.page for line in found], np.int64),
        passage=np.array([line.passage for line in found], np.int64),
        bigrams=sp.csr_matrix(sp.vstack([bigrams.of(chunk) for chunk in _chunks(rests)], format="csr")),
        readings=corpus.readings,
    )


class LineFinder:
    """Finds pairs of similar lines."""

    def __init__(self, corpus: Corpus, bigrams: Bigrams, linking: LinkingLines) -> None:
        self._corpus = corpus
        self._bigrams = bigrams
        self._linking = linking
        self._own: dict[int, tuple[list[str], sp.csr_matrix]] = {}

    def read(self, pages: Sequence[int]) -> None:
        """Loads the lines of these pages in place of those loaded before."""
        texts = [_long_lines(self._corpus.readings[page]) for page in pages]
        lines = self._bigrams.of([fold(line) for own in texts for line in own])
        ends = np.cumsum([len(own) for own in texts]).tolist()
        self._own = {
            page: (own, lines[end - len(own) : end]) for page, own, end in zip(pages, texts, ends, strict=True)
        }

    def most_similar(self, page: int, targets: Sequence[int], least: float) -> list[LinePair | None]:
        """Per target, the most similar pair; None where its cosine is under `least`. The page must be loaded."""
        best: list[LinePair | None] = [None] * len(targets)
        linking = self._linking
        rows = [(i, row) for i, t in enumerate(targets) for row in range(linking.starts[t], linking.starts[t + 1])]
        rows = [(i, row) for i, row in rows if linking.page[row] != page]
        own, mine = self._own[page]
        if not own or not rows:
            return best
        similarity = np.asarray((mine @ linking.bigrams[[row for _, row in rows]].T).todense())
        nearest, cosine = similarity.argmax(axis=0), similarity.max(axis=0)
        for column in np.argsort(cosine, kind="stable").tolist():
            if cosine[column] >= least:
                i, row = rows[column]
                other = int(linking.page[row])
                text = linking.readings[other].passages[linking.passage[row]].text
                best[i] = LinePair(_shown(own[nearest[column]]), other, _shown(text), float(cosine[column]))
        return best


def _long_lines(reading: Reading) -> list[str]:
    """The lines of the page that are long enough, each once."""
    texts = (passage.text for passage in reading.passages)
    return list(dict.fromkeys(text for text in texts if len(text) >= _SHORTEST))[:_MOST_OF_PAGE]


@dataclass(frozen=True, slots=True)
class _LinkingLine:
    """A link in a passage: `text[start:end]` links the target."""

    target: int
    page: int
    passage: int
    start: int
    end: int


def _linking_lines(corpus: Corpus, is_teacher: BoolArray) -> list[_LinkingLine]:
    """The lines that link anything, grouped by target, those of the newest pages first."""
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
    """(target, its segment) of the links of the passage; of a long one the first, for the line is read for each."""
    most = min(_MOST_OF_LINE, _MOST_READ_OF_LINE // max(1, len(passage.text)))
    for key, segment in islice(passage.links(), most):
        if key in number:
            yield number[key], segment


def _rest(text: str, line: _LinkingLine) -> str:
    """The line without the link."""
    return (text[: line.start] + "\n" + text[line.end :]).strip()


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts in chunks of about `_AT_ONCE` characters; at least one chunk."""
    chunk: list[str] = []
    n_characters = 0
    for text in texts:
        chunk.append(text)
        n_characters += len(text)
        if n_characters > _AT_ONCE:
            yield chunk
            chunk, n_characters = [], 0
    yield chunk


def _shown(line: str) -> str:
    plain = " ".join(line.replace("\x1f", " ").split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
