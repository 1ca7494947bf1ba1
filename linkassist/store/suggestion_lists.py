"""How a page's list of suggestions is written down, and what it comes to: the open ones counted and summed.

A list is JSON compressed with zlib, then the evidence of each suggestion as it is. The hash is that of the JSON and the
evidence, so two lists are compared without being read.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from sqlite3 import Connection
from typing import Any, Final

from linkassist.suggestion import Mention, Reason, Suggestion
from linkassist.wiki import title_key

_HASH_BYTES: Final = 16
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class EncodedList:
    """A page's list as it is stored; `suggestions` are ranked, best first."""

    suggestions: tuple[Suggestion, ...]
    list_hash: bytes
    blob: bytes


def _plain(number: Any) -> Any:
    """A NumPy number as Python's own; a ranker's probabilities come as these."""
    return number.item()


# NaN is no probability and no weight: allow_nan=False makes it a ValueError here and not a wrong order later.
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain).encode


def encode_list(suggestions: Sequence[Suggestion]) -> EncodedList:
    """The list as it is stored, ranked by probability; equals stay in the order given."""
    ranked = tuple(sorted(suggestions, key=lambda suggestion: -suggestion.probability))
    text = _to_json(
        [
            (
                s.target,
                s.kind,
                s.probability,
                [(m.line, m.start, m.end, m.surface) for m in s.mentions],
                [(r.signal, r.count, r.total, r.names, r.quote, r.weight) for r in s.reasons],
                len(s.evidence),
            )
            for s in ranked
        ]
    ).encode()
    evidence = b"".join(s.evidence for s in ranked)
    list_hash = blake2b(text + evidence, digest_size=_HASH_BYTES).digest()
    packed = zlib.compress(text, 1)
    return EncodedList(ranked, list_hash, len(packed).to_bytes(_LENGTH_BYTES, "big") + packed + evidence)


def decode_list(blob: bytes) -> list[Suggestion]:
    """The suggestions that `encode_list` wrote, best first."""
    end = _LENGTH_BYTES + int.from_bytes(blob[:_LENGTH_BYTES], "big")
    suggestions = []
    for target, kind, probability, mentions, reasons, n_bytes in json.loads(zlib.decompress(blob[_LENGTH_BYTES:end])):
        suggestions.append(
            Suggestion(
                target,
                kind,
                probability,
                tuple(Mention(*mention) for mention in mentions),
                tuple(
                    Reason(signal, count, total, tuple(names), quote, weight)
                    for signal, count, total, names, quote, weight in reasons
                ),
                blob[end : end + n_bytes],
            )
        )
        end += n_bytes
    return suggestions


def decided_keys(connection: Connection, page_id: int) -> set[str]:
    """The title keys that the reader has decided about for this page; a renamed target's old and new one."""
    rows = connection.execute(
        """
        SELECT v.target_key, t.key FROM verdicts v LEFT JOIN pages t ON t.id = v.target_page_id AND t.is_gone = 0
        WHERE v.page_id = ?
        """,
        (page_id,),
    )
    return {key for row in rows for key in row if key is not None}


def set_gain(connection: Connection, page_id: int, suggestions: Sequence[Suggestion]) -> None:
    """Counts and sums what is open among the page's suggestions, and keeps it with the page if it differs."""
    decided = decided_keys(connection, page_id)
    open_ones = [s for s in suggestions if title_key(s.target) not in decided] if decided else suggestions
    n_suggestions = len(open_ones)
    gain = float(sum(s.probability for s in open_ones))
    connection.execute(
        "UPDATE pages SET n_suggestions = ?1, gain = ?2 WHERE id = ?3 AND (n_suggestions <> ?1 OR gain <> ?2)",
        (n_suggestions, gain, page_id),
    )


def refresh_gain(connection: Connection, page_id: int) -> None:
    """`set_gain` for the list that the page has."""
    row = connection.execute("SELECT suggestions FROM suggestion_lists WHERE page_id = ?", (page_id,)).fetchone()
    set_gain(connection, page_id, decode_list(row[0]) if row else [])
