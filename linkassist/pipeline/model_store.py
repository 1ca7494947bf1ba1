"""The models of a project: their folder, whether their files are whole, and whether the suggestions are up to date.

That is told from the database's short columns and from the files beside it, without reading a page or loading a model:
a nightly run that finds nothing new ends at once. What is in the files is left to `trained_model.py`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from linkassist.errors import ModelError
from linkassist.files.errors import file_errors_as
from linkassist.model.encoders import files_state
from linkassist.settings import OWN_ENCODER
from linkassist.store.imports import IMPORTED
from linkassist.store.library import Library
from linkassist.store.pages import page_states
from linkassist.store.runs import Artefact, Note, artefact, put_artefact
from linkassist.store.summaries.overview import imported_at

# Raised when the same wiki would get other suggestions than before: a change of ranking, reading or wording of reasons.
REVISION: Final = 6

TRAINED_FILES: Final = ("encoder.json", "pieces.model", "vectors.npz", "join.npz", "ranker.json", "learnt.json")
INDEX_FILE: Final = "pages.faiss"


@dataclass(frozen=True, slots=True)
class ModelFolders:
    """new: where a reindex writes. before: where it finds what was learnt last; `new` itself where that was finished by
    a run that was interrupted later."""

    new: Path
    before: Path


@dataclass(frozen=True, slots=True)
class ModelStore:
    """The folders `models/PROJECT/NUMBER` of a library, and the notes in its database that say which one is in use and
    what its files held when it was committed."""

    library: Library
    project_id: int

    @property
    def folder(self) -> Path:
        """Where the models lie that the present suggestions were made with."""
        note = self._note("models")  # linkassist before 0.1 had one folder, without a number
        return self._root / (note.fingerprint if note else "")

    @property
    def encoder(self) -> str:
        """The fingerprint of the encoder in use, "" where nothing was learnt yet."""
        note = self._note("encoder")
        return note.fingerprint if note else ""

    def checked_folder(self, project_name: str) -> Path:
        """The folder of the models in use; its files hold what was noted of them at the same moment.

        Raises ModelError where nothing was learnt yet, and where a file is damaged.
        """
        again = "Run `linkassist reindex`, then try again."
        with self.library.staging():
            folder = self.folder
            notes = [self._note(name) for name in ("learnt", "index")]
        for note, files in zip(notes, (TRAINED_FILES, (INDEX_FILE,)), strict=True):
            if note is None:
                raise ModelError(f"Nothing was learnt from project {project_name} yet. {again}")
            if note.fingerprint != digest_of_files(folder, files):
                raise ModelError(f"{folder}: what was learnt is damaged or incomplete. {again} It is then made anew.")
        return folder

    def is_trained(self) -> bool:
        """Whether a model was ever committed."""
        return self._note("learnt") is not None

    def is_whole(self) -> bool:
        """Whether the trained files in use are those that were committed."""
        return self._is_as_noted("learnt", TRAINED_FILES)

    def is_current(self, encoder: str) -> bool:
        """Whether a reindex would find nothing to do. encoder: what `encoder_state` gave."""
        note = self._note("suggestions")
        return (
            note is not None
            and note.fingerprint == self._state(encoder)
            and self.is_whole()
            and self._is_as_noted("index", (INDEX_FILE,))
        )

    def is_older_than_pages(self) -> bool:
        """Whether the suggestions were made before the last import, or never. It goes by what was done after what,
        whatever the import changed, and not by the times, since a clock may be set back."""
        note, imported = self._note("suggestions"), self._note(IMPORTED)
        if note is None or not note.fingerprint:
            return True
        if imported is None:  # an older linkassist took in the pages, and kept the times alone
            return note.made_at < imported_at(self.library, self.project_id)
        return bool(imported.fingerprint)

    def confirm(self) -> None:
        """Notes that the suggestions are still up to date: an import since then has changed nothing."""
        note = self._note("suggestions")
        if note is not None and self.is_older_than_pages():
            self._note_current(note.fingerprint)

    def mark_current(self, encoder: str) -> None:
        """Notes that the suggestions are up to date. encoder: as `encoder_state` gave it before the model was read."""
        self._note_current(self._state(encoder))

    def begin(self) -> ModelFolders:
        """The folders of a new run, for the holder of the lock. Readers go on with the files in use until the run's are
        committed; folders of other runs are deleted."""
        root, current, begun = self._root, self.folder, self._checkpointed()
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
            return ModelFolders(new, current)
        begun.rename(new)
        self.checkpoint(new)
        return ModelFolders(new, new)

    def checkpoint(self, folder: Path) -> None:
        """Notes that all trained files lie in the folder, so that another run goes on from them if this one is
        interrupted."""
        put_artefact(self.library, self.project_id, "begun", f"{folder.name} {digest_of_files(folder, TRAINED_FILES)}")

    def commit(self, folder: Path, encoder: str) -> list[Note]:
        """The notes that put the folder into use, to be written in the transaction that replaces the suggestions.

        encoder: its fingerprint. The suggestions count as out of date from then on, until `mark_current`.
        """
        return [
            Note("models", folder.name),
            Note("learnt", digest_of_files(folder, TRAINED_FILES)),
            Note("index", digest_of_files(folder, (INDEX_FILE,))),
            Note("encoder", encoder),
            Note("begun", ""),
            Note("suggestions", ""),
        ]

    @property
    def _root(self) -> Path:
        return self.library.folder / "models" / str(self.project_id)

    def _note(self, name: str) -> Artefact | None:
        return artefact(self.library, self.project_id, name)

    def _note_current(self, fingerprint: str) -> None:
        put_artefact(self.library, self.project_id, "suggestions", fingerprint)
        put_artefact(self.library, self.project_id, IMPORTED, "")

    def _is_as_noted(self, name: str, files: Iterable[str]) -> bool:
        """Whether the files hold what they held when they were noted; False where they never were."""
        note = self._note(name)
        return note is not None and note.fingerprint == digest_of_files(self.folder, files)

    def _checkpointed(self) -> Path | None:
        """The folder of an interrupted run that had trained its models, where they are whole."""
        note = self._note("begun")
        if note is None or not note.fingerprint:
            return None
        name, _, digest = note.fingerprint.partition(" ")
        folder = self._root / name
        return folder if folder.is_dir() and digest_of_files(folder, TRAINED_FILES) == digest else None

    def _state(self, encoder: str) -> str:
        """Twelve hex digits that differ when the suggestions could differ, or when an import has dropped some."""
        digest = hashlib.sha256(f"{REVISION} {encoder}\n".encode())
        for page in page_states(self.library, self.project_id):
            digest.update(f"{page.id} {page.text_hash} {page.created} {page.has_suggestions}\n".encode())
        return digest.hexdigest()[:12]


def encoder_state(name: str) -> str:
    """The encoder's name and, of a transformers model, what its files look like now: other files under the same name
    are another model."""
    return name if name == OWN_ENCODER else f"{name} {files_state(name)}"


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
