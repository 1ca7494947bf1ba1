"""Whether the suggestions of a project are those of its pages as they are now.

That is told from the database's short columns and from the files kept beside it, without reading a page or loading a
model: a nightly run that finds nothing new ends at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from linkassist.settings import OWN_ENCODER
from linkassist.store.library import Library
from linkassist.store.pages import Project, page_states
from linkassist.store.runs import artefact, put_artefact

# Raised when the same wiki would get other suggestions than before: a change of ranking, reading or wording of reasons.
REVISION: Final = 3

LEARNT_FILES: Final = ("encoder.json", "pieces.model", "vectors.npz", "join.npz", "ranker.json", "learnt.json")
INDEX_FILE: Final = "pages.faiss"


def model_folder(library: Library, project_id: int) -> Path:
    """Where the files that belong to the project are kept."""
    return library.folder / "models" / str(project_id)


def encoder_state(name: str) -> str:
    """The encoder's name and, of a transformers model, what its files look like now: other files under the same name
    are another model."""
    if name == OWN_ENCODER:
        return name
    from linkassist.embed.model_files import files_state  # brings the hub's client: only for those who ask for it

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


def is_older_than_pages(library: Library, project: Project) -> bool:
    """Whether the suggestions were made before the last import, or never. Told at once, whatever the import changed."""
    note = artefact(library, project.id, "suggestions")
    return note is None or not note.fingerprint or note.made_at < project.imported_at


def confirm_suggestions(library: Library, project: Project) -> None:
    """Notes that they are up to date as they were: an import since then has changed nothing."""
    note = artefact(library, project.id, "suggestions")
    if note is not None and note.made_at < project.imported_at:
        put_artefact(library, project.id, "suggestions", note.fingerprint)


def note_suggestions(library: Library, project_id: int, encoder: str) -> None:
    """Notes that the suggestions are now up to date. encoder: as `encoder_state` gave it before the model was read."""
    put_artefact(library, project_id, "suggestions", _state(library, project_id, encoder))


def forget_suggestions(library: Library, project_id: int) -> None:
    """Notes that they are not: some pages may have new ones soon, whatever becomes of the others."""
    put_artefact(library, project_id, "suggestions", "")


def note_files(library: Library, project_id: int, name: str, files: Iterable[str]) -> None:
    """Notes under that name what the project's files of these names hold now."""
    put_artefact(library, project_id, name, _digest_of_files(model_folder(library, project_id), files))


def is_as_noted(library: Library, project_id: int, name: str, files: Iterable[str]) -> bool:
    """Whether the files hold what they held when they were noted; False where they never were."""
    note = artefact(library, project_id, name)
    return note is not None and note.fingerprint == _digest_of_files(model_folder(library, project_id), files)


def _state(library: Library, project_id: int, encoder: str) -> str:
    """Twelve hex digits that differ when the suggestions could differ, or when an import has dropped some."""
    digest = hashlib.sha256(f"{REVISION} {encoder}\n".encode())
    for page in page_states(library, project_id):
        digest.update(f"{page.id} {page.text_hash} {page.created} {page.has_suggestions}\n".encode())
    return digest.hexdigest()[:12]


def _digest_of_files(folder: Path, files: Iterable[str]) -> str:
    """Twelve hex digits for the names and contents of those that are there; 30 MB take a thirtieth of a second."""
    digest = hashlib.sha256()
    for name in files:
        path = folder / name
        if path.is_file():
            data = path.read_bytes()
            digest.update(f"{name} {len(data)}\n".encode())
            digest.update(data)
    return digest.hexdigest()[:12]
