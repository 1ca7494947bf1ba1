"""What was learnt from a project, kept in the library's folder until it no longer fits the wiki.

Two things grow old at their own pace, and the drift that ends them is counted in pages. Encoder and ranker hold until a
fifth of the texts are new: for so long only new texts are encoded, and into the same space. What is known of the wiki's
texts and links (`model/wiki_model.py`) holds until a twentieth of the pages has changed, come or gone: for so long only
those lists are made that a change concerns.
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
from linkassist.model.wiki_model import Knowledge, load_knowledge, save_knowledge
from linkassist.pipeline.delta import Since
from linkassist.pipeline.model_store import LEARNT_FILES, REVISION, encoder_state
from linkassist.scrapbox.page_text import read_page
from linkassist.settings import OWN_ENCODER
from linkassist.store.library import Library
from linkassist.store.pages import Project, stored_page
from linkassist.store.runs import artefact
from linkassist.store.suggestions import list_states
from linkassist.suggest.ranker import Ranker, from_json, to_json
from linkassist.wiki import Reading

_MOST_NEW = 0.2
MOST_CHANGED: Final = 0.05
_FEWEST = 1000  # pages; a smaller wiki is read in seconds, and better known for it
_KNOWLEDGE = "knowledge.bin"
_ABOUT = "learnt.json"


@dataclass(frozen=True, slots=True)
class Learnt:
    """encoder: the wiki's own, alone or joined by the model that the settings name."""

    encoder: WikiEncoder | JoinedEncoder
    ranker: Ranker


def save_learnt(
    folder: Path, state: str, text_hashes: Sequence[str], encoder: WikiEncoder | JoinedEncoder, ranker: Ranker
) -> None:
    """Writes into the folder what was learnt from these texts, each file beside and then renamed.

    state: what `encoder_state` gave for the encoder that the settings name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encoder.save(folder)
    if isinstance(encoder, WikiEncoder):
        (folder / JOIN_FILE).unlink(missing_ok=True)
    about = {"encoder": state, "revision": REVISION, "hashes": list(text_hashes)}
    for name, text in (("ranker.json", to_json(ranker)), (_ABOUT, json.dumps(about))):
        beside = folder / f".{name}.new"
        beside.write_text(text, "utf-8")
        os.replace(beside, folder / name)


def keep_learnt(folder: Path, new: Path) -> None:
    """Lets the folder `new` hold what was learnt and lies in `folder`, without a second copy where that can be.

    What is known of the wiki goes with it; one that was learnt for the new folder is written there later.
    """
    for name in (*LEARNT_FILES, _KNOWLEDGE) if folder != new else ():
        if (folder / name).is_file():
            try:
                os.link(folder / name, new / name)
            except OSError:  # a file system without links
                shutil.copyfile(folder / name, new / name)


def load_learnt(folder: Path, encoder_name: str, state: str, text_hashes: Sequence[str]) -> Learnt | None:
    """What `save_learnt` wrote; None where it was learnt for another encoder, by another program or from other texts.

    Raises ModelError where a file is missing or damaged, or the model of that name cannot be used.
    """
    try:
        about = json.loads((folder / _ABOUT).read_text("utf-8"))
        of_before = set(about["hashes"])
        is_same = about["encoder"] == state and about["revision"] == REVISION
        n_new = sum(text_hash not in of_before for text_hash in text_hashes)
        if not is_same or n_new > _MOST_NEW * max(1, len(of_before)):
            return None
        ranker = from_json((folder / "ranker.json").read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder}: what was learnt cannot be read ({error}). Run `linkassist reindex --full` to learn it anew."
        ) from error
    if (folder / JOIN_FILE).exists():
        return Learnt(JoinedEncoder.load(folder, open_model(encoder_name)), ranker)
    return Learnt(WikiEncoder.load(folder), ranker)


def load_current(folder: Path, project: Project, text_hashes: Sequence[str] = ()) -> Learnt:
    """What was learnt from the project at its last reindex, with the encoder of that time.

    folder: what `checked_models` gave, once for all that is read from it: a reindex may give the project another.
    text_hashes: of its pages as they are now; where too many are new, ModelError says so.
    """
    name = _learnt_encoder(folder)
    learnt = load_learnt(folder, name, encoder_state(name), text_hashes)
    if learnt is None:
        raise ModelError(
            f"What was learnt from {project.name} fits its pages or this program no longer. "
            "Run `linkassist reindex`, then try again."
        )
    return learnt


def _learnt_encoder(folder: Path) -> str:
    """The name of the encoder that was learnt with."""
    try:
        state = str(json.loads((folder / _ABOUT).read_text("utf-8"))["encoder"])
    except (OSError, ValueError, KeyError, TypeError):
        return OWN_ENCODER  # `load_learnt` tells what is wrong
    return state.rpartition(" ")[0] or state  # a model's files follow its name


def keep_knowledge(folder: Path, knowledge: Knowledge) -> str:
    """Writes what is known of the wiki into the folder, unless it is small; returns what tells it from others."""
    path = folder / _KNOWLEDGE
    if len(knowledge.hashes) < _FEWEST:
        path.unlink(missing_ok=True)
        return ""
    return save_knowledge(knowledge, path)


def known_of(library: Library, project_id: int, folder: Path, learnt: Learnt) -> Knowledge | None:
    """What is known of the wiki; None where nothing was kept in the folder, or of another encoder or ranker, or where
    the lists were made of something else. Raises ModelError where it is damaged."""
    name, note = file_id(folder / _KNOWLEDGE), artefact(library, project_id, "knowledge")
    if not name or (note is not None and note.fingerprint != name):
        return None
    knowledge = load_knowledge(folder / _KNOWLEDGE)
    return knowledge if knowledge.made_with == made_with(learnt) else None


def since_learnt(library: Library, project: Project, folder: Path, learnt: Learnt) -> Since | None:
    """What has changed since the wiki was learnt; None where it is to be read anew, for much has changed, the wiki is
    small, or there is nothing that `known_of` gives. Raises ModelError where that is damaged."""
    knowledge = known_of(library, project.id, folder, learnt) if project.n_pages >= _FEWEST else None
    if knowledge is None:
        return None

    def read(page_ids: Sequence[int]) -> list[Reading]:
        return [read_page(stored_page(library, page_id).page) for page_id in page_ids]

    name = file_id(folder / _KNOWLEDGE)
    since = Since(knowledge, name, list(list_states(library, project.id)), read)
    return since if since.share <= MOST_CHANGED else None


def made_with(learnt: Learnt) -> str:
    """What tells the encoder and ranker from others."""
    return f"{learnt.encoder.fingerprint} {learnt.ranker.fingerprint}"


def is_learnt_from(folder: Path, text_hashes: Sequence[str]) -> bool:
    """Whether what is kept was learnt by this program from these very texts, with whatever encoder."""
    try:
        about = json.loads((folder / _ABOUT).read_text("utf-8"))
        return bool(about["revision"] == REVISION and about["hashes"] == list(text_hashes))
    except (OSError, ValueError, KeyError, TypeError):
        return False  # then it is learnt anew


def earlier_encoder(folder: Path) -> WikiEncoder | None:
    """The encoder of an earlier state of the wiki, to learn on from; None where there is none."""
    try:
        return WikiEncoder.load(folder)
    except ModelError:
        return None  # then one is learnt from nothing
