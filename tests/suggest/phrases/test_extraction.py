"""Phrases: the words of a page that could become a new link, and their features."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.wiki_by_hand import corpus_of, reading, readings

from linkassist.suggest.folding import fold
from linkassist.suggest.phrases.boundaries import QUOTED
from linkassist.suggest.phrases.extraction import SWEET_SPOT, find_phrases, not_new
from linkassist.suggest.phrases.features import PHRASE_FEATURES, PhraseFeatureBuilder, PhrasePairs, PhraseStatistics
from linkassist.suggest.phrases.hashing import hash_of

# raw line, phrases that are among the candidates, and some that are not
LINES = {
    "a run of kanji": ("これは知的生産です", ["知的生産"], ["これ"]),
    "a run of katakana is never cut": ("このネットワークを", ["ネットワーク"], ["ネット", "ワーク"]),
    "two scripts, apart and together": ("最近アスベストが", ["アスベスト", "最近アスベスト"], []),
    "a Latin word is never cut": ("これはPythonです", ["python"], ["pyth"]),
    "a term of two scripts": ("次にAI研究を", ["ai研究", "ai"], []),
    "with digits in front": ("規格は2画面表示と", ["2画面表示"], []),
    "English words without an empty one at the ends": (
        "we saw the memory of a machine here",
        ["memory", "memory_of_a_machine"],
        ["the_memory", "memory_of", "of"],
    ),
    "a hyphen joins": ("use the h-index now", ["h-index"], ["index"]),
    "a middle dot joins": ("名作のノリ・メ・タンゲレだ", ["ノリ・メ・タンゲレ"], []),
    "a Korean word without its particle": ("지식을 모으다", ["지식", "지식을"], []),
    "joined by の": ("道具の改良を", ["道具", "道具の改良", "改良"], ["道具の"]),
    "a name without what follows it": ("立花隆氏が", ["立花隆"], []),
    "a verb with the kana of its ending": ("読み返しをする", ["読み返し"], []),
    "a whole line that makes a claim": ("巧遅は、拙速に如かず。", ["巧遅は、拙速に如かず"], []),
    "what stands before a colon": ("よい題名: 問いの形", ["よい題名"], ["よい題名:"]),
    "quoted words with a comma among them": ("彼は「鶏が先か、卵が先か」と", ["鶏が先か、卵が先か"], []),
    "one character is too short": ("木 a", [], ["木", "a"]),
    "not across a gap": ("知的`x`生産", ["知的", "生産"], ["知的生産"]),
    "not in code or math": ("`知的生産` [$ 生産]", [], ["知的生産", "生産"]),
}


@pytest.mark.parametrize(("line", "expected", "refused"), LINES.values(), ids=LINES)
def test_phrases_are_found(line: str, expected: list[str], refused: list[str]) -> None:
    found = find_phrases([reading("あ", line)])[0].keys

    assert [phrase for phrase in expected if phrase not in found] == []
    assert [phrase for phrase in refused if phrase in found] == []


def test_chinese_is_cut_where_its_neighbours_vary() -> None:
    found = find_phrases(readings({"甲": "他的飞轮效应很大\n说飞轮效应是\n用飞轮效应来\n看飞轮效应了"}))[0]

    assert "飞轮效应" in found.keys
    assert "轮效" not in found.keys


def test_words_that_are_only_said_within_longer_ones_are_no_phrase_of_their_own() -> None:
    pages = {"甲": "新しい道具の改良を", "乙": "古い道具の改良を", "丙": "道具の改良を始め道具の改良案を"}

    assert "道具の改良" in find_phrases(readings(pages))[0].keys
    assert "道具の" not in find_phrases(readings(pages))[0].keys


def test_phrases_are_counted_by_page_and_placed_by_passage() -> None:
    found = find_phrases(readings({"知的生産": "道具と道具\nPYTHON", "猫": "「道具」とPython"}))[0]
    tool, python = found.keys.index("道具"), found.keys.index("python")

    assert found.n_pages[[tool, python]].tolist() == [2, 2]
    assert found.page.tolist() == sorted(found.page.tolist())
    assert found.page[found.phrase == tool].tolist() == [0, 0, 1]
    assert found.passage[found.phrase == tool].tolist() == [0, 0, 0]
    assert found.start[found.phrase == tool].tolist() == [0, 3, 1]
    assert found.passage[found.phrase == found.keys.index("知的生産")].tolist() == [-1]
    assert (found.kind[found.phrase == tool] == QUOTED).tolist() == [False, False, True]
    assert found.is_capital[found.phrase == python].tolist() == [True, True]


def test_texts_of_many_chunks_are_placed_as_those_of_one() -> None:
    pages = readings({f"頁{number}": f"道具{number}と「検索の道具」\nPython と散歩" for number in range(6)})
    whole = find_phrases(pages)[0]
    reports: list[tuple[int, int]] = []
    parts, _ = find_phrases(pages, lambda done, total: reports.append((done, total)), chunk_size=40)

    assert parts.keys == whole.keys
    assert reports[-1] == (6, 6) and len(reports) > 1
    for field in ("page", "phrase", "passage", "start", "end", "kind", "at_line", "hashes", "n_pages", "is_empty"):
        assert getattr(parts, field).tolist() == getattr(whole, field).tolist()


def test_a_phrase_that_nearly_every_page_says_is_left_out() -> None:
    pages = {f"頁{number}": "道具" for number in range(SWEET_SPOT + 1)}
    pages["別"] = "検索"

    found = find_phrases(readings(pages))[0]

    assert "検索" in {found.keys[phrase] for phrase in found.phrase.tolist()}
    assert "道具" not in {found.keys[phrase] for phrase in found.phrase.tolist()}


def test_what_is_a_page_a_red_link_a_date_or_an_empty_word_is_not_new() -> None:
    corpus = corpus_of({"道具": "[検索] 検索と道具と散歩と自分 the İzmir とDiary", "İzmir": "x"})
    phrases = find_phrases(corpus.readings)[0]
    is_new = {key for key, is_old in zip(phrases.keys, not_new(corpus, phrases), strict=True) if not is_old}

    assert "散歩" in is_new
    assert is_new & {"道具", "検索", "自分", "i̇zmir", "izmir", "diary", "the"} == set()


@pytest.mark.parametrize(
    "date",
    ["令和3年", "令和3年3月3日", "R3.3.3", "2026/3", "3/3", "三月三日", "3월 3일", "March 3", "3rd of March"],
)
def test_a_date_of_any_form_is_not_new(date: str) -> None:
    corpus = corpus_of({"道具": f"「{date}」: {date}\n{date}に", "甲": f"「{date}」 {date}"})
    phrases = find_phrases(corpus.readings)[0]

    assert not_new(corpus, phrases)[phrases.keys.index(fold(date))]


@pytest.mark.parametrize(
    ("line", "fragments"),
    [
        ("令和3年3月3日に会う", {"令和", "月3日", "日に会う", "令和3年3月3"}),
        ("次の会はR3.3.3と2026/3/3です", {"r3", "2026", "次の会はr3"}),
        ("on March 3, and 3rd of May 2026", {"march", "3rd", "may"}),
        ("3월 3일에 만나", {"3일", "3일에", "일에"}),
        ("2026-W05と2026-Q1の会", {"2026", "w05", "q1の会", "q1"}),
        ("2026年第5週は休む", {"年第", "2026年第", "5週"}),
    ],
)
def test_a_piece_of_a_date_is_no_phrase(line: str, fragments: set[str]) -> None:
    found = find_phrases([reading("あ", line, line)])[0]

    assert set(found.keys) & fragments == set()


def test_a_red_link_that_is_no_target_counts_as_new() -> None:
    corpus = corpus_of({"道具": "[検索] と検索"})
    phrases = find_phrases(corpus.readings)[0]
    search = phrases.keys.index("検索")

    assert not_new(corpus, phrases)[search]
    assert not not_new(corpus, phrases, np.array([True, False]))[search]


def pairs_of(pages: Mapping[str, str]) -> tuple[list[str], PhrasePairs]:
    """The phrase of each pair, and all pairs of the wiki."""
    corpus = corpus_of(pages)
    phrases = find_phrases(corpus.readings)[0]
    is_old = not_new(corpus, phrases)
    n_known = np.diff(corpus.links.indptr).astype(np.int64)
    habits = PhraseStatistics(corpus, phrases, is_old, n_known > 0)
    evidence = PhraseFeatureBuilder(corpus.readings, phrases, is_old, n_known, habits)
    (pairs,) = evidence.blocks(np.arange(corpus.n_pages))
    return phrases.keys_of(pairs.phrase), pairs


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
    # 散歩 twice on the first line, once on the second
    assert feature(pairs, "n_in_page")[walk] == round(float(np.log1p(3)), 4)
    assert feature(pairs, "n_pages")[walk] == round(float(np.log1p(2)), 4)  # 散歩道 says it too
    assert feature(pairs, "weight")[walk] == round(float((1 + np.log(3)) * np.log(4 / 2)), 4)
    assert feature(pairs, "is_quoted")[walk] == 1
    assert feature(pairs, "first")[walk] == 0
    assert feature(pairs, "share_kanji")[walk] == 1
    assert [feature(pairs, "n_pages")[i] for i in search] == [round(float(np.log1p(3)), 4)] * 3
    assert [feature(pairs, "first")[i] for i in search] == [1, 0, 0]
    for ranks in ("weight_rank", "odds_rank"):
        assert sorted(feature(pairs, ranks)[i] for i in np.flatnonzero(first)) == list(range(int(first.sum())))
    assert feature(pairs, "n_known")[search[1]] == round(float(np.log1p(1)), 4)
    assert feature(pairs, "is_whole_line")[search[2]] == 1
    assert np.isfinite(pairs.features).all()


def test_a_phrase_in_the_title_is_told_apart() -> None:
    names, pairs = pairs_of({"散歩の道具": "検索と散歩", "犬": "x"})
    in_title = dict(zip(names, feature(pairs, "in_title"), strict=True))

    assert (in_title["散歩"], in_title["検索"]) == (1, 0)


def test_what_stands_inside_a_known_title_is_told_apart() -> None:
    names, pairs = pairs_of({"散歩の道具": "x", "猫": "散歩の道具", "犬": "散歩と散歩の道具箱"})
    inside = {
        (page, name): value
        for page, name, value in zip(pairs.page.tolist(), names, feature(pairs, "is_inside_old"), strict=True)
    }
    begins = dict(zip(names, feature(pairs, "begins_old"), strict=True))

    assert inside[1, "散歩"] == 1
    assert inside[2, "散歩の道具箱"] == 0
    assert begins["散歩の道具箱"] == 0  # 道具箱 is one run: the title is not among its phrases


def test_what_stands_as_links_do_has_better_odds() -> None:
    lessons = {f"頁{n}": f"これは[{chr(0x5000 + n)}言]である\n彼が{chr(0x6000 + n)}道だ" for n in range(60)}
    names, pairs = pairs_of({**lessons, "猫": "これは珍言である\n彼が珍道だ"})
    odds = dict(zip(names, feature(pairs, "odds"), strict=True))

    assert odds["珍言"] > odds["珍道"]


def test_only_the_pages_asked_for_are_paired() -> None:
    corpus = corpus_of(WIKI)
    phrases = find_phrases(corpus.readings)[0]

    is_old = not_new(corpus, phrases)
    habits = PhraseStatistics(corpus, phrases, is_old, np.ones(3, np.bool_))
    evidence = PhraseFeatureBuilder(corpus.readings, phrases, is_old, np.zeros(3, np.int64), habits)

    (pairs,) = evidence.blocks(np.array([1]))

    assert set(pairs.page.tolist()) == {1}


@pytest.mark.parametrize("pages", [{}, {"猫": ""}, {"a": "the"}])
def test_a_wiki_without_new_phrases_has_no_pairs(pages: dict[str, str]) -> None:
    names, pairs = pairs_of(pages)

    assert names == []
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
    found = find_phrases([page])[0]
    texts = [passage.text for passage in page.passages] + [page.title]  # -1 is the title
    for i in range(len(found.page)):
        cut = texts[int(found.passage[i])][int(found.start[i]) : int(found.end[i])]
        assert fold(cut) == found.keys[int(found.phrase[i])]


@given(st.lists(st.text(min_size=1, max_size=8), max_size=12))
def test_equal_words_and_only_they_have_equal_hashes(words: list[str]) -> None:
    hashes = hash_of(words).tolist()

    assert [a == b for a in hashes for b in hashes] == [a == b for a in words for b in words]
