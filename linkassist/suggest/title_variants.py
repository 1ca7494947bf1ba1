"""Spelling variants of a title in running text: signs between words, long vowels, okurigana, inflection.

All texts here are folded (`folding.fold`). A mention in another spelling is proposed with a reason that says so, and
never taken for the title itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Final

from linkassist.spelling import LONG_WORD

_SHORTEST: Final = 4  # code points: shorter words are other words when they are spelt otherwise
_SHORTEST_KATAKANA: Final = 3
_KATAKANA: Final = re.compile("[ァ-ヺー]{3,}")
_MOST_WORDS: Final = 3  # in katakana, of one title
_MAY_BE_LONG: Final = re.compile(
    "[アカガサザタダナハバパマヤャラワ](?![ーァィゥェォャュョッン]|$)"
)  # of "-er" and "-ar"
_MOST_VOWELS: Final = 4  # of one word
_SHORTEST_IN_NUMBER: Final = 3
_SIBILANTS: Final = ("s", "x", "z", "ch", "sh")
_SHORTEST_HANGUL: Final = 3  # syllables; a word that is written apart has two on each side
_BETWEEN_WORDS: Final = re.compile("[_・-]+")

# Okurigana that is written or left out where two verbs make up a noun: 読み込み, 読込み, 読込.
_FIRST: Final = """
    取り 読み 書き 組み 受け 打ち 引き 買い 売り 切り 差し 振り 立ち 貸し 借り 払い 積み 割り 繰り 申し 問い 聞き 押し
    呼び 乗り 埋め 持ち 入れ
"""
_SECOND: Final = "込み 組み 上げ 下げ 入れ 出し 戻し 付け 替え 換え 立て 消し 返し 扱い 引き 取り 合わせ 止め"
_WITHOUT: Final = {"合わせ": "合せ"}  # 組合 is another word than 組み合わせ


def _either_way(words: str) -> dict[str, tuple[str, str]]:
    """Of each spelling of these words, (with okurigana, without)."""
    pairs = [(word, _WITHOUT.get(word, word[:1])) for word in words.split()]
    return {spelling: pair for pair in pairs for spelling in pair}


_FIRSTS, _SECONDS = _either_way(_FIRST), _either_way(_SECOND)


def _any_of(spellings_of: dict[str, tuple[str, str]]) -> str:
    return "|".join(sorted(spellings_of, key=len, reverse=True))


_COMPOUND: Final = re.compile(f"({_any_of(_FIRSTS)})({_any_of(_SECONDS)})(?![ぁ-ん])")

# What the last kana of a verb or adjective gives way to.
_ICHIDAN: Final = ("て", "た", "ない")
_ENDINGS: Final = {
    "う": ("い", "って", "った", "わない"),
    "く": ("き", "いて", "いた", "かない"),
    "ぐ": ("ぎ", "いで", "いだ", "がない"),
    "す": ("し", "して", "した", "さない"),
    "つ": ("ち", "って", "った", "たない"),
    "ぬ": ("に", "んで", "んだ", "なない"),
    "ぶ": ("び", "んで", "んだ", "ばない"),
    "む": ("み", "んで", "んだ", "まない"),
    "る": ("り", "って", "った", "らない"),
    "い": ("く", "くて", "かった", "さ"),
}
_NOUN_OF: Final = {"き": "く", "ぎ": "ぐ", "し": "す", "ち": "つ", "び": "ぶ", "み": "む", "り": "る"}
_BEFORE_ICHIDAN: Final = "いきぎしじちにびみりえけげせぜてでねべめれ"
_INFLECTED: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff々][ぁ-ん]{1,3}$")

_SYLLABLES: Final = range(0xAC00, 0xD7A4)
_FINALS: Final = 28  # a Hangul syllable's code counts its final consonants first
_N, _L, _M, _B = 4, 8, 16, 17
_KOREAN_ENDINGS: Final = ("기", "다", "는", "고", "지", "면")


def spellings(folded: str) -> set[str]:
    """The other spellings of a folded title; none of a short one.

    Another sign or none between its words ("data_base", "database"), a long vowel at the end of a katakana word or none
    ("サーバー", "サーバ") and inside a long one, an English plural or singular, okurigana that is written or left out
    ("読み込み", "読込"), and the forms of a Japanese or Korean verb or adjective at its end ("書き出す", "書き出して";
    "글쓰기", "글쓰는").
    """
    if not folded:
        return set()
    found = {form for form in _written_apart(folded) if len(form) >= _SHORTEST}
    found |= {form for rule in _rules(folded) for form in rule(folded)}
    return found - {folded}


def in_other_number(folded: str) -> set[str]:
    """The English plurals and singulars of a folded title, also of a short one, which texts are not searched for."""
    if len(folded) < _SHORTEST_IN_NUMBER or not "a" <= folded[-1] <= "z":
        return set()
    found = {f"{folded}es" if folded.endswith(_SIBILANTS) else f"{folded}s"}
    if folded.endswith("y"):
        found.add(f"{folded[:-1]}ies")
    if folded.endswith("ies"):
        found.add(f"{folded[:-3]}y")
    if folded.endswith("es") and folded[:-2].endswith(_SIBILANTS):
        found.add(folded[:-2])
    if folded.endswith("s") and not folded.endswith("ss"):
        found.add(folded[:-1])
    return {form for form in found if len(form) >= _SHORTEST_IN_NUMBER}


def _rules(folded: str) -> Iterator[Callable[[str], Iterator[str]]]:
    """The rules that apply to a title of this length and last character."""
    last, n = folded[-1], len(folded)
    yield _with_okurigana
    yield _with_long_vowel
    if "a" <= last <= "z" and n >= _SHORTEST:
        yield _in_number
    elif "ぁ" <= last <= "ん" and n >= _SHORTEST:
        yield _inflected
    elif ord(last) in _SYLLABLES and n >= _SHORTEST_HANGUL:
        yield _korean


def _written_apart(folded: str) -> Iterator[str]:
    words = _BETWEEN_WORDS.split(folded)
    if len(words) > 1 and all(words) and len(folded) >= _SHORTEST:
        yield from (sign.join(words) for sign in ("", "_", "-", "・"))


def _with_long_vowel(folded: str) -> Iterator[str]:
    """Each katakana word with and without its last long vowel; a long word also without any of its others, and with one
    where people add it ("インタフェース", "インターフェース")."""
    for word in islice(_KATAKANA.finditer(folded), _MOST_WORDS):
        other = word[0][:-1] if word[0].endswith("ー") else f"{word[0]}ー"
        others = {other} if len(other) >= _SHORTEST_KATAKANA else set()
        if len(word[0].replace("ー", "")) >= LONG_WORD:
            *parts, last = word[0].split("ー", _MOST_VOWELS)
            others |= {"".join(each) + last for each in product(*((part, f"{part}ー") for part in parts))}
            short = (match.end() for match in islice(_MAY_BE_LONG.finditer(word[0]), _MOST_VOWELS))
            others |= {f"{word[0][:at]}ー{word[0][at:]}" for at in short}
        yield from (folded[: word.start()] + each + folded[word.end() :] for each in sorted(others))


def _in_number(folded: str) -> Iterator[str]:
    form = folded[:-1] if folded.endswith("s") else f"{folded}s"
    if len(form) >= _SHORTEST and not form.endswith("ss"):
        yield form


def _with_okurigana(folded: str) -> Iterator[str]:
    for match in _COMPOUND.finditer(folded):
        for first in _FIRSTS[match[1]]:
            for second in _SECONDS[match[2]]:
                if len(second) > 1 or len(first) == 1:  # nobody writes 読み込
                    yield folded[: match.start()] + first + second + folded[match.end() :]


def _inflected(folded: str) -> Iterator[str]:
    """The plain, continuing, past and negative form; "さ" and "く" of an adjective."""
    if not _INFLECTED.search(folded):
        return
    stem, last = folded[:-1], folded[-1]
    plain = _NOUN_OF.get(last, last)
    yield stem + plain
    yield from (stem + ending for ending in _ENDINGS.get(plain, ()))
    if last == "る" and stem[-1] in _BEFORE_ICHIDAN:
        yield from (stem + ending for ending in _ICHIDAN)


def _korean(folded: str) -> Iterator[str]:
    """Written as two words, and with the other endings of a verb in -기 or -다."""
    if all(ord(char) in _SYLLABLES for char in folded):
        yield from (f"{folded[:i]}_{folded[i:]}" for i in range(2, len(folded) - 1))
    if folded[-1] in "기다":
        stem = folded[:-1]
        yield from (stem + ending for ending in _KOREAN_ENDINGS)
        code = ord(stem[-1])
        if code in _SYLLABLES and (code - _SYLLABLES.start) % _FINALS == 0:
            yield from (stem[:-1] + chr(code + final) for final in (_N, _L, _M, _B))
        if stem.endswith("하"):
            yield from (stem[:-1] + past for past in "해했")
