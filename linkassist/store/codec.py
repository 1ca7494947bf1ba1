"""The stored form of a page's lines, and the hashes of it.

Lines are one JSON array per page; their users and times are a second one, NULL where the export has none.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from linkassist.errors import StoreError
from linkassist.terminal_escape import MOST_QUOTED, quoted
from linkassist.wiki import LATEST_TIME, Line, Page, unix_second

_HASH_BYTES: Final = 16
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class EncodedPage:
    """The stored form of a page's text. `text_hash` covers title and texts, `content_hash` also users and times."""

    lines: str
    line_meta: str | None
    text_hash: str
    content_hash: bytes


def encode_page(page: Page) -> EncodedPage:
    """The stored form of the page's text. Raises StoreError for a lone surrogate."""
    lines = _to_json([line.text for line in page.lines])
    line_meta = _encode_meta(page.lines)
    try:
        text_hash = text_hash_of(page.title, lines)
    except UnicodeEncodeError as error:
        raise StoreError(
            f"Page {quoted(page.title)} (id {page.page_id[:MOST_QUOTED] or 'none'}) holds a lone surrogate, which is "
            "no character and cannot be stored. Correct the export, or import it with --skip-bad-pages."
        ) from error
    return EncodedPage(lines, line_meta, text_hash, content_hash_of(text_hash, line_meta))


def text_hash_of(title: str, lines: str) -> str:
    """The hash of a page's title and its lines as they are stored. Raises UnicodeEncodeError for a lone surrogate."""
    return blake2b(f"{_to_json(title)}\n{lines}".encode(), digest_size=_HASH_BYTES).hexdigest()


def content_hash_of(text_hash: str, line_meta: str | None) -> bytes:
    """The hash of `text_hash` and the users and times of the lines."""
    return blake2b(bytes.fromhex(text_hash) + (line_meta or "").encode(), digest_size=_HASH_BYTES).digest()


def is_text_sound(text_hash: Any, title: Any, lines: Any, line_meta: Any, content_hash: Any) -> bool:
    """Whether title, lines, users and times match the hashes."""
    try:
        return bool(text_hash_of(title, lines) == text_hash and content_hash_of(text_hash, line_meta) == content_hash)
    except (ValueError, TypeError, AttributeError):
        return False


def decode_texts(lines: str) -> list[str]:
    """The raw text of each line."""
    texts: list[str] = json.loads(lines)
    return texts


def decode_lines(lines: str, line_meta: str | None) -> tuple[Line, ...]:
    """The lines that `encode_page` wrote."""
    texts = json.loads(lines)
    if line_meta is None:
        return tuple(map(Line, texts))
    user_ids, users, created, updated = json.loads(line_meta)
    return tuple(map(Line, texts, _times(created), _times(updated), [user_ids[user] for user in users]))


def _times(stored: list[int]) -> list[int]:
    """The times in Unix seconds: earlier versions stored what the export had, which could be milliseconds."""
    return stored if max(stored, default=0) < LATEST_TIME else [unix_second(each) for each in stored]


def search_form(title: str) -> str:
    """The form in which titles and texts are searched: NFKC in lower case, wider than the title key."""
    return unicodedata.normalize("NFKC", title).lower()


def _encode_meta(lines: Sequence[Line]) -> str | None:
    if not any(line.updated or line.created or line.user_id for line in lines):
        return None
    user_ids: dict[str, int] = {}
    users = [user_ids.setdefault(line.user_id, len(user_ids)) for line in lines]
    return _to_json([list(user_ids), users, [line.created for line in lines], [line.updated for line in lines]])
