"""The sample wiki, ready to be shown: imported and reindexed once, then left alone until it or the program changes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from linkassist.files.assets import shipped_folder
from linkassist.pipeline.ingest import ingest
from linkassist.pipeline.reindex import reindex
from linkassist.progress import OnProgress
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import projects
from linkassist.store.runs import artefact, put_artefact

SAMPLE = "sample-2026-11-01.json"
_ARTEFACT = "sample"


def prepare_demo(settings: Settings, on_progress: OnProgress) -> bool:
    """Whether anything had to be looked at; the library holds the sample wiki and its suggestions afterwards.

    What was prepared is noted at the very end, so a run that was broken off is done again.
    """
    source = shipped_folder("data") / SAMPLE
    wanted = _fingerprint(source, settings.encoder)
    with Library.open(settings.library) as library:
        for found in projects(library):
            note = artefact(library, found.id, _ARTEFACT)
            if note is not None and note.fingerprint == wanted:
                return False
    project = ingest(settings.library, source, None, on_progress).imported.project
    with Library.open(settings.library) as library:
        reindex(library, project, settings, on_progress)
        put_artefact(library, project.id, _ARTEFACT, wanted)
    return True


def _fingerprint(source: Path, encoder: str) -> str:
    """Differs when the sample, the encoder's name or any file of the program does.

    The program's files count by size and time: enough to ask `reindex` whether there is something to do.
    """
    digest = hashlib.blake2b(f"{encoder}\n".encode() + source.read_bytes(), digest_size=16)
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        about = path.stat()
        digest.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()
