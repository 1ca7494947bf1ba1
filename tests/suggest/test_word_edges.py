"""Word boundaries in scripts that are written without spaces."""

from __future__ import annotations

import pytest
from support.wiki_by_hand import reading

from linkassist.suggest.mentions import TitleFinder


def edges_of(title: str, line: str) -> list[int]:
    """How many ends of each mention are word boundaries."""
    return TitleFinder([title]).find([reading("頁", line)]).edges.tolist()


# title, raw line
NO_WORDS = {
    "a past tense and こと": ("たこ", "書いたことを"),
    "the same at the start of a line": ("たこ", "たことがある"),
    "in a longer adverb": ("かに", "ほかにも"),
    "at the start of a longer word": ("いか", "いかなる"),
    "before a particle that belongs to it": ("いか", "いかにも"),
    "a noun that ends like the copula": ("いか", "いかだ"),
    "an expression": ("いか", "一杯いかがですか"),
    "in a noun": ("うに", "そのように話す"),
    "in the copula": ("わし", "詳しくは次のわしくみで"),
    "before a verb's ending": ("かし", "動かした"),
    "behind a kanji": ("いた", "昨日書いた。"),
    "a reason": ("からだ", "好きだからだ"),
    "two particles": ("には", "京都には"),
    "a conjunction": ("しか", "しかし、違う"),
    "a negation": ("すし", "話すしかない"),
    "a verb that goes on": ("いか", "海に行くのにいかない"),
    "a stem before a kanji": ("さい", "新しいさいふ"),
    "the end of a longer noun": ("ねこ", "こねこね"),
    "one kanji with okurigana": ("話", "昔の話す人"),
    "an adjective": ("高", "山の高い所"),
    "an adjectival noun": ("静", "夜の静かな町"),
    "two kanji of two words": ("日食", "毎日食べる"),
    "kanji of a compound and the ending of a verb": ("癒し", "治癒して"),
    "such a noun in a longer one": ("違い", "それは勘違いだ"),
    "a reason in three kana": ("たから", "そう話したから、"),
    "a final particle": ("かな", "これでいいかな"),
    "a bird that is a guess": ("かも", "新しいかも"),
    "a formal noun behind an adjective": ("こと", "楽しいことを"),
    "a formal noun behind this": ("ため", "そのためには"),
    "at the start of a mistake": ("まち", "まちがいを"),
    "at the start of grown-ups": ("おと", "おとなの本"),
    "in the middle of a Korean word": ("사과", "수사과정을"),
}

# title, raw line, edges
WORDS = {
    "an object at the start": ("たこ", "たこを買った", 2),
    "behind a topic": ("たこ", "今日はたこを食べる", 2),
    "behind a place": ("たこ", "店でたこと酒を", 2),
    "behind an adjective": ("たこ", "美味しいたこが", 2),
    "behind the noun that owns it": ("ねこ", "うちのねこは", 2),
    "behind another noun": ("みかん", "りんごとみかんを", 2),
    "before a kanji": ("たこ", "たこ焼き", 1),
    "a noun of a verb before a kanji": ("書き", "次の書き方", 1),
    "an adjective before a kanji": ("好きな", "次に好きな人", 2),
    "behind this": ("ねこ", "このねこは", 2),
    "a formal noun where it begins": ("こと", "ことを始める", 2),
    "letters to type": ("かな", "かなを打つ", 2),
    "a town": ("まち", "まちが好き", 2),
    "decomposed, before a particle": ("京都", "京都て\u3099会う", 2),
    "decomposed kana before a particle": ("ねこ", "このねこか\u3099", 2),
    "decomposed Hangul before a particle": ("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af\u110b\u1173\u11af 쓰다", 2),
    "alone": ("いか", "いか", 2),
    "quoted": ("かに", "「かに」", 2),
    "before a comma": ("かに", "かに、いか", 2),
    "between katakana": ("かに", "ズワイかにスープ", 2),
    "before から": ("うに", "うにから始める", 2),
    "a name with さん": ("ねこ", "ねこさんが来た", 2),
    "the copula": ("ねこ", "これはねこです", 2),
    "three kana behind a kanji": ("さくら", "友人さくらは", 1),
    "four kana with one boundary": ("ひまわり", "ひまわりきれい", 1),
    "five kana anywhere": ("ありがとう", "すごくありがとうね", 1),
    "kanji before a particle": ("京都", "京都へ行く", 2),
    "kanji in a longer word": ("京都", "東京都へ引越した", 1),
    "in the middle of a longer word": ("東京", "大東京都", 0),
    "before する": ("勉強", "昨日勉強した", 1),
    "a verbal noun": ("勉強", "毎朝、勉強する", 2),
    "before a verb in kana": ("今日", "今日おきた", 2),
    "kanji before okurigana cost": ("毎日", "毎日たべる", 1),
    "one kanji before a particle": ("話", "昔の話を", 2),
    "kana at the end before a particle": ("癒し", "この癒しを", 2),
    "kana at the end before a verb's ending": ("思い込み", "また思い込みました", 1),
    "a longer title behind hiragana": ("たこ焼き", "買ったこ焼きと大阪のたこ焼きを", 2),
    "an adjective behind an adverb": ("つらい", "とてもつらい。", 1),
    "an adjective behind a nominal clause": ("つらい", "話すのはつらいけど", 2),
    "a verb behind a kanji": ("書く", "色々書く", 1),
    "a kanji that is guessed": ("手", "それも手かも", 2),
    "a sound before する": ("ふわふわ", "ふわふわした話", 2),
    "a verb before a noun": ("わかる", "わかることを", 2),
    "an adjectival noun of one kanji": ("暇", "暇な人", 2),
    "a kanji and the copula": ("夢", "あれは夢だった", 2),
    "a Korean word with a particle": ("서울", "서울에서 만나", 2),
    "a Korean word with a short particle": ("지식", "지식을 모으다", 2),
    "a Korean word in a compound": ("지식", "지식관리를", 1),
    "a Korean word at the end of a compound": ("관리", "지식관리를", 1),
    "a Chinese word before 的": ("知识", "知识的管理", 2),
    "a Chinese word after 的": ("管理", "知识的管理", 2),
}


@pytest.mark.parametrize(("title", "line"), NO_WORDS.values(), ids=NO_WORDS)
def test_a_piece_of_a_word_is_no_mention(title: str, line: str) -> None:
    assert edges_of(title, line) == []


@pytest.mark.parametrize(("title", "line", "edges"), WORDS.values(), ids=WORDS)
def test_a_word_is_a_mention_and_uncertain_edges_cost(title: str, line: str, edges: int) -> None:
    assert edges_of(title, line)[-1:] == [edges]
