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
_MAX_LENGTH = 8_000  # code points of a page that the similarity reads
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
    unit rows. n_linking: per target, how many pages link it. link_probability: per target.
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
    n_mentioning = np.asarray(mentioned.sum(axis=0)).ravel()
    bigrams = bigram_vectors(texts)
    return _Wiki(
        n_pages=corpus.n_pages,
        title_lengths=np.array([len(key) for key in corpus.keys], np.float64),
        n_linking=n_linking,
        link_probability=n_linking / (n_mentioning + _SMOOTHING),
        links=links,
        linked_by=sp.csr_matrix(links.T),
        mentioned=mentioned,
        bigrams=bigrams,
        bigrams_t=sp.csr_matrix(bigrams.T),
    )


def _scores(wiki: _Wiki, pages: IntArray) -> Iterator[tuple[str, Scores]]:
    """Each baseline's (asked pages, targets) scores: higher is better, 0 is not proposed."""
    mentioned = wiki.mentioned[pages].toarray()
    yield "longest title first", mentioned * wiki.title_lengths
    # Of equal link probabilities the longer title comes first: 0.0001 a code point.
    yield "link probability", mentioned * (wiki.link_probability + 1e-4 * wiki.title_lengths)
    similarity = (wiki.bigrams[pages] @ wiki.bigrams_t).toarray().astype(np.float64)
    similarity[np.arange(len(pages)), pages] = 0
    of_targets = np.zeros_like(mentioned)
    of_targets[:, : wiki.n_pages] = similarity
    yield "similar pages", of_targets
    yield "neighbours' links", _neighbours_links(wiki, similarity)
    yield "co-citation", _co_cited(wiki, mentioned, pages)
    yield "most linked", np.tile(wiki.n_linking, (len(pages), 1))


def _neighbours_links(wiki: _Wiki, similarity: Scores) -> Scores:
    """The targets of the most similar pages, each page weighted by the square of its similarity."""
    nearest = largest(similarity, _N_NEIGHBOURS)
    weights = np.zeros_like(similarity)
    np.put_along_axis(weights, nearest, np.take_along_axis(similarity, nearest, axis=1) ** 2, axis=1)
    return np.asarray((sp.csr_matrix(weights) @ wiki.links).toarray())


def _co_cited(wiki: _Wiki, mentioned: Scores, pages: IntArray) -> Scores:
    """The targets of pages that also link what this page mentions.

    Only the mentions of the highest link probability count, divided by the root of the target's number of back-links.
    """
    probabilities = mentioned * wiki.link_probability
    likeliest = largest(probabilities, _N_MENTIONS)
    weights = np.zeros_like(mentioned)
    chosen = np.take_along_axis(probabilities / np.sqrt(np.maximum(wiki.n_linking, 1)), likeliest, axis=1)
    np.put_along_axis(weights, likeliest, chosen, axis=1)
    citing = (sp.csr_matrix(weights) @ wiki.linked_by).toarray()
    citing[np.arange(len(pages)), pages] = 0
    return np.asarray((sp.csr_matrix(citing) @ wiki.links).toarray())


def _best(scores: Scores, own: int, corpus: Corpus) -> list[Answer]:
    """The fifty best pages and the fifty best red links in one ranking, without the page itself."""
    n_pages = corpus.n_pages
    pages = largest(scores[None, :n_pages], LIST_LENGTH + 1)[0]
    reds = largest(scores[None, n_pages:], LIST_LENGTH)[0] + n_pages
    best = np.concatenate([pages[pages != own], reds])
    best = best[np.lexsort((best, -scores[best]))]
    return [
        Answer(corpus.keys[target], "page" if target < n_pages else "red")
        for target in best.tolist()
        if scores[target] > 0
    ]


def largest(scores: npt.NDArray[np.floating], k: int) -> IntArray:
    """(rows, k or as many as there are): the columns of the largest scores of each row, largest first."""
    n_columns = scores.shape[1]
    chosen = np.tile(np.arange(n_columns), (len(scores), 1))
    if k < n_columns:
        chosen = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.lexsort((chosen, -np.take_along_axis(scores, chosen, axis=1)), axis=1)
    return np.asarray(np.take_along_axis(chosen, order, axis=1), np.int64)


def _folded(text: str) -> str:
    return _SPACES.sub("_", text).lower()


def _mentioned(texts: Sequence[str], keys: Sequence[str]) -> sp.csr_matrix:
    """(pages, targets), 1 where the page's text contains the title key, even inside a word."""
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
            mentioned = [target for number in found for target in groups[number]]
            rows += [page] * len(mentioned)
            columns += mentioned
    return sp.csr_matrix(csr(rows, columns, (len(texts), len(keys))), dtype=np.float64)


def bigram_vectors(texts: Sequence[str]) -> sp.csr_matrix:
    """(pages, terms) TF-IDF of pairs of neighbouring characters, unit rows: (1 + ln tf) · ln(N / (df + 1)).

    Source: Manning, Raghavan and Schütze 2008, section 6.4, https://nlp.stanford.edu/IR-book/
    """
    terms: list[npt.NDArray[np.uint64]] = []
    counts: list[IntArray] = []
    for text in texts:
        codes = np.frombuffer(text[:_MAX_LENGTH].encode("utf-32-le"), np.uint32).astype(np.uint64)
        found, n = np.unique((codes[:-1] << np.uint64(21)) | codes[1:], return_counts=True)
        terms.append(found)
        counts.append(n)
    vocabulary, columns = np.unique(np.concatenate(terms), return_inverse=True)
    rows = np.repeat(np.arange(len(texts)), [len(found) for found in terms])
    n_documents = np.bincount(columns, minlength=len(vocabulary))
    idf = np.maximum(0, np.log(len(texts) / (n_documents + 1)))
    weights = (1 + np.log(np.concatenate(counts))) * idf[columns]
    lengths = np.sqrt(np.bincount(rows, weights**2, len(texts)))
    weights = (weights / np.maximum(lengths[rows], 1e-9)).astype(np.float32)
    return csr(rows, columns, (len(texts), len(vocabulary)), weights)
