"""A reindex of all pages: read, train, encode, scan, fit the ranker, index, fit the wiki model, suggest, write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from linkassist.embed.encoder import Encoder
from linkassist.embed.joined import JoinedEncoder
from linkassist.embed.wiki_encoder import WikiEncoder
from linkassist.model.fit import choose_encoder, fit_ranker, suggest_pages
from linkassist.model.scan import scan_texts
from linkassist.model.wiki_model import TargetPostings, fit_wiki_model, target_hash
from linkassist.pipeline.model_store import encoder_state
from linkassist.pipeline.page_vectors import PageVectors, save_index
from linkassist.pipeline.reindex_run import ReindexReport, ReindexRun
from linkassist.pipeline.trained_model import TrainedModel, earlier_encoder, is_trained_on, keep_wiki_model
from linkassist.progress import OnProgress
from linkassist.review.verdicts import as_shown_after, lessons_of, note_of_lessons
from linkassist.scrapbox.page_text import read_page
from linkassist.settings import OWN_ENCODER
from linkassist.store.embeddings import drop_encoder
from linkassist.store.library import Library
from linkassist.store.navigation import figures
from linkassist.store.pages import Project, read_pages
from linkassist.store.runs import Note
from linkassist.store.search.by_target import write_target_index
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggest.corpus import Corpus, FloatArray, build_corpus
from linkassist.suggest.holdout import pages_to_hold_out
from linkassist.suggestion import Suggestion
from linkassist.terminal_escape import visible
from linkassist.wiki import Reading, title_key

_NO_HELP = "{0} finds no pages that people link better than the wiki's own encoder does, so that one is used alone."


@dataclass(frozen=True, slots=True)
class _Pages:
    """The present pages of a project: row ids, text hashes and readings in the same order."""

    ids: list[int]
    hashes: list[str]
    readings: list[Reading]

    def texts(self, places: Sequence[int]) -> list[str]:
        return [self.readings[i].text for i in places]


def rebuild(run: ReindexRun, kept: TrainedModel | None, notes: tuple[str, ...]) -> ReindexReport:
    """Reads all pages and makes all lists. kept: encoder and ranker that still hold; None: both are trained anew.

    notes: for the person, of what was found before; where there are any, no earlier encoder is trained further.
    """
    library, project, on_progress, folder = run.library, run.project, run.on_progress, run.folders.new
    state = encoder_state(run.encoder_name)
    pages = _read(library, project, on_progress)
    on_progress("learn", 0, 0)
    corpus = build_corpus(pages.readings)
    stored = PageVectors(run, pages.ids, pages.hashes, pages.texts)
    if kept:
        encoder, vectors = kept.encoder, stored.of(kept.encoder)
    else:
        encoder, vectors = _train_encoder(run, pages, corpus, stored, is_fresh=run.is_full or bool(notes))
        notes = (*notes, *stored.notes)
        if run.encoder_name != OWN_ENCODER and not isinstance(encoder, JoinedEncoder):
            notes = (*notes, _NO_HELP.format(visible(run.encoder_name)))
    scan = scan_texts(corpus, vectors, on_progress)
    if kept:
        trained = kept
    else:
        trained = TrainedModel(encoder, fit_ranker(scan, pages_to_hold_out(corpus), encoder, on_progress=on_progress))
        trained.save(folder, state, pages.hashes)
        run.store.checkpoint(folder)
    save_index(folder, pages.ids, vectors, encoder.fingerprint, on_progress)
    model = fit_wiki_model(scan, trained.fingerprint, pages.hashes, on_progress)
    lessons = lessons_of(library, project.id)
    commit = [*run.store.commit(folder, encoder.fingerprint), note_of_lessons(lessons)]

    def lists() -> Iterator[tuple[int, Sequence[Suggestion]]]:
        postings: list[tuple[int, int]] = []
        for page, suggestions in suggest_pages(model, scan, trained.ranker, on_progress=on_progress):
            postings.extend((target_hash(title_key(each.target)), page) for each in suggestions)
            yield pages.ids[page], suggestions
        model_id = keep_wiki_model(run, replace(model, target_postings=TargetPostings.of(postings)))
        commit.append(Note("knowledge", model_id))  # in time: notes are written behind the last list

    encoder_before = run.store.encoder
    n_rewritten = replace_suggestions(library, project.id, run.run_id, lists(), as_shown_after(lessons), commit)
    _drop_vectors_of(library, encoder_before, encoder)
    write_target_index(library, project.id)
    return ReindexReport(
        n_pages=len(pages.ids),
        n_encoded=len(stored.encoded),
        n_listed=len(pages.ids),
        n_suggestions=figures(library, project.id).n_suggestions,
        n_pages_rewritten=n_rewritten,
        encoder=encoder.fingerprint,
        notes=notes,
        learnt="the wiki" if kept else "everything",
    )


def _read(library: Library, project: Project, on_progress: OnProgress) -> _Pages:
    pages = _Pages([], [], [])
    on_progress("read", 0, project.n_pages)
    for page in read_pages(library, project.id):
        pages.ids.append(page.id)
        pages.hashes.append(page.text_hash)
        pages.readings.append(read_page(page.page))
        if len(pages.ids) % 200 == 0:
            on_progress("read", len(pages.ids), project.n_pages)
    on_progress("read", len(pages.ids), len(pages.ids))
    return pages


def _train_encoder(
    run: ReindexRun, pages: _Pages, corpus: Corpus, stored: PageVectors, *, is_fresh: bool
) -> tuple[WikiEncoder | JoinedEncoder, FloatArray]:
    """The encoder to use from now on, and its vectors of all pages. is_fresh: the encoder of before is not trained
    further."""
    earlier = None if is_fresh else earlier_encoder(run.folders.before)
    return choose_encoder(
        run.encoder_name,
        corpus,
        pages_to_hold_out(corpus),
        stored.of,
        own=earlier if is_trained_on(run.folders.before, pages.hashes) else None,
        start=earlier,
        on_progress=run.on_progress,
    )


def _drop_vectors_of(library: Library, before: str, encoder: Encoder) -> None:
    """Drops the vectors of the wiki's own encoder of before, where there is another one now. before: fingerprint."""
    own, _, _ = before.partition("+")
    if own.startswith("wiki-") and own != encoder.fingerprint.split("+")[0]:
        drop_encoder(library, own)
