"""Reading a project: its list of pages, single pages, and the whole export.

`pipeline/fetch.py` decides what to request.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import requests

from linkassist.errors import FetchError
from linkassist.progress import OnCount
from linkassist.scrapbox.client.address import RemoteProject
from linkassist.scrapbox.client.connection import PIECE, BrokenAnswerError, Connection, NotThereError
from linkassist.scrapbox.client.keys import AccessKey
from linkassist.scrapbox.client.throttle import Throttle
from linkassist.terminal_escape import quoted
from linkassist.wiki import unix_second

_LIST_LENGTH: Final = 1000  # the maximum of one response
# A page that is deleted meanwhile shifts those behind it, and the first of the next response would be missed.
_LIST_OVERLAP: Final = 50
_LIST_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class ListedPage:
    """An entry of the list of pages. updated: Unix seconds, 0 if unknown."""

    page_id: str
    title: str
    updated: int


class Client:
    """A client of one project, to be used as a context manager.

    All methods raise FetchError, after several tries where trying again may help.
    """

    def __init__(self, project: RemoteProject, key: AccessKey, pace: Throttle) -> None:
        self.project = project
        self.connection = Connection(project, key, pace)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.__exit__()

    def display_name(self) -> str:
        """The display name of the project."""
        found = self.connection.get_json(f"/api/projects/{self.project.quoted_name}").get("displayName")
        return found if isinstance(found, str) else ""

    def list_pages(self, on_progress: OnCount) -> list[ListedPage]:
        """Every page of the project once, even if pages are written or deleted meanwhile. on_progress: in pages."""
        for _ in range(_LIST_TRIES):
            found: dict[str, ListedPage] = {}
            skip = n_answers = 0
            is_joined = True
            while is_joined:
                pages, count = self._list_from(skip)
                is_joined = skip == 0 or any(page.page_id in found for page in pages)
                found.update((page.page_id, page) for page in pages)
                on_progress(len(found), max(count, len(found)))
                n_answers += 1
                if skip + len(pages) >= count:
                    break
                skip += max(len(pages) - _LIST_OVERLAP, 1)
            if is_joined and n_answers > 1:
                # A page that is written meanwhile moves to the front, which was read already.
                front, _ = self._list_from(0)
                is_joined = any(found.get(page.page_id) == page for page in front)
                found.update((page.page_id, page) for page in front)
            if is_joined:
                return list(found.values())
        raise FetchError(
            f"{self.project} changes too fast for its pages to be listed. Nothing was taken in; try again later."
        )

    def _list_from(self, skip: int) -> tuple[list[ListedPage], int]:
        """(the pages of the list from place `skip` on, as many as one response holds; how many there are in all)."""
        path = f"/api/pages/{self.project.quoted_name}?skip={skip}&limit={_LIST_LENGTH}&sort=updated"
        answer = self.connection.get_json(path)
        count, pages = answer.get("count"), answer.get("pages")
        if not isinstance(count, int) or not isinstance(pages, list) or (not pages and skip < count):
            self.connection.refuse_answer("the list of pages")
        return [self._listed(page) for page in pages], count

    def page(self, title: str) -> dict[str, Any] | None:
        """The page in the format of an export; None where it does not exist any more."""
        try:
            found = self.connection.get_json(self.project.page_path(title))
        except NotThereError:
            return None
        if found.get("persistent") is False:
            return None
        lines = found.get("lines")
        if not isinstance(found.get("title"), str) or not isinstance(lines, list):
            self.connection.refuse_answer(f"the page {quoted(title)}")
        kept = {name: found.get(name) for name in ("id", "title", "created", "updated", "views")}
        return {**kept, "lines": [self._line(line) for line in lines]}

    def save_export(self, path: Path, on_progress: OnCount) -> None:
        """Writes the project's export to the file `path`. Raises NotAllowedError for all but the project's owners.

        on_progress: in bytes.
        """

        def save(response: requests.Response) -> None:
            length = response.headers.get("Content-Length", "")
            n_total = int(length) if length.isdecimal() and len(length) < 19 else 0
            with path.open("wb") as file:
                for piece in response.iter_content(PIECE):
                    file.write(piece)
                    on_progress(file.tell(), max(n_total, file.tell()))
            with path.open("rb") as file:
                if not _is_whole(file):
                    raise BrokenAnswerError

        self.connection.get(f"/api/page-data/export/{self.project.quoted_name}.json?metadata=true", save)

    def _listed(self, page: object) -> ListedPage:
        values = page if isinstance(page, dict) else {}
        page_id, title, updated = values.get("id"), values.get("title"), values.get("updated")
        if not isinstance(page_id, str) or not isinstance(title, str) or not isinstance(updated, int | float):
            self.connection.refuse_answer("the list of pages")
        return ListedPage(page_id, title, unix_second(updated))

    @staticmethod
    def _line(line: object) -> object:
        """The line in the format of an export; anything else is passed on, for the import to refuse."""
        if not isinstance(line, dict):
            return line
        return {name: line[name] for name in ("text", "created", "updated", "userId") if name in line}


def _is_whole(file: IO[bytes]) -> bool:
    """Whether the file ends like JSON; the import checks the rest."""
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 64))
    return file.read().rstrip().endswith((b"}", b"]"))
