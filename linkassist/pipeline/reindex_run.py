"""One run of a reindex: what it works on, and what it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from linkassist.pipeline.model_store import ModelFolders, ModelStore
from linkassist.progress import OnProgress
from linkassist.store.library import Library
from linkassist.store.pages import Project

Learnt = Literal["nothing", "the wiki", "everything"]


@dataclass(frozen=True, slots=True)
class ReindexLimits:
    """How far a wiki may have changed before its models are made anew, and how often new vectors are written.

    new_texts: the share of the texts that may be new since encoder and ranker were trained. changed_pages: the share of
    the pages that may have changed, come or gone since the wiki model was fitted. smallest_wiki: of a wiki of fewer
    pages no wiki model is kept; it is fitted in seconds, and better for it. pages_per_write: at most so many pages are
    encoded again after a run that was interrupted.
    """

    new_texts: float = 0.2
    changed_pages: float = 0.05
    smallest_wiki: int = 1000
    pages_per_write: int = 500


DEFAULT_LIMITS: Final = ReindexLimits()


@dataclass(frozen=True, slots=True)
class ReindexRun:
    """encoder_name: as the settings have it. run_id: of the record in the library. is_full: train, encode and write
    anew also what is there."""

    library: Library
    project: Project
    store: ModelStore
    folders: ModelFolders
    encoder_name: str
    run_id: int
    on_progress: OnProgress
    is_full: bool
    limits: ReindexLimits = DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """What a reindex did. `encoder` is the fingerprint; `notes` tell the person what was not as it should have been, a
    sentence each. `n_listed` pages' lists were made. was_needed is False where nothing had changed.

    n_suggestions: those above the floors, as on every screen.
    learnt: "nothing" where all that was kept still held, "the wiki" where encoder and ranker did, else "everything".
    drift: the share of the pages that has changed since the wiki model was fitted.
    """

    n_pages: int
    n_encoded: int
    n_suggestions: int
    n_pages_rewritten: int
    encoder: str
    notes: tuple[str, ...] = ()
    n_listed: int = 0
    learnt: Learnt = "nothing"
    drift: float = 0.0
    seconds: float = 0.0
    was_needed: bool = True
