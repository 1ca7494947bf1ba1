"""New links: what to learn about a wiki's phrases from its links, and which of them to suggest on each page.

The phrases and their features are found in `suggest/phrases.py`; here they meet the ranker.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray
from linkassist.suggest.examination import Examination
from linkassist.suggest.explain import PhraseExplainer, best_rows
from linkassist.suggest.mentions import fold
from linkassist.suggest.phrases import Phrases, not_new, phrase_pairs
from linkassist.suggest.ranker import Ranker
from linkassist.suggestion import Suggestion
from linkassist.wiki import title_key

_FLOOR = 0.04  # less likely suggestions are not worth keeping ...
_AT_LEAST = 3  # ... unless a page has fewer than this many


def phrase_lessons(
    corpus: Corpus, hidden: Corpus, phrases: Phrases, examination: Examination
) -> tuple[FloatArray, BoolArray, IntArray]:
    """(features, is_answer, page) of the phrases of the examined pages; answers are links that nobody else makes.

    corpus: with all links to be seen. hidden: without those of the examined pages. Pages whose words are hidden too
    have no answers to find and are left out.
    """
    pages = examination.pages[~examination.is_blind[examination.pages]]
    is_old = not_new(hidden, phrases, examination.is_target)
    n_known = np.diff(hidden.links.indptr).astype(np.int64)
    pairs = phrase_pairs(hidden, phrases, is_old, pages, n_known)
    coined = {(page, fold(title_key(target))) for page in pages.tolist() for target in corpus.readings[page].links}
    is_answer = np.fromiter(
        (
            (page, phrases.keys[phrase]) in coined
            for page, phrase in zip(pairs.page.tolist(), pairs.phrase.tolist(), strict=True)
        ),
        np.bool_,
        len(pairs.page),
    )
    return pairs.features, is_answer, pairs.page


def new_links(
    corpus: Corpus, phrases: Phrases, known: sp.csr_matrix, ranker: Ranker, limit: int
) -> dict[int, list[Suggestion]]:
    """Per page, the new links to suggest, best first; pages without any are left out.

    known: (pages, targets), every link of every page.
    """
    is_old = not_new(corpus, phrases)
    n_known = np.diff(known.indptr).astype(np.int64)
    pairs = phrase_pairs(corpus, phrases, is_old, np.arange(corpus.n_pages), n_known)
    probability = ranker.score_phrases(pairs.features)
    explainer = PhraseExplainer(corpus, phrases)
    found: dict[int, list[Suggestion]] = {}
    for rows in best_rows(pairs.page, probability, limit=limit, floor=_FLOOR, at_least=_AT_LEAST):
        suggestions = [explainer.suggestion(pairs, row, float(probability[row])) for row in rows.tolist()]
        already = {title_key(target) for target in corpus.readings[int(pairs.page[rows[0]])].also_linked}
        kept = [s for s in suggestions if s and title_key(s.target) not in already]
        if kept:
            found[int(pairs.page[rows[0]])] = kept
    return found
