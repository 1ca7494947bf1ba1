"""A reindex of a wiki in which little has changed: only the changed pages are read, and only the lists that a change
concerns are made (`delta.py`), with the models of before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkassist.pipeline.delta import WikiDelta
from linkassist.pipeline.page_vectors import PageVectors, save_index
from linkassist.pipeline.reindex_run import ReindexReport, ReindexRun
from linkassist.pipeline.trained_model import TrainedModel
from linkassist.review.verdicts import as_shown_after, follow_verdicts, lessons_of
from linkassist.store.navigation import figures
from linkassist.store.runs import Note
from linkassist.store.search.by_target import write_target_index
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggestion import Suggestion


def refresh(run: ReindexRun, trained: TrainedModel, delta: WikiDelta) -> ReindexReport:
    """Encode the changed pages, index all, find the lists that change, make and write them."""
    library, project, on_progress = run.library, run.project, run.on_progress
    ids = [page.page_id for page in delta.pages]
    hashes = [page.text_hash for page in delta.pages]
    stored = PageVectors(run, ids, hashes, delta.texts)
    vectors = stored.of(trained.encoder)
    save_index(run.folders.new, ids, vectors, trained.encoder.fingerprint, on_progress)
    on_progress("mentions", 0, len(ids))
    places = delta.stale()
    on_progress("mentions", len(ids), len(ids))
    on_progress("suggest", 0, len(places))

    def lists() -> Iterator[tuple[int, Sequence[Suggestion]]]:
        for n_done, (place, suggestions) in enumerate(delta.lists(places, trained.ranker, vectors), start=1):
            on_progress("suggest", n_done, len(places))
            yield ids[place], suggestions

    shown = as_shown_after(lessons_of(library, project.id))
    notes = [*run.store.commit(run.folders.new, trained.encoder.fingerprint), Note("knowledge", delta.model_id)]
    made_of = {ids[i]: delta.origins[i] for i in places}
    n_rewritten = replace_suggestions(library, project.id, run.run_id, lists(), shown, notes, made_of)
    follow_verdicts(library, project.id)
    write_target_index(library, project.id)
    return ReindexReport(
        n_pages=len(ids),
        n_encoded=len(stored.encoded),
        n_listed=len(places),
        n_suggestions=figures(library, project.id).n_suggestions,
        n_pages_rewritten=n_rewritten,
        encoder=trained.encoder.fingerprint,
        drift=delta.share,
    )
