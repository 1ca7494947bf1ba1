"""The table of contents of the program: from the stored pages to stored suggestions, step by step.

What is learnt (encoder, ranker) is kept in the library's folder and learnt anew when a fifth of the texts has changed;
until then an encoder stays the same, so only changed texts are encoded. With nothing changed, nothing is written.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linkassist.embed.encoder import Encoder
from linkassist.embed.wiki_encoder import WikiEncoder
from linkassist.errors import LinkAssistError, ModelError
from linkassist.index import PageIndex
from linkassist.scrapbox.reading import read_page
from linkassist.settings import OWN_ENCODER, Settings
from linkassist.store.embeddings import drop_encoder, known, matrix, put
from linkassist.store.library import Library
from linkassist.store.pages import Project, read_pages
from linkassist.store.runs import artefact, close_broken_off, finish_run, put_artefact, set_progress, start_run
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggest.corpus import Corpus, FloatArray, build_corpus
from linkassist.suggest.examination import pages_to_examine
from linkassist.suggest.ranker import Ranker, from_json, to_json
from linkassist.suggesting import choose_encoder, examine, suggest_pages
from linkassist.suggestion import Suggestion
from linkassist.wiki import Reading

OnProgress = Callable[[str, int, int], None]

# Raised when the same wiki would get other suggestions than before: a change of ranking, reading or wording of reasons.
_REVISION = 1
_CHANGED_TOO_MUCH = 0.2
_PROGRESS_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """What a reindex did. `encoder` is the fingerprint; was_needed is False where nothing had changed."""

    n_pages: int
    n_encoded: int
    n_suggestions: int
    n_pages_rewritten: int
    encoder: str
    seconds: float
    was_needed: bool


@dataclass(frozen=True, slots=True)
class _Wiki:
    """The present pages of a project: row ids, text hashes and readings in the same order."""

    ids: list[int]
    hashes: list[str]
    readings: list[Reading]


@dataclass(frozen=True, slots=True)
class _Learnt:
    encoder: Encoder
    ranker: Ranker


def reindex(
    library: Library, project: Project, settings: Settings, on_progress: OnProgress, *, is_full: bool = False
) -> ReindexReport:
    """Brings embeddings, index and suggestions of the project up to date.

    is_full: everything is learnt and written anew. LinkAssistError where another reindex of the library is under way.
    """
    started = time.monotonic()
    with only_reindex_of(library.folder):
        close_broken_off(library)
        wiki = _read(library, project, on_progress)
        folder = library.folder / "models" / str(project.id)
        state = _state_of(wiki, settings.encoder)
        done = artefact(library, project.id, "suggestions")
        if not is_full and done is not None and done.fingerprint == state and _has_models(folder):
            encoder_note = artefact(library, project.id, "encoder")
            fingerprint = encoder_note.fingerprint if encoder_note else ""
            return ReindexReport(len(wiki.ids), 0, 0, 0, fingerprint, time.monotonic() - started, was_needed=False)
        run_id = start_run(library, "reindex", project.id)
        try:
            report = _bring_up_to_date(
                library, project, settings, wiki, folder, run_id, _noted(library, run_id, on_progress), is_full=is_full
            )
        except BaseException as error:
            finish_run(library, run_id, "failed" if isinstance(error, Exception) else "broken_off", message=str(error))
            raise
        put_artefact(library, project.id, "suggestions", state)
        seconds = time.monotonic() - started
        counts = {"pages": report.n_pages, "encoded": report.n_encoded, "suggestions": report.n_suggestions}
        finish_run(library, run_id, "done", {**counts, "seconds": round(seconds)})
    return ReindexReport(
        report.n_pages,
        report.n_encoded,
        report.n_suggestions,
        report.n_pages_rewritten,
        report.encoder,
        seconds,
        was_needed=True,
    )


@contextmanager
def only_reindex_of(folder: Path) -> Iterator[None]:
    """Holds the library's lock; the operating system lets go of it when the program ends, however it ends."""
    lock = sqlite3.connect(folder / "reindex.lock", timeout=0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise LinkAssistError(
                f"{folder}: another import or reindex is under way ({error}). "
                "Wait until it has finished, then try again."
            ) from error
        yield
    finally:
        lock.close()


def _read(library: Library, project: Project, on_progress: OnProgress) -> _Wiki:
    ids, hashes, readings = [], [], []
    for page in read_pages(library, project.id):
        ids.append(page.id)
        hashes.append(page.text_hash)
        readings.append(read_page(page.page))
        if len(ids) % 200 == 0:
            on_progress("read", len(ids), project.n_pages)
    on_progress("read", len(ids), len(ids))
    return _Wiki(ids, hashes, readings)


def _state_of(wiki: _Wiki, encoder: str) -> str:
    """Twelve hex digits that differ when the suggestions could differ."""
    digest = hashlib.sha256(f"{_REVISION} {encoder}".encode())
    for page_id, text_hash, reading in zip(wiki.ids, wiki.hashes, wiki.readings, strict=True):
        digest.update(f"{page_id} {text_hash} {reading.created}\n".encode())
    return digest.hexdigest()[:12]


def _noted(library: Library, run_id: int, on_progress: OnProgress) -> OnProgress:
    """The progress report, also written into the run now and then, for the browser to show."""
    last_step, last_time = "", 0.0

    def told(step: str, n_done: int, n_total: int) -> None:
        nonlocal last_step, last_time
        on_progress(step, n_done, n_total)
        now = time.monotonic()
        if step != last_step or now - last_time > _PROGRESS_EVERY_S:
            set_progress(library, run_id, step, n_done, n_total)
            last_step, last_time = step, now

    return told


def _bring_up_to_date(
    library: Library,
    project: Project,
    settings: Settings,
    wiki: _Wiki,
    folder: Path,
    run_id: int,
    on_progress: OnProgress,
    *,
    is_full: bool,
) -> ReindexReport:
    corpus = build_corpus(wiki.readings)
    kept = None if is_full else _load(folder, wiki, settings)
    encoder = kept.encoder if kept else _learn_encoder(library, project, corpus, settings, folder, on_progress, is_full)
    vectors, n_encoded = _vectors(library, project, wiki, encoder, on_progress)
    ranker = (
        kept.ranker if kept else examine(corpus, pages_to_examine(corpus), vectors, encoder, on_progress=on_progress)
    )
    if kept is None:
        _save(folder, wiki, settings, encoder, ranker)
        put_artefact(library, project.id, "encoder", encoder.fingerprint)
    PageIndex(np.array(wiki.ids, np.int64), vectors, encoder.fingerprint).save(folder / "pages.faiss")
    n_suggestions = 0

    def lists() -> Iterator[tuple[int, Sequence[Suggestion]]]:
        nonlocal n_suggestions
        for page, suggestions in suggest_pages(corpus, vectors, ranker, on_progress=on_progress):
            n_suggestions += len(suggestions)
            yield wiki.ids[page], suggestions

    n_rewritten = replace_suggestions(library, project.id, run_id, lists())
    return ReindexReport(
        len(wiki.ids), n_encoded, n_suggestions, n_rewritten, encoder.fingerprint, 0.0, was_needed=True
    )


def _learn_encoder(
    library: Library,
    project: Project,
    corpus: Corpus,
    settings: Settings,
    folder: Path,
    on_progress: OnProgress,
    is_full: bool,
) -> Encoder:
    start = None
    if settings.encoder == OWN_ENCODER:
        start = None if is_full else _earlier_encoder(folder)
        note = artefact(library, project.id, "encoder")
        if note is not None and note.fingerprint.startswith("wiki-"):
            drop_encoder(library, note.fingerprint)
    return choose_encoder(settings.encoder, corpus, pages_to_examine(corpus), start=start, on_progress=on_progress)


def _vectors(
    library: Library, project: Project, wiki: _Wiki, encoder: Encoder, on_progress: OnProgress
) -> tuple[FloatArray, int]:
    """((pages, width), how many had to be encoded): one vector a page, in the wiki's order."""
    have = known(library, encoder.fingerprint, wiki.hashes)
    missing = [i for i, text_hash in enumerate(wiki.hashes) if text_hash not in have]
    for start in range(0, len(missing), 2000):
        chunk = missing[start : start + 2000]
        on_progress("encode", start, len(missing))
        vectors = encoder.encode([wiki.readings[i].text for i in chunk])
        put(library, encoder.fingerprint, [wiki.hashes[i] for i in chunk], vectors)
    if missing:
        on_progress("encode", len(missing), len(missing))
    ids, stored = matrix(library, project.id, encoder.fingerprint)
    if ids.tolist() != wiki.ids:
        raise LinkAssistError(
            f"Project {project.name} changed while it was reindexed. Run `linkassist reindex` once more."
        )
    return stored.reshape(len(ids), -1), len(missing)


def _has_models(folder: Path) -> bool:
    return (folder / "learnt.json").exists() and (folder / "ranker.json").exists()


def _load(folder: Path, wiki: _Wiki, settings: Settings) -> _Learnt | None:
    """What was learnt before; None where it is missing, damaged, for another encoder or out of date."""
    try:
        about = json.loads((folder / "learnt.json").read_text())
        of_before = set(about["hashes"])
        n_fresh = sum(text_hash not in of_before for text_hash in wiki.hashes)
        if about["encoder"] != settings.encoder or about["revision"] != _REVISION:
            return None
        if n_fresh > _CHANGED_TOO_MUCH * max(1, len(of_before)):
            return None
        ranker = from_json((folder / "ranker.json").read_text())
        if settings.encoder == OWN_ENCODER:
            return _Learnt(WikiEncoder.load(folder), ranker)
    except (OSError, ValueError, KeyError, TypeError, ModelError):
        return None  # everything in the folder can be learnt again
    from linkassist.embed.transformer import TransformerEncoder  # seconds to import: only where it is asked for

    return _Learnt(TransformerEncoder(settings.encoder), ranker)


def _earlier_encoder(folder: Path) -> WikiEncoder | None:
    try:
        return WikiEncoder.load(folder)
    except ModelError:
        return None


def _save(folder: Path, wiki: _Wiki, settings: Settings, encoder: Encoder, ranker: Ranker) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(encoder, WikiEncoder):
        encoder.save(folder)
    about = {"encoder": settings.encoder, "revision": _REVISION, "hashes": wiki.hashes}
    for name, text in (("ranker.json", to_json(ranker)), ("learnt.json", json.dumps(about))):
        beside = folder / f".{name}.new"
        beside.write_text(text)
        os.replace(beside, folder / name)
