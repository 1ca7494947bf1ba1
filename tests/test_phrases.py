"""Phrases: the words of a page that could become a new link, and their features."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wiki_by_hand import corpus_of, reading, readings

from linkassist.suggest.mentions import fold
from linkassist.suggest.phrases import PHRASE_FEATURES, SWEET_SPOT, PhrasePairs, find_phrases, not_new, phrase_pairs

# raw line and the phrases in it
LINES = {
    "a run of kanji": ("これは知的生産です", ["知的生産"]),
    "a run of katakana": ("このネットワークを", ["ネットワーク"]),
    "a Latin word": ("これはPythonです", ["Python"]),
    "a Latin name of several words": ("昔、Vannevar Bush が", ["Vannevar Bush"]),
    "a name after an English word": ("we see Vannevar Bush here", ["we", "see", "Vannevar Bush", "here"]),
    "a Hangul word": ("지식 관리를", ["지식", "관리를"]),
    "two runs joined by の": ("道具の改良を", ["道具", "道具の改良", "改良"]),
    "kanji with the kana of its ending": ("読み返しをする", ["読み返し"]),
    "an ending at the end of the line": ("よい手触り", ["手触り"]),
    "no verb cut off behind a word": ("アイゼン借りる", ["アイゼン"]),
    "in quotation marks": ("「あとで読む」を", ["あとで読む"]),
    "no full stop at the end": ("he wrote it.", ["he", "wrote", "it"]),
    "one character is too short": ("木 a", []),
    "not across a gap": ("知的`x`生産", ["知的", "生産"]),
    "not in code or math": ("`知的生産` [$ 生産]", []),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_phrases_are_found(line: str, expected: list[str]) -> None:
    page = reading("あ", line)
    found = find_phrases([page])
    text = page.passages[0].text if page.passages else ""

    cut = [text[start:end] for start, end in zip(found.start.tolist(), found.end.tolist(), strict=True)]
    assert [phrase for phrase in cut if phrase != "あ"] == expected


def test_the_ending_of_a_line_counts_on_every_line() -> None:
    found = find_phrases([reading("あ", "よい手触り", "よい橋渡し", "よい道具")])

    assert found.keys == ["手触り", "橋渡し", "道具"]
    assert found.passage.tolist() == [0, 1, 2]
    assert found.start.tolist() == [2, 2, 2]


def test_phrases_are_counted_by_page_and_placed_by_passage() -> None:
    found = find_phrases(readings({"知的生産": "道具と道具\nPYTHON", "猫": "「道具」とPython"}))
    tool, python = found.keys.index("道具"), found.keys.index("python")

    assert found.keys == ["知的生産", "道具", "python"]
    assert found.n_pages[[tool, python]].tolist() == [2, 2]
    assert found.page.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert found.passage.tolist() == [-1, 0, 0, 1, 0, 0, 0]
    assert found.is_quoted.tolist() == [False, False, False, False, True, False, False]


def test_a_phrase_that_nearly_every_page_says_is_left_out() -> None:
    pages = {f"頁{number}": "道具" for number in range(SWEET_SPOT + 1)}
    pages["別"] = "検索"

    found = find_phrases(readings(pages))

    assert "検索" in {found.keys[phrase] for phrase in found.phrase.tolist()}
    assert "道具" not in {found.keys[phrase] for phrase in found.phrase.tolist()}


def test_what_is_a_page_a_red_link_a_date_or_an_empty_word_is_not_new() -> None:
    corpus = corpus_of({"道具": "[検索] 検索と道具と散歩と自分 the İzmir とDiary", "İzmir": "x"})
    phrases = find_phrases(corpus.readings)
    is_new = {key for key, is_old in zip(phrases.keys, not_new(corpus, phrases), strict=True) if not is_old}

    assert is_new == {"散歩"}


def test_a_red_link_that_is_no_target_counts_as_new() -> None:
    corpus = corpus_of({"道具": "[検索] と検索"})
    phrases = find_phrases(corpus.readings)

    assert not_new(corpus, phrases).tolist() == [True, True]
    assert not_new(corpus, phrases, np.array([True, False])).tolist() == [True, False]


def pairs_of(pages: Mapping[str, str]) -> tuple[list[str], PhrasePairs]:
    """The phrase of each pair, and all pairs of the wiki."""
    corpus = corpus_of(pages)
    phrases = find_phrases(corpus.readings)
    is_old = not_new(corpus, phrases)
    n_known = np.diff(corpus.links.indptr).astype(np.int64)
    pairs = phrase_pairs(corpus, phrases, is_old, np.arange(corpus.n_pages), n_known)
    return [phrases.keys[phrase] for phrase in pairs.phrase.tolist()], pairs


WIKI = {
    "猫の頁": "散歩と散歩の道具\n「散歩」と検索",
    "犬の頁": "検索と[散歩道]",
    "鳥の頁": "検索",
}


def feature(pairs: PhrasePairs, name: str) -> list[float]:
    return [round(value, 4) for value in pairs.features[:, PHRASE_FEATURES.index(name)].tolist()]


def test_features_are_worked_out_by_page_and_phrase() -> None:
    names, pairs = pairs_of(WIKI)
    first = pairs.page == 0
    walk = names.index("散歩")
    search = [i for i, name in enumerate(names) if name == "検索"]

    assert len(names) == len(set(zip(pairs.page.tolist(), names, strict=True)))
    # 散歩 twice on the first line, quoted on the second, and once more within the quotation
    assert feature(pairs, "n_in_page")[walk] == round(float(np.log1p(4)), 4)
    assert feature(pairs, "n_pages")[walk] == round(float(np.log1p(1)), 4)
    assert feature(pairs, "weight")[walk] == round(float((1 + np.log(4)) * np.log(4 / 1)), 4)
    assert feature(pairs, "weight_rank")[walk] == 0
    assert feature(pairs, "is_quoted")[walk] == 1
    assert feature(pairs, "first")[walk] == 0
    assert feature(pairs, "share_kanji")[walk] == 1
    assert [feature(pairs, "n_pages")[i] for i in search] == [round(float(np.log1p(3)), 4)] * 3
    assert [feature(pairs, "first")[i] for i in search] == [1, 0, 0]
    assert sorted(feature(pairs, "weight_rank")[i] for i in np.flatnonzero(first)) == list(range(int(first.sum())))
    assert feature(pairs, "n_known")[search[1]] == round(float(np.log1p(1)), 4)
    assert np.isfinite(pairs.features).all()


def test_a_phrase_in_the_title_is_told_apart() -> None:
    names, pairs = pairs_of({"散歩の道具": "検索と散歩", "犬": "x"})
    in_title = dict(zip(names, feature(pairs, "in_title"), strict=True))

    assert (in_title["散歩"], in_title["検索"]) == (1, 0)


def test_an_occurrence_inside_a_longer_one_is_told_apart() -> None:
    names, pairs = pairs_of({"猫": "散歩の道具", "犬": "散歩"})
    inside = {
        (page, name): value
        for page, name, value in zip(pairs.page.tolist(), names, feature(pairs, "is_inside_longer"), strict=True)
    }

    assert inside[0, "散歩の道具"] == 0
    assert inside[0, "散歩"] == 1
    assert inside[1, "散歩"] == 0


def test_only_the_pages_asked_for_are_paired() -> None:
    corpus = corpus_of(WIKI)
    phrases = find_phrases(corpus.readings)

    pairs = phrase_pairs(corpus, phrases, not_new(corpus, phrases), np.array([1]), np.zeros(3, np.int64))

    assert set(pairs.page.tolist()) == {1}


@pytest.mark.parametrize("pages", [{}, {"猫": ""}, {"a": "the"}])
def test_a_wiki_without_new_phrases_has_no_pairs(pages: dict[str, str]) -> None:
    names, pairs = pairs_of(pages)

    assert [name for name in names if name != "猫"] == []
    assert pairs.features.shape[1] == len(PHRASE_FEATURES)


PIECES = [
    "知的生産",
    "道具",
    "の",
    "読み返し",
    "「",
    "」",
    "Vannevar",
    " Bush",
    "ネット",
    "`x`",
    "[道具]",
    "。",
    "İ",
    "𠮷野家",
]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), min_size=1, max_size=4)


@given(TEXTS)
def test_a_phrases_place_cuts_out_its_words(lines: list[str]) -> None:
    page = reading("題名の頁", *lines)
    found = find_phrases([page])
    texts = [passage.text for passage in page.passages] + [page.title]  # -1 is the title
    for i in range(len(found.page)):
        cut = texts[int(found.passage[i])][int(found.start[i]) : int(found.end[i])]
        assert fold(cut) == found.keys[int(found.phrase[i])]
