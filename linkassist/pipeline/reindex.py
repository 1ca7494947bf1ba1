"""A reindex from the outside: whether it is needed, one at a time, its record and its progress.

What is made anew is left to `update.py`. With nothing changed, nothing is written.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

from linkassist.errors import StoreError
from linkassist.model.encoders import open_model
from linkassist.pipeline.model_store import ModelStore, encoder_state
from linkassist.pipeline.reindex_run import DEFAULT_LIMITS, ReindexLimits, ReindexReport, ReindexRun
from linkassist.progress import OnProgress
from linkassist.review.verdicts import follow_verdicts
from linkassist.scrapbox.notation import page_links
from linkassist.settings import OWN_ENCODER, Settings
from linkassist.store.error_messages import translate_os_errors
from linkassist.store.imports import refresh_links
from linkassist.store.integrity.counts import recount
from linkassist.store.integrity.damage import damaged_links
from linkassist.store.library import Library
from linkassist.store.locks import work_lock
from linkassist.store.pages import Project
from linkassist.store.runs import Status, close_broken_off, drop_unreadable, finish_run, set_progress, start_run
from linkassist.store.suggestions import drop_damaged_lists

_PROGRESS_EVERY_S = 1.0
_DAMAGED = "Of {0:,} pages the stored suggestions were damaged, so they were made anew."


def check_encoder(name: str) -> None:
    """Raises ModelError where the encoder of that name cannot be used, so that an import can be refused before it
    stores anything."""
    if name != OWN_ENCODER:
        open_model(name)


def reindex(
    library: Library,
    project: Project,
    settings: Settings,
    on_progress: OnProgress,
    *,
    is_full: bool = False,
    limits: ReindexLimits = DEFAULT_LIMITS,
) -> ReindexReport:
    """Brings embeddings, index and suggestions of the project up to date.

    is_full: everything is learnt and written anew. StoreError where an import or another reindex is under way.
    """
    started = time.monotonic()
    store = ModelStore(library, project.id)
    with work_lock(library.folder):
        drop_unreadable(library)
        close_broken_off(library)
        if is_full and damaged_links(library.path):
            refresh_links(library, project.id, page_links)
        encoder = encoder_state(settings.encoder)
        n_damaged = drop_damaged_lists(library, project.id)
        recount(library, project.id)
        if not is_full and store.is_current(encoder):
            follow_verdicts(library, project.id)
            store.confirm()
            seconds = time.monotonic() - started
            return ReindexReport(project.n_pages, 0, 0, 0, store.encoder, seconds=seconds, was_needed=False)
        run_id = start_run(library, "reindex", project.id)
        try:
            # Imported here: it brings PyTorch, FAISS and LightGBM, seconds that finding nothing to do does without.
            from linkassist.pipeline.update import update

            with translate_os_errors(library.folder):
                recorded, folders = _recorded(library, run_id, on_progress), store.begin()
                run = ReindexRun(library, project, store, folders, settings.encoder, run_id, recorded, is_full, limits)
                done = update(run)
        except BaseException as error:
            with suppress(StoreError):  # where this cannot be written either, the first failure is the one to tell
                status: Status = "failed" if isinstance(error, Exception) else "broken_off"
                finish_run(library, run_id, status, message=str(error))
            raise
        store.mark_current(encoder)
        notes = (_DAMAGED.format(n_damaged),) if n_damaged else ()
        report = replace(done, notes=(*notes, *done.notes), seconds=time.monotonic() - started)
        finish_run(library, run_id, "done", _counts(report))
    return report


def _counts(report: ReindexReport) -> dict[str, int]:
    return {
        "pages": report.n_pages,
        "encoded": report.n_encoded,
        "suggestions": report.n_suggestions,
        "listed": report.n_listed,
        "drift_permille": round(1000 * report.drift),
        "seconds": round(report.seconds),
    }


def _recorded(library: Library, run_id: int, on_progress: OnProgress) -> OnProgress:
    """Reports progress, and writes it into the run now and then, for the browser to show."""
    last_step, last_time = "", 0.0

    def report_progress(step: str, n_done: int, n_total: int) -> None:
        nonlocal last_step, last_time
        now = time.monotonic()
        if step != last_step or now - last_time > _PROGRESS_EVERY_S:
            set_progress(library, run_id, step, n_done, n_total)
            last_step, last_time = step, now
        on_progress(step, n_done, n_total)

    return report_progress
