"""The binary format of a page's list of suggestions, and the totals of those that are open and worth showing.

A list is stored by column, texts as JSON and numbers in binary, since formatting numbers took most of the time.
Layout: three lengths; compressed with zlib the texts, the integers (int64) and the reals (float64); the evidence of
each suggestion. All little-endian. The hash is that of the uncompressed part and the evidence, so lists are compared
without decoding. A list that does not match its hash counts as absent, and the next reindex writes it again.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import islice, takewhile
from sqlite3 import Connection
from typing import Final

from linkassist.store.floors import floors_in
from linkassist.store.project_settings import setting_in
from linkassist.suggestion import HELD_BACK, WORTH_SHOWING, Group, Mention, Reason, Suggestion
from linkassist.wiki import title_key


@dataclass(frozen=True, slots=True)
class OpenList:
    """The open suggestions of a page as the ranker made them, best first.

    n_answered: how many decided suggestions of the list are worth showing.
    """

    page_id: int
    suggestions: tuple[Suggestion, ...]
    n_answered: int


# Applies the reader's lessons and rules to a page's open suggestions.
AsShown = Callable[[OpenList], Sequence[Suggestion]]

_HASH_BYTES: Final = 16
# Counts, sums and kinds of the offers above the floors, within the budget; only pages where they differ are written.
_FLOOR: Final = "CASE {0}.kind WHEN 'new' THEN :new WHEN 'red' THEN :red ELSE :page END"
_ADD_UP: Final = f"""
    UPDATE pages SET n_suggestions = now.n, gain = now.gain, kinds = now.kinds FROM (
        SELECT p.id AS page_id, count(o.place) AS n, total(o.probability) AS gain,
               coalesce(max(o.kind = 'page') + 2 * max(o.kind = 'red') + 4 * max(o.kind = 'new')
                        + 8 * max(o.kind = 'far'), 0) AS kinds
        FROM pages p LEFT JOIN offers o ON o.page_id = p.id AND o.probability >= {_FLOOR.format("o")} AND (
            :most IS NULL OR :most >= o.place - (
                SELECT count(*) FROM offers b
                WHERE b.page_id = o.page_id AND b.place < o.place AND b.probability < {_FLOOR.format("b")}
            )
        )
        WHERE p.project_id = :project AND {{0}} GROUP BY p.id
    ) now
    WHERE pages.id = now.page_id AND (n_suggestions, pages.gain, pages.kinds) IS NOT (now.n, now.gain, now.kinds)
"""
_HEAD: Final = struct.Struct("<III")
_MOST_DECODED: Final = 64  # lists, of 30 to 100 KB each


@dataclass(frozen=True, slots=True)
class EncodedList:
    """A page's list as it is stored; `suggestions` are ranked, best first."""

    suggestions: tuple[Suggestion, ...]
    list_hash: bytes
    blob: bytes

    @property
    def checksum(self) -> int:
        """The checksum of the stored bytes, to check them without unpacking."""
        return list_checksum(self.list_hash, self.blob)


_first_of = json.JSONDecoder().raw_decode
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def encode_list(suggestions: Sequence[Suggestion]) -> EncodedList:
    """The list as it is stored, ranked by probability; equals stay in the order given.

    Raises ValueError for a probability outside 0 to 1.
    """
    if not all(0 <= s.probability <= 1 for s in suggestions):  # NaN is not in between either
        raise ValueError("a probability outside 0 to 1")
    ranked = tuple(sorted(suggestions, key=lambda suggestion: -suggestion.probability))
    mentions = [m for s in ranked for m in s.mentions]
    reasons = [r for s in ranked for r in s.reasons]
    texts = _to_json(
        (
            [s.target for s in ranked],
            [s.kind for s in ranked],
            [m.surface for m in mentions],
            [r.signal for r in reasons],
            [r.quote for r in reasons],
            [name for r in reasons for name in r.names],
        )
    ).encode()
    integers = [
        *(n for s in ranked for n in (len(s.mentions), len(s.reasons), len(s.evidence))),
        *(n for m in mentions for n in (m.line, m.start, m.end)),
        *(n for r in reasons for n in (r.count, r.total, len(r.names))),
    ]
    reals = [*(s.probability for s in ranked), *(r.weight for r in reasons)]
    plain = texts + struct.pack(f"<{len(integers)}q{len(reals)}d", *integers, *reals)
    packed = zlib.compress(plain, 1)
    evidence = b"".join(s.evidence for s in ranked)
    list_hash = blake2b(plain + evidence, digest_size=_HASH_BYTES).digest()
    return EncodedList(ranked, list_hash, _HEAD.pack(len(packed), len(texts), len(integers)) + packed + evidence)


class DamagedListError(Exception):
    """A stored list that does not match its hash; a reindex writes it again."""


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """A stored list that matches its hash. targets: the first of its texts. evidence_at: where the evidence begins."""

    plain: bytes
    n_texts: int
    n_integers: int
    targets: list[str]
    evidence_at: int


def _unpack(blob: bytes, list_hash: bytes) -> _Unpacked:
    """The parts of the list. Raises DamagedListError if the head or the rest is damaged."""
    try:
        n_packed, n_texts, n_integers = _HEAD.unpack_from(blob)
        evidence_at = _HEAD.size + n_packed
        plain = zlib.decompress(blob[_HEAD.size : evidence_at])
        evidence = blob[evidence_at:]
        if blake2b(plain + evidence, digest_size=_HASH_BYTES).digest() != list_hash:
            raise DamagedListError("a list of suggestions is not what was written")
        targets: list[str] = _first_of(plain[:n_texts].decode(), 1)[0]
        # The hash does not cover the head, so its numbers are checked against the counts in the list.
        heads = struct.unpack_from(f"<{3 * len(targets)}q", plain, n_texts)
    except (zlib.error, struct.error, ValueError, TypeError, IndexError) as error:
        raise DamagedListError("a list of suggestions cannot be read") from error
    n_mentions, n_reasons = sum(heads[::3]), sum(heads[1::3])
    n_numbers = 4 * len(targets) + 3 * n_mentions + 4 * n_reasons
    is_whole = n_texts + 8 * n_numbers == len(plain) and evidence_at + sum(heads[2::3]) == len(blob)
    if not is_whole or n_integers != 3 * (len(targets) + n_mentions + n_reasons):
        raise DamagedListError("a list of suggestions is not as long as it says")
    return _Unpacked(plain, n_texts, n_integers, targets, evidence_at)


def is_sound_list(blob: object, list_hash: object, checksum: object) -> bool:
    """Whether the list is undamaged. 23,000 take a third of a second, without checksums some seconds."""
    if not isinstance(blob, bytes) or not isinstance(list_hash, bytes):
        return False
    if checksum is not None:
        return list_checksum(list_hash, blob) == checksum
    try:
        return bool(_unpack(blob, list_hash))
    except DamagedListError:
        return False


def list_checksum(list_hash: bytes, blob: bytes) -> int:
    """CRC-32 of a stored list and its hash."""
    return zlib.crc32(blob, zlib.crc32(list_hash))


@lru_cache(maxsize=_MOST_DECODED)
def decode_list(blob: bytes, list_hash: bytes, least: float = 0.0) -> tuple[Suggestion, ...]:
    """The suggestions that `encode_list` wrote, best first; least: only those of at least this probability.

    A damaged list has none. Cached, since the start page and the queue read the same ten again and again, at a
    millisecond each.
    """
    try:
        unpacked = _unpack(blob, list_hash)
    except DamagedListError:
        return ()
    plain, n_texts, n_integers = unpacked.plain, unpacked.n_texts, unpacked.n_integers
    evidence_at = unpacked.evidence_at
    targets, kinds, surfaces, signals, quotes, names = map(iter, json.loads(plain[:n_texts]))
    n_reals = (len(plain) - n_texts - 8 * n_integers) // 8
    numbers = struct.unpack_from(f"<{n_integers}q{n_reals}d", plain, n_texts)
    integers = iter(numbers[:n_integers])
    probabilities_and_weights = iter(numbers[n_integers:])
    heads = [
        (target, kind, next(integers), next(integers), next(integers), next(probabilities_and_weights))
        for target, kind in zip(targets, kinds, strict=True)
    ]
    n_wanted = sum(1 for _ in takewhile(lambda head: head[-1] >= least, heads))
    # The integers of mentions precede those of reasons, so those of unwanted mentions are skipped.
    n_mentions_wanted, n_mentions_all = sum(head[2] for head in heads[:n_wanted]), sum(head[2] for head in heads)
    mentions = iter(
        [Mention(next(integers), next(integers), next(integers), next(surfaces)) for _ in range(n_mentions_wanted)]
    )
    integers = islice(integers, 3 * (n_mentions_all - n_mentions_wanted), None)
    reasons = iter(
        [
            Reason(signal, next(integers), next(integers), tuple(islice(names, next(integers))), quote, weight)
            for signal, quote, weight in islice(
                zip(signals, quotes, probabilities_and_weights, strict=True), sum(head[3] for head in heads[:n_wanted])
            )
        ]
    )
    suggestions = []
    for target, kind, n_mentions, n_reasons, n_evidence, probability in heads[:n_wanted]:
        evidence = blob[evidence_at : evidence_at + n_evidence]
        evidence_at += n_evidence
        of_suggestion = tuple(islice(mentions, n_mentions)), tuple(islice(reasons, n_reasons))
        suggestions.append(Suggestion(target, kind, probability, *of_suggestion, evidence))
    return tuple(suggestions)


def decode_targets(blob: bytes, list_hash: bytes) -> list[tuple[str, float]]:
    """(target, probability) of each suggestion that `encode_list` wrote, best first.

    A damaged list has none.
    """
    try:
        found = _unpack(blob, list_hash)
    except DamagedListError:
        return []
    probabilities = struct.unpack_from(f"<{len(found.targets)}d", found.plain, found.n_texts + 8 * found.n_integers)
    return list(zip(found.targets, probabilities, strict=True))


def decided_keys(connection: Connection, page_id: int) -> set[str]:
    """The title keys of the targets decided for this page; of a renamed target the old and the new one."""
    rows = connection.execute(
        """
        SELECT v.target_key, t.key FROM verdicts v LEFT JOIN pages t ON t.id = v.target_page_id AND t.is_gone = 0
        WHERE v.page_id = ?
        """,
        (page_id,),
    )
    return {key for row in rows for key in row if key is not None}


def open_list(page_id: int, suggestions: Sequence[Suggestion], decided: Collection[str]) -> OpenList:
    """The page's list, best first, without the decided suggestions. decided: title keys."""
    if not decided:
        return OpenList(page_id, tuple(suggestions), 0)
    still = tuple(s for s in suggestions if title_key(s.target) not in decided)
    n_worth = sum(s.is_worth_showing for s in suggestions)
    return OpenList(page_id, still, n_worth - sum(s.is_worth_showing for s in still))


def new_offers(
    connection: Connection, page_id: int, suggestions: Sequence[Suggestion], as_shown: AsShown
) -> list[tuple[int, Group, float]] | None:
    """The offers that the page would have with these suggestions, best first: (place, group, probability).

    None where they equal the stored ones.
    """
    found = open_list(page_id, suggestions, decided_keys(connection, page_id))
    offered = [each for each in as_shown(found) if _is_offered(each)]
    offers = [(place, s.group, s.probability) for place, s in enumerate(offered, found.n_answered + 1)]
    sql = "SELECT place, kind, probability FROM offers WHERE page_id = ? ORDER BY place"
    return None if offers == connection.execute(sql, (page_id,)).fetchall() else offers


def update_page_totals(connection: Connection, project_id: int, which: str = "1", page_id: int | None = None) -> None:
    """Updates the totals of pages of the project: of their offers above the present floors, within the present budget.

    which: a condition on "p", which may name `page_id` as ":id". 23,000 pages take half a second; only pages whose
    totals differ are written.
    """
    floors, most = floors_in(connection, project_id), setting_in(connection, project_id, "most_per_page")
    values = {"project": project_id, "id": page_id, "most": int(most) if most else None, **asdict(floors)}
    connection.execute(_ADD_UP.format(which), values)


def refresh_gain(connection: Connection, page_id: int, as_shown: AsShown, least: float = 0.0) -> None:
    """Updates the offers of the page and their totals.

    least: suggestions of a lower stored probability never count.
    """
    sql = "SELECT suggestions, list_hash FROM suggestion_lists WHERE page_id = ?"
    row = connection.execute(sql, (page_id,)).fetchone()
    offers = new_offers(connection, page_id, decode_list(*row, least) if row else (), as_shown)
    if offers is not None:
        connection.execute("DELETE FROM offers WHERE page_id = ?", (page_id,))
        connection.executemany("INSERT INTO offers VALUES (?, ?, ?, ?)", ((page_id, *offer) for offer in offers))
    (project_id,) = connection.execute("SELECT project_id FROM pages WHERE id = ?", (page_id,)).fetchone()
    update_page_totals(connection, project_id, "p.id = :id", page_id)


def _is_offered(suggestion: Suggestion) -> bool:
    """Whether it is worth showing, or would be with a larger budget or lower floors."""
    is_held_back = any(reason.signal in HELD_BACK and reason.signal != "beyond" for reason in suggestion.reasons)
    return suggestion.probability >= WORTH_SHOWING and not is_held_back


def as_found(found: OpenList) -> Sequence[Suggestion]:
    """The suggestions unchanged, without lessons and rules."""
    return found.suggestions
