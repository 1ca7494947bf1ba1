"""Pages in Scrapbox, found by their ids although addresses name them by title."""

from __future__ import annotations

from linkassist.progress import no_count
from linkassist.scrapbox.client.address import has_address
from linkassist.scrapbox.client.editing import Editor, RemotePage
from linkassist.scrapbox.client.reading import Client


class RemotePages:
    """Reads pages of one project. The list of its pages is asked for once, when a page is not under its title."""

    def __init__(self, client: Client, editor: Editor) -> None:
        self._client = client
        self._editor = editor
        self._titles: dict[str, str] | None = None

    def find(self, page_id: str, title: str) -> RemotePage | None:
        """The page of that id as it is now, also if it was renamed; None if it is gone.

        page_id: "" for a page of an export without ids, which is found by its title alone.
        """
        found = self._editor.page(title) if has_address(title) else None
        if not page_id or (found is not None and found.page_id == page_id):
            return found
        if self._titles is None:
            self._titles = {page.page_id: page.title for page in self._client.list_pages(no_count)}
        renamed = self._titles.get(page_id)
        if renamed is None or renamed == title or not has_address(renamed):
            return None
        found = self._editor.page(renamed)
        return found if found is not None and found.page_id == page_id else None
