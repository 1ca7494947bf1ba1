"""A reindex from the outside: whether it is needed, one at a time, its record and its progress.

What it consists of is told in `rebuild.py`, what is kept in `learnt.py`. With nothing changed, nothing is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from linkassist.errors import StoreError
from linkassist.pipeline.model_store import confirm_suggestions, encoder_state, is_up_to_date, note_suggestions
from linkassist.review.verdicts import follow_verdicts
from linkassist.scrapbox.notation import page_links
from linkassist.settings import Settings
from linkassist.store.error_messages import translate_os_errors
from linkassist.store.imports import refresh_links
from linkassist.store.integrity.counts import recount
from linkassist.store.integrity.damage import damaged_links
from linkassist.store.library import Library
from linkassist.store.locks import work_lock
from linkassist.store.pages import Project
from linkassist.store.runs import (
    Status,
    artefact,
    close_broken_off,
    drop_unreadable,
    finish_run,
    set_progress,
    start_run,
)
from linkassist.store.suggestions import drop_damaged_lists

OnProgress = Callable[[str, int, int], None]
Anew = Literal["nothing", "the wiki", "everything"]

_PROGRESS_EVERY_S = 1.0
_DAMAGED = "Of {0:,} pages the stored suggestions were damaged, so they were made anew."


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """What a reindex did. `encoder` is the fingerprint; was_needed is False where nothing had changed.

    `notes` tell the person what was not as it should have been, a sentence each. `n_listed` pages' lists were made.
    `learnt` anew were "nothing", "the wiki" (its texts and links, not encoder and ranker) or "everything"; `drift` is
    the share of the pages that has changed since.
    """

    n_pages: int
    n_encoded: int
    n_suggestions: int
    n_pages_rewritten: int
    encoder: str
    seconds: float
    was_needed: bool
    notes: tuple[str, ...] = ()
    n_listed: int = 0
    learnt: Anew = "nothing"
    drift: float = 0.0


def reindex(
    library: Library, project: Project, settings: Settings, on_progress: OnProgress, *, is_full: bool = False
) -> ReindexReport:
    """Brings embeddings, index and suggestions of the project up to date.

    is_full: everything is learnt and written anew. StoreError where an import or another reindex is under way.
    """
    started = time.monotonic()
    with work_lock(library.folder):
        drop_unreadable(library)
        close_broken_off(library)
        if is_full and damaged_links(library.path):
            refresh_links(library, project.id, page_links)
        encoder = encoder_state(settings.encoder)
        n_damaged = drop_damaged_lists(library, project.id)
        recount(library, project.id)
        notes = (_DAMAGED.format(n_damaged),) if n_damaged else ()
        if not is_full and is_up_to_date(library, project.id, encoder):
            follow_verdicts(library, project.id)
            confirm_suggestions(library, project.id)
            note = artefact(library, project.id, "encoder")
            fingerprint = note.fingerprint if note else ""
            return ReindexReport(project.n_pages, 0, 0, 0, fingerprint, time.monotonic() - started, was_needed=False)
        run_id = start_run(library, "reindex", project.id)
        try:
            # Imported here: it brings PyTorch, FAISS and LightGBM, seconds that finding nothing to do does without.
            from linkassist.pipeline.rebuild import bring_up_to_date

            told = _noted(library, run_id, on_progress)
            with translate_os_errors(library.folder):
                done = bring_up_to_date(library, project, settings.encoder, run_id, told, is_full=is_full)
        except BaseException as error:
            with suppress(StoreError):  # where this cannot be written either, the first failure is the one to tell
                status: Status = "failed" if isinstance(error, Exception) else "broken_off"
                finish_run(library, run_id, status, message=str(error))
            raise
        note_suggestions(library, project.id, encoder)
        seconds = time.monotonic() - started
        counts = {"pages": done.n_pages, "encoded": done.n_encoded, "suggestions": done.n_suggestions}
        drift = {"listed": done.n_listed, "drift_permille": round(1000 * done.drift)}
        finish_run(library, run_id, "done", {**counts, **drift, "seconds": round(seconds)})
    return ReindexReport(
        done.n_pages,
        done.n_encoded,
        done.n_suggestions,
        done.n_pages_rewritten,
        done.encoder,
        seconds,
        was_needed=True,
        notes=(*notes, *done.notes),
        n_listed=done.n_listed,
        learnt=done.learnt,
        drift=done.drift,
    )


def _noted(library: Library, run_id: int, on_progress: OnProgress) -> OnProgress:
    """The progress report, also written into the run now and then, for the browser to show."""
    last_step, last_time = "", 0.0

    def told(step: str, n_done: int, n_total: int) -> None:
        nonlocal last_step, last_time
        now = time.monotonic()
        if step != last_step or now - last_time > _PROGRESS_EVERY_S:
            set_progress(library, run_id, step, n_done, n_total)
            last_step, last_time = step, now
        on_progress(step, n_done, n_total)

    return told
