"""Suggestions for a text that is no page of the wiki, and search by meaning, with the models of the last reindex.

A text is added to the wiki model as one more page. The model is read from its file; of a small wiki, for which none is
kept, it is fitted on the pages. Against the same text taken in and reindexed,
three things differ a little: the draft's own links are not counted among the wiki's, its words change no other page's
weights, and targets that it alone names do not count among its links.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkassist.embed.encoder import Encoder
from linkassist.embed.joined import JoinedEncoder
from linkassist.errors import ModelError
from linkassist.model.grow import NewPage, grow
from linkassist.model.page_batch import PagePreparer
from linkassist.model.predict import Predictor
from linkassist.model.predict_phrases import LIMIT
from linkassist.model.scan import scan_texts
from linkassist.model.vector_index import PageIndex
from linkassist.model.wiki_model import WikiModel, fit_wiki_model
from linkassist.pipeline.model_store import INDEX_FILE, ModelStore
from linkassist.pipeline.trained_model import TrainedModel, kept_wiki_model, load_in_use
from linkassist.progress import OnProgress, no_progress
from linkassist.scrapbox.page_text import read_page
from linkassist.store.embeddings import matrix
from linkassist.store.library import Library
from linkassist.store.pages import Project, page_states, read_pages
from linkassist.suggest.corpus import FloatArray, build_corpus
from linkassist.suggestion import Suggestion
from linkassist.wiki import Line, Page, Reading

LONGEST = 60_000  # code points of a text; longer ones are chapters, and take seconds


def draft_page(title: str, text: str) -> Page:
    """The page that the text would be: its title, and the text's lines below the title line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Page(title, tuple(Line(line) for line in (title, *lines)))


def prepare(library: Library, project: Project, on_progress: OnProgress = no_progress) -> Drafting:
    """Reads the project's pages and what was learnt of them.

    What was kept of them is enough where there is such. Raises ModelError where nothing was learnt yet, or where what
    was learnt no longer fits.
    """
    on_progress("read", 0, project.n_pages)
    store = ModelStore(library, project.id)
    folder = store.checked_folder(project.name)
    trained = load_in_use(folder, project, [page.text_hash for page in page_states(library, project.id)])
    try:
        model = kept_wiki_model(store, folder, trained)
    except ModelError:
        model = None
    return Drafting(trained, model or _fit_again(library, project, trained, on_progress))


def _fit_again(library: Library, project: Project, trained: TrainedModel, on_progress: OnProgress) -> WikiModel:
    """The wiki model of the pages as they are now."""
    ids, readings = [], []
    for page in read_pages(library, project.id):
        ids.append(page.id)
        readings.append(read_page(page.page))
        if len(ids) % 200 == 0:
            on_progress("read", len(ids), project.n_pages)
    vectors = _vectors(library, project.id, trained.encoder, ids, readings)
    return fit_wiki_model(scan_texts(build_corpus(readings), vectors, on_progress), on_progress=on_progress)


def load_search(library: Library, project: Project) -> MeaningSearch:
    """The search by meaning of the project as it was last reindexed. Raises ModelError like `prepare`."""
    folder = ModelStore(library, project.id).checked_folder(project.name)
    encoder = load_in_use(folder, project).encoder
    return MeaningSearch(encoder, PageIndex.load(folder / INDEX_FILE, encoder.fingerprint))


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

    def __init__(self, trained: TrainedModel, model: WikiModel) -> None:
        self._encoder, self._row = trained.encoder, model.corpus.n_pages
        created = int(model.corpus.created.max(initial=0))  # a draft is as new as the newest page
        page = NewPage(None, created, 0, np.zeros(trained.encoder.width, np.float32))
        self._readings: dict[int, Reading] = {}
        wiki = grow(model, [page], [], self._readings)
        self._row_of = {key: row for row, key in enumerate(model.corpus.keys[: self._row])}
        self._preparer = PagePreparer(wiki, trained.ranker, self._row, frozenset(), np.zeros(0, np.int64))
        self._predictor = Predictor(wiki, trained.ranker, self._row)

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
        row = self._row_of.get(reading.key, self._row)
        self._readings.clear()
        self._readings[row] = reading
        vector = self._encoder.encode([reading.text])[0]
        prepared = self._preparer.prepare(np.array([row]), {row: vector}, limit)
        ((_, found),) = self._predictor.predict(prepared, limit)
        return found
