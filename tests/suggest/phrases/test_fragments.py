"""Which stretches of text are pieces of something else, and are no new links."""

from __future__ import annotations

import pytest
from support.wiki_by_hand import reading, readings

from linkassist.suggest.folding import fold
from linkassist.suggest.phrases.extraction import find_phrases
from linkassist.suggest.phrases.fragments import is_quantity

# raw line, phrases that are refused, and some that are found all the same
REFUSED = {
    "a note that begins with an arrow": ("→続きの話", ["→続きの話"], ["続きの話"]),
    "a line that begins with a sign": ("= 別の名前", ["=_別の名前"], ["別の名前"]),
    "a remark in brackets": ("(個人の感想)", ["(個人の感想)"], ["個人の感想"]),
    "quotation marks around a phrase": ("「知的生産」", ["「知的生産」"], ["知的生産"]),
    "a quotation mark that nothing closes": ("「知的生産", ["「知的生産"], ["知的生産"]),
    "signs alone": ("===", ["==="], []),
    "emoji alone": ("🌱🌳", ["🌱🌳"], []),
    "words that a space keeps apart": ("奈良 桜 写真", ["奈良_桜", "桜_写真", "奈良_桜_写真"], ["奈良", "写真"]),
    "half of a name": ("フランシス・ベーコンの本", ["フランシス", "ベーコン"], ["フランシス・ベーコン"]),
    "a piece of a contraction": ("we couldn't see", ["couldn"], ["couldn't"]),
    "a possessive": ("see Darwin's garden", ["s_garden"], ["darwin", "garden"]),
    "a curly possessive": ("see Darwin’s garden", ["s_garden"], ["darwin", "garden"]),
    "an empty possessive": ("the garden it's in now", ["garden_it's", "it's"], ["garden"]),
    "a piece of an identifier": ("see load_model_ and __main__", ["load", "model", "load_model", "main"], []),
    "a piece of an address": ("to anna@garden.example", ["anna", "garden.example"], []),
    "a piece of a name with a dot": ("use Vue.js now", ["vue", "js"], ["vue.js"]),
    "a piece before a minus and a digit": ("the BEST−20 now", ["best"], []),
    "words on both sides of a tab": ("Data\tBase", ["data", "base", "data_base", "data\tbase"], []),
    "a word without its sound mark": ("次にトラ\u3099マを", ["トラ", "マ"], ["トラ\u3099マ"]),
    "a half-width word without its sound mark": ("次にﾊﾗﾊﾞを", ["ハラ", "ハラハ"], ["ハラハ\u3099"]),
    "a word without its accent": ("the fiance\u0301 here", ["fiance"], ["fiance\u0301"]),
    "a kanji without its variation selector": ("次に榊葛\U000e0100を", ["榊葛"], []),
}
KEPT = {
    "a book's title in its marks": ("『知的生産の技術』", "『知的生産の技術』"),
    "a quotation within a phrase": ("「知的生産」とは何か", "「知的生産」とは何か"),
    "an emoji before a word": ("🌱芽生え", "🌱芽生え"),
    "a person": ("@gardener", "@gardener"),
    "English words": ("the memory machine", "memory_machine"),
    "English beside Japanese": ("Amazon 倉庫", "amazon_倉庫"),
    "Korean words": ("지식 관리", "지식_관리"),
    "a quoted pair of words": ("「奈良 桜」と言う", "奈良_桜"),
    "katakana in a list with others": ("フランシス・松本", "フランシス"),
}


@pytest.mark.parametrize(("line", "refused", "found"), REFUSED.values(), ids=REFUSED)
def test_pieces_are_no_phrases(line: str, refused: list[str], found: list[str]) -> None:
    keys = find_phrases([reading("あ", line)])[0].keys

    assert [phrase for phrase in refused if phrase in keys] == []
    assert [phrase for phrase in found if phrase not in keys] == []


@pytest.mark.parametrize(("line", "phrase"), KEPT.values(), ids=KEPT)
def test_what_only_looks_like_a_piece_is_kept(line: str, phrase: str) -> None:
    assert phrase in find_phrases([reading("あ", line)])[0].keys


def test_a_phrase_does_not_leave_a_word_without_its_ending() -> None:
    """探 is said alone before し, so 仕事探し is not cut there; 強 is not, so 勉強 stands before し as a word."""
    pages = readings({"甲": "本を探し、道を探し、人を探し", "乙": "仕事探しの話", "丙": "次に勉強しよう"})

    keys = find_phrases(pages)[0].keys

    assert "仕事探" not in keys
    assert "仕事探し" in keys
    assert "勉強" in keys


@pytest.mark.parametrize(
    "text", ["100g", "869円/月", "３時間", "35文字", "50%", "$39.00 USD", "3 hours", "24 Hours", "1,000人", "3개"]
)
def test_a_number_with_a_unit_is_a_quantity(text: str) -> None:
    assert is_quantity(fold(text))


@pytest.mark.parametrize("text", ["3DCG", "1080p", "5G", "90年代", "2画面", "100円ショップ", "人", "h2o", "Windows 10"])
def test_names_with_digits_are_no_quantities(text: str) -> None:
    assert not is_quantity(fold(text))
