"""The wiki as arrays: how targets are numbered, which titles are dates, and the sparse matrices beside dense ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.wiki_by_hand import corpus_of, number_of

from linkassist.suggest.corpus import cells, csr, keep_rows, top_per_row

PAGES = {
    "道具": "[知的生産] [Red Link] [道具]",
    "知的生産": "[道具] [red_link] [2026-05-01]",
    "2026-05-01": "ひとり",
}


def test_pages_are_numbered_first_then_red_links_as_first_written() -> None:
    corpus = corpus_of(PAGES)

    assert corpus.names == ["道具", "知的生産", "2026-05-01", "Red Link"]
    assert corpus.keys == ["道具", "知的生産", "2026-05-01", "red_link"]
    assert (corpus.n_pages, corpus.n_targets) == (3, 4)


def test_links_are_resolved_by_title_key_and_no_page_links_itself() -> None:
    assert corpus_of(PAGES).links.toarray().tolist() == [[0, 1, 0, 1], [1, 0, 1, 1], [0, 0, 0, 0]]


def test_a_target_linked_only_below_a_marker_is_no_target() -> None:
    corpus = corpus_of({"頁": "[上]\n__BELOW_IS_AI_GENERATED__\n[下]"})

    assert corpus.names == ["頁", "上"]


def test_date_titles_are_templates() -> None:
    corpus = corpus_of(PAGES)

    assert corpus.is_template.tolist() == [False, False, True, False]
    assert corpus.created[number_of(corpus, "知的生産")] == 2 * 86_400


# title, whether it is never suggested
TEMPLATES = {
    "a heading's signs": ("##", True),
    "a rule": ("---", True),
    "signs and spaces": ("= =", True),
    "one sign": ("*", True),
    "signs with a letter": ("C#", False),
    "signs with a figure": ("#1", False),
    "an emoji": ("🌱", False),
    "an emoji behind a sign": ("!🌱", False),
    "signs beyond ASCII": ("※", False),
    "a kanji": ("木", False),
}


@pytest.mark.parametrize(("title", "is_template"), TEMPLATES.values(), ids=TEMPLATES)
def test_titles_of_ascii_signs_alone_are_templates(title: str, is_template: bool) -> None:
    corpus = corpus_of({"頁": f"[{title}]"} if title != "*" else {title: "x"})

    assert corpus.is_template[number_of(corpus, title)] == is_template


def test_marks_tell_which_pages_show_the_same() -> None:
    corpus = corpus_of(
        {
            "甲": "[絵.icon] https://a.example/1",
            "乙": "https://a.example/2 https://a.example/3",
            "丙": "言葉",
            "丁": "[絵.icon] [/p/q]",
        }
    )

    columns = sorted(corpus.marks.toarray().T.tolist())
    assert columns == [[1, 0, 0, 1], [1, 1, 0, 0]]  # the icon; the host, counted once a page


def test_a_mark_that_one_page_alone_shows_is_left_out() -> None:
    assert corpus_of({"甲": "[絵.icon] [絵.icon]", "乙": "[/p/q]", "丙": "https://a.example"}).marks.shape == (3, 0)


def test_a_wiki_without_pages_is_a_corpus_too() -> None:
    corpus = corpus_of({})

    assert (corpus.n_pages, corpus.n_targets, corpus.links.shape) == (0, 0, (0, 0))
    assert corpus.marks.shape == (0, 0)


def test_cells_named_twice_are_added() -> None:
    assert csr([0, 1, 0], [1, 0, 1], (2, 2)).toarray().tolist() == [[0, 2], [1, 0]]
    assert csr([0, 0], [1, 1], (1, 2), np.array([0.5, 0.25], np.float32)).toarray().tolist() == [[0, 0.75]]


DENSE = arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.integers(0, 3).map(float))


@given(DENSE, st.integers(0, 4))
def test_the_top_of_each_row_holds_its_largest_cells(dense: np.ndarray, k: int) -> None:
    kept = top_per_row(csr(*np.nonzero(dense), dense.shape, dense[np.nonzero(dense)]), k).toarray()

    for row, top in zip(dense, kept, strict=True):
        assert sorted(top[top > 0], reverse=True) == sorted(row[row > 0], reverse=True)[:k]
        assert np.all((top == row) | (top == 0))


def test_of_equal_cells_the_first_ones_are_the_top() -> None:
    assert top_per_row(csr([0, 0, 0], [4, 1, 2], (1, 5)), 2).toarray().tolist() == [[0, 1, 1, 0, 0]]


@given(DENSE, st.data())
def test_cells_are_looked_up_as_in_a_dense_matrix(dense: np.ndarray, data: st.DataObject) -> None:
    places = st.tuples(st.integers(0, dense.shape[0] - 1), st.integers(0, dense.shape[1] - 1))
    wanted = np.array(data.draw(st.lists(places, max_size=8)), np.int64).reshape(-1, 2)
    sparse = csr(*np.nonzero(dense), dense.shape, dense[np.nonzero(dense)])

    assert cells(sparse, wanted[:, 0], wanted[:, 1]).tolist() == dense[wanted[:, 0], wanted[:, 1]].tolist()


def test_rows_that_are_not_kept_are_empty() -> None:
    assert keep_rows(csr([0, 1], [0, 1], (2, 2)), np.array([False, True])).toarray().tolist() == [[0, 0], [0, 1]]
