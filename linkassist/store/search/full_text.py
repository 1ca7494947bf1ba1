"""Substring search in titles and texts, with a trigram index.

A page matches if its text contains every word of the query; compatibility forms and case do not matter. SQLite's
trigram index gives the candidates for words of three characters or more, and each candidate is then read and checked.
A word of one or two characters, common in Japanese, is looked up by the trigrams that begin with it; where these are
too many, nearly every page has the word, and all pages are candidates. A search reads a bounded number of pages for a
bounded time, and returns where the next one continues.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from sqlite3 import Connection
from typing import Final

from linkassist.progress import OnCount, no_count
from linkassist.store.codec import decode_texts, search_form
from linkassist.store.library import Library
from linkassist.store.search.titles import titles

_MOST_READ: Final = 200  # pages of one search: a fortieth of a second
_LONGEST_S: Final = 1.0  # of one search, where pages are as long as books
_MOST_WORDS: Final = 8
_MOST_TRIGRAMS: Final = 64
_MOST_ENDINGS: Final = 128  # trigrams looked up for a short word
_N_LINES: Final = 2
CHARACTERS_AT_ONCE: Final = 200_000  # a fifth of a second

# Texts are indexed in the order of their ids, so all after the last indexed one are missing.
_LAST_READ: Final = "SELECT rowid FROM words ORDER BY rowid DESC LIMIT 1"
# Appended to the text, so that a trigram begins at its last characters too.
_END: Final = "\n\n"
# Not combining characters, but NFKC merges them with the character before them.
_DRAWN_IN: Final = "\uff9e\uff9f"
_FOUND: Final = re.compile(b"\1+")


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line with some of the words. spans: of the words, half-open, in code points, ascending and disjoint."""

    number: int
    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class FoundTitle:
    """A page with all words in its title; spans as in a line."""

    page_id: int
    title: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class FoundText:
    """A page with all words in its text but not all in its title, and the lines with most of them."""

    page_id: int
    title: str
    updated: int
    lines: tuple[FoundLine, ...]


@dataclass(frozen=True, slots=True)
class FoundTexts:
    """One screen of pages found by their text. next_at: the start of the next screen, 0 where there is none."""

    pages: tuple[FoundText, ...]
    next_at: int


def query_words(query: str) -> tuple[str, ...]:
    """The words of a query, distinct and in search form: `query_words("ＡＢ ab 庭") == ("ab", "庭")`."""
    return tuple(dict.fromkeys(_searchable(query).split()))[:_MOST_WORDS]


def find_titles(
    library: Library, project_id: int, words: Sequence[str], *, limit: int, offset: int = 0
) -> tuple[list[FoundTitle], int]:
    """The present pages that have every word in their title, and how many there are in all.

    The title that is the word comes first, then those that begin with it, then the shorter ones.
    """
    if not words:
        return [], 0
    ranked = titles(library, project_id).holding(tuple(words))
    shown = ranked[offset : offset + limit]
    written = titles_of(library, project_id, shown)
    found = [
        FoundTitle(page_id, written[page_id], find_words(written[page_id], words))
        for page_id in shown
        if page_id in written
    ]
    return found, len(ranked)


def find_texts(
    library: Library,
    project_id: int,
    words: Sequence[str],
    *,
    limit: int,
    start_at: int = 0,
    most_read: int = _MOST_READ,
    longest_s: float = _LONGEST_S,
) -> FoundTexts:
    """The present pages that have every word in their text, the latest changed first; without those found by title.

    start_at: 0, or the `next_at` of the previous screen. most_read: how many pages are read at most. longest_s:
    processor time of this thread after which no further page is read. At either bound there may be fewer than `limit`
    pages.
    """
    if not words or not limit:
        return FoundTexts((), 0)
    asked = _match(library, words)
    if asked is None:
        return FoundTexts((), 0)
    candidates = _candidates(library, project_id, asked, start_at, most_read + 1)
    found_by_title = frozenset(titles(library, project_id).holding(tuple(words)))
    found: list[FoundText] = []
    ends_at = time.thread_time() + longest_s
    for place, page_id in enumerate(candidates[:most_read], 1):
        if page_id in found_by_title:
            continue
        row = library.row(
            "SELECT p.title, p.updated, t.lines FROM pages p JOIN texts t ON t.id = p.text_id WHERE p.id = ?",
            (page_id,),
        )
        assert row is not None  # it was read a moment ago, and rows of pages stay
        title, updated, written = row
        lines = decode_texts(written)
        # By line, since most lines are in normal form already; to normalise a whole page takes milliseconds.
        forms = [_searchable(line) for line in lines]
        text = "\n".join(forms)
        if all(word in text for word in words):
            found.append(FoundText(page_id, title, updated, _best_lines(lines, forms, words)))
        if len(found) == limit or time.thread_time() > ends_at:
            return FoundTexts(tuple(found), start_at + place if place < len(candidates) else 0)
    return FoundTexts(tuple(found), start_at + most_read if len(candidates) > most_read else 0)


def titles_of(library: Library, project_id: int, page_ids: Sequence[int]) -> dict[int, str]:
    """The titles of those of the pages that are present, by page row id."""
    marks = ",".join("?" * len(page_ids))
    # + keeps the project's indexes out, which SQLite would walk from end to end.
    sql = f"SELECT id, title FROM pages WHERE id IN ({marks}) AND +project_id = ? AND is_gone = 0"
    return dict(library.rows(sql, (*page_ids, project_id)))


def find_words(text: str, words: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The spans of the words in the raw text: half-open, ascending and disjoint.

    A span covers whole characters, also where the search form has more or fewer of them ("㍿", "ｶﾞ"). If a character has
    another search form in context (a final sigma), the whole text is one span.
    """
    whole = _searchable(text)
    if not any(word in whole for word in words):
        return ()
    if whole == text.lower() and len(whole) == len(text) and not any(map(unicodedata.combining, text)):
        return tuple(found.span() for found in _FOUND.finditer(_found_in(whole, words)))
    clusters = list(_clusters(text))
    folded = [_form_of(cluster) for cluster in clusters]
    if whole != "".join(folded):
        return ((0, len(text)),)
    is_found = _found_in(whole, words)
    spans: list[tuple[int, int]] = []
    start, folded_start = 0, 0
    for cluster, form in zip(clusters, folded, strict=True):
        end, folded_end = start + len(cluster), folded_start + len(form)
        if any(is_found[folded_start:folded_end]):
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        start, folded_start = end, folded_end
    return tuple(spans)


def _found_in(whole: str, words: Sequence[str]) -> bytearray:
    """Per code point of the text in search form, 1 where it is part of a word."""
    is_found = bytearray(len(whole))
    for word in words:
        at = whole.find(word)
        while at >= 0:
            is_found[at : at + len(word)] = b"\1" * len(word)
            at = whole.find(word, at + 1)
    return is_found


def n_unread(library: Library) -> int:
    """How many texts are not in the index yet, as in a library of an older linkassist."""
    row = library.row(f"SELECT count(*) FROM texts WHERE id > coalesce(({_LAST_READ}), 0)")
    return int(row[0]) if row else 0


def fill_search(library: Library, on_progress: OnCount = no_count, n_characters: int = CHARACTERS_AT_ONCE) -> int:
    """Adds missing texts to the index, in many short transactions; returns how many were missing.

    on_progress: in texts. n_characters: of one transaction. If interrupted, the next call continues.
    """
    n_lacking, n_done = n_unread(library), 0
    while n_done < n_lacking:
        with library.yielding_transaction() as connection:
            n_read = index_next_texts(connection, n_characters)
        if not n_read:
            break  # another process was faster
        n_done += n_read
        on_progress(n_done, n_lacking)
    return n_lacking


def index_next_texts(connection: Connection, most_characters: int = CHARACTERS_AT_ONCE) -> int:
    """Adds the first missing texts to the index, up to about `most_characters`; returns how many."""
    last = connection.execute(_LAST_READ).fetchone()
    rows = connection.execute("SELECT id, lines FROM texts WHERE id > ? ORDER BY id", (last[0] if last else 0,))
    read: list[tuple[int, str]] = []
    n_characters = 0
    for row_id, lines in rows:
        read.append((row_id, _indexed(lines)))
        n_characters += len(lines)
        if n_characters >= most_characters:
            break
    connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", read)
    return len(read)


def unindex_texts(connection: Connection, text_ids: Sequence[int]) -> None:
    """Removes texts from the index; to be called before they are deleted."""
    last = connection.execute(_LAST_READ).fetchone()
    for text_id in text_ids:
        if last and text_id <= last[0]:
            sql = "SELECT CAST(lines AS BLOB) FROM texts WHERE id = ?"
            (lines,) = connection.execute(sql, (text_id,)).fetchone()
            try:
                text = _indexed(lines.decode())
            except ValueError:
                continue  # a damaged text; its entries in the index then refer to no text
            connection.execute("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", (text_id, text))


def _searchable(text: str) -> str:
    # SQLite's tokenizer stops at NUL.
    return search_form(text).replace("\0", "\ufffd")


_form_of = lru_cache(maxsize=8192)(_searchable)  # of single characters


def _indexed(lines: str) -> str:
    return "\n".join(map(_searchable, decode_texts(lines))) + _END


def _match(library: Library, words: Sequence[str]) -> str | None:
    """The query of the index; "" where all pages are candidates, None where no page has the words."""
    asked: list[str] = []
    for word in words:
        trigrams = list(dict.fromkeys(word[at : at + 3] for at in range(len(word) - 2)))[:_MOST_TRIGRAMS]
        if trigrams:
            asked += map(_quoted, trigrams)
            continue
        endings = [
            term
            for (term,) in library.rows(
                "SELECT term FROM word_terms WHERE term >= ? AND term < ? LIMIT ?",
                (word, word + "\U0010ffff" * 3, _MOST_ENDINGS + 1),
            )
        ]
        if not endings:
            return None
        if len(endings) <= _MOST_ENDINGS:
            asked.append(f"({' OR '.join(map(_quoted, endings))})")
    return " AND ".join(asked)


def _quoted(trigram: str) -> str:
    return '"' + trigram.replace('"', '""') + '"'


def _candidates(library: Library, project_id: int, asked: str, start_at: int, limit: int) -> list[int]:
    """At most `limit` pages that match the query of the index, the latest changed first."""
    if asked:
        source = "words w CROSS JOIN pages p INDEXED BY pages_in_search ON p.text_id = w.rowid WHERE words MATCH ? AND"
    else:
        source = "pages p INDEXED BY pages_by_updated WHERE"
    rows = library.rows(
        f"""
        SELECT p.id FROM {source} p.project_id = ? AND p.is_gone = 0 ORDER BY p.updated DESC, p.key LIMIT ? OFFSET ?
        """,
        (*filter(None, [asked]), project_id, limit, start_at),
    )
    return [page_id for (page_id,) in rows]


def _best_lines(lines: Sequence[str], forms: Sequence[str], words: Sequence[str]) -> tuple[FoundLine, ...]:
    """The lines with most of the words, in the order of the page. forms: the lines, folded."""
    counts = [sum(found) for found in zip(*([word in form for form in forms] for word in words), strict=True)]
    best = sorted((number for number, n in enumerate(counts) if n), key=lambda number: (-counts[number], number))
    return tuple(
        FoundLine(number, lines[number], find_words(lines[number], words)) for number in sorted(best[:_N_LINES])
    )


def _clusters(text: str) -> Iterator[str]:
    """The characters of the text, each with its combining characters."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not (unicodedata.combining(text[at]) or text[at] in _DRAWN_IN):
            yield text[start:at]
            start = at
