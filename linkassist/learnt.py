"""What was learnt from a project, encoder and ranker, kept in the library's folder until it no longer fits the wiki.

It holds until a fifth of the texts are new. The encoder stays the same for so long, and only new texts are encoded.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linkassist.embed.joined import JOIN_FILE, JoinedEncoder
from linkassist.embed.wiki_encoder import WikiEncoder
from linkassist.errors import ModelError
from linkassist.freshness import LEARNT_FILES, REVISION, encoder_state
from linkassist.settings import OWN_ENCODER
from linkassist.store.pages import Project
from linkassist.suggest.ranker import Ranker, from_json, to_json
from linkassist.suggesting import open_model

_MOST_NEW = 0.2
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
    """Lets the folder `new` hold what was learnt and lies in `folder`, without a second copy where that can be."""
    for name in LEARNT_FILES if folder != new else ():
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
