"""The pages of a project from where they come from, as a file to import: the newest export, or what Scrapbox has now.

Of Scrapbox only the pages that have changed are asked for; the others are written into that file as the library holds
them. So it is a whole export, and an ordinary import finds out what is new, changed and gone.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

from linkassist.errors import ExportError, FetchError
from linkassist.files.errors import cannot_be
from linkassist.pipeline.ingest import SOURCE_NOTE
from linkassist.progress import OnProgress, counting
from linkassist.scrapbox.client.address import has_address, remote_project
from linkassist.scrapbox.client.connection import NotAllowedError
from linkassist.scrapbox.client.keys import access_key
from linkassist.scrapbox.client.reading import Client, ListedPage
from linkassist.scrapbox.client.throttle import Throttle
from linkassist.scrapbox.export import read_export
from linkassist.store.error_messages import translate_os_errors
from linkassist.store.library import Library
from linkassist.store.pages import Project, page_versions, projects, read_pages
from linkassist.store.runs import artefact
from linkassist.wiki import Line, Page

FOLDER_NAME: Final = "fetched"  # in the library's folder: pages on their way
_ENDINGS: Final = (".json", ".json.gz", ".json.xz")
_MOST_EXPORTS: Final = 50  # are looked at, the newest ones
_FEW: Final = 60  # pages: three minutes of single requests; more are had sooner by the whole export


@dataclass(frozen=True, slots=True)
class IncomingExport:
    """A file to import. version: what tells this export from an earlier one, "" for a fetched one. is_ours: it was made
    here and is removed after the import. origin: where it comes from, for the reader."""

    path: Path
    version: str
    is_ours: bool
    origin: str


def is_address(place: str) -> bool:
    """Whether the place is the address of a project, and not exports on the disk."""
    return urlsplit(place).scheme in ("http", "https")


def name_of_source(place: str) -> str:
    """What the project is called there. Raises FetchError or ExportError for a place that tells no name."""
    if is_address(place):
        return remote_project(place).name
    with read_export(_exports(place)[0]) as export:
        return export.name


def incoming_export(
    library: Library, name: str, place: str, key: str, pace: Throttle, on_progress: OnProgress, *, is_any: bool = False
) -> IncomingExport | None:
    """The file to import into the project of that name, None where nothing has changed since the last one.

    place: see `Settings.sources`. is_any: an export that was taken in before will do.
    on_progress is told of the steps "list" and "fetch" (in pages), and "download" (in bytes).
    Raises FetchError, ExportError for an export that cannot be read, and StoreError for a disk that is full.
    """
    found = next((each for each in projects(library) if each.name == name), None)
    if is_address(place):
        with translate_os_errors(library.folder / FOLDER_NAME):
            return _fetched(library, name, found, place, key, pace, on_progress)
    path = _newest_export(place, name)
    version = _version(path)
    note = artefact(library, found.id, SOURCE_NOTE) if found else None
    if note is not None and note.fingerprint == version and not is_any:
        return None
    return IncomingExport(path, version, is_ours=False, origin=str(path))


def discard(taken: IncomingExport) -> None:
    """Removes a file of our own that is in the library now, with all that was kept to make it."""
    if taken.is_ours:
        for left in taken.path.parent.glob(f"{taken.path.stem}.*"):
            with suppress(OSError):  # the next fetch writes it anew
                left.unlink()


def _exports(place: str) -> list[Path]:
    """The exports at that place, the newest first; at least one. Raises FetchError."""
    path = Path(place)
    dated = []
    try:
        if path.is_dir():
            found = [each for each in path.iterdir() if each.name.endswith(_ENDINGS)]
        else:
            found = [path] if path.is_file() else [Path(each) for each in glob.glob(place)]
        for each in found:
            with suppress(FileNotFoundError):  # it was removed meanwhile
                if each.is_file():
                    dated.append((each.stat().st_mtime_ns, each))
    except OSError as error:
        raise FetchError(cannot_be("read", error.filename or place, error)) from error
    if not dated:
        raise FetchError(
            f"There is no export at {place}. Export the project to there, or correct the place under [sources] in "
            "linkassist.toml."
        )
    return [each for _, each in sorted(dated, reverse=True)]


def _newest_export(place: str, name: str) -> Path:
    """The newest export of that project; a place that is a single file is believed to be one."""
    found = _exports(place)
    if Path(place).is_file():
        return found[0]
    others = set()
    for path in found[:_MOST_EXPORTS]:
        with suppress(ExportError), read_export(path) as export:  # a folder may hold other files of JSON
            if export.name == name:
                return path
            others.add(export.name)
    raise FetchError(
        f"No export at {place} is of {name}" + (f"; there are {', '.join(sorted(others))}" if others else "") + ". "
        "Export that project to there, or correct the place under [sources] in linkassist.toml."
    )


def _version(path: Path) -> str:
    state = path.stat()
    identity = f"{path} {state.st_size} {state.st_mtime_ns}".encode("utf-8", "surrogateescape")
    return hashlib.sha256(identity).hexdigest()[:12]


def _fetched(
    library: Library, name: str, found: Project | None, place: str, key: str, pace: Throttle, on_progress: OnProgress
) -> IncomingExport | None:
    """What Scrapbox has now, None where that is what the library holds."""
    folder = library.folder / FOLDER_NAME
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}.json"
    with Client(remote_project(place), access_key(key), pace) as client:
        on_progress("list", 0, 0)
        listed = client.list_pages(counting(on_progress, "list"))
        have = page_versions(library, found.id) if found else {}
        changed = [page for page in listed if not page.updated or have.get(page.page_id) != page.updated]
        if not changed and len(listed) == len(have) == (found.n_pages if found else 0):
            return None
        if len(changed) > _FEW and _is_exported(client, path, on_progress):
            return IncomingExport(path, "", is_ours=True, origin=place)
        display_name = found.display_name if found else client.display_name()
        fetched = _fetch(client, changed, path.with_suffix(".jsonl"), on_progress)
    unchanged = {page.page_id for page in listed} - {page.page_id for page in changed}
    # What no address can name stays as it is.
    unchanged |= {page.page_id for page in changed if not has_address(page.title)}
    stored = _stored(library, found.id, unchanged) if found else iter(())
    with _private(path, "w") as file:
        header = {
            "name": name,
            "displayName": display_name,
            "exported": max((page.updated for page in listed), default=0),
        }
        file.write(json.dumps(header, ensure_ascii=False)[:-1] + ', "pages": [')
        for number, page in enumerate(chain(fetched.values(), stored)):
            file.write((",\n" if number else "\n") + json.dumps(page, ensure_ascii=False))
        file.write("\n]}\n")
    return IncomingExport(path, "", is_ours=True, origin=place)


def _is_exported(client: Client, path: Path, on_progress: OnProgress) -> bool:
    """Whether the project's whole export now lies at `path`; only its owners may have it."""
    on_progress("download", 0, 0)
    _private(path, "w").close()
    try:
        client.save_export(path, counting(on_progress, "download"))
    except NotAllowedError:
        return False
    return True


def _fetch(
    client: Client, changed: list[ListedPage], kept_at: Path, on_progress: OnProgress
) -> dict[str, Mapping[str, Any]]:
    """The changed pages by their ids, less those that have vanished meanwhile. Each is kept as soon as it is there, so
    that a run that is broken off goes on where it was."""
    kept = _kept(kept_at)
    fetched: dict[str, Mapping[str, Any]] = {}
    with _private(kept_at, "a") as file:
        for number, listed in enumerate(changed):
            on_progress("fetch", number, len(changed))
            page = kept.get((listed.page_id, listed.updated))
            if page is None and has_address(listed.title):
                page = client.page(listed.title)
                if page is not None:
                    kept_as = {"id": listed.page_id, "updated": listed.updated, "page": page}
                    file.write("\n" + json.dumps(kept_as, ensure_ascii=False))
                    file.flush()
            if page is not None and page.get("id") == listed.page_id:  # else the title has changed hands
                fetched[listed.page_id] = page
    on_progress("fetch", len(changed), len(changed))
    return fetched


def _kept(path: Path) -> dict[tuple[str, int], Mapping[str, Any]]:
    """What an earlier run has fetched; a line that it could not finish is passed over."""
    found: dict[tuple[str, int], Mapping[str, Any]] = {}
    if path.is_file():
        with path.open("rb") as file:
            for line in file:
                with suppress(ValueError):
                    value = json.loads(line)
                    found[value["id"], value["updated"]] = value["page"]
    return found


def _stored(library: Library, project_id: int, wanted: set[str]) -> Iterator[dict[str, Any]]:
    """The pages of these ids as the library holds them."""
    return (_as_exported(each.page) for each in read_pages(library, project_id) if each.page.page_id in wanted)


def _as_exported(page: Page) -> dict[str, Any]:
    return {
        "id": page.page_id,
        "title": page.title,
        "created": page.created,
        "updated": page.updated,
        "views": page.views,
        "lines": [_line_as_exported(line) for line in page.lines],
    }


def _line_as_exported(line: Line) -> str | dict[str, Any]:
    stamps = {"created": line.created, "updated": line.updated, "userId": line.user_id}
    given = {name: value for name, value in stamps.items() if value}
    return {"text": line.text, **given} if given else line.text


def _private(path: Path, mode: str) -> IO[str]:
    """The file, opened for writing JSON; for its owner alone, since it holds a private wiki."""
    # A lone surrogate is written as JSON spells it: whether the page can be used is left to the import.
    return open(
        path,
        mode,
        encoding="utf-8",
        errors="backslashreplace",
        opener=lambda name, flags: os.open(name, flags, 0o600),
    )
