"""From readings to suggestions, in memory: what to learn, in what order, and with which links hidden.

`reindex.py` wraps it in a library (what is kept, what is unchanged), `evaluate/` holds it against what people did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from linkassist.embed.encoder import Encoder
from linkassist.embed.wiki_encoder import WikiEncoder, learn_encoder
from linkassist.index import PageIndex
from linkassist.suggest.candidates import Nearest, Search, find_candidates
from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, build_corpus, cells, csr, keep_rows
from linkassist.suggest.evidence import EvidenceMaker, read_traits, tabulate_mentions
from linkassist.suggest.examination import Examination, hide_links, pages_to_examine, teachers_beside
from linkassist.suggest.explain import LinkExplainer, PhraseExplainer, best_rows
from linkassist.suggest.mentions import Mentions, TitleFinder, fold
from linkassist.suggest.phrases import Phrases, find_phrases, phrase_pairs
from linkassist.suggest.ranker import Ranker, learn_ranker
from linkassist.suggest.statistics import Statistics, Texts, learn_statistics, read_texts
from linkassist.suggestion import Suggestion
from linkassist.wiki import Reading, title_key

OnProgress = Callable[[str, int, int], None]  # (step, done, total)

WIKI = "wiki"
LIMIT = 50
_FLOOR = 0.02  # less likely suggestions are not worth keeping ...
_AT_LEAST = 10  # ... unless a page has fewer than this many
_PHRASE_FLOOR = 0.04
_PHRASES_AT_LEAST = 3


def quiet(step: str, done: int, total: int) -> None:
    """The progress report for those who want none."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A corpus with all that its texts tell: the stage on which candidates are found and scored."""

    corpus: Corpus
    mentions: Mentions
    texts: Texts
    statistics: Statistics
    phrases: Phrases
    known: sp.csr_matrix


def suggest_wiki(
    readings: Sequence[Reading],
    *,
    encoder_name: str = WIKI,
    seed: int = 0,
    limit: int = LIMIT,
    on_progress: OnProgress | None = None,
) -> list[list[Suggestion]]:
    """Per reading, its suggestions, best first, at most `limit` of each kind. Title keys must be distinct."""
    told = on_progress or quiet
    corpus = build_corpus(readings)
    examined = pages_to_examine(corpus, seed)
    encoder = choose_encoder(encoder_name, corpus, examined, seed=seed, on_progress=told)
    vectors = encoder.encode([reading.text for reading in readings], lambda n: told("encode", n, len(readings)))
    ranker = examine(corpus, examined, vectors, encoder, seed=seed, on_progress=told)
    found: list[list[Suggestion]] = [[] for _ in readings]
    for page, suggestions in suggest_pages(corpus, vectors, ranker, limit=limit, on_progress=told):
        found[page] = suggestions
    return found


def choose_encoder(
    name: str,
    corpus: Corpus,
    examined: IntArray,
    *,
    seed: int = 0,
    start: WikiEncoder | None = None,
    on_progress: OnProgress = quiet,
) -> Encoder:
    """The encoder of that name: "wiki" is learnt from the pages' text and the links of those not examined."""
    if name != WIKI:
        from linkassist.embed.transformer import TransformerEncoder  # seconds to import: only for those who ask for it

        return TransformerEncoder(name)
    teachers = keep_rows(corpus.links, teachers_beside(corpus, examined))
    teachers.eliminate_zeros()
    return learn_encoder(
        [reading.text for reading in corpus.readings],
        teachers,
        seed=seed,
        start=start,
        on_progress=lambda done, total: on_progress("learn", done, total),
    )


def examine(
    corpus: Corpus,
    examined: IntArray,
    vectors: FloatArray,
    encoder: Encoder,
    *,
    seed: int = 0,
    on_progress: OnProgress = quiet,
) -> Ranker:
    """The ranker learnt by hiding the links of the examined pages and finding them again."""
    examination = hide_links(corpus, examined, seed)
    hidden = examination.corpus
    on_progress("examine", 0, 3)
    vectors = vectors.copy()
    if len(examined):
        vectors[examined] = encoder.encode([hidden.readings[page].text for page in examined.tolist()])
    scene = set_scene(hidden, vectors, examination.is_teacher, examination.known)
    on_progress("examine", 1, 3)
    links = _link_lessons(scene, examination)
    phrases = _phrase_lessons(corpus, scene, examination)
    on_progress("examine", 2, 3)
    ranker = learn_ranker(links, phrases, seed=seed)
    on_progress("examine", 3, 3)
    return ranker


def set_scene(
    corpus: Corpus,
    vectors: FloatArray,
    is_teacher: BoolArray,
    known: sp.csr_matrix,
    on_progress: OnProgress = quiet,
) -> Scene:
    """The scene of this corpus, with these teachers."""
    mentions = TitleFinder(corpus.keys).find(corpus.readings, lambda n: on_progress("mentions", n, corpus.n_pages))
    texts = read_texts(corpus, mentions, vectors)
    on_progress("statistics", 0, 2)
    statistics = learn_statistics(corpus, texts, is_teacher)
    on_progress("statistics", 1, 2)
    phrases = find_phrases(corpus)
    on_progress("statistics", 2, 2)
    return Scene(corpus, mentions, texts, statistics, phrases, known)


def _nearest(vectors: FloatArray) -> Nearest:
    index = PageIndex(np.arange(len(vectors)), vectors, "")

    def search(queries: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        found = index.nearest(queries, k)
        return found.page_ids, found.similarities

    return search


def _search(scene: Scene) -> Search:
    shared = np.flatnonzero((scene.statistics.n_linked >= 2) & ~scene.corpus.is_template)
    search_shared = _nearest(scene.statistics.profiles[shared])

    def nearest_profiles(queries: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        rows, similarities = search_shared(queries, k)
        return shared[rows], similarities

    return Search(_nearest(scene.texts.vectors), nearest_profiles)


def _evidence_maker(scene: Scene) -> EvidenceMaker:
    table = tabulate_mentions(scene.corpus, scene.mentions)
    return EvidenceMaker(scene.corpus, scene.texts, scene.statistics, table, read_traits(scene.corpus))


def _link_lessons(scene: Scene, examination: Examination) -> tuple[FloatArray, BoolArray, IntArray]:
    """(features, is_answer, page) of the candidates of the examined pages.

    A page that was set aside too and that no teacher links counts as no answer: it came with the examined pages and
    was not there to be linked.
    """
    maker = _evidence_maker(scene)
    is_new = np.zeros(scene.corpus.n_targets, np.bool_)
    is_new[examination.pages] = True
    is_new &= scene.statistics.n_linked == 0
    features, answers, pages = [np.zeros((0, 0), np.float32)], [], []
    features.clear()
    for pairs in find_candidates(
        scene.corpus, scene.texts, scene.statistics, _search(scene), examination.pages, scene.known
    ):
        features.append(maker.features(pairs))
        answers.append((cells(examination.answers, pairs.page, pairs.target) > 0) & ~is_new[pairs.target])
        pages.append(pairs.page)
    if not features:
        return np.zeros((0, 1), np.float32), np.zeros(0, np.bool_), np.zeros(0, np.int64)
    return np.concatenate(features), np.concatenate(answers), np.concatenate(pages)


def _phrase_lessons(corpus: Corpus, scene: Scene, examination: Examination) -> tuple[FloatArray, BoolArray, IntArray]:
    """(features, is_answer, page) of the phrases of the examined pages; answers are links that nobody else makes."""
    pairs = phrase_pairs(scene.corpus, scene.phrases, examination.pages, np.diff(scene.known.indptr).astype(np.int64))
    coined = {
        (page, fold(title_key(target))) for page in examination.pages.tolist() for target in corpus.readings[page].links
    }
    is_answer = np.fromiter(
        (
            (page, scene.phrases.keys[phrase]) in coined
            for page, phrase in zip(pairs.page.tolist(), pairs.phrase.tolist(), strict=True)
        ),
        np.bool_,
        len(pairs.page),
    )
    return pairs.features, is_answer, pairs.page


def suggest_pages(
    corpus: Corpus,
    vectors: FloatArray,
    ranker: Ranker,
    *,
    limit: int = LIMIT,
    on_progress: OnProgress = quiet,
) -> Iterator[tuple[int, list[Suggestion]]]:
    """(page, its suggestions best first) for every page of the corpus, in order."""
    known = _all_known(corpus)
    is_teacher = np.diff(corpus.links.indptr) > 0
    scene = set_scene(corpus, vectors, is_teacher, known, on_progress)
    new = _new_links(scene, ranker, limit)
    maker = _evidence_maker(scene)
    explainer = LinkExplainer(corpus, scene.statistics, scene.mentions)
    pages = np.arange(corpus.n_pages)
    done = 0
    for pairs in find_candidates(corpus, scene.texts, scene.statistics, _search(scene), pages, known):
        features = maker.features(pairs)
        probability = ranker.score_links(features)
        found = {page: list(new.get(page, ())) for page in pairs.pages.tolist()}
        for rows in _best_of_each_kind(pairs.page, pairs.target >= corpus.n_pages, probability, limit):
            page = int(pairs.page[rows[0]])
            found[page].extend(
                explainer.suggestion(pairs, row, features[row], float(probability[row])) for row in rows.tolist()
            )
        for page, suggestions in found.items():
            yield page, sorted(suggestions, key=lambda suggestion: -suggestion.probability)
        done += len(pairs.pages)
        on_progress("suggest", done, corpus.n_pages)


def _best_of_each_kind(page: IntArray, is_red: BoolArray, probability: FloatArray, limit: int) -> Iterator[IntArray]:
    """Rows of one page and kind at a time; the minimum holds for both kinds together."""
    for rows in best_rows(page, probability, limit=2 * limit, floor=_FLOOR, at_least=_AT_LEAST):
        for kind in (False, True):
            chosen = rows[is_red[rows] == kind][:limit]
            if len(chosen):
                yield chosen


def _all_known(corpus: Corpus) -> sp.csr_matrix:
    """(pages, targets): every link of every page, also those from which nothing is learnt."""
    number = {key: i for i, key in enumerate(corpus.keys)}
    rows, columns = [], []
    for row, reading in enumerate(corpus.readings):
        for target in reading.also_linked:
            column = number.get(title_key(target))
            if column is not None:
                rows.append(row)
                columns.append(column)
    return sp.csr_matrix(corpus.links.maximum(csr(rows, columns, corpus.links.shape).sign()))


def _new_links(scene: Scene, ranker: Ranker, limit: int) -> dict[int, list[Suggestion]]:
    """Per page, the new links to suggest."""
    pages = np.arange(scene.corpus.n_pages)
    pairs = phrase_pairs(scene.corpus, scene.phrases, pages, np.diff(scene.known.indptr).astype(np.int64))
    probability = ranker.score_phrases(pairs.features)
    explainer = PhraseExplainer(scene.corpus, scene.phrases)
    found: dict[int, list[Suggestion]] = {}
    for rows in best_rows(pairs.page, probability, limit=limit, floor=_PHRASE_FLOOR, at_least=_PHRASES_AT_LEAST):
        suggestions = [explainer.suggestion(pairs, row, float(probability[row])) for row in rows.tolist()]
        already = {title_key(target) for target in scene.corpus.readings[int(pairs.page[rows[0]])].also_linked}
        kept = [s for s in suggestions if s and title_key(s.target) not in already]
        if kept:
            found[int(pairs.page[rows[0]])] = kept
    return found
