"""The text in which titles are searched, and the way back to the raw text."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from linkassist.suggest.folding import fold
from linkassist.suggest.search_text import search_key, search_text

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            ["が", "か\u3099", "ﾊﾟ", "é", "e\u0301", "한", "한", "㍿", "Ⅲ", "’", "〜", "\u2011", "👩\u200d🚀", "\n", "a"]
        ),
        st.characters(exclude_categories=("Cs", "Cc")),
    ),
    max_size=20,
).map("".join)


@given(TEXTS)
def test_what_stands_between_two_places_is_the_search_text_of_its_raw_piece(raw: str) -> None:
    searched = search_text(raw, fold(raw))
    place = list(range(len(raw) + 1)) if searched.place is None else searched.place.tolist()
    known = [at for at, raw_at in enumerate(place) if raw_at >= 0]

    assert len(place) == len(searched.text) + 1
    assert (place[0], place[-1]) == (0, len(raw))
    for start, end in zip(known, known[1:], strict=False):
        piece = raw[place[start] : place[end]]
        assert search_text(piece, fold(piece)).text == searched.text[start:end]


@given(TEXTS)
def test_composed_and_decomposed_text_are_searched_alike(raw: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, raw) for form in ("NFC", "NFD"))

    assert search_text(composed, fold(composed)).text == search_text(decomposed, fold(decomposed)).text


def test_text_that_folds_in_place_needs_no_map() -> None:
    raw = "ＢＥＲＴと深層学習 and Node.js"

    searched = search_text(raw, fold(raw))

    assert searched.place is None
    assert searched.text == fold(raw)
    assert not searched.is_changed.any()


def test_a_sign_for_several_letters_has_no_place_inside() -> None:
    searched = search_text("元㍿と", "元㍿と")

    assert searched.text == "元株式会社と"
    assert searched.place is not None
    assert searched.place.tolist() == [0, 1, -1, -1, -1, 2, 3]


def test_a_title_is_searched_in_the_form_of_texts() -> None:
    assert search_key("k\u2011means’") == "k-means'"
