"""The steps of a reindex: read, learn, encode, examine, index, suggest, write. Each tells of itself as it begins.

Whether they are needed, the lock and the record of the run are left to `reindex.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from linkassist.deciding import as_shown_after, lessons_of, note_lessons
from linkassist.embed.encoder import Encoder
from linkassist.errors import LinkAssistError, ModelError
from linkassist.freshness import (
    INDEX_FILE,
    LEARNT_FILES,
    forget_suggestions,
    is_as_noted,
    model_folder,
    note_files,
)
from linkassist.index import PageIndex
from linkassist.learnt import Learnt, earlier_encoder, load_learnt, save_learnt
from linkassist.scrapbox.reading import read_page
from linkassist.settings import OWN_ENCODER
from linkassist.store.embeddings import drop_encoder, known, matrix, put
from linkassist.store.library import Library
from linkassist.store.pages import Project, read_pages
from linkassist.store.runs import artefact, put_artefact
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggest.corpus import Corpus, FloatArray, build_corpus
from linkassist.suggest.examination import pages_to_examine
from linkassist.suggesting import choose_encoder, examine, scan_texts, suggest_pages
from linkassist.suggestion import Suggestion
from linkassist.wiki import Reading

OnProgress = Callable[[str, int, int], None]

_PAGES_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Done:
    """What the steps did. `encoder` is the fingerprint; `notes` are for the person who waits."""

    n_pages: int
    n_encoded: int
    n_suggestions: int
    n_pages_rewritten: int
    encoder: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Wiki:
    """The present pages of a project: row ids, text hashes and readings in the same order."""

    ids: list[int]
    hashes: list[str]
    readings: list[Reading]


def bring_up_to_date(
    library: Library, project: Project, encoder_name: str, run_id: int, on_progress: OnProgress, *, is_full: bool
) -> Done:
    """Takes the project's pages through all steps. For the holder of the lock.

    is_full: learns, encodes and writes anew also what is there.
    """
    folder = model_folder(library, project.id)
    wiki = _read(library, project, on_progress)
    on_progress("learn", 0, 0)
    corpus = build_corpus(wiki.readings)
    kept, notes = _kept(library, project, encoder_name, wiki, is_full=is_full)
    is_fresh = is_full or bool(notes)
    encoder: Encoder = (kept and kept.encoder) or _learn_encoder(
        library, project, encoder_name, corpus, on_progress, is_fresh=is_fresh
    )
    vectors, n_encoded = _vectors(library, project, wiki, encoder, on_progress, is_full=is_full)
    scan = scan_texts(corpus, vectors, on_progress)
    if kept:
        ranker = kept.ranker
    else:
        ranker = examine(scan, pages_to_examine(corpus), encoder, on_progress=on_progress)
        save_learnt(folder, encoder_name, wiki.hashes, encoder, ranker)
        note_files(library, project.id, "learnt", LEARNT_FILES)
        put_artefact(library, project.id, "encoder", encoder.fingerprint)
    on_progress("index", 0, len(wiki.ids))
    PageIndex(np.array(wiki.ids, np.int64), vectors, encoder.fingerprint).save(folder / INDEX_FILE)
    note_files(library, project.id, "index", (INDEX_FILE,))
    on_progress("index", len(wiki.ids), len(wiki.ids))
    n_suggestions = 0

    def lists() -> Iterator[tuple[int, Sequence[Suggestion]]]:
        nonlocal n_suggestions
        for page, suggestions in suggest_pages(scan, ranker, on_progress=on_progress):
            n_suggestions += len(suggestions)
            yield wiki.ids[page], suggestions

    forget_suggestions(library, project.id)
    lessons = lessons_of(library, project.id)
    n_rewritten = replace_suggestions(library, project.id, run_id, lists(), as_shown_after(lessons))
    note_lessons(library, project.id, lessons)
    return Done(len(wiki.ids), n_encoded, n_suggestions, n_rewritten, encoder.fingerprint, notes)


def _read(library: Library, project: Project, on_progress: OnProgress) -> _Wiki:
    ids: list[int] = []
    hashes: list[str] = []
    readings: list[Reading] = []
    on_progress("read", 0, project.n_pages)
    for page in read_pages(library, project.id):
        ids.append(page.id)
        hashes.append(page.text_hash)
        readings.append(read_page(page.page))
        if len(ids) % 200 == 0:
            on_progress("read", len(ids), project.n_pages)
    on_progress("read", len(ids), len(ids))
    return _Wiki(ids, hashes, readings)


def _kept(
    library: Library, project: Project, encoder_name: str, wiki: _Wiki, *, is_full: bool
) -> tuple[Learnt | None, tuple[str, ...]]:
    """(what was learnt before, if it still holds; what to tell the person where it should and does not)."""
    if is_full or artefact(library, project.id, "learnt") is None:
        return None, ()
    folder = model_folder(library, project.id)
    try:
        if is_as_noted(library, project.id, "learnt", LEARNT_FILES):
            return load_learnt(folder, encoder_name, wiki.hashes), ()
    except ModelError:
        pass  # damaged, like files that are not as they were noted
    return None, (f"{folder}: what was learnt before is damaged or incomplete, so it was learnt anew.",)


def _learn_encoder(
    library: Library,
    project: Project,
    encoder_name: str,
    corpus: Corpus,
    on_progress: OnProgress,
    *,
    is_fresh: bool,
) -> Encoder:
    """The encoder to use from now on. is_fresh: an earlier one is no start to learn on from."""
    is_own = encoder_name == OWN_ENCODER
    start = earlier_encoder(model_folder(library, project.id)) if is_own and not is_fresh else None
    encoder = choose_encoder(encoder_name, corpus, pages_to_examine(corpus), start=start, on_progress=on_progress)
    note = artefact(library, project.id, "encoder")
    if is_own and note is not None and note.fingerprint.startswith("wiki-") and note.fingerprint != encoder.fingerprint:
        drop_encoder(library, note.fingerprint)
    return encoder


def _vectors(
    library: Library, project: Project, wiki: _Wiki, encoder: Encoder, on_progress: OnProgress, *, is_full: bool
) -> tuple[FloatArray, int]:
    """((pages, width), how many had to be encoded): one vector a page, in the wiki's order."""
    have: set[str] = set() if is_full else known(library, encoder.fingerprint, wiki.hashes)
    missing = [i for i, text_hash in enumerate(wiki.hashes) if text_hash not in have]

    def told(n_before: int, n_done: int) -> None:
        on_progress("encode", n_before + n_done, len(missing))

    told(0, 0)
    for start in range(0, len(missing), _PAGES_AT_ONCE):
        chunk = missing[start : start + _PAGES_AT_ONCE]
        vectors = encoder.encode([wiki.readings[i].text for i in chunk], partial(told, start))
        put(library, encoder.fingerprint, [wiki.hashes[i] for i in chunk], vectors)
    ids, stored = matrix(library, project.id, encoder.fingerprint)
    if ids.tolist() != wiki.ids:
        raise LinkAssistError(
            f"Project {project.name} changed while it was reindexed. Run `linkassist reindex` once more."
        )
    return stored.reshape(len(ids), -1) if len(ids) else np.zeros((0, encoder.width), np.float32), len(missing)
