"""From readings to suggestions, in memory: fits encoder, ranker and wiki model, with which links hidden.

`pipeline/reindex.py` does it for a library (what is kept, what is unchanged), `evaluate/` measures it against what
people linked later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import scipy.sparse as sp

from linkassist.embed.encoder import Encoder
from linkassist.embed.joined import JoinedEncoder, learn_join
from linkassist.embed.wiki_encoder import WikiEncoder, learn_encoder
from linkassist.model.encoders import open_model, treatment_of
from linkassist.model.predict import Predictor, PreparedPages, search_of
from linkassist.model.predict_phrases import LIMIT, new_links, phrase_examples
from linkassist.model.scan import Scan, scan_texts, scan_without_hidden_links
from linkassist.model.wiki_model import WikiModel, fit_wiki_model
from linkassist.progress import OnProgress, counting, no_progress
from linkassist.suggest.added_links import added_link_holdouts
from linkassist.suggest.candidates import CandidateFinder, PageBatch, Pairs
from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, all_known, build_corpus, cells
from linkassist.suggest.features import FEATURES, FeatureBuilder, icon_pairs, tabulate_mentions, title_features
from linkassist.suggest.holdout import Holdout, hide_links, links_beside, pages_to_hold_out
from linkassist.suggest.link_contexts import ContextLogOdds
from linkassist.suggest.prefetch import prefetch_map
from linkassist.suggest.ranker import (
    Ranker,
    TrainingSet,
    joined_training_sets,
    learn_ranker,
    sort_of_links,
    training_set,
)
from linkassist.suggest.statistics import Statistics, learn_statistics
from linkassist.suggestion import Suggestion
from linkassist.wiki import Reading

WIKI = "wiki"
_ENOUGH_HELD_OUT = 1000  # pages; fewer are held out twice, with other links hidden


def suggest_wiki(
    readings: Sequence[Reading],
    *,
    encoder_name: str = WIKI,
    seed: int = 0,
    limit: int = LIMIT,
    vectors_of: Callable[[Encoder], FloatArray] | None = None,
    on_progress: OnProgress = no_progress,
) -> list[list[Suggestion]]:
    """Per reading, its suggestions, best first, at most `limit` of each kind. Title keys must be distinct.

    vectors_of: the unit vectors of the readings' texts by an encoder, for a caller who wants to see them too.
    """
    on_progress("learn", 0, 0)
    corpus = build_corpus(readings)
    held_out = pages_to_hold_out(corpus, seed)

    def encoded(encoder: Encoder) -> FloatArray:
        return encoder.encode([reading.text for reading in readings], counting(on_progress, "encode"))

    encoder, vectors = choose_encoder(
        encoder_name, corpus, held_out, vectors_of or encoded, seed=seed, on_progress=on_progress
    )
    scan = scan_texts(corpus, vectors, on_progress)
    ranker = fit_ranker(scan, held_out, encoder, seed=seed, on_progress=on_progress)
    found: list[list[Suggestion]] = [[] for _ in readings]
    model = fit_wiki_model(scan, on_progress=on_progress)
    for page, suggestions in suggest_pages(model, scan, ranker, limit=limit, on_progress=on_progress):
        found[page] = suggestions
    return found


def choose_encoder(
    name: str,
    corpus: Corpus,
    held_out: IntArray,
    vectors_of: Callable[[Encoder], FloatArray],
    *,
    seed: int = 0,
    own: WikiEncoder | None = None,
    start: WikiEncoder | None = None,
    on_progress: OnProgress = no_progress,
) -> tuple[WikiEncoder | JoinedEncoder, FloatArray]:
    """The encoder to use, and its vectors of all pages.

    The wiki's own is learnt from the pages' text and the links of those not held out. Any other name is that of a
    model, see `open_model`, which joins it with the weight that the held-out pages' links give it, none where it is no
    help.
    vectors_of: the vectors of all pages by an encoder. own: an encoder that was learnt from these very pages. start:
    one of an earlier state of the wiki.
    """
    model = None if name == WIKI else open_model(name)  # first: its name may be mistaken, and learning takes long
    own = own or learn_encoder(
        [reading.text for reading in corpus.readings],
        links_beside(corpus, held_out),
        seed=seed,
        start=start,
        on_progress=counting(on_progress, "learn"),
    )
    vectors = vectors_of(own)
    if model is None:
        return own, vectors
    beside = vectors_of(model)
    how = learn_join(vectors, beside, corpus.links, held_out, seed, treatment_of(name))
    return (JoinedEncoder(own, model, how), how.join(vectors, beside)) if how.share else (own, vectors)


def fit_ranker(
    scan: Scan, held_out: IntArray, encoder: Encoder, *, seed: int = 0, on_progress: OnProgress = no_progress
) -> Ranker:
    """The ranker, trained on the held-out pages, whose hidden links are the answers, and on links added late."""
    on_progress("examine", 0, 4)
    holdouts = holdouts_of(scan.corpus, held_out, seed)
    links = link_training_set(scan, holdouts, encoder)
    on_progress("examine", 1, 4)
    additions = link_training_set(scan, added_link_holdouts(scan.corpus, seed), encoder)
    on_progress("examine", 2, 4)
    first = holdouts[0]
    phrases = training_set(*phrase_examples(scan.corpus, first.corpus, scan.phrases, first))
    on_progress("examine", 3, 4)
    ranker = learn_ranker(links, phrases, additions, seed=seed)
    on_progress("examine", 4, 4)
    return ranker


def holdouts_of(corpus: Corpus, held_out: IntArray, seed: int = 0) -> list[Holdout]:
    """One holdout of these pages; of few pages two, with other links hidden."""
    n_draws = 1 if len(held_out) >= _ENOUGH_HELD_OUT else 2
    return [hide_links(corpus, held_out, seed + draw) for draw in range(n_draws)]


def link_training_set(scan: Scan, holdouts: Sequence[Holdout], encoder: Encoder) -> TrainingSet:
    """The candidates of the held-out pages, with their features as they are while the links are hidden."""
    return joined_training_sets(
        [_link_training_set(scan_without_hidden_links(scan, each, encoder), each) for each in holdouts]
    )


def _candidates(
    scan: Scan, statistics: Statistics, pages: IntArray, known: sp.csr_matrix, is_target: BoolArray
) -> Iterator[tuple[Pairs, FloatArray]]:
    """The candidates of these pages, some hundred pages at a time, and their features (pairs, len(FEATURES))."""
    odds = ContextLogOdds(scan.mentions, statistics.is_teacher).of(scan.mentions)
    table = tabulate_mentions(scan.corpus, scan.mentions, odds)
    icons = icon_pairs(scan.corpus, pages)
    maker = FeatureBuilder(scan.corpus, scan.texts, statistics, table, title_features(scan.corpus), icons)
    search = search_of(scan.corpus, scan.texts.vectors, statistics)
    finder = CandidateFinder(scan.corpus, scan.texts, statistics, search)

    def found(part: PageBatch) -> tuple[Pairs, FloatArray]:
        pairs = finder.find(part, is_target)
        return pairs, maker.features(pairs)

    return prefetch_map(found, finder.batch_of(pages, known).chunks(finder.chunk_size))


def _link_training_set(scan: Scan, holdout: Holdout) -> TrainingSet:
    """The candidates of the held-out pages and which of them are answers.

    A page that is held out too and that no teacher links is no answer: it was made with the held-out pages and was not
    there to be linked.
    """
    corpus, pages = scan.corpus, holdout.pages
    statistics = learn_statistics(corpus, scan.texts, holdout.is_teacher)
    is_new = np.zeros(corpus.n_targets, np.bool_)
    is_new[pages] = ~holdout.is_teacher[pages]
    is_new &= statistics.n_linked == 0
    is_target = holdout.is_target & ((statistics.n_linked > 0) | (np.arange(corpus.n_targets) < corpus.n_pages))
    features = [np.zeros((0, len(FEATURES)), np.float32)]
    answers = [np.zeros(0, np.bool_)]
    asked = [np.zeros(0, np.int64)]
    for pairs, found in _candidates(scan, statistics, pages, corpus.links, is_target):
        features.append(found)
        answers.append((cells(holdout.answers, pairs.page, pairs.target) > 0) & ~is_new[pairs.target])
        asked.append(pairs.page)
    rows, page = np.concatenate(features), np.concatenate(asked)
    return TrainingSet(
        features=rows,
        is_answer=np.concatenate(answers),
        page=page,
        sort=sort_of_links(rows),
        is_lesson=np.full(len(page), holdout.is_lesson),
        is_typical=_is_typical(rows, holdout, page),
    )


def _is_typical(features: FloatArray, holdout: Holdout, page: IntArray) -> BoolArray:
    """False for what a page says whose hidden links' words were taken out, and in a holdout that is not typical."""
    return np.asarray((~holdout.is_blind[page] | (sort_of_links(features) == 0)) & holdout.is_typical)


def suggest_pages(
    model: WikiModel, scan: Scan, ranker: Ranker, *, limit: int = LIMIT, on_progress: OnProgress = no_progress
) -> Iterator[tuple[int, list[Suggestion]]]:
    """(page, its suggestions best first) for every page of the scan, in order. model: of the scan."""
    corpus = scan.corpus
    known = all_known(corpus)
    pages = np.arange(corpus.n_pages)
    predictor = Predictor(model, ranker)
    found = PreparedPages(
        asked=predictor.asked(pages, known),
        mentions=scan.mentions,
        icons=icon_pairs(corpus, pages),
        new=new_links(corpus, scan.phrases, model.habits, known, ranker, limit),
        n_links=np.diff(corpus.links.indptr).astype(np.int64),
        around={},
        titles=scan.texts.bigrams.titles,
    )
    on_progress("suggest", 0, corpus.n_pages)
    for done, (page, suggestions) in enumerate(predictor.predict(found, limit), start=1):
        yield page, suggestions
        if done % 200 == 0 or done == corpus.n_pages:
            on_progress("suggest", done, corpus.n_pages)


def candidate_features(scan: Scan, pages: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
    """(features, page, target) of all candidates of these pages, as they are when suggestions are made."""
    corpus = scan.corpus
    statistics = learn_statistics(corpus, scan.texts, np.diff(corpus.links.indptr) > 0)
    is_target = np.ones(corpus.n_targets, np.bool_)
    found = list(_candidates(scan, statistics, pages, all_known(corpus), is_target))
    return (
        np.concatenate([np.zeros((0, len(FEATURES)), np.float32), *(features for _, features in found)]),
        np.concatenate([np.zeros(0, np.int64), *(pairs.page for pairs, _ in found)]),
        np.concatenate([np.zeros(0, np.int64), *(pairs.target for pairs, _ in found)]),
    )
