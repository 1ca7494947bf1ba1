"""What a reindex does where something has changed: refresh what a change concerns, or rebuild all."""

from __future__ import annotations

from linkassist.errors import ModelError
from linkassist.pipeline.rebuild import rebuild
from linkassist.pipeline.refresh import refresh
from linkassist.pipeline.reindex_run import ReindexReport, ReindexRun
from linkassist.pipeline.trained_model import carry_over, delta_since, load_kept
from linkassist.terminal_escape import shown


def update(run: ReindexRun) -> ReindexReport:
    """Brings embeddings, index and suggestions up to date, with as much of the models of before as still holds. For
    the holder of the lock."""
    before, notes = run.folders.before, []
    kept = delta = None
    if not run.is_full:
        try:
            kept = load_kept(run)
        except ModelError:
            notes.append(f"{shown(before)}: what was learnt before is damaged or incomplete, so it was learnt anew.")
    if kept:
        try:
            delta = delta_since(run, kept)
        except ModelError:
            notes.append(f"{shown(before)}: what was known of the pages is damaged, so they were all read anew.")
        carry_over(run.folders)
        if delta:
            return refresh(run, kept, delta)
    return rebuild(run, kept, tuple(notes))
