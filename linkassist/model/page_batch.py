"""Pages made ready for prediction: what each says and links now, in the numbers of the model of their wiki."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from linkassist.model.grow import is_placeholder
from linkassist.model.predict import PreparedPages
from linkassist.model.predict_phrases import LIMIT, PhrasePredictor
from linkassist.model.wiki_model import WikiModel
from linkassist.suggest.aliases import aliases_of, followed, leads_to
from linkassist.suggest.candidates import PageBatch
from linkassist.suggest.corpus import BoolArray, FloatArray, IntArray, csr
from linkassist.suggest.features import icon_pairs
from linkassist.suggest.folding import fold, fold_key
from linkassist.suggest.mentions import TitleFinder
from linkassist.suggest.phrases.hashing import hash_of
from linkassist.suggest.ranker import Ranker
from linkassist.suggest.same_titles import SameTitles
from linkassist.suggestion import Suggestion
from linkassist.wiki import Reading, title_key


class PagePreparer:
    """Turns readings of pages into the arrays that the predictor takes."""

    def __init__(self, wiki: WikiModel, ranker: Ranker, n_kept: int, new_keys: frozenset[str], gone: IntArray) -> None:
        """wiki: the model, grown by new pages. n_kept: the pages it was fitted on. new_keys: titles that are new since.
        gone: of the pages it was fitted on, those that no longer exist."""
        self._ranker = ranker
        self._old = np.sort(hash_of([fold_key(key) for key in wiki.corpus.keys]))
        self._wiki, self._n_kept, self._gone = wiki, n_kept, frozenset(gone.tolist())
        self._number = {key: number for number, key in enumerate(wiki.corpus.keys)}
        self._is_new = np.array([key in new_keys or is_placeholder(key) for key in wiki.corpus.keys], np.bool_)
        self._finder = TitleFinder(wiki.corpus.names)
        self._templates = frozenset(wiki.templates)
        self._leads = leads_to(wiki.corpus)
        self._same_titles = SameTitles(wiki.corpus.keys, aliases_of(wiki.corpus))
        self._mark = {mark: number for number, mark in enumerate(wiki.marks)}
        self._linking = sp.csr_matrix(wiki.corpus.links.T)

    def prepare(self, rows: IntArray, changed: Mapping[int, FloatArray], limit: int = LIMIT) -> PreparedPages:
        """rows: the pages' numbers, ascending. changed: by number, the vectors of those whose text has changed since
        the model was fitted. limit: of the new links."""
        wiki, corpus = self._wiki, self._wiki.corpus
        readings = [corpus.readings[row] for row in rows.tolist()]
        numbers = [self._number.get(reading.key, row) for reading, row in zip(readings, rows.tolist(), strict=True)]
        own = np.array(numbers, np.int64)
        mentions = followed(self._finder.find(readings, templates=self._templates), self._leads)
        mentioned = csr(mentions.page, mentions.target, (len(rows), corpus.n_targets))
        known = self._known(readings, own, mentioned)
        is_changed = np.array([row in changed for row in rows.tolist()], np.bool_)
        mentions = replace(mentions, page=rows[mentions.page])
        asked = PageBatch(
            pages=rows,
            own=own,
            n_characters=np.array([len(reading.text) for reading in readings], np.float32),
            vectors=self._vectors(rows, changed),
            mentioned=mentioned,
            known=known,
            same=self._same_titles.of_pages(readings),
            co_cited=wiki.statistics.co_cited[own],
            links_back=self._links_back(own),
            bigrams=self._bigrams(rows, readings, is_changed),
            titles=self._titles(own, readings),
            marks=self._marks(readings),
        )
        n_links = [len({title_key(target) for target in reading.links} - {reading.key}) for reading in readings]
        return PreparedPages(
            asked=asked,
            mentions=mentions,
            icons=icon_pairs(corpus, rows),
            new=self._new_links(rows, readings, is_changed, np.diff(known.indptr), limit),
            n_links=np.array(n_links, np.int64),
            around={int(rows[i]): self._around(int(own[i]), known[[i]].indices) for i in np.flatnonzero(is_changed)},
            titles=self._all_titles(rows, asked.titles),
        )

    def _new_links(
        self, rows: IntArray, readings: Sequence[Reading], is_changed: BoolArray, n_known: IntArray, limit: int
    ) -> dict[int, list[Suggestion]]:
        predictor = PhrasePredictor(self._wiki, self._old, self._same_titles, self._gone, self._ranker, limit)
        return predictor.predict(rows, readings, is_changed, n_known)

    def _known(self, readings: Sequence[Reading], own: IntArray, mentioned: sp.csr_matrix) -> sp.csr_matrix:
        """(pages, targets): what each links; a new title only if the page says it, for only those pages are updated."""
        pairs = {
            (i, number)
            for i, reading in enumerate(readings)
            for target in (*reading.links, *reading.also_linked)
            if (number := self._number.get(title_key(target))) is not None and number != own[i]
        }
        rows, numbers = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
        said = np.asarray(mentioned[rows, numbers]).ravel() > 0 if len(rows) else np.zeros(0, np.bool_)
        kept = ~self._is_new[numbers] | said
        return csr(rows[kept], numbers[kept], mentioned.shape)

    def _vectors(self, rows: IntArray, changed: Mapping[int, FloatArray]) -> FloatArray:
        vectors = self._wiki.texts.vectors[rows]
        for i, row in enumerate(rows.tolist()):
            if row in changed:
                vectors[i] = changed[row]
        return vectors

    def _links_back(self, own: IntArray) -> sp.csr_matrix:
        """(rows, targets), 1 where the target is a page that links this one; as `candidates.backlink_matrix` tells."""
        turned = sp.csr_matrix(self._wiki.statistics.links[:, own].T)
        turned.resize((len(own), self._wiki.corpus.n_targets))
        return turned

    def _bigrams(self, rows: IntArray, readings: Sequence[Reading], is_changed: BoolArray) -> sp.csr_matrix:
        bigrams = self._wiki.texts.bigrams
        return sp.vstack(
            [
                bigrams.of_new(fold(reading.text)) if changed else self._wiki.texts.page_bigrams[[row]]
                for row, reading, changed in zip(rows.tolist(), readings, is_changed.tolist(), strict=True)
            ],
            format="csr",
        )

    def _titles(self, own: IntArray, readings: Sequence[Reading]) -> sp.csr_matrix:
        bigrams = self._wiki.texts.bigrams
        return sp.vstack(
            [
                bigrams.of_new_title(fold(f"^{reading.title}$")) if self._is_new[number] else bigrams.titles[[number]]
                for number, reading in zip(own.tolist(), readings, strict=True)
            ],
            format="csr",
        )

    def _all_titles(self, rows: IntArray, titles: sp.csr_matrix) -> sp.csr_matrix:
        """(targets, terms): the wiki's, and of the new pages among these rows theirs."""
        new = rows >= self._n_kept
        cells = titles[np.flatnonzero(new)].tocoo()
        whole = self._wiki.texts.bigrams.titles
        return sp.csr_matrix(whole + csr(rows[new][cells.row], cells.col.astype(np.int64), whole.shape, cells.data))

    def _marks(self, readings: Sequence[Reading]) -> sp.csr_matrix:
        cells = [(i, self._mark[mark]) for i, each in enumerate(readings) for mark in each.marks if mark in self._mark]
        return csr([i for i, _ in cells], [mark for _, mark in cells], (len(readings), len(self._mark)))

    def _around(self, own: int, known: IntArray) -> IntArray:
        """The numbers of the pages and targets that link this one or are linked by it."""
        links = self._wiki.corpus.links
        before = links[own].indices if own < self._wiki.corpus.n_pages else known[:0]
        return np.unique(np.concatenate([known, before, self._linking[own].indices])).astype(np.int64)
