"""Encoder, ranker and wiki model of a project in files, and how long each of them holds while the wiki changes.

Encoder and ranker hold until a fifth of the texts are new: for so long only new texts are encoded, and into the same
space. The wiki model (`model/wiki_model.py`) holds until a twentieth of the pages has changed, come or gone: for so
long only the lists that a change concerns are made again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from linkassist.embed.joined import JOIN_FILE, JoinedEncoder
from linkassist.embed.wiki_encoder import WikiEncoder
from linkassist.errors import ModelError
from linkassist.model.array_file import file_id
from linkassist.model.encoders import open_model
from linkassist.model.wiki_model import WikiModel, load_wiki_model, save_wiki_model
from linkassist.pipeline.delta import WikiDelta
from linkassist.pipeline.model_store import REVISION, TRAINED_FILES, ModelFolders, ModelStore, encoder_state
from linkassist.pipeline.reindex_run import DEFAULT_LIMITS, ReindexLimits, ReindexRun
from linkassist.scrapbox.page_text import read_page
from linkassist.settings import OWN_ENCODER
from linkassist.store.pages import Project, page_states, stored_page
from linkassist.store.runs import artefact
from linkassist.store.suggestions import list_states
from linkassist.suggest.ranker import Ranker, from_json, to_json
from linkassist.wiki import Reading

_WIKI_MODEL: Final = "knowledge.bin"
_ABOUT: Final = "learnt.json"


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """encoder: the wiki's own, alone or joined by the model that the settings name."""

    encoder: WikiEncoder | JoinedEncoder
    ranker: Ranker

    @property
    def fingerprint(self) -> str:
        return f"{self.encoder.fingerprint} {self.ranker.fingerprint}"

    def save(self, folder: Path, state: str, text_hashes: Sequence[str]) -> None:
        """Writes the files into the folder, each beside its name and then renamed.

        state: what `encoder_state` gave for the encoder that the settings name. text_hashes: of the texts it was
        trained on.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.encoder.save(folder)
        if isinstance(self.encoder, WikiEncoder):
            (folder / JOIN_FILE).unlink(missing_ok=True)
        about = {"encoder": state, "revision": REVISION, "hashes": list(text_hashes)}
        for name, text in (("ranker.json", to_json(self.ranker)), (_ABOUT, json.dumps(about))):
            beside = folder / f".{name}.new"
            beside.write_text(text, "utf-8")
            os.replace(beside, folder / name)


def load_trained(
    folder: Path, encoder_name: str, state: str, text_hashes: Sequence[str], limits: ReindexLimits = DEFAULT_LIMITS
) -> TrainedModel | None:
    """What `save` wrote; None where it was trained with another encoder, by another program or on other texts.

    Raises ModelError where a file is missing or damaged, or the model of that name cannot be used.
    """
    try:
        about = json.loads((folder / _ABOUT).read_text("utf-8"))
        of_before = set(about["hashes"])
        is_same = about["encoder"] == state and about["revision"] == REVISION
        n_new = sum(text_hash not in of_before for text_hash in text_hashes)
        if not is_same or n_new > limits.new_texts * max(1, len(of_before)):
            return None
        ranker = from_json((folder / "ranker.json").read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder}: what was learnt cannot be read ({error}). Run `linkassist reindex --full` to learn it anew."
        ) from error
    if (folder / JOIN_FILE).exists():
        return TrainedModel(JoinedEncoder.load(folder, open_model(encoder_name)), ranker)
    return TrainedModel(WikiEncoder.load(folder), ranker)


def load_in_use(folder: Path, project: Project, text_hashes: Sequence[str] = ()) -> TrainedModel:
    """The model of the project's last reindex, with the encoder of that time.

    folder: what `ModelStore.checked_folder` gave, once for all that is read: a reindex may put another into use.
    text_hashes: of its pages as they are now; where too many are new, ModelError says so.
    """
    name = _encoder_name(folder)
    trained = load_trained(folder, name, encoder_state(name), text_hashes)
    if trained is None:
        raise ModelError(
            f"What was learnt from {project.name} fits its pages or this program no longer. "
            "Run `linkassist reindex`, then try again."
        )
    return trained


def load_kept(run: ReindexRun) -> TrainedModel | None:
    """What was trained before and still holds for the project's pages; None where nothing was, or it no longer holds.

    Raises ModelError where it is damaged.
    """
    store, folder = run.store, run.folders.before
    is_in_use = folder == store.folder
    if is_in_use and not store.is_trained():
        return None
    if is_in_use and not store.is_whole():
        raise ModelError(f"{folder}: a file is not what was written.")
    hashes = [page.text_hash for page in page_states(store.library, store.project_id)]
    return load_trained(folder, run.encoder_name, encoder_state(run.encoder_name), hashes, run.limits)


def carry_over(folders: ModelFolders) -> None:
    """Puts the trained files and the wiki model of before into the new folder, as hard links where that can be.

    A new wiki model later replaces the link, not the file of before.
    """
    for name in (*TRAINED_FILES, _WIKI_MODEL) if folders.before != folders.new else ():
        if (folders.before / name).is_file():
            try:
                os.link(folders.before / name, folders.new / name)
            except OSError:  # a file system without links
                shutil.copyfile(folders.before / name, folders.new / name)


def _encoder_name(folder: Path) -> str:
    """The name of the encoder that was trained with."""
    try:
        state = str(json.loads((folder / _ABOUT).read_text("utf-8"))["encoder"])
    except (OSError, ValueError, KeyError, TypeError):
        return OWN_ENCODER  # `load_trained` tells what is wrong
    return state.rpartition(" ")[0] or state  # a model's files follow its name


def is_trained_on(folder: Path, text_hashes: Sequence[str]) -> bool:
    """Whether the folder's files were trained by this program on these very texts, with whatever encoder."""
    try:
        about = json.loads((folder / _ABOUT).read_text("utf-8"))
        return bool(about["revision"] == REVISION and about["hashes"] == list(text_hashes))
    except (OSError, ValueError, KeyError, TypeError):
        return False  # then it is trained anew


def earlier_encoder(folder: Path) -> WikiEncoder | None:
    """The encoder of an earlier state of the wiki, to train further; None where there is none."""
    try:
        return WikiEncoder.load(folder)
    except ModelError:
        return None  # then one is trained from scratch


def keep_wiki_model(run: ReindexRun, model: WikiModel) -> str:
    """Writes the wiki model into the run's folder, unless the wiki is small; returns the file's id, "" for none."""
    path = run.folders.new / _WIKI_MODEL
    if len(model.hashes) < run.limits.smallest_wiki:
        path.unlink(missing_ok=True)
        return ""
    return save_wiki_model(model, path)


def kept_wiki_model(store: ModelStore, folder: Path, trained: TrainedModel) -> WikiModel | None:
    """The wiki model in the folder; None where none was kept, or of another encoder or ranker, or where the lists were
    made with another one. Raises ModelError where it is damaged."""
    found, note = file_id(folder / _WIKI_MODEL), artefact(store.library, store.project_id, "knowledge")
    if not found or (note is not None and note.fingerprint != found):
        return None
    model = load_wiki_model(folder / _WIKI_MODEL)
    return model if model.made_with == trained.fingerprint else None


def delta_since(run: ReindexRun, trained: TrainedModel) -> WikiDelta | None:
    """What has changed since the wiki model was fitted; None where it is to be fitted anew: much has changed, the wiki
    is small, or none was kept. Raises ModelError where it is damaged."""
    library, folder = run.library, run.folders.before
    is_large = run.project.n_pages >= run.limits.smallest_wiki
    model = kept_wiki_model(run.store, folder, trained) if is_large else None
    if model is None:
        return None

    def read(page_ids: Sequence[int]) -> list[Reading]:
        return [read_page(stored_page(library, page_id).page) for page_id in page_ids]

    model_id = file_id(folder / _WIKI_MODEL)
    delta = WikiDelta(model, model_id, list(list_states(library, run.project.id)), read)
    return delta if delta.share <= run.limits.changed_pages else None
