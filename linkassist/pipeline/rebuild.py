"""The steps of a reindex: read, learn, encode, examine, index, suggest, write. Each tells of itself as it begins.

Of a wiki in which little has changed since it was learnt, only that is read, and only those lists are made that it
concerns (`delta.py`).

Whether they are needed, the lock and the record of the run are left to `reindex.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from linkassist.embed.encoder import Encoder, TellingEncoder
from linkassist.embed.joined import JoinedEncoder
from linkassist.embed.wiki_encoder import WikiEncoder
from linkassist.errors import LinkAssistError, ModelError
from linkassist.model.fit import choose_encoder, examine, knowledge_of, scan_texts, suggest_pages
from linkassist.model.vector_index import PageIndex
from linkassist.model.wiki_model import holder_hash, holders_of
from linkassist.pipeline.delta import Since
from linkassist.pipeline.learnt import (
    Learnt,
    earlier_encoder,
    is_learnt_from,
    keep_knowledge,
    keep_learnt,
    load_learnt,
    made_with,
    save_learnt,
    since_learnt,
)
from linkassist.pipeline.model_store import (
    INDEX_FILE,
    LEARNT_FILES,
    begin_models,
    encoder_state,
    is_as_noted,
    model_folder,
    note_begun,
    notes_of_models,
)
from linkassist.review.verdicts import as_shown_after, follow_verdicts, lessons_of, note_of_lessons
from linkassist.scrapbox.page_text import read_page
from linkassist.settings import OWN_ENCODER
from linkassist.store.embeddings import drop_encoder, known, matrix, put
from linkassist.store.library import Library
from linkassist.store.pages import Project, page_states, read_pages
from linkassist.store.runs import Artefact, Note, artefact
from linkassist.store.search.by_target import write_target_index
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggest.corpus import Corpus, FloatArray, build_corpus
from linkassist.suggest.holdout import pages_to_hold_out
from linkassist.suggestion import Suggestion
from linkassist.terminal_escape import shown, visible
from linkassist.wiki import Reading, title_key

OnProgress = Callable[[str, int, int], None]

_PAGES_AT_ONCE = 500  # are kept together: so many are encoded again after a run that was broken off
_NO_HELP = "{0} finds no pages that people link better than the wiki's own encoder does, so that one is used alone."


@dataclass(frozen=True, slots=True)
class Done:
    """What the steps did. `encoder` is the fingerprint; `notes` are for the person who waits.

    learnt: "nothing" where all that was kept still held, "the wiki" where encoder and ranker did, else "everything".
    drift: of the pages that were learnt from, the share that has changed since.
    """

    n_pages: int
    n_encoded: int
    n_listed: int
    n_suggestions: int
    n_pages_rewritten: int
    encoder: str
    notes: tuple[str, ...]
    learnt: Literal["nothing", "the wiki", "everything"]
    drift: float


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
    folder, before = begin_models(library, project.id)
    kept, notes = (None, ()) if is_full else _kept(library, project, before, encoder_name)
    since = None
    try:
        since = since_learnt(library, project, before, kept) if kept else None
    except ModelError:
        notes = (*notes, f"{shown(before)}: what was known of the pages is damaged, so they were all read anew.")
    if kept:
        keep_learnt(before, folder)
    if kept and since:
        return _follow(library, project, folder, run_id, on_progress, kept, since)
    return _learn(library, project, encoder_name, (folder, before), run_id, on_progress, kept, notes, is_full=is_full)


def _follow(
    library: Library, project: Project, folder: Path, run_id: int, on_progress: OnProgress, kept: Learnt, since: Since
) -> Done:
    """Makes the lists that what has changed since makes another one, by what was learnt."""
    ids = [page.page_id for page in since.pages]
    hashes = [page.text_hash for page in since.pages]
    stored = _Vectors(library, project, ids, hashes, since.texts, on_progress, is_full=False)
    vectors = stored.of(kept.encoder)
    _save_index(folder, ids, vectors, kept.encoder.fingerprint, on_progress)
    on_progress("mentions", 0, len(ids))
    places = since.to_list()
    on_progress("mentions", len(ids), len(ids))
    on_progress("suggest", 0, len(places))

    def lists() -> Iterator[tuple[int, Sequence[Suggestion]]]:
        for n_done, (place, suggestions) in enumerate(since.lists(places, kept.ranker, vectors), start=1):
            on_progress("suggest", n_done, len(places))
            yield ids[place], suggestions

    lessons = lessons_of(library, project.id)
    notes_made = [*notes_of_models(folder, kept.encoder.fingerprint), Note("knowledge", since.name)]
    made_of = {ids[i]: since.wanted[i] for i in places}
    shown = as_shown_after(lessons)
    n_rewritten = replace_suggestions(library, project.id, run_id, lists(), shown, notes_made, made_of)
    follow_verdicts(library, project.id)
    return Done(
        n_pages=len(ids),
        n_encoded=len(stored.encoded),
        n_listed=len(places),
        n_suggestions=write_target_index(library, project.id),
        n_pages_rewritten=n_rewritten,
        encoder=kept.encoder.fingerprint,
        notes=(),
        learnt="nothing",
        drift=since.share,
    )


def _learn(
    library: Library,
    project: Project,
    encoder_name: str,
    folders: tuple[Path, Path],
    run_id: int,
    on_progress: OnProgress,
    kept: Learnt | None,
    notes: tuple[str, ...],
    *,
    is_full: bool,
) -> Done:
    """Reads all pages and learns what they tell, with the encoder and ranker that were kept, or new ones.

    folders: for what is learnt now, and of what was learnt before.
    """
    (folder, before), state = folders, encoder_state(encoder_name)
    wiki = _read(library, project, on_progress)
    on_progress("learn", 0, 0)
    corpus = build_corpus(wiki.readings)

    def texts_of(places: Sequence[int]) -> list[str]:
        return [wiki.readings[i].text for i in places]

    stored = _Vectors(library, project, wiki.ids, wiki.hashes, texts_of, on_progress, is_full=is_full)
    if kept:
        encoder, vectors = kept.encoder, stored.of(kept.encoder)
    else:
        is_fresh = is_full or bool(notes)
        encoder, vectors = _learn_encoder(before, encoder_name, wiki, corpus, stored, on_progress, is_fresh=is_fresh)
        notes = (*notes, *stored.notes)
        if encoder_name != OWN_ENCODER and not isinstance(encoder, JoinedEncoder):
            notes = (*notes, _NO_HELP.format(visible(encoder_name)))
    scan = scan_texts(corpus, vectors, on_progress)
    if kept:
        ranker = kept.ranker
    else:
        ranker = examine(scan, pages_to_hold_out(corpus), encoder, on_progress=on_progress)
        save_learnt(folder, state, wiki.hashes, encoder, ranker)
        note_begun(library, project.id, folder)
    _save_index(folder, wiki.ids, vectors, encoder.fingerprint, on_progress)
    knowledge = knowledge_of(scan, made_with(Learnt(encoder, ranker)), wiki.hashes, on_progress)
    held: list[tuple[int, int]] = []
    lessons = lessons_of(library, project.id)
    notes_made = [*notes_of_models(folder, encoder.fingerprint), note_of_lessons(lessons)]

    def lists() -> Iterator[tuple[int, Sequence[Suggestion]]]:
        for page, suggestions in suggest_pages(knowledge, scan, ranker, on_progress=on_progress):
            held.extend((holder_hash(title_key(each.target)), page) for each in suggestions)
            yield wiki.ids[page], suggestions
        name = keep_knowledge(folder, replace(knowledge, holders=holders_of(held)))
        notes_made.append(Note("knowledge", name))  # in time: notes are written behind the last list

    own_before = artefact(library, project.id, "encoder")
    n_rewritten = replace_suggestions(library, project.id, run_id, lists(), as_shown_after(lessons), notes_made)
    _drop_vectors_of(library, own_before, encoder)
    return Done(
        n_pages=len(wiki.ids),
        n_encoded=len(stored.encoded),
        n_listed=len(wiki.ids),
        n_suggestions=write_target_index(library, project.id),
        n_pages_rewritten=n_rewritten,
        encoder=encoder.fingerprint,
        notes=notes,
        learnt="the wiki" if kept else "everything",
        drift=0.0,
    )


def _save_index(folder: Path, ids: list[int], vectors: FloatArray, encoder: str, on_progress: OnProgress) -> None:
    on_progress("index", 0, len(ids))
    PageIndex(np.array(ids, np.int64), vectors, encoder).save(folder / INDEX_FILE)
    on_progress("index", len(ids), len(ids))


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


def _kept(library: Library, project: Project, folder: Path, encoder_name: str) -> tuple[Learnt | None, tuple[str, ...]]:
    """(what was learnt before, if it still holds; what to tell the person where it should and does not)."""
    is_present = folder == model_folder(library, project.id)
    if is_present and artefact(library, project.id, "learnt") is None:
        return None, ()
    try:
        if not is_present or is_as_noted(library, project.id, "learnt", LEARNT_FILES):
            hashes = [page.text_hash for page in page_states(library, project.id)]
            return load_learnt(folder, encoder_name, encoder_state(encoder_name), hashes), ()
    except ModelError:
        pass  # damaged, like files that are not as they were noted
    return None, (f"{shown(folder)}: what was learnt before is damaged or incomplete, so it was learnt anew.",)


def _learn_encoder(
    folder: Path,
    encoder_name: str,
    wiki: _Wiki,
    corpus: Corpus,
    stored: _Vectors,
    on_progress: OnProgress,
    *,
    is_fresh: bool,
) -> tuple[WikiEncoder | JoinedEncoder, FloatArray]:
    """The encoder to use from now on, and its vectors of all pages.

    folder: of what was learnt before. is_fresh: that is no start to learn on from.
    """
    earlier = None if is_fresh else earlier_encoder(folder)
    return choose_encoder(
        encoder_name,
        corpus,
        pages_to_hold_out(corpus),
        stored.of,
        own=earlier if is_learnt_from(folder, wiki.hashes) else None,
        start=earlier,
        on_progress=on_progress,
    )


def _drop_vectors_of(library: Library, before: Artefact | None, encoder: Encoder) -> None:
    """Drops the vectors of the wiki's own encoder of before, where there is another one now."""
    if before is not None and before.fingerprint.startswith("wiki-"):
        of_before = before.fingerprint.split("+")[0]
        if of_before != encoder.fingerprint.split("+")[0]:
            drop_encoder(library, of_before)


@dataclass(slots=True)
class _Vectors:
    """The vectors of a wiki's pages, kept by encoder. texts_of: of those at these places. is_full: encodes also what is
    there. encoded: the pages that had to be. notes: what the encoders tell of themselves."""

    library: Library
    project: Project
    ids: list[int]
    hashes: list[str]
    texts_of: Callable[[Sequence[int]], list[str]]
    on_progress: OnProgress
    is_full: bool
    encoded: set[int] = field(default_factory=set)
    notes: tuple[str, ...] = ()

    def of(self, encoder: Encoder) -> FloatArray:
        """(pages, width): one vector a page, in their order. Of a joined encoder each part is kept by itself."""
        if isinstance(encoder, JoinedEncoder):
            return encoder.how.join(self.of(encoder.own), self.of(encoder.other))
        if isinstance(encoder, TellingEncoder):
            self.notes = encoder.notes
        fingerprint = encoder.fingerprint
        have: set[str] = set() if self.is_full else known(self.library, fingerprint, self.hashes)
        missing = [i for i, text_hash in enumerate(self.hashes) if text_hash not in have]
        self.encoded.update(missing)

        def told(n_before: int, n_done: int) -> None:
            self.on_progress("encode", n_before + n_done, len(missing))

        told(0, 0)
        for start in range(0, len(missing), _PAGES_AT_ONCE):
            chunk = missing[start : start + _PAGES_AT_ONCE]
            vectors = encoder.encode(self.texts_of(chunk), partial(told, start))
            put(self.library, fingerprint, [self.hashes[i] for i in chunk], vectors)
        ids, stored = matrix(self.library, self.project.id, fingerprint)
        if ids.tolist() != self.ids:
            raise LinkAssistError(
                f"Project {self.project.name} changed while it was reindexed. Run `linkassist reindex` once more."
            )
        return stored.reshape(len(ids), -1) if len(ids) else np.zeros((0, encoder.width), np.float32)
