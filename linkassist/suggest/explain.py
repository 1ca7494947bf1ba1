"""Scored pairs to suggestions: the mentions with their raw spans, and the reasons that the evidence gives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
import scipy.sparse as sp

from linkassist.suggest.candidates import Pairs
from linkassist.suggest.corpus import Corpus, FloatArray, IntArray
from linkassist.suggest.evidence import FEATURES
from linkassist.suggest.mentions import Mentions
from linkassist.suggest.ordering import stable_order
from linkassist.suggest.phrase_evidence import PHRASE_FEATURES, PhrasePairs
from linkassist.suggest.phrases import Phrases
from linkassist.suggest.statistics import Statistics
from linkassist.suggestion import Kind, Mention, Reason, Suggestion
from linkassist.wiki import Reading

MOST_MENTIONS = 5
_MOST_REASONS = 3
_MOST_NAMES = 7
_MOST_NEAR = 40  # pages looked through for a reason
_NEAR = 0.2  # cosine: what is less alike is no reason
_P = {name: i for i, name in enumerate(PHRASE_FEATURES)}


class MentionFinder:
    """The prose mentions of a (page, target) pair, free ones first."""

    def __init__(self, corpus: Corpus, mentions: Mentions) -> None:
        self._corpus = corpus
        self._mentions = mentions
        keys = mentions.page * corpus.n_targets + mentions.target
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def mentions_of(self, page: int, target: int) -> tuple[Mention, ...]:
        """At most five; none where the target is only said inside links or in the title."""
        key = page * self._corpus.n_targets + target
        low, high = self._keys.searchsorted(key), self._keys.searchsorted(key + 1)
        rows = self._order[low:high]
        if high - low > 1:
            rows = rows[np.argsort(~self._mentions.is_free[rows], kind="stable")]
        reading = self._corpus.readings[page]
        found: list[Mention] = []
        for row in rows.tolist():
            mention = prose_mention(
                reading,
                int(self._mentions.passage[row]),
                int(self._mentions.start[row]),
                int(self._mentions.end[row]),
            )
            if mention and not any(_overlap(mention, other) for other in found):
                found.append(mention)
            if len(found) == MOST_MENTIONS:
                break
        return tuple(found)


def prose_mention(reading: Reading, passage: int, start: int, end: int) -> Mention | None:
    """The mention at this place of a passage; None in the title, in a link or across two stretches of prose."""
    if passage < 0:
        return None
    found = reading.passages[passage]
    span = found.raw_span(start, end)
    return Mention(found.line, span.start, span.end, found.text[start:end]) if span else None


def _overlap(one: Mention, other: Mention) -> bool:
    return one.line == other.line and one.start < other.end and other.start < one.end


def _rounded(probability: float) -> float:
    """Four digits, and never certain: what nobody links on this page yet may be linked tomorrow."""
    return min(max(round(probability, 4), 0.0001), 0.9999)


class LinkExplainer:
    """Suggestions of existing targets, with reasons, for one choice of teachers."""

    def __init__(self, corpus: Corpus, statistics: Statistics, mentions: Mentions) -> None:
        self._corpus = corpus
        self._statistics = statistics
        self._finder = MentionFinder(corpus, mentions)
        self._linking = sp.csr_matrix(statistics.links.T)
        self._linked: dict[int, frozenset[int]] = {}
        self._page = -1  # whose neighbours are in _near
        self._near: list[int] = []

    def suggestion(self, pairs: Pairs, row: int, features: FloatArray, probability: float) -> Suggestion:
        """The suggestion of `pairs`' row, whose features these are."""
        page, target = int(pairs.page[row]), int(pairs.target[row])
        mentions = self._finder.mentions_of(page, target)
        kind: Kind = "page" if target < self._corpus.n_pages else "red"
        return Suggestion(
            target=self._corpus.names[target],
            kind=kind,
            probability=_rounded(probability),
            mentions=mentions,
            reasons=self._reasons(pairs, row, features, mentions),
            evidence=features.astype(np.float16).tobytes(),
        )

    def _reasons(self, pairs: Pairs, row: int, features: FloatArray, mentions: Sequence[Mention]) -> tuple[Reason, ...]:
        target = int(pairs.target[row])
        value = dict(zip(FEATURES, features.tolist(), strict=True))
        n_linked, n_mentioned = int(self._statistics.n_linked[target]), int(self._statistics.n_mentioned[target])
        found: list[Reason] = []
        if value["in_title"] and not mentions:
            found.append(Reason("in_title", weight=1.2))
        elif mentions:
            if n_linked:
                weight = 1.0 + 3 * value["link_probability"]
                found.append(Reason("link_probability", n_linked, n_mentioned, weight=weight))
            elif target < self._corpus.n_pages:
                found.append(Reason("mention", weight=1.5))
            if value["is_exact"] == 0:
                found.append(Reason("variant", quote=mentions[0].surface, weight=2.5))
        elif value["n_mentions"] > 0:
            found.append(Reason("in_link", weight=1.0))
        if value["links_back"]:
            found.append(Reason("backlink", weight=1.2))
        if value["is_icon"]:
            found.append(Reason("icon", weight=1.4))
        if value["titles"] > 0.45 and value["titles_rank"] < 5:
            found.append(Reason("title_words", weight=value["titles"] * 2))
        if target >= self._corpus.n_pages and n_linked >= 2:
            found.append(Reason("joins", total=n_linked, names=self._linking_names(target), weight=1.1))
        neighbours = self._neighbours_that_link(pairs, row)
        if neighbours:
            found.append(Reason("neighbours", names=neighbours, weight=0.6 + 0.5 * len(neighbours)))
        if value["co_cited_rank"] < 10:
            companions = self._companions(pairs, row)
            if companions:
                found.append(Reason("co_citation", names=companions, weight=1.3 - 0.1 * value["co_cited_rank"]))
        if target < self._corpus.n_pages and value["page_similarity_rank"] < 5 and value["page_similarity"] > 0.5:
            found.append(Reason("similar_page", weight=value["page_similarity"] * 2))
        found.sort(key=lambda reason: -reason.weight)
        return tuple(found[:_MOST_REASONS]) or (Reason("related", weight=0.5),)

    def _linking_names(self, target: int) -> tuple[str, ...]:
        pages = self._linking.indices[self._linking.indptr[target] : self._linking.indptr[target + 1]]
        return tuple(self._corpus.names[page] for page in pages[:_MOST_NAMES].tolist())

    def _neighbours_that_link(self, pairs: Pairs, row: int) -> tuple[str, ...]:
        """The pages most like this one that link the target; empty where none of them is truly near."""
        target = int(pairs.target[row])
        found = (page for page in self._neighbours(pairs, row) if target in self._targets_of(page))
        return tuple(self._corpus.names[page] for page in islice(found, 3))

    def _neighbours(self, pairs: Pairs, row: int) -> list[int]:
        """The pages like the row's page, most alike first."""
        page = int(pairs.page[row])
        if self._page != page:
            place = int(np.searchsorted(pairs.pages, page))
            best: dict[int, float] = {}
            for matrix in (pairs.nearest, pairs.alike):
                cut = slice(matrix.indptr[place], matrix.indptr[place + 1])
                for other, how_near in zip(matrix.indices[cut].tolist(), matrix.data[cut].tolist(), strict=True):
                    best[other] = max(best.get(other, 0.0), how_near)
            near = sorted((other for other in best if best[other] > _NEAR), key=lambda other: -best[other])
            self._near = near[:_MOST_NEAR]
            self._page = page
        return self._near

    def _targets_of(self, page: int) -> frozenset[int]:
        found = self._linked.get(page)
        if found is None:
            links = self._statistics.links
            found = frozenset(links.indices[links.indptr[page] : links.indptr[page + 1]].tolist())
            self._linked[page] = found
        return found

    def _companions(self, pairs: Pairs, row: int) -> tuple[str, ...]:
        """The links that the page has, and with which the target is often linked."""
        place = int(np.searchsorted(pairs.pages, pairs.page[row]))
        known = set(pairs.known.indices[pairs.known.indptr[place] : pairs.known.indptr[place + 1]].tolist())
        if not known:
            return ()
        co_cited = self._statistics.co_cited
        cut = slice(co_cited.indptr[pairs.target[row]], co_cited.indptr[pairs.target[row] + 1])
        shared = [
            (weight, other)
            for other, weight in zip(co_cited.indices[cut].tolist(), co_cited.data[cut].tolist(), strict=True)
            if other in known
        ]
        return tuple(self._corpus.names[other] for _, other in sorted(shared, reverse=True)[:3])


class PhraseExplainer:
    """Suggestions of new links, naming the pages that they would join."""

    def __init__(self, corpus: Corpus, phrases: Phrases) -> None:
        self._corpus = corpus
        self._phrases = phrases
        self._order = stable_order(phrases.phrase)  # by page within a phrase, as the occurrences are ordered by page
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(phrases.phrase, minlength=len(phrases)))])

    def suggestion(self, pairs: PhrasePairs, row: int, probability: float) -> Suggestion | None:
        """The suggestion of the pairs' row; None where the phrase stands nowhere in prose."""
        page, phrase = int(pairs.page[row]), int(pairs.phrase[row])
        rows = self._order[self._starts[phrase] : self._starts[phrase + 1]]
        pages = self._phrases.page[rows]
        reading = self._corpus.readings[page]
        mentions: list[Mention] = []
        for i in rows[pages == page].tolist():
            mention = prose_mention(
                reading, int(self._phrases.passage[i]), int(self._phrases.start[i]), int(self._phrases.end[i])
            )
            if mention and not any(_overlap(mention, other) for other in mentions):
                mentions.append(mention)
        if not mentions:
            return None
        others = [other for other in dict.fromkeys(pages.tolist()) if other != page]
        features = pairs.features[row]
        reasons = []
        if others:
            names = tuple(self._corpus.names[other] for other in others[:_MOST_NAMES])
            reasons.append(Reason("bridges", total=len(others), names=names, weight=1.5))
        if features[_P["is_quoted"]]:
            reasons.append(Reason("quoted", weight=1.2))
        if features[_P["title_likeness"]] > 0 or not reasons:
            reasons.append(Reason("phrase", weight=1.0))
        return Suggestion(
            target=mentions[0].surface,
            kind="new",
            probability=_rounded(probability),
            mentions=tuple(mentions[:MOST_MENTIONS]),
            reasons=tuple(reasons),
            evidence=features.astype(np.float16).tobytes(),
        )


def best_rows(page: IntArray, probability: FloatArray, *, limit: int, floor: float, at_least: int) -> list[IntArray]:
    """Per page (ascending), its rows best first: those of at least `floor`, but `at_least` and at most `limit`."""
    order = np.lexsort((-probability, page))
    groups = np.split(order, np.flatnonzero(np.diff(page[order])) + 1) if len(order) else []
    return [
        group[: min(limit, max(at_least, int((probability[group] >= floor).sum())))].astype(np.int64)
        for group in groups
    ]
