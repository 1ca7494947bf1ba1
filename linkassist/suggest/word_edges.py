"""Whether a span of a text begins and ends at a word boundary, where no space tells.

Scripts tell most of it: a Latin or katakana word is never cut, and a change of script is a boundary. Within hiragana,
and between a kanji and the hiragana behind it, a closed list of particles and auxiliaries tells, as does one of
particles in Korean and Chinese. An edge that is not told so is uncertain, and short titles are not found there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from linkassist.suggest.corpus import BoolArray, IntArray
from linkassist.suggest.folding import HANGUL, HIRAGANA, KANJI, KATAKANA, LATIN, OTHER, scripts

INSIDE_WORD: Final = -9  # an end in the middle of a Latin or katakana word
_ANY: Final = "*"

# What may follow a word in hiragana, by its first two kana; "*": any second kana, "-": none.
_FOLLOWING: Final = {
    **dict.fromkeys("をはがのにとでもへ", _ANY),
    "や": "-らはも",
    "か": "-らもどなね",
    "だ": "-ったけよねとがろかしな",
    "な": "-のらどんし",
    "ね": "-えー",
    "よ": "-りね",
    "じ": "ゃ",
    "ま": "で",
    "さ": "んまえ",
    "す": "ら",
    "し": "か",
    "っ": "てぽ",
    "ほ": "ど",
    "ら": "し",
    "く": "らん",
    "ぐ": "ら",
    "ば": "か",
    "こ": "そ",
    "た": "ち",
    "ち": "ゃ",
    "み": "た",
}
_VERB_OF_NOUN: Final = {"す": "るれべ", "し": "-てたなまよろつ", "さ": "れせ"}  # 勉強する, not 話す
_NO_OKURIGANA: Final = "あおごふひほ"  # no verb or adjective goes on so behind its kanji
_ALSO_OKURIGANA: Final = "かっ"  # 静か, 帰って; behind a single kanji
_OKURIGANA: Final = "べぶびばんむめくけぐげるりれえわせうつっ"  # a verb's, where no word that may follow begins so
_PREDICATE_ENDS: Final = "うくぐすつぬぶむるい"  # a verb or an adjective, which more may follow: 書くこと
_ENDS_BEFORE_NOUN: Final = "なただのをはがにでとてん"
_FOLLOWING_PREDICATE: Final = {
    "よ": "う",
    "こ": "と",
    "け": "ど",
    "た": "め",
    "べ": "き",
    "そ": "う",
    "わ": "け",
    "ほ": "う",
    "つ": "も",
}
# What may stand before a word in hiragana: particles behind another script, and two kana that end a word.
_BEFORE: Final = "はがのにでともへや"
_BEFORE_IN_TWO: Final = (
    "には では とは にも でも との での への から まで より など とか だけ ので のに この その あの どの"
)
_PRONOUNS: Final = "これ それ あれ どれ ここ そこ ぼく だれ なに みな"  # before one of those particles
_NOMINAL: Final = "のは のが のも のに のを"  # behind a verb or an adjective: 話すのは
_VERB_ENDS: Final = "るたいうくすむつぶぐ"
_NO_CONJUNCTION: Final = "ひもこあほっはおい"  # before と and や: ひと, ほとんど, はやい
_ENDING_IN_TWO: Final = "しい いい きな"  # 新しい, 大きな
_KOREAN: Final = "은는이가을를의에로도와과만"
_KOREAN_IN_TWO: Final = """
    에서 으로 까지 부터 에게 처럼 보다 라는 이나 하고 에는 에도 들은 들이 들을 이다 이란 이고 한테 로서 로써 마다 조차
"""
_CHINESE: Final = "的了是与與"

# Words and turns of hiragana that begin like nouns.
_HIRAGANA_WORDS: Final = """
    あいだ あしもと あたかも あとがき あまりに あるいは いかが いかだ いかなる いかに いかにして いかにも いかん
    いきなり いきもの いつか いつも いとも いまだ いろは うちに おそらく おとな おなじ かいもの かたや かならず
    かなり かにかくに かねて かもしれ かもな かもね からして からだと かわりに きっと きもの くだもの くらいに
    けれども こそあど ことから ことなく さかな さすがに さらに しかし しかた しかない しかも すこし すでに すなわち
    すると せめて ぜひとも そこで そして そのうち そのもの そもそも それで それに たことが たことな たことに
    たことは たことも たことを たしかに ただし たとえ だから だからと だんだん ついて ついでに つまり とおり とかく
    ところが ところで とたんに となり とにかく ともに とりあえず どうか どこか どこにも どこも どれか どれも
    なかなか なかに ながらに なぜか など なにか なにも なので なのに なのは なまもの なみだ なんか なんで なんと
    なんとか なんとなく にくい にして について にとって にもかかわらず によって はいかが はしご はじめ はずが
    ひとつに ほかに ほかにも ほかの ほとんど まいに まえがき まさか まさに まして またとない または まだまだ
    まちがい まちがう まちがえ まちがっ まとも まるで みなと みんなで むしろ もしか もしも もちろん もっとも
    もともと ものの やがて やはり やまと ようで ようと ように よかった わけが わけで わけでは わけに われわれ
"""

# Nouns and particles that are no word of their own right behind hiragana: 楽しいこと, そのため, いいかも.
_GRAMMATICAL_WORDS: Final = """
    うち うえ かな かも から くらい けど こと こそ ごろ さえ しか ため だけ とか とき ところ など のに ので はず ばかり
    ほう ほど まで まま もの ゆえ よう より わけ
"""
_GRAMMATICAL: Final = frozenset(_GRAMMATICAL_WORDS.split())


def _alternatives(words: str) -> str:
    return "|".join(sorted(set(words.split()), key=len, reverse=True))


_HIRAGANA_WORD: Final = re.compile(_alternatives(_HIRAGANA_WORDS))
_N_KANA: Final = 0x60
_FIRST_KANA: Final = 0x3040


def _pairs(following: dict[str, str]) -> BoolArray:
    """(first, second): whether the table allows this pair of kana; the last column is for no second kana."""
    allowed = np.zeros((_N_KANA, _N_KANA + 1), np.bool_)
    for first, seconds in following.items():
        row = ord(first) - _FIRST_KANA
        if seconds == _ANY:
            allowed[row] = True
        for second in seconds.replace(_ANY, ""):
            allowed[row, ord(second) - _FIRST_KANA if "ぁ" <= second <= "ゟ" else _N_KANA] = True
    return allowed


_AFTER_WORD: Final = _pairs(_FOLLOWING)
_AFTER_KANJI: Final = _AFTER_WORD | _pairs({**_VERB_OF_NOUN, **dict.fromkeys(_NO_OKURIGANA, _ANY)})
_AFTER_PREDICATE: Final = _AFTER_WORD | _pairs(_FOLLOWING_PREDICATE)
_AFTER_SINGLE_KANJI: Final = (_AFTER_WORD & ~_pairs(dict.fromkeys(_ALSO_OKURIGANA, _ANY))) | _pairs({"か": "もらど"})
_AFTER_LONGER: Final = _AFTER_WORD | _pairs(_VERB_OF_NOUN)


@dataclass(frozen=True, slots=True)
class FormKinds:
    """What the edges of the forms of titles depend on, per form: `length` in code points, whether it `is_hiragana`
    throughout, whether it is a single kanji with the kana of a verb's noun (`is_inflected`: 癒し), and whether it is
    grammatical, like こと."""

    length: IntArray
    is_hiragana: BoolArray
    is_inflected: BoolArray
    is_grammatical: BoolArray

    @classmethod
    def of(cls, forms: Sequence[str]) -> FormKinds:
        """The kinds of these folded forms; one row of nothing where there is none, so that any number looks it up."""
        return cls(
            np.array([len(form) for form in forms] or [0], np.int64),
            np.array([_HIRAGANA_ONLY.fullmatch(form) is not None for form in forms] or [False], np.bool_),
            np.array([_INFLECTED.fullmatch(form) is not None for form in forms] or [False], np.bool_),
            np.array([form in _GRAMMATICAL for form in forms] or [False], np.bool_),
        )


_HIRAGANA_ONLY: Final = re.compile("[\u3041-\u309fー]+")
_INFLECTED: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff々][\u3041-\u309f]*[いきぎしちにびみりえけげせてでねべめれ]")


def word_edges(
    text: str, start: IntArray, end: IntArray, group: IntArray, kinds: FormKinds
) -> tuple[BoolArray, IntArray]:
    """(whether each span can be a word; how many of its ends are word boundaries, 0 to 2). text: folded.

    group: per span, the number of its form in `kinds`.
    """
    if len(start) == 0:
        return np.zeros(0, np.bool_), np.zeros(0, np.int64)
    around = _Around(text, start, end)
    n = kinds.length[group]
    left, right = around.left_edges(), around.right_edges(n)
    is_word = (left != INSIDE_WORD) & (right != INSIDE_WORD)
    before_kanji = (around.before(1) == KANJI) & (around.first == KANJI)
    is_hiragana = kinds.is_hiragana[group]
    # a word of three kana behind a kanji is more than its okurigana
    begins = (left == 1) | ((n == 3) & (around.before(1) == KANJI))
    needs_one = (n == 4) | ((n == 3) & around.ends_predicate())
    ends = (right == 1) | (around.after(0) == KANJI)
    is_word &= ~is_hiragana | (n >= 5) | np.where(needs_one, left + right >= 1, begins & ends)
    is_word &= ~(kinds.is_grammatical[group] & (around.before(1) == HIRAGANA))
    is_word &= ~(kinds.is_inflected[group] & (n <= 3) & before_kanji)  # 癒し in 治癒して
    is_cut = (left == 0) & (right == 0)
    is_word &= ~(is_cut & (n == 2) & before_kanji & around.goes_on())  # 日食 in 毎日食べる
    is_word &= ~(is_cut & (n <= 2) & (around.first == HANGUL))
    for i in np.flatnonzero(is_word & is_hiragana & (n <= 3)).tolist():
        longer = _HIRAGANA_WORD.match(text, int(start[i]))
        is_word[i] = longer is None or longer.end() <= end[i]
    return is_word, left.clip(0) + right.clip(0)


class _Around:
    """The code points at both ends of spans of a text, and their scripts; line ends beyond the text."""

    def __init__(self, text: str, start: IntArray, end: IntArray) -> None:
        padded = f"\n\n\n{text}\n\n\n"
        self._codes = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), np.uint32)
        self._script = scripts(padded)
        self._start, self._end = start + 3, end + 3
        self.first, self.last = self._script[self._start], self._script[self._end - 1]

    def before(self, n: int) -> npt.NDArray[np.uint8]:
        """The script of the n-th code point before each span."""
        return np.asarray(self._script[self._start - n])

    def after(self, n: int) -> npt.NDArray[np.uint8]:
        """The script of the code point n places behind the end of each span."""
        return np.asarray(self._script[self._end + n])

    def ends_predicate(self) -> BoolArray:
        """Whether each span ends as a verb or an adjective does."""
        return _is_one_of(self._codes[self._end - 1], _PREDICATE_ENDS)

    def _ends_before_noun(self) -> BoolArray:
        """Whether each span ends as what stands before a noun does: 新しい, 好きな, 読んだ, 道具の."""
        return self.ends_predicate() | _is_one_of(self._codes[self._end - 1], _ENDS_BEFORE_NOUN)

    def goes_on(self) -> BoolArray:
        """Whether a verb's okurigana may stand behind each span."""
        return _is_one_of(self._codes[self._end], _OKURIGANA)

    def left_edges(self) -> IntArray:
        """1 at a word boundary, 0 where that is uncertain, INSIDE_WORD."""
        outer = self.before(1)
        edge = _edges_of_scripts(outer, self.first)
        edge[(self.first == HIRAGANA) & (outer == KANJI)] = 0
        inside = np.flatnonzero((self.first == HIRAGANA) & (outer == HIRAGANA))
        edge[inside] = self._begins_after_hiragana(inside)
        chinese = np.flatnonzero((edge == 0) & (outer == KANJI) & (self._end - self._start > 1))
        edge[chinese] = _is_one_of(self._codes[self._start[chinese] - 1], _CHINESE)
        return edge

    def _begins_after_hiragana(self, rows: IntArray) -> BoolArray:
        start = self._start[rows]
        one, two, three = (self._codes[start - n] for n in (1, 2, 3))
        is_kana_two, is_kana_three = (self._script[start - n] == HIRAGANA for n in (2, 3))
        pair = _pair(two, one)
        behind_word = _is_one_of(one, _BEFORE) & ~is_kana_two & ~_is_one_of(two, "\n_")
        behind_word |= (one == ord("の")) & (two != ord("も"))
        is_long = (self._end - self._start)[rows] > 2
        behind_word |= _is_one_of(one, "とや") & is_kana_two & ~_is_one_of(two, _NO_CONJUNCTION) & is_long
        behind_word |= _is_one_of(one, _BEFORE) & np.isin(_pair(three, two), _PRONOUN_PAIRS)
        behind_word |= _is_one_of(one, "な") & (self._script[start - 2] == KANJI)
        behind_word |= _is_one_of(three, _VERB_ENDS) & np.isin(pair, _NOMINAL_PAIRS)
        behind_word |= np.isin(pair, _BEFORE_PAIRS) & ~is_kana_three
        return np.asarray(behind_word | (one == ord("を")) | np.isin(pair, _ENDING_PAIRS))

    def right_edges(self, n: IntArray) -> IntArray:
        """1 at a word boundary, 0 where that is uncertain, INSIDE_WORD. n: the lengths of the spans."""
        outer = self.after(0)
        edge = _edges_of_scripts(outer, self.last)
        edge[(self.last == HIRAGANA) & (outer == KANJI) & ~self._ends_before_noun()] = 0
        one, two = self._codes[self._end], self._codes[self._end + 1]
        kana = np.flatnonzero((outer == HIRAGANA) & ((self.last == HIRAGANA) | (self.last == KANJI)))
        first = one[kana].astype(np.int64) - _FIRST_KANA
        second = np.where(self.after(1)[kana] == HIRAGANA, two[kana].astype(np.int64) - _FIRST_KANA, _N_KANA)
        first, second = first.clip(0, _N_KANA - 1), second.clip(0, _N_KANA)  # a sound mark of its own is beyond
        is_kanji, length = self.last[kana] == KANJI, n[kana]
        is_predicate = ~is_kanji & (length >= 3) & self.ends_predicate()[kana]
        edge[kana] = np.select(
            [is_kanji & (length == 1), is_kanji, is_predicate, length >= 3],
            [table[first, second] for table in (_AFTER_SINGLE_KANJI, _AFTER_KANJI, _AFTER_PREDICATE, _AFTER_LONGER)],
            _AFTER_WORD[first, second],
        )
        hangul = np.flatnonzero((outer == HANGUL) & (self.last == HANGUL))
        ends_one, ends_two = (self.after(at)[hangul] != HANGUL for at in (1, 2))
        edge[hangul] = (_is_one_of(one[hangul], _KOREAN) & ends_one) | (
            np.isin(_pair(one[hangul], two[hangul]), _KOREAN_PAIRS) & ends_two
        )
        chinese = np.flatnonzero((edge == 0) & (outer == KANJI) & (n > 1))
        edge[chinese] = _is_one_of(one[chinese], _CHINESE)
        return edge


def _edges_of_scripts(outer: npt.NDArray[np.uint8], inner: npt.NDArray[np.uint8]) -> IntArray:
    same = (outer == inner) & (outer != OTHER)
    inside_word = same & ((outer == LATIN) | (outer == KATAKANA))
    return np.where(inside_word, INSIDE_WORD, np.where(same, 0, 1)).astype(np.int64)


def _is_one_of(codes: npt.NDArray[np.uint32], chars: str) -> BoolArray:
    return np.isin(codes, np.array([ord(char) for char in chars], np.uint32))


def _pair(first: npt.NDArray[np.uint32], second: npt.NDArray[np.uint32]) -> IntArray:
    return (first.astype(np.int64) << 21) | second


def _codes_of_pairs(pairs: str) -> IntArray:
    return np.array([(ord(pair[0]) << 21) | ord(pair[1]) for pair in pairs.split()], np.int64)


_BEFORE_PAIRS, _ENDING_PAIRS = _codes_of_pairs(_BEFORE_IN_TWO), _codes_of_pairs(_ENDING_IN_TWO)
_NOMINAL_PAIRS: Final = _codes_of_pairs(_NOMINAL)
_PRONOUN_PAIRS: Final = _codes_of_pairs(_PRONOUNS)
_KOREAN_PAIRS: Final = _codes_of_pairs(_KOREAN_IN_TWO)
