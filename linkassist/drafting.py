"""Links for a text that is no page of the wiki, by what the last reindex learnt: its ranker, reasons and restraint.

A wiki is read once (`prepare`), which takes as long as the first half of a reindex, and each text is then put beside it
as one more page. Against the same text taken in and reindexed, three things differ a little: the draft's own links are
not counted among the wiki's, its words change no other page's weights, and targets that it alone names do not count
among its links.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from linkassist.embed.encoder import Encoder
from linkassist.embed.joined import JoinedEncoder
from linkassist.errors import ModelError
from linkassist.freshness import INDEX_FILE, checked_models
from linkassist.index import PageIndex
from linkassist.learnt import Learnt, load_current
from linkassist.new_links import ranked_phrases
from linkassist.scrapbox.reading import read_page
from linkassist.store.embeddings import matrix
from linkassist.store.library import Library
from linkassist.store.pages import Project, read_pages
from linkassist.suggest.candidates import Asked, CandidateFinder
from linkassist.suggest.contexts import ContextOdds
from linkassist.suggest.contributions import Contributions
from linkassist.suggest.corpus import FloatArray, IntArray, build_corpus, csr, mark_numbers
from linkassist.suggest.evidence import EvidenceMaker, read_traits, tabulate_mentions
from linkassist.suggest.explain import LinkExplainer, phrase_suggestion
from linkassist.suggest.mentions import Mentions, TitleFinder, fold, fold_key
from linkassist.suggest.phrase_evidence import PhraseEvidence, PhraseHabits, PhrasePairs
from linkassist.suggest.phrases import Phrases, Sayers, find_phrases_and_use, not_new
from linkassist.suggest.restraint import LinkBudgets
from linkassist.suggest.spans import hash_of, is_member
from linkassist.suggest.statistics import learn_statistics, read_texts
from linkassist.suggesting import LIMIT, listed, quiet, ranked_links, search_of
from linkassist.suggestion import Suggestion
from linkassist.wiki import Line, Page, Reading, title_key

OnProgress = Callable[[str, int, int], None]

LONGEST = 60_000  # code points of a text; longer ones are chapters, and take seconds
_NO_TITLE = "\0"  # of the place that is kept for the draft: nothing links it, and no text says it


def draft_page(title: str, text: str) -> Page:
    """The page that the text would be: its title, and the text's lines below the title line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Page(title, tuple(Line(line) for line in (title, *lines)))


def prepare(library: Library, project: Project, on_progress: OnProgress = quiet) -> Drafting:
    """Reads the project's pages and what was learnt of them.

    Raises ModelError where nothing was learnt yet, or where what was learnt no longer fits.
    """
    ids, hashes, readings = [], [], []
    on_progress("read", 0, project.n_pages)
    for page in read_pages(library, project.id):
        ids.append(page.id)
        hashes.append(page.text_hash)
        readings.append(read_page(page.page))
        if len(ids) % 200 == 0:
            on_progress("read", len(ids), project.n_pages)
    learnt = load_current(checked_models(library, project), project, hashes)
    vectors = _vectors(library, project.id, learnt.encoder, ids, readings)
    return Drafting(learnt, readings, vectors, on_progress)


def load_search(library: Library, project: Project) -> MeaningSearch:
    """The search by meaning of the project as it was last reindexed. Raises ModelError like `prepare`."""
    folder = checked_models(library, project)
    learnt = load_current(folder, project)
    index = PageIndex.load(folder / INDEX_FILE, learnt.encoder.fingerprint)
    return MeaningSearch(learnt.encoder, index)


def _vectors(
    library: Library, project_id: int, encoder: Encoder, ids: list[int], readings: list[Reading]
) -> FloatArray:
    """(pages, width) unit rows, as kept by the reindex; what has changed since is encoded now and not kept."""
    if isinstance(encoder, JoinedEncoder):
        own = _vectors(library, project_id, encoder.own, ids, readings)
        return encoder.how.join(own, _vectors(library, project_id, encoder.other, ids, readings))
    kept_ids, kept = matrix(library, project_id, encoder.fingerprint)
    row_of = {page_id: row for row, page_id in enumerate(ids)}
    vectors = np.zeros((len(ids), encoder.width), np.float32)
    if len(kept_ids):
        vectors[[row_of[page_id] for page_id in kept_ids.tolist()]] = kept
    missing = sorted(set(range(len(ids))) - {row_of[page_id] for page_id in kept_ids.tolist()})
    if missing:
        vectors[missing] = encoder.encode([readings[row].text for row in missing])
    return vectors


@dataclass(frozen=True, slots=True)
class MeaningSearch:
    """Pages by how near they are to a query in meaning."""

    encoder: Encoder
    index: PageIndex

    def nearest(self, query: str, k: int) -> list[tuple[int, float]]:
        """(page row id, similarity) of the `k` nearest pages, nearest first; none for a query without known words."""
        vector = self.encoder.encode([query])
        if not vector.any() or len(self.index) == 0:
            return []
        found = self.index.nearest(vector, k)
        return list(zip(found.page_ids[0].tolist(), found.similarities[0].tolist(), strict=True))


class Drafting:
    """A wiki made ready to suggest links for texts that are not in it. Of a draft nothing is kept."""

    def __init__(
        self, learnt: Learnt, readings: list[Reading], vectors: FloatArray, on_progress: OnProgress = quiet
    ) -> None:
        """readings: of all pages, in the order of `vectors`, (pages, width)."""
        created = max((reading.created for reading in readings), default=0)  # a draft is as new as the newest page
        readings = [*readings, Reading(_NO_TITLE, (), (), created=created)]
        n_pages = len(readings)
        self._encoder, self._ranker = learnt.encoder, learnt.ranker
        self._corpus = corpus = build_corpus(readings)
        self._number = {key: number for number, key in enumerate(corpus.keys)}
        self._marks = mark_numbers(readings)
        on_progress("mentions", 0, n_pages)
        self._finder = TitleFinder(corpus.keys)
        mentions = self._finder.find(readings, lambda n: on_progress("mentions", n, n_pages))
        vectors = np.concatenate([vectors, np.zeros((1, learnt.encoder.width), np.float32)])
        on_progress("statistics", 0, 3)
        self._texts = read_texts(corpus, mentions, vectors)
        on_progress("statistics", 1, 3)
        n_links = np.diff(corpus.links.indptr).astype(np.int64)
        self._statistics = learn_statistics(corpus, self._texts, n_links > 0)
        on_progress("statistics", 2, 3)
        self._odds = ContextOdds(mentions, self._statistics.is_teacher)
        self._traits = read_traits(corpus)
        self._budgets = LinkBudgets(self._texts.n_characters.astype(np.int64), n_links)
        search = search_of(corpus, vectors, self._statistics)
        self._candidates = CandidateFinder(corpus, self._texts, self._statistics, search)
        contributions = Contributions(learnt.ranker.links[0])
        # of no page of the wiki the mentions are asked for
        none = self._finder.find([])
        self._explainer = LinkExplainer(corpus, self._texts, self._statistics, none, contributions)
        on_progress("phrases", 0, n_pages)
        phrases, self._use = find_phrases_and_use(readings, lambda n: on_progress("phrases", n, n_pages))
        self._habits = PhraseHabits(corpus, phrases, not_new(corpus, phrases), n_links > 0)
        self._sayers = Sayers(phrases)
        self._old_hashes = np.sort(hash_of([fold_key(key) for key in corpus.keys]))
        on_progress("phrases", n_pages, n_pages)

    def suggest(self, page: Page, limit: int = LIMIT) -> list[Suggestion]:
        """The page's suggestions, best first, at most `limit` of each kind; those held back are marked.

        A page of the same title is passed over as if the draft stood in its place. Raises ModelError for a text that is
        longer than LONGEST.
        """
        if (length := sum(len(line.text) + 1 for line in page.lines)) > LONGEST:
            raise ModelError(f"The text has {length:,} characters; expected at most {LONGEST:,}. Give it in parts.")
        draft = self._draft(read_page(page))
        if not draft.reading.text.strip():
            return []
        found = [*self._links(draft, limit), *self._phrases(draft, limit)]
        n_links = len({title_key(target) for target in draft.reading.links})
        budget = self._budgets.of(np.array([len(draft.reading.text)]), np.array([n_links]))
        return listed(found, int(budget[0]))

    def _draft(self, reading: Reading) -> _Draft:
        own = self._number.get(reading.key, self._corpus.n_pages - 1)
        row = min(own, self._corpus.n_pages - 1)
        mentions = self._finder.find([reading])
        linked = {title_key(target) for target in (*reading.links, *reading.also_linked)}
        known = {number for key in linked if (number := self._number.get(key, own)) != own}
        return _Draft(
            reading=replace(reading, created=int(self._corpus.created[row])),
            row=row,
            own=own,
            mentions=replace(mentions, page=np.full(len(mentions), row, np.int64)),
            known=np.array(sorted(known), np.int64),
        )

    def _links(self, draft: _Draft, limit: int) -> list[Suggestion]:
        """The links to pages and red links."""
        asked = self._asked(draft)
        readings = list(self._corpus.readings)
        readings[draft.row] = draft.reading
        n_characters = self._texts.n_characters.copy()
        n_characters[draft.row] = len(draft.reading.text)
        corpus = replace(self._corpus, readings=readings)
        texts = replace(self._texts, n_characters=n_characters)
        table = tabulate_mentions(corpus, draft.mentions, self._odds.of(draft.mentions))
        is_target = np.ones(corpus.n_targets, np.bool_)
        is_target[draft.own] = False
        pairs = self._candidates.find(asked, is_target)
        shown = (self._number.get(title_key(icon)) for icon in draft.reading.icons)
        icons = frozenset(draft.row * corpus.n_targets + number for number in shown if number is not None)
        features = EvidenceMaker(corpus, texts, self._statistics, table, self._traits, icons).features(pairs)
        explainer = self._explainer.beside(corpus, draft.mentions, draft.row, draft.own, asked)
        found = ranked_links(pairs, features, corpus.n_pages, self._ranker, explainer, limit)
        return [suggestion for _, suggestion in found]

    def _asked(self, draft: _Draft) -> Asked:
        corpus, reading, bigrams = self._corpus, draft.reading, self._texts.bigrams
        is_known_title = draft.own != corpus.n_pages - 1
        linking = self._statistics.links[:, [draft.own]].nonzero()[0]
        return Asked(
            pages=np.array([draft.row], np.int64),
            vectors=self._encoder.encode([reading.text]),
            mentioned=_row(draft.mentions.target, corpus.n_targets),
            known=_row(draft.known, corpus.n_targets),
            co_cited=self._statistics.co_cited[[draft.own]],
            links_back=_row(linking, corpus.n_targets),
            bigrams=bigrams.of_new(fold(reading.text)),
            titles=bigrams.titles[[draft.own]] if is_known_title else bigrams.of_new_title(fold(f"^{reading.title}$")),
            marks=_row([self._marks[mark] for mark in reading.marks if mark in self._marks], len(self._marks)),
        )

    def _phrases(self, draft: _Draft, limit: int) -> list[Suggestion]:
        """The new links."""
        reading = draft.reading
        phrases = self._use.phrases_of(reading)
        named = [reading.key, *(title_key(target) for target in reading.links)]
        old = np.sort(np.concatenate([self._old_hashes, hash_of([fold_key(key) for key in named])]))
        is_old = phrases.is_empty | is_member(phrases.hashes, old)
        evidence = PhraseEvidence([reading], phrases, is_old, np.array([len(draft.known)]), self._habits)

        def suggestion_of(pairs: PhrasePairs, row: int, probability: float) -> Suggestion | None:
            return self._new_link(draft, phrases, pairs, row, probability)

        found = dict(ranked_phrases([reading], evidence, suggestion_of, self._ranker, limit))
        return found.get(0, [])

    def _new_link(
        self, draft: _Draft, phrases: Phrases, pairs: PhrasePairs, row: int, probability: float
    ) -> Suggestion | None:
        phrase = int(pairs.phrase[row])
        others = [page for page in self._sayers.of(int(phrases.hashes[phrase])) if page != draft.row]
        names = [self._corpus.names[page] for page in others]
        rows = np.flatnonzero(phrases.phrase == phrase)
        return phrase_suggestion(draft.reading, phrases, rows, names, pairs.features[row], probability)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A text beside a wiki. row: the page in whose place it stands. own: the target that its title is.

    mentions: in it, as that row's. known: the targets that it links, ascending.
    """

    reading: Reading
    row: int
    own: int
    mentions: Mentions
    known: IntArray


def _row(columns: Sequence[int] | IntArray, n_columns: int) -> sp.csr_matrix:
    """(1, n_columns): how often each column is named."""
    return csr(np.zeros(len(columns), np.int64), columns, (1, n_columns))
