"""Exports as Scrapbox writes them, small enough to be taken in within a test."""

from __future__ import annotations

import json
from collections.abc import Sequence

from linkassist.wiki import Page


def export_of(pages: Sequence[Page], name: str = "niwa", display_name: str = "庭の手帖") -> bytes:
    """The JSON of an export of these pages; without a name where that is ""."""
    listed = [
        {
            "id": page.page_id,
            "title": page.title,
            "created": page.created,
            "updated": page.updated,
            "lines": [{"text": text, "created": page.created, "updated": page.updated} for text in page.texts],
        }
        for page in pages
    ]
    header = {"name": name, "displayName": display_name, "exported": 1_790_000_000} if name else {}
    return json.dumps({**header, "pages": listed}, ensure_ascii=False).encode()
