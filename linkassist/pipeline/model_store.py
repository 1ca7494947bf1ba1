"""Whether the suggestions of a project are those of its pages as they are now, and where its models lie.

That is told from the database's short columns and from the files kept beside it, without reading a page or loading a
model: a nightly run that finds nothing new ends at once.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from linkassist.errors import ModelError
from linkassist.files.errors import file_errors_as
from linkassist.model.encoders import files_state
from linkassist.settings import OWN_ENCODER
from linkassist.store.imports import IMPORTED
from linkassist.store.library import Library
from linkassist.store.pages import Project, page_states
from linkassist.store.runs import Note, artefact, put_artefact
from linkassist.store.summaries.overview import imported_at

# Raised when the same wiki would get other suggestions than before: a change of ranking, reading or wording of reasons.
REVISION: Final = 4

LEARNT_FILES: Final = ("encoder.json", "pieces.model", "vectors.npz", "join.npz", "ranker.json", "learnt.json")
INDEX_FILE: Final = "pages.faiss"


def model_folder(library: Library, project_id: int) -> Path:
    """Where the files lie that belong to the project's suggestions as they are now."""
    note = artefact(library, project_id, "models")  # an older linkassist had one folder, without a name
    return _models(library, project_id) / (note.fingerprint if note else "")


def checked_models(library: Library, project: Project) -> Path:
    """The folder of the project's models; its files hold what was noted of them at the same moment.

    Raises ModelError where nothing was learnt yet, and where a file is damaged.
    """
    again = "Run `linkassist reindex`, then try again."
    with library.staging():
        folder = model_folder(library, project.id)
        notes = [artefact(library, project.id, name) for name in ("learnt", "index")]
    for note, files in zip(notes, (LEARNT_FILES, (INDEX_FILE,)), strict=True):
        if note is None:
            raise ModelError(f"Nothing was learnt from project {project.name} yet. {again}")
        if note.fingerprint != digest_of_files(folder, files):
            raise ModelError(f"{folder}: what was learnt is damaged or incomplete. {again} It is then made anew.")
    return folder


def begin_models(library: Library, project_id: int) -> tuple[Path, Path]:
    """(a folder for the files of a run, the folder of what was learnt last), for the holder of the lock.

    Readers go on with the files of before until the run's are noted as "models". The second folder is the first where
    a run that was broken off had finished learning, else that of the present files.
    """
    root, current = _models(library, project_id), model_folder(library, project_id)
    begun = _begun(library, project_id)
    root.parent.mkdir(mode=0o700, exist_ok=True)
    root.mkdir(exist_ok=True)
    for each in root.iterdir():
        if each.is_dir() and each not in (current, begun):
            shutil.rmtree(each)
        elif each.is_file() and current != root:
            each.unlink()
    new = root / str(1 + max((int(each.name) for each in (current, begun) if each and each != root), default=0))
    if begun is None:
        new.mkdir()
        return new, current
    begun.rename(new)
    note_begun(library, project_id, new)
    return new, new


def note_begun(library: Library, project_id: int, folder: Path) -> None:
    """Notes that in the folder of a run lies all that it learnt, for another run should this one be broken off."""
    put_artefact(library, project_id, "begun", f"{folder.name} {digest_of_files(folder, LEARNT_FILES)}")


def _begun(library: Library, project_id: int) -> Path | None:
    note = artefact(library, project_id, "begun")
    if note is None or not note.fingerprint:
        return None
    name, _, digest = note.fingerprint.partition(" ")
    folder = _models(library, project_id) / name
    return folder if folder.is_dir() and digest_of_files(folder, LEARNT_FILES) == digest else None


def _models(library: Library, project_id: int) -> Path:
    return library.folder / "models" / str(project_id)


def encoder_state(name: str) -> str:
    """The encoder's name and, of a transformers model, what its files look like now: other files under the same name
    are another model."""
    if name == OWN_ENCODER:
        return name
    return f"{name} {files_state(name)}"


def is_up_to_date(library: Library, project_id: int, encoder: str) -> bool:
    """Whether a reindex would find nothing to do. encoder: what `encoder_state` gave."""
    note = artefact(library, project_id, "suggestions")
    return (
        note is not None
        and note.fingerprint == _state(library, project_id, encoder)
        and is_as_noted(library, project_id, "learnt", LEARNT_FILES)
        and is_as_noted(library, project_id, "index", (INDEX_FILE,))
    )


def is_older_than_pages(library: Library, project_id: int) -> bool:
    """Whether the suggestions were made before the last import, or never. Told at once, whatever the import changed.

    It goes by what was done after what, and not by the times, since a clock may be set back.
    """
    note, imported = artefact(library, project_id, "suggestions"), artefact(library, project_id, IMPORTED)
    if note is None or not note.fingerprint:
        return True
    if imported is None:  # an older linkassist has taken in the pages, and kept the times alone
        return note.made_at < imported_at(library, project_id)
    return bool(imported.fingerprint)


def confirm_suggestions(library: Library, project_id: int) -> None:
    """Notes that they are up to date as they were: an import since then has changed nothing."""
    note = artefact(library, project_id, "suggestions")
    if note is not None and is_older_than_pages(library, project_id):
        _note_as_made_now(library, project_id, note.fingerprint)


def note_suggestions(library: Library, project_id: int, encoder: str) -> None:
    """Notes that the suggestions are now up to date. encoder: as `encoder_state` gave it before the model was read."""
    _note_as_made_now(library, project_id, _state(library, project_id, encoder))


def _note_as_made_now(library: Library, project_id: int, fingerprint: str) -> None:
    put_artefact(library, project_id, "suggestions", fingerprint)
    put_artefact(library, project_id, IMPORTED, "")


def notes_of_models(folder: Path, encoder: str) -> list[Note]:
    """What is noted of the files of a run once they are the project's, and the encoder's fingerprint.

    The suggestions are then no longer those that were up to date; `note_suggestions` tells when they are again.
    """
    return [
        Note("models", folder.name),
        Note("learnt", digest_of_files(folder, LEARNT_FILES)),
        Note("index", digest_of_files(folder, (INDEX_FILE,))),
        Note("encoder", encoder),
        Note("begun", ""),
        Note("suggestions", ""),
    ]


def is_as_noted(library: Library, project_id: int, name: str, files: Iterable[str]) -> bool:
    """Whether the files hold what they held when they were noted; False where they never were."""
    note = artefact(library, project_id, name)
    return note is not None and note.fingerprint == digest_of_files(model_folder(library, project_id), files)


def _state(library: Library, project_id: int, encoder: str) -> str:
    """Twelve hex digits that differ when the suggestions could differ, or when an import has dropped some."""
    digest = hashlib.sha256(f"{REVISION} {encoder}\n".encode())
    for page in page_states(library, project_id):
        digest.update(f"{page.id} {page.text_hash} {page.created} {page.has_suggestions}\n".encode())
    return digest.hexdigest()[:12]


def digest_of_files(folder: Path, files: Iterable[str]) -> str:
    """Twelve hex digits for the names and contents of those that are there; 30 MB take a thirtieth of a second.

    Raises ModelError where one is there and cannot be read.
    """
    digest = hashlib.sha256()
    for name in files:
        path = folder / name
        with file_errors_as(ModelError, "read", path):
            if path.is_file():
                data = path.read_bytes()
                digest.update(f"{name} {len(data)}\n".encode())
                digest.update(data)
    return digest.hexdigest()[:12]
