"""What one page may cost: pages of endlessly repeated words, links and marks are learnt from in linear time.

The bounds of time are a hundred times what is needed, and far below what it took to compare all with all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from support.hostile_pages import N_LINKS, PROJECT, write_hostile_export
from support.wiki_by_hand import corpus_of, find, number_of, reading

from linkassist.pipeline.ingest import ingest
from linkassist.pipeline.reindex import reindex
from linkassist.scrapbox.page_text import MOST_LINKS
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.suggestions import page_suggestions
from linkassist.suggest.corpus import by_blocks, top_per_row
from linkassist.suggest.explain.explainer import MOST_MENTIONS, phrase_suggestion
from linkassist.suggest.explain.similar_lines import read_linking_lines
from linkassist.suggest.explain.supporting_pages import CellLookup
from linkassist.suggest.folding import fold
from linkassist.suggest.mentions import TitleFinder
from linkassist.suggest.phrases.extraction import PhrasePostings, find_phrases
from linkassist.suggest.phrases.features import PHRASE_FEATURES
from linkassist.suggest.statistics import Bigrams
from linkassist.suggest.title_forms import MOST_NESTED, title_forms
from linkassist.wiki import Passage, Segment, Span


@contextmanager
def within(most_s: float) -> Iterator[None]:
    before = time.process_time()
    yield
    assert time.process_time() - before < most_s


def test_a_wiki_of_hostile_pages_is_taken_in_and_learnt_from(tmp_path: Path) -> None:
    write_hostile_export(tmp_path / "long.json")
    library_folder = tmp_path / "library"
    with within(600):
        ingest(library_folder, tmp_path / "long.json", None, lambda *_: None)
        with Library.open(library_folder) as library:
            of = project(library, PROJECT)
            reindex(library, of, Settings(library_folder), lambda *_: None)
            mentions = {}
            for key in ("many_lines", "repeated_words"):
                page = find_page(library, of.id, key)
                found = {each.suggestion.target: each.suggestion for each in page_suggestions(library, page.id)}
                mentions[key] = found["hedge"].mentions
    assert len(mentions["many_lines"]) == MOST_MENTIONS
    assert mentions["repeated_words"] == ()  # each stands within a longer title


def test_a_place_in_a_passage_of_many_links_is_found_without_going_through_them() -> None:
    n_parts = 200_000
    passage = Passage(1, "ab" * n_parts, tuple(Segment(2 * i, 10 * i + 3, 2, i % 2 == 0) for i in range(n_parts)))
    with within(60):
        spans = [passage.raw_span(2 * i, 2 * i + 2) for i in range(n_parts)]
    assert spans[:4] == [Span(3, 5), None, Span(23, 25), None]
    assert passage.raw_span(2, 5) is None  # over the end of a part
    assert Passage(1, "\x1fa", (Segment(1, 5, 1, True),)).raw_span(0, 1) is None


def test_a_phrase_that_a_page_says_a_hundred_thousand_times_has_its_first_places() -> None:
    pages = [reading("t", "green hedge, " * 100_000), reading("u", "a green hedge")]
    phrases = find_phrases(pages)[0]
    number = int(phrases.numbers_of(["green_hedge"])[0])
    rows = np.flatnonzero(phrases.phrase == number)
    assert len(rows) == 100_001
    with within(60):
        found = phrase_suggestion(pages[0], phrases, rows[:-1], ["u"], np.zeros(len(PHRASE_FEATURES), np.float32), 0.5)
    assert found is not None
    assert [mention.start for mention in found.mentions] == [13 * i for i in range(MOST_MENTIONS)]
    assert PhrasePostings(phrases).of_phrase(number) == [0, 1]


def test_of_a_page_of_many_links_the_first_are_learnt_from_and_all_are_known() -> None:
    names = [f"t{i}" for i in range(MOST_LINKS + 5)]
    for lines in ([" ".join(f"[{name}]" for name in names)], [f"[{name}]" for name in names]):
        read = reading("t", *lines)
        assert read.links == tuple(names[:MOST_LINKS])
        assert read.also_linked == tuple(names[MOST_LINKS:])


def test_of_a_page_of_many_marks_the_first_and_its_author_are_kept() -> None:
    read = reading("t", " ".join(f"https://h{i}.example" for i in range(N_LINKS)))
    assert read.marks == tuple(f"host:h{i}.example" for i in range(500))


def test_titles_that_end_with_each_other_have_few_mentions_at_each_place() -> None:
    titles = [" ".join(["hedge"] * n) for n in range(1, 400)]
    found = TitleFinder(titles).find([reading(" ".join(["hedge"] * 500))])  # in a title, shorter ones are kept too
    _, counts = np.unique(found.end, return_counts=True)
    assert counts.max() == MOST_NESTED


def test_what_nobody_would_say_is_not_looked_for() -> None:
    alike = ["a" * i + "ｂ" * (20 - i) for i in range(20)]
    forms = title_forms([fold(title) for title in alike] + ["x" * 1_001, "y" * 1_000], list(range(22)))
    assert {form: len(numbers) for form, numbers in forms.items() if form[0] == "a"}["a" * 5 + "b" * 15] == 1
    assert "x" * 1_001 not in forms
    assert "y" * 1_000 in forms
    assert len(title_forms(["가" * 900], [0])) == 1  # each of its syllables could begin a second word


def test_mentions_of_a_target_and_of_a_page_are_bounded() -> None:
    words = [f"oak{number}" for number in range(60)]
    pages = [reading("t", " ".join(words) + " ") for _ in range(2)]
    pages[0] = reading("t", (" ".join(words) + " ") * 1_001)
    found = TitleFinder(words).find(pages)
    on_first = found.target[found.page == 0]
    assert len(on_first) == 50_000  # of a page
    assert np.bincount(on_first).max() <= 1_000  # of a target on a page
    assert found.start[found.page == 0].tolist() == sorted(found.start[found.page == 0].tolist())
    assert found.target[found.page == 1].tolist() == list(range(60))

    found = TitleFinder(["oak", "elm"]).find([reading("t", "oak elm " * 1_001 + "elm")])
    assert np.bincount(found.target).tolist() == [1_000, 1_000]
    assert found.start[found.target == 0].tolist() == list(range(0, 8_000, 8))  # the first ones


@pytest.mark.parametrize("block_cells", [1, 7, 10_000])
def test_a_product_in_blocks_is_the_whole_product(block_cells: int) -> None:
    left = sp.random(30, 20, 0.2, "csr", np.float32, random_state=1)
    right = sp.random(20, 25, 0.3, "csr", np.float32, random_state=2)
    firsts: list[int] = []

    def strongest(block: sp.csr_matrix, first: int) -> sp.csr_matrix:
        firsts.append(first)
        return top_per_row(block, 3)

    assert (by_blocks(left, right, strongest, block_cells) != top_per_row(sp.csr_matrix(left @ right), 3)).nnz == 0
    assert (len(firsts) > 1) == (block_cells < 10_000)
    assert by_blocks(left[:0], right, strongest, block_cells).shape == (0, 25)


def test_cells_looked_up_in_parts_are_those_looked_up_at_once() -> None:
    relation = CellLookup(sp.random(20, 30, 0.3, "csr", np.float32, random_state=1))
    lists = sp.random(10, 20, 0.5, "csr", np.float32, random_state=2)
    place, target = np.repeat(np.arange(10), 6), np.arange(60) % 30
    whole = relation.strongest(lists, place, target)
    assert any(whole)
    assert relation.strongest(lists, place, target, cells_at_once=15) == whole
    assert relation.strongest(lists, place[:0], target[:0], cells_at_once=15) == []


def test_of_a_line_of_thousands_of_links_a_few_are_held_against_other_lines() -> None:
    """Each is read with all of its line."""
    corpus = corpus_of({"t": " ".join(f"[t{i}] grows" for i in range(10_000)), "u": "an oak grows near [t3]"})
    bigrams = Bigrams([fold(each.text) for each in corpus.readings], [])
    with within(60):
        found = read_linking_lines(corpus, bigrams, np.ones(2, np.bool_))
    assert found.page[found.starts[number_of(corpus, "t3")] :][:1].tolist() == [1]
    assert len(found.page) == 1
    short = corpus_of({"t": " ".join(f"[t{i}]" for i in range(100))})
    assert len(read_linking_lines(short, bigrams, np.ones(1, np.bool_)).page) == 40


def test_a_page_that_links_a_whole_wiki_tells_nothing_of_what_belongs_together() -> None:
    index = " ".join(f"[t{i}]" for i in range(600))
    found = find(corpus_of({"index": index, "a": "[t1] [t2]", "b": "[t1] [t3]"}))
    linked = found.statistics.co_cited[number_of(found.corpus, "t1")].indices.tolist()
    assert sorted(linked) == sorted(number_of(found.corpus, name) for name in ("t2", "t3"))
