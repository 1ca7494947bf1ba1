"""New links: training examples from a wiki's phrases, and the phrases to suggest on each page.

The phrases are found in `suggest/phrases/extraction.py` and their features in `suggest/phrases/features.py`; here
they meet the ranker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import scipy.sparse as sp

from linkassist.model.wiki_model import WikiModel
from linkassist.spelling import spelling_key
from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, keep_rows
from linkassist.suggest.explain.explainer import PhraseExplainer, best_rows, phrase_suggestion
from linkassist.suggest.folding import fold
from linkassist.suggest.holdout import Holdout, pages_to_hold_out
from linkassist.suggest.phrases.extraction import Phrases, by_phrase, not_new
from linkassist.suggest.phrases.features import PhraseFeatureBuilder, PhrasePairs, PhraseStatistics
from linkassist.suggest.phrases.hashing import Hashes, is_member
from linkassist.suggest.ranker import Ranker
from linkassist.suggest.same_titles import SameTitles
from linkassist.suggestion import Mention, Suggestion
from linkassist.wiki import Reading, title_key

_MOST_ANSWERS = 4  # of one page that are learnt from
_ENOUGH_HELD_OUT = 2000  # pages; fewer are joined by the next older ones
LIMIT = 50
_AT_ONCE = 400  # pages whose phrases are found together
_HOPEFUL = 30  # candidates of a page that are scored in full
_FLOOR = 0.04  # less likely suggestions are not worth keeping ...
_AT_LEAST = 3  # ... unless a page has fewer than this many


def phrase_examples(
    corpus: Corpus, hidden: Corpus, phrases: Phrases, holdout: Holdout
) -> tuple[FloatArray, BoolArray, IntArray]:
    """(features, is_answer, page) of the phrases of the held-out pages; answers are links that no other page has.

    corpus: with all links. hidden: without those of the held-out pages. Where these are few, the next older pages are
    held out too, from the wiki as it was before the first ones linked anything. No page is read again: `phrases` has
    the words of hidden links, also on pages that count as blind.
    """
    examples = [_examples_on(corpus, hidden.links, phrases, holdout.pages, holdout.is_teacher)]
    if len(holdout.pages) < _ENOUGH_HELD_OUT:
        before = replace(corpus, links=_only(corpus.links, ~_is_among(holdout.pages, corpus.n_pages)))
        older = pages_to_hold_out(before)
        teachers = (np.diff(before.links.indptr) > 0) & ~_is_among(older, corpus.n_pages)
        examples.append(_examples_on(corpus, _only(before.links, teachers), phrases, older, teachers))
    features, is_answer, page = (np.concatenate(columns) for columns in zip(*examples, strict=True))
    return features, is_answer, page


def _only(links: sp.csr_matrix, is_kept: BoolArray) -> sp.csr_matrix:
    kept = keep_rows(links, is_kept)
    kept.eliminate_zeros()
    return kept


def _examples_on(
    corpus: Corpus, links: sp.csr_matrix, phrases: Phrases, pages: IntArray, is_teacher: BoolArray
) -> tuple[FloatArray, BoolArray, IntArray]:
    """The part of `phrase_examples` for these pages; only `links` are visible."""
    hidden = replace(corpus, links=links)
    is_target = np.asarray(links.sum(axis=0)).ravel() > 0
    is_target[: corpus.n_pages] = True
    is_old = not_new(hidden, phrases, is_target)
    n_known = np.diff(links.indptr).astype(np.int64)
    habits = PhraseStatistics(hidden, phrases, is_old, is_teacher)
    evidence = PhraseFeatureBuilder(hidden.readings, phrases, is_old, n_known, habits)
    blocks = list(evidence.blocks(pages))
    features = np.concatenate([pairs.features for pairs in blocks])
    page = np.concatenate([pairs.page for pairs in blocks])
    phrase = np.concatenate([pairs.phrase for pairs in blocks])
    coined = [(page, fold(title_key(target))) for page in pages.tolist() for target in corpus.readings[page].links]
    numbers = phrases.numbers_of([key for _, key in coined])
    wanted = np.array([page for page, _ in coined], np.int64) * len(phrases) + numbers
    is_answer = np.isin(page * len(phrases) + phrase, wanted[numbers >= 0])
    kept = _evened(is_answer, page)
    return features[kept], is_answer[kept], page[kept]


def _evened(is_answer: BoolArray, page: IntArray) -> BoolArray:
    """Which examples to keep: of a page with many answers a sample, so that it does not outweigh all others."""
    n_answers = np.bincount(page, weights=is_answer)[page] if len(page) else np.zeros(0)
    chance = (np.arange(len(page)) * 2_654_435_761 % 2**32) / 2**32
    return np.asarray(chance * n_answers < _MOST_ANSWERS)


def _is_among(pages: IntArray, n_pages: int) -> BoolArray:
    """(n_pages,): whether each page is one of `pages`."""
    flags = np.zeros(n_pages, np.bool_)
    flags[pages] = True
    return flags


def new_links(
    corpus: Corpus, phrases: Phrases, habits: PhraseStatistics, known: sp.csr_matrix, ranker: Ranker, limit: int
) -> dict[int, list[Suggestion]]:
    """Per page, the new links to suggest, best first; pages without any are left out.

    known: (pages, targets), every link of every page.
    """
    n_known = np.diff(known.indptr).astype(np.int64)
    evidence = PhraseFeatureBuilder(corpus.readings, phrases, not_new(corpus, phrases), n_known, habits)
    explainer = PhraseExplainer(corpus, phrases)
    titles = SameTitles(corpus.keys)
    return dict(ranked_phrases(corpus.readings, evidence, explainer.suggestion, titles, ranker, limit))


@dataclass(frozen=True, slots=True)
class PhrasePredictor:
    """New links for some pages, by the model of their wiki.

    old: hashes of the keys of existing titles and red links, ascending. titles: the same. gone: pages of the model that
    no longer exist.
    """

    wiki: WikiModel
    old: Hashes
    titles: SameTitles
    gone: frozenset[int]
    ranker: Ranker
    limit: int

    def predict(
        self, rows: IntArray, readings: Sequence[Reading], is_changed: BoolArray, n_known: IntArray
    ) -> dict[int, list[Suggestion]]:
        """By number, the new links of these pages; those without any are left out.

        rows: their numbers. is_changed: per page, whether its text changed since the model was fitted; its former text,
        and pages that are gone, then count for no phrase. n_known: per page, how many links it has.
        """
        use = self.wiki.use
        found: dict[int, list[Suggestion]] = {}
        as_known = np.flatnonzero(~is_changed)
        for places in np.split(as_known, range(_AT_ONCE, len(as_known), _AT_ONCE)):
            asked = [readings[i] for i in places.tolist()]
            found |= self._of(rows[places], asked, use.phrases_among(asked), n_known[places], frozenset())
        for i in np.flatnonzero(is_changed).tolist():
            silent = self.gone | {int(rows[i])}
            phrases = use.phrases_of(readings[i], partial(self._n_silent, silent))
            found |= self._of(rows[[i]], [readings[i]], phrases, n_known[[i]], silent)
        return found

    def _n_silent(self, silent: frozenset[int], phrase_hash: int) -> int:
        return len(silent.intersection(self.wiki.phrase_postings.of(phrase_hash)))

    def _of(
        self,
        rows: IntArray,
        readings: Sequence[Reading],
        phrases: Phrases,
        n_known: IntArray,
        silent: frozenset[int],
    ) -> dict[int, list[Suggestion]]:
        """phrases: of these readings. silent: pages that do not count and are not named."""
        wiki = self.wiki
        is_old = phrases.is_empty | is_member(phrases.hashes, self.old)
        evidence = PhraseFeatureBuilder(readings, phrases, is_old, n_known, wiki.habits)
        order, starts = by_phrase(phrases)

        def suggestion_of(pairs: PhrasePairs, row: int, probability: float) -> Suggestion | None:
            place, phrase = int(pairs.page[row]), int(pairs.phrase[row])
            said = order[starts[phrase] : starts[phrase + 1]]
            others = wiki.phrase_postings.of(int(phrases.hashes[phrase]))
            names = [wiki.corpus.names[page] for page in others if page != rows[place] and page not in silent]
            of_page = said[slice(*np.searchsorted(phrases.page[said], [place, place + 1]))]
            return phrase_suggestion(readings[place], phrases, of_page, names, pairs.features[row], probability)

        of_places = ranked_phrases(readings, evidence, suggestion_of, self.titles, self.ranker, self.limit)
        return {int(rows[place]): suggestions for place, suggestions in of_places}


def ranked_phrases(
    readings: Sequence[Reading],
    evidence: PhraseFeatureBuilder,
    suggestion_of: Callable[[PhrasePairs, int, float], Suggestion | None],
    titles: SameTitles,
    ranker: Ranker,
    limit: int,
) -> Iterator[tuple[int, list[Suggestion]]]:
    """(page, its new links best first) for those of these pages that have any.

    evidence: of the pages' phrases. suggestion_of: makes a row of the pairs with its probability a suggestion, if it is
    one. titles: those that exist, of which none is a new link in whatever spelling.
    """
    for pairs in evidence.blocks(np.arange(len(readings))):
        hopeful = ranker.hopeful_phrases(pairs.features, pairs.page, _HOPEFUL)
        probability = np.zeros(len(pairs.page), np.float32)
        probability[hopeful] = ranker.score_phrases(pairs.features[hopeful])
        for rows in best_rows(pairs.page, probability, limit=3 * limit, floor=_FLOOR, at_least=3 * _AT_LEAST):
            page = int(pairs.page[rows[0]])
            already = titles.said_by(readings[page])
            suggestions = (suggestion_of(pairs, row, float(probability[row])) for row in rows.tolist())
            kept = _worth_keeping(apart(s for s in suggestions if s and not already.has(s.target)), limit)
            if kept:
                yield page, kept


def _worth_keeping(suggestions: Iterable[Suggestion], limit: int) -> list[Suggestion]:
    """The first of the suggestions, best first. Lazy: takes no more of them than it keeps."""
    kept: list[Suggestion] = []
    for suggestion in suggestions:
        if len(kept) == limit or (len(kept) >= _AT_LEAST and suggestion.probability < _FLOOR):
            break
        kept.append(suggestion)
    return kept


def apart(suggestions: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """The suggestions, best first, without near-duplicates of better ones.

    A near-duplicate is a spelling variant (case, width, long vowel, middle dot, hyphen), or each of its mentions
    crosses a better one's or shares most characters with it. A word well inside a longer mention stays.
    """
    taken: defaultdict[int, list[Mention]] = defaultdict(list)
    variants: set[str] = set()
    for suggestion in suggestions:
        variant = spelling_key(suggestion.target)
        if variant in variants or all(any(_clash(m, other) for other in taken[m.line]) for m in suggestion.mentions):
            continue
        yield suggestion
        variants.add(variant)
        for mention in suggestion.mentions:
            taken[mention.line].append(mention)


def _clash(one: Mention, other: Mention) -> bool:
    """Whether two mentions of one line cross, or are more alike than not: shared over all letters above a half."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    covered = max(one.end, other.end) - min(one.start, other.start)
    return shared > 0 and (2 * shared > covered or shared < min(one.end - one.start, other.end - other.start))
