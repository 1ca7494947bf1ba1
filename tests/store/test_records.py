"""Embeddings, runs, artefacts and totals: what a reindex leaves behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from linkassist import store
from linkassist.errors import StoreError
from linkassist.store import embeddings
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import project, read_pages
from linkassist.store.runs import (
    artefact,
    close_broken_off,
    finish_run,
    last_run,
    put_artefact,
    set_progress,
    start_run,
)
from linkassist.store.suggestions import replace_suggestions
from linkassist.store.summaries.project_totals import totals
from linkassist.store.verdicts import record_verdict
from linkassist.suggestion import Suggestion, Verdict
from linkassist.wiki import Line, Link, Page, Span


def bring(library: Library, *texts: str) -> list[str]:
    """Imports one page a text, all linking X; returns their text hashes."""
    pages = [Page(f"P{number}", (Line(f"P{number}"), Line(text))) for number, text in enumerate(texts)]
    import_pages(library, "wiki", "Wiki", 1, pages, lambda lines: [Link(1, Span(0, 3), "X", "bracket")])
    return [stored.text_hash for stored in read_pages(library, 1)]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path) as opened:
        yield opened


def test_embeddings_come_back_by_page_and_encoder(library: Library) -> None:
    hashes = bring(library, "one", "two", "three")
    first = np.arange(6, dtype=np.float32).reshape(2, 3)
    embeddings.put(library, "encoder-1", [hashes[2], hashes[0]], first)
    embeddings.put(library, "encoder-2", hashes, np.ones((3, 2), dtype=np.float32))
    ids, vectors = embeddings.matrix(library, 1, "encoder-1")
    assert ids.tolist() == [1, 3]
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[3, 4, 5], [0, 1, 2]]
    assert embeddings.known(library, "encoder-1", [*hashes, "other"]) == {hashes[0], hashes[2]}
    empty_ids, empty = embeddings.matrix(library, 1, "encoder-3")
    assert (empty_ids.shape, empty.shape) == ((0,), (0, 0))


def test_an_unchanged_text_keeps_its_embedding_and_a_dropped_one_is_pruned(library: Library) -> None:
    old = bring(library, "one", "two")
    embeddings.put(library, "e", old, np.ones((2, 2), dtype=np.float32))
    new = bring(library, "one", "changed")
    assert embeddings.known(library, "e", new) == {old[0]}
    assert embeddings.prune(library) == 1
    bring(library)  # every page is gone, and may come back
    assert embeddings.prune(library) == 0
    assert embeddings.prune(library, keep=["another"]) == 1


def test_embeddings_of_two_widths_are_refused(library: Library) -> None:
    hashes = bring(library, "one", "two")
    for width, text_hash in enumerate(hashes, start=1):
        embeddings.put(library, "e", [text_hash], np.ones((1, width), dtype=np.float32))
    with pytest.raises(StoreError, match="reindex --full"):
        embeddings.matrix(library, 1, "e")
    with pytest.raises(ValueError, match="2 texts"):
        embeddings.put(library, "e", hashes, np.ones((1, 2), dtype=np.float32))


def test_a_run_tells_where_it_is_and_how_it_ended(library: Library) -> None:
    bring(library, "one")
    number = start_run(library, "reindex", 1)
    set_progress(library, number, "encode", 3, 10)
    running = last_run(library, "reindex", 1)
    assert running is not None
    assert (running.status, running.step, running.n_done, running.n_total) == ("running", "encode", 3, 10)
    assert running.finished_at is None
    finish_run(library, number, "failed", {"n_pages": 3}, "the disk is full")
    ended = last_run(library, "reindex", 1)
    assert ended is not None
    assert (ended.status, ended.counts, ended.message) == ("failed", {"n_pages": 3}, "the disk is full")
    assert ended.finished_at is not None
    assert last_run(library, "import") is None
    assert last_run(library, "reindex", status="done") is None


def test_a_run_whose_program_died_is_marked_as_broken_off(library: Library) -> None:
    start_run(library, "reindex")
    assert close_broken_off(library) == 1
    found = last_run(library)
    assert found is not None
    assert found.status == "broken_off"
    assert close_broken_off(library) == 0


def test_an_artefact_names_what_it_was_made_of(library: Library) -> None:
    bring(library, "one")
    assert artefact(library, 1, "ranker") is None
    for fingerprint in ("old", "new"):
        put_artefact(library, 1, "ranker", fingerprint)
    found = artefact(library, 1, "ranker")
    assert found is not None
    assert found.fingerprint == "new"


def test_totals_count_present_pages_and_every_verdict(library: Library) -> None:
    bring(library, "one", "two", "three")
    replace_suggestions(library, 1, 0, [(1, [Suggestion("A", "new", 0.5), Suggestion("B", "new", 0.5)])])
    record_verdict(library, 1, Verdict("A", "accept", 1, "new", 0.5))
    record_verdict(library, 3, Verdict("A", "reject", 1, "new", 0.5))
    bring(library, "one", "two")
    start_run(library, "reindex", 1)
    found = totals(library, project(library, None))
    assert (found.n_pages, found.n_lines, found.n_links) == (2, 4, 2)
    assert (found.n_suggestions, found.n_verdicts, found.n_accepted) == (1, 2, 1)
    assert found.last_run == last_run(library, "reindex", 1)
    assert found.imported_at > 0


def test_no_sql_numbers_its_parameters() -> None:
    """Python 3.12 up to 3.12.3 takes ?1 for a name, and warns of one that comes in a sequence."""
    sources = Path(store.__path__[0]).glob("*.py")
    assert [path.name for path in sources if re.search(r"\?[0-9]", path.read_text("utf-8"))] == []
