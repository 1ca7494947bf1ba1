"""The search: pages by words in their titles and in their text, and where in a line the words stand.

A page is found where each word of the query stands in it as a part of its text, compatibility forms and case being
one. SQLite's trigram index names the pages that may hold a word of three characters or more; whether they do is read
from the page itself, for as many as one answer shows. A word of one or two characters, common in Japanese, goes by the
trigrams that begin with it; where these are too many to ask for, nearly every page has it, and the pages are read.
Each answer reads at most `MOST_READ` pages, for at most `LONGEST_S`, and says where the next one goes on.
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

MOST_READ: Final = 200  # pages read for one answer: a fortieth of a second
LONGEST_S: Final = 1.0  # pages as long as books, read for one answer
_MOST_WORDS: Final = 8
_MOST_TRIGRAMS: Final = 64
_MOST_ENDINGS: Final = 128  # trigrams that begin with a short word
_N_LINES: Final = 2
CHARACTERS_AT_ONCE: Final = 200_000  # a fifth of a second

# Texts are read in the order of their numbers, so the last one tells which are lacking.
_LAST_READ: Final = "SELECT rowid FROM words ORDER BY rowid DESC LIMIT 1"
# After the text, so that its last characters begin a trigram too.
_END: Final = "\n\n"
# Marks that compatibility forms draw into the character before them, though they combine with nothing by themselves.
_DRAWN_IN: Final = "\uff9e\uff9f"
_FOUND: Final = re.compile(b"\1+")


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line that holds some of the words. spans: where, half-open, in code points, in order and apart."""

    number: int
    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class FoundTitle:
    """A page that has all words in its title; spans as in a line."""

    page_id: int
    title: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class FoundText:
    """A page that has all words in its text, not in its title alone, and the lines that hold most of them."""

    page_id: int
    title: str
    updated: int
    lines: tuple[FoundLine, ...]


@dataclass(frozen=True, slots=True)
class FoundTexts:
    """One screen of pages found by their text. next_at: where the next one begins, 0 where there is none."""

    pages: tuple[FoundText, ...]
    next_at: int


def query_words(query: str) -> tuple[str, ...]:
    """The words to look for, each once, folded as texts are: `query_words("ＡＢ ab 庭") == ("ab", "庭")`."""
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


def find_texts(library: Library, project_id: int, words: Sequence[str], *, limit: int, start_at: int = 0) -> FoundTexts:
    """The present pages that have every word in their text, the latest changed first; without those found by title.

    start_at: 0, or the `next_at` of the answer before. Fewer than `limit` pages with a `next_at` tell that reading
    stopped at `MOST_READ`, or after LONGEST_S of this thread's processor time, but not before one page was read.
    """
    if not words or not limit:
        return FoundTexts((), 0)
    asked = _match(library, words)
    if asked is None:
        return FoundTexts((), 0)
    candidates = _candidates(library, project_id, asked, start_at)
    found_by_title = frozenset(titles(library, project_id).holding(tuple(words)))
    found: list[FoundText] = []
    ends_at = time.thread_time() + LONGEST_S
    for place, page_id in enumerate(candidates[:MOST_READ], 1):
        if page_id in found_by_title:
            continue
        row = library.row(
            "SELECT p.title, p.updated, t.lines FROM pages p JOIN texts t ON t.id = p.text_id WHERE p.id = ?",
            (page_id,),
        )
        assert row is not None  # it was read a moment ago, and rows of pages stay
        title, updated, written = row
        lines = decode_texts(written)
        # Line by line: most are in normal form already, and to put a whole page into it takes milliseconds.
        forms = [_searchable(line) for line in lines]
        text = "\n".join(forms)
        if all(word in text for word in words):
            found.append(FoundText(page_id, title, updated, _best_lines(lines, forms, words)))
        if len(found) == limit or time.thread_time() > ends_at:
            return FoundTexts(tuple(found), start_at + place if place < len(candidates) else 0)
    return FoundTexts(tuple(found), start_at + MOST_READ if len(candidates) > MOST_READ else 0)


def titles_of(library: Library, project_id: int, page_ids: Sequence[int]) -> dict[int, str]:
    """The titles of those of the pages that are present, by page row id."""
    marks = ",".join("?" * len(page_ids))
    # + keeps the project's indexes out, which SQLite would walk from end to end.
    sql = f"SELECT id, title FROM pages WHERE id IN ({marks}) AND +project_id = ? AND is_gone = 0"
    return dict(library.rows(sql, (*page_ids, project_id)))


def find_words(text: str, words: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where the words stand in the text as it is written: half-open spans, in order and apart.

    A span covers whole characters, also where folding makes several of one or one of several ("㍿", "ｶﾞ").
    Where a character folds otherwise in its text than alone (a final sigma), the whole text is one span.
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
    """For each code point of the folded text, 1 where it is part of a word."""
    is_found = bytearray(len(whole))
    for word in words:
        at = whole.find(word)
        while at >= 0:
            is_found[at : at + len(word)] = b"\1" * len(word)
            at = whole.find(word, at + 1)
    return is_found


def n_unread(library: Library) -> int:
    """How many texts of the library the search does not know yet, as in one of an older linkassist; 0 after filling."""
    row = library.row(f"SELECT count(*) FROM texts WHERE id > coalesce(({_LAST_READ}), 0)")
    return int(row[0]) if row else 0


def fill_search(library: Library, on_progress: OnCount = no_count) -> int:
    """Reads into the search the texts that it lacks, in many short transactions, so that nobody waits long.

    on_progress: in texts. Returns how many it lacked. Broken off, it goes on from where it was when it is called again.
    """
    n_lacking, n_done = n_unread(library), 0
    while n_done < n_lacking:
        with library.turn() as connection:
            n_read = index_next_texts(connection)
        if not n_read:
            break  # another process was faster
        n_done += n_read
        on_progress(n_done, n_lacking)
    return n_lacking


def index_next_texts(connection: Connection) -> int:
    """Reads into the search the first texts that it lacks, as many as take little time; returns how many these were."""
    last = connection.execute(_LAST_READ).fetchone()
    rows = connection.execute("SELECT id, lines FROM texts WHERE id > ? ORDER BY id", (last[0] if last else 0,))
    read: list[tuple[int, str]] = []
    n_characters = 0
    for row_id, lines in rows:
        read.append((row_id, _indexed(lines)))
        n_characters += len(lines)
        if n_characters >= CHARACTERS_AT_ONCE:
            break
    connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", read)
    return len(read)


def unindex_texts(connection: Connection, text_ids: Sequence[int]) -> None:
    """Takes texts out of the search; to be called while the library still holds them."""
    last = connection.execute(_LAST_READ).fetchone()
    for text_id in text_ids:
        if last and text_id <= last[0]:
            sql = "SELECT CAST(lines AS BLOB) FROM texts WHERE id = ?"
            (lines,) = connection.execute(sql, (text_id,)).fetchone()
            try:
                text = _indexed(lines.decode())
            except ValueError:
                continue  # a damaged text: what the search has of it points at nothing from now on
            connection.execute("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", (text_id, text))


def _searchable(text: str) -> str:
    # SQLite's tokenizer ends a text at NUL.
    return search_form(text).replace("\0", "\ufffd")


_form_of = lru_cache(maxsize=8192)(_searchable)  # of single characters, which come again and again


def _indexed(lines: str) -> str:
    return "\n".join(map(_searchable, decode_texts(lines))) + _END


def _match(library: Library, words: Sequence[str]) -> str | None:
    """What to ask the index for; "" where it cannot help, None where it knows that no page has the words."""
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


def _candidates(library: Library, project_id: int, asked: str, start_at: int) -> list[int]:
    """The pages to read, the latest changed first, with one more where more are left."""
    if asked:
        source = "words w CROSS JOIN pages p INDEXED BY pages_in_search ON p.text_id = w.rowid WHERE words MATCH ? AND"
    else:
        source = "pages p INDEXED BY pages_by_updated WHERE"
    rows = library.rows(
        f"""
        SELECT p.id FROM {source} p.project_id = ? AND p.is_gone = 0 ORDER BY p.updated DESC, p.key LIMIT ? OFFSET ?
        """,
        (*filter(None, [asked]), project_id, MOST_READ + 1, start_at),
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
    """The characters of the text, each with what combines with it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not (unicodedata.combining(text[at]) or text[at] in _DRAWN_IN):
            yield text[start:at]
            start = at
