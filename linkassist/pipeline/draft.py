"""Links for a text that is no page of the wiki, by what the last reindex learnt: its ranker, reasons and restraint.

Each text is put beside the wiki as one more page. What is known of the wiki is read from the file in which a reindex
keeps it; where it keeps none, a small wiki's pages are read instead. Against the same text taken in and reindexed,
three things differ a little: the draft's own links are not counted among the wiki's, its words change no other page's
weights, and targets that it alone names do not count among its links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from linkassist.embed.encoder import Encoder
from linkassist.embed.joined import JoinedEncoder
from linkassist.errors import ModelError
from linkassist.model.fit import knowledge_of, quiet, scan_texts
from linkassist.model.page_batch import PagesReader
from linkassist.model.predict import Lister
from linkassist.model.predict_phrases import LIMIT
from linkassist.model.vector_index import PageIndex
from linkassist.model.wiki_model import Knowledge, NewPage, extended
from linkassist.pipeline.learnt import Learnt, known_of, load_current
from linkassist.pipeline.model_store import INDEX_FILE, checked_models
from linkassist.scrapbox.page_text import read_page
from linkassist.store.embeddings import matrix
from linkassist.store.library import Library
from linkassist.store.pages import Project, page_states, read_pages
from linkassist.suggest.corpus import FloatArray, build_corpus
from linkassist.suggestion import Suggestion
from linkassist.wiki import Line, Page, Reading

OnProgress = Callable[[str, int, int], None]

LONGEST = 60_000  # code points of a text; longer ones are chapters, and take seconds


def draft_page(title: str, text: str) -> Page:
    """The page that the text would be: its title, and the text's lines below the title line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Page(title, tuple(Line(line) for line in (title, *lines)))


def prepare(library: Library, project: Project, on_progress: OnProgress = quiet) -> Drafting:
    """Reads the project's pages and what was learnt of them.

    What was kept of them is enough where there is such. Raises ModelError where nothing was learnt yet, or where what
    was learnt no longer fits.
    """
    on_progress("read", 0, project.n_pages)
    folder = checked_models(library, project)
    learnt = load_current(folder, project, [page.text_hash for page in page_states(library, project.id)])
    try:
        knowledge = known_of(library, project.id, folder, learnt)
    except ModelError:
        knowledge = None
    return Drafting(learnt, knowledge or _read_again(library, project, learnt, on_progress))


def _read_again(library: Library, project: Project, learnt: Learnt, on_progress: OnProgress) -> Knowledge:
    """What the pages tell as they are now."""
    ids, readings = [], []
    for page in read_pages(library, project.id):
        ids.append(page.id)
        readings.append(read_page(page.page))
        if len(ids) % 200 == 0:
            on_progress("read", len(ids), project.n_pages)
    vectors = _vectors(library, project.id, learnt.encoder, ids, readings)
    return knowledge_of(scan_texts(build_corpus(readings), vectors, on_progress), on_progress=on_progress)


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

    def __init__(self, learnt: Learnt, knowledge: Knowledge) -> None:
        self._learnt, self._place = learnt, knowledge.corpus.n_pages
        created = int(knowledge.corpus.created.max(initial=0))  # a draft is as new as the newest page
        place = NewPage(None, created, 0, np.zeros(learnt.encoder.width, np.float32))
        self._anew: dict[int, Reading] = {}
        wiki = extended(knowledge, [place], [], self._anew)
        self._page_of = {key: page for page, key in enumerate(knowledge.corpus.keys[: self._place])}
        self._reader = PagesReader(wiki, learnt.ranker, self._place, frozenset(), np.zeros(0, np.int64))
        self._lister = Lister(wiki, learnt.ranker, self._place)

    def suggest(self, page: Page, limit: int = LIMIT) -> list[Suggestion]:
        """The page's suggestions, best first, at most `limit` of each kind; those held back are marked.

        A page of the same title is passed over as if the draft stood in its place. Raises ModelError for a text that is
        longer than LONGEST.
        """
        if (length := sum(len(line.text) + 1 for line in page.lines)) > LONGEST:
            raise ModelError(f"The text has {length:,} characters; expected at most {LONGEST:,}. Give it in parts.")
        reading = read_page(page)
        if not reading.text.strip():
            return []
        row = self._page_of.get(reading.key, self._place)
        self._anew.clear()
        self._anew[row] = reading
        vector = self._learnt.encoder.encode([reading.text])[0]
        ((_, found),) = self._lister.lists(self._reader.of(np.array([row]), {row: vector}, limit), limit)
        return found
