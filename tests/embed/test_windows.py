"""Windows over long texts, and the vector of a text from those of its windows."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from linkassist.embed.windows import weighted_means, windows


def n_words(text: str) -> int:
    return len(text.split())


def test_a_text_that_fits_is_one_window() -> None:
    (window,) = windows("one two. three", n_words, 3)
    assert window.span.cut("one two. three") == "one two. three"
    assert window.n_tokens == 3


@pytest.mark.parametrize(
    ("text", "max_tokens", "overlap", "expected"),
    [
        ("あい。うえ。おか。", 6, 0, ["あい。うえ。", "おか。"]),
        ("あい。うえ。おか。", 6, 3, ["あい。うえ。", "うえ。おか。"]),
        ("あい。うえ。おか。", 6, 2, ["あい。うえ。", "おか。"]),  # a sentence is not cut to overlap
        ("ab\ncd\nef", 3, 0, ["ab\n", "cd\n", "ef"]),
        ("ab. cd. ef.", 8, 4, ["ab. cd. ", "cd. ef."]),
        ("abcdefgh", 3, 0, ["ab", "cd", "ef", "gh"]),  # no place to cut: in halves
        ("ab cdefgh", 5, 0, ["ab ", "cde", "fgh"]),
    ],
)
def test_windows_end_with_sentences_where_these_fit(
    text: str, max_tokens: int, overlap: int, expected: list[str]
) -> None:
    assert [window.span.cut(text) for window in windows(text, len, max_tokens, overlap)] == expected


@given(st.text("ab。\n .🙂İ", max_size=60), st.integers(2, 9), st.integers(0, 8))
def test_windows_cover_the_text_and_none_is_too_long(text: str, max_tokens: int, overlap: int) -> None:
    found = windows(text, len, max_tokens, min(overlap, max_tokens - 1))
    assert found[0].span.start == 0
    assert found[-1].span.end == len(text)
    for before, after in zip(found, found[1:], strict=False):
        assert before.span.start < after.span.start <= before.span.end < after.span.end
        assert before.span.end - after.span.start <= overlap
    assert all(window.n_tokens == len(window.span.cut(text)) <= max_tokens for window in found)


def test_a_window_is_measured_as_a_whole() -> None:
    def n_tokens(text: str) -> int:  # joined, two sentences take a token more than apart
        return len(text) + 2 * (text.count("。") - 1)

    text = "あい。うえ。おか。"
    found = windows(text, n_tokens, 7)
    assert [window.span.cut(text) for window in found] == ["あい。", "うえ。", "おか。"]


def test_an_overlap_as_long_as_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap is 4; expected at least 0 and less than max_tokens"):
        windows("abc", len, 4, 4)


def test_a_text_has_the_mean_of_its_windows_by_their_weight() -> None:
    vectors = torch.tensor([[0.0, 4.0], [3.0, 1.0], [5.0, 5.0]])
    assert weighted_means(vectors, [1, 1, 0], [1, 2, 9], 3).tolist() == [[5.0, 5.0], [2.0, 2.0], [0.0, 0.0]]
