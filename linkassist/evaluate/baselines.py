"""Six simple baselines for comparison with our suggestions.

They see what ours sees, the readings, and propose pages and red links. Each gives every asked page a row of scores over
all targets; the fifty best of each kind are its answer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ahocorasick
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from linkassist.evaluate.metrics import LIST_LENGTH
from linkassist.evaluate.scoring import Answer
from linkassist.progress import OnCount, no_count
from linkassist.suggest.corpus import Corpus, IntArray, build_corpus, csr
from linkassist.wiki import Reading

BASELINES = (
    "longest title first",
    "link probability",
    "similar pages",
    "neighbours' links",
    "co-citation",
    "most linked",
)

_SHORTEST_TITLE = 2  # code points
_SMOOTHING = 1.5  # added to the pages that mention a title: one link on one mention is no link probability of 1
_N_NEIGHBOURS = 60
_N_MENTIONS = 20
_READ_AT_MOST = 8_000  # code points of a page that similarity looks at
_BATCH = 64
_SPACES = re.compile(r"[ \t_]+")

Scores = npt.NDArray[np.float64]


def baseline_answers(
    readings: Sequence[Reading], asked: Sequence[int], on_asked: OnCount = no_count
) -> dict[str, list[list[Answer]]]:
    """By name, in the order of `BASELINES`: the answers of each to the pages numbered `asked`, best first.

    on_asked: counts the pages asked about.
    """
    on_asked(0, len(asked))
    corpus = build_corpus(readings)
    wiki = _learn(corpus)
    answers: dict[str, list[list[Answer]]] = {name: [] for name in BASELINES}
    for start in range(0, len(asked), _BATCH):
        pages = np.asarray(asked[start : start + _BATCH], np.int64)
        for name, scores in _scores(wiki, pages):
            answers[name] += [_best(row, int(page), corpus) for row, page in zip(scores, pages, strict=True)]
        on_asked(min(start + _BATCH, len(asked)), len(asked))
    return answers


@dataclass(frozen=True, slots=True)
class _Wiki:
    """What the baselines know.

    links: (pages, targets), 1 where linked. mentioned: the same of titles in the text. bigrams: (pages, terms) TF-IDF,
    unit rows. n_linking: per target, the pages that link it. link_probability: per target. n_pages: of the wiki.
    """

    n_pages: int
    title_lengths: Scores
    n_linking: Scores
    link_probability: Scores
    links: sp.csr_matrix
    linked_by: sp.csr_matrix
    mentioned: sp.csr_matrix
    bigrams: sp.csr_matrix
    bigrams_t: sp.csr_matrix


def _learn(corpus: Corpus) -> _Wiki:
    texts = [_folded(reading.text) for reading in corpus.readings]
    mentioned = _mentioned(texts, corpus.keys)
    links = sp.csr_matrix(corpus.links, dtype=np.float64)
    n_linking = np.asarray(links.sum(axis=0)).ravel()
    n_saying = np.asarray(mentioned.sum(axis=0)).ravel()
    bigrams = bigram_vectors(texts)
    return _Wiki(
        n_pages=corpus.n_pages,
        title_lengths=np.array([len(key) for key in corpus.keys], np.float64),
        n_linking=n_linking,
        link_probability=n_linking / (n_saying + _SMOOTHING),
        links=links,
        linked_by=sp.csr_matrix(links.T),
        mentioned=mentioned,
        bigrams=bigrams,
        bigrams_t=sp.csr_matrix(bigrams.T),
    )


def _scores(wiki: _Wiki, pages: IntArray) -> Iterator[tuple[str, Scores]]:
    """Each baseline's (asked pages, targets) scores: the higher the better, 0 for what is not proposed."""
    said = wiki.mentioned[pages].toarray()
    yield "longest title first", said * wiki.title_lengths
    # of equally probable ones the longer: 0.0001 a code point
    yield "link probability", said * (wiki.link_probability + 1e-4 * wiki.title_lengths)
    similarity = (wiki.bigrams[pages] @ wiki.bigrams_t).toarray().astype(np.float64)
    similarity[np.arange(len(pages)), pages] = 0
    alike = np.zeros_like(said)
    alike[:, : wiki.n_pages] = similarity
    yield "similar pages", alike
    yield "neighbours' links", _neighbours_links(wiki, similarity)
    yield "co-citation", _co_cited(wiki, said, pages)
    yield "most linked", np.tile(wiki.n_linking, (len(pages), 1))


def _neighbours_links(wiki: _Wiki, similarity: Scores) -> Scores:
    """What the pages of most similar text link, each counting by the square of its similarity."""
    nearest = _largest(similarity, _N_NEIGHBOURS)
    weights = np.zeros_like(similarity)
    np.put_along_axis(weights, nearest, np.take_along_axis(similarity, nearest, axis=1) ** 2, axis=1)
    return np.asarray((sp.csr_matrix(weights) @ wiki.links).toarray())


def _co_cited(wiki: _Wiki, said: Scores, pages: IntArray) -> Scores:
    """What is linked from pages that also link what this page says.

    Only the mentions that are most often links count, each by its link probability over the root of its back-links.
    """
    probabilities = said * wiki.link_probability
    likeliest = _largest(probabilities, _N_MENTIONS)
    weights = np.zeros_like(said)
    chosen = np.take_along_axis(probabilities / np.sqrt(np.maximum(wiki.n_linking, 1)), likeliest, axis=1)
    np.put_along_axis(weights, likeliest, chosen, axis=1)
    citing = (sp.csr_matrix(weights) @ wiki.linked_by).toarray()
    citing[np.arange(len(pages)), pages] = 0
    return np.asarray((sp.csr_matrix(citing) @ wiki.links).toarray())


def _best(scores: Scores, own: int, corpus: Corpus) -> list[Answer]:
    """The fifty best pages and the fifty best red links, together best first; the page itself is not among them."""
    n_pages = corpus.n_pages
    pages = _largest(scores[None, :n_pages], LIST_LENGTH + 1)[0]
    reds = _largest(scores[None, n_pages:], LIST_LENGTH)[0] + n_pages
    best = np.concatenate([pages[pages != own], reds])
    best = best[np.lexsort((best, -scores[best]))]
    return [
        Answer(corpus.keys[target], "page" if target < n_pages else "red")
        for target in best.tolist()
        if scores[target] > 0
    ]


def _largest(scores: Scores, k: int) -> IntArray:
    """Per row, the columns of its k largest scores, in no order; of all where there are no more than k."""
    n_columns = scores.shape[1]
    if n_columns <= k:
        return np.tile(np.arange(n_columns), (len(scores), 1))
    return np.argpartition(-scores, k - 1, axis=1)[:, :k].astype(np.int64)


def _folded(text: str) -> str:
    return _SPACES.sub("_", text).lower()


def _mentioned(texts: Sequence[str], keys: Sequence[str]) -> sp.csr_matrix:
    """(pages, targets), 1 where the page's text holds the title key, in the middle of a word as well."""
    targets: defaultdict[str, list[int]] = defaultdict(list)
    for target, key in enumerate(keys):
        folded = _folded(key).strip("_")
        if len(folded) >= _SHORTEST_TITLE:
            targets[folded].append(target)
    groups = list(targets.values())
    automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
    for number, folded in enumerate(targets):
        automaton.add_word(folded, number)
    rows: list[int] = []
    columns: list[int] = []
    if groups:
        automaton.make_automaton()
        for page, text in enumerate(texts):
            found = {number for _, number in automaton.iter(text)}
            said = [target for number in found for target in groups[number]]
            rows += [page] * len(said)
            columns += said
    return sp.csr_matrix(csr(rows, columns, (len(texts), len(keys))), dtype=np.float64)


def bigram_vectors(texts: Sequence[str]) -> sp.csr_matrix:
    """(pages, terms) TF-IDF of pairs of neighbouring characters, unit rows: (1 + ln tf) · ln(N / (df + 1)).

    Source: Manning, Raghavan and Schütze 2008, section 6.4, https://nlp.stanford.edu/IR-book/
    """
    terms: list[npt.NDArray[np.uint64]] = []
    counts: list[IntArray] = []
    for text in texts:
        codes = np.frombuffer(text[:_READ_AT_MOST].encode("utf-32-le"), np.uint32).astype(np.uint64)
        found, n = np.unique((codes[:-1] << np.uint64(21)) | codes[1:], return_counts=True)
        terms.append(found)
        counts.append(n)
    vocabulary, columns = np.unique(np.concatenate(terms), return_inverse=True)
    rows = np.repeat(np.arange(len(texts)), [len(found) for found in terms])
    n_saying = np.bincount(columns, minlength=len(vocabulary))
    rarity = np.maximum(0, np.log(len(texts) / (n_saying + 1)))
    weights = (1 + np.log(np.concatenate(counts))) * rarity[columns]
    lengths = np.sqrt(np.bincount(rows, weights**2, len(texts)))
    weights = (weights / np.maximum(lengths[rows], 1e-9)).astype(np.float32)
    return csr(rows, columns, (len(texts), len(vocabulary)), weights)
