"""Spellings: what may change in a text, and what is another word."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkassist.spelling import is_spelling_of, letters_of
from linkassist.suggest.folding import fold
from linkassist.suggest.search_text import search_key
from linkassist.wiki import title_key

SAME = [
    ("サーバ", "サーバー"),
    ("ユーザ名", "ユーザー名"),
    ("コンピューターネットワーク", "コンピュータ・ネットワーク"),
    ("インターフェース", "インタフェース"),
    ("ｻｰﾊﾞｰ", "サーバ"),
    ("サー・バー", "サーバ"),
    ("サーハ\u3099ー", "サーバー"),
    ("ＢＥＲＴ", "bert"),
    ("川喜田二郎", "川喜田 二郎"),
    ("川喜田\u3000二郎", "川喜田・二郎"),
    ("data base", "Data_Base"),
    ("Data-Base", "database"),
    ("k\u2011means", "K-Means"),
    ("TOP10", "top-10"),
    ("couldn’t", "couldn't"),
    ("“best” tool", '"best" tool'),
    ("京都〜大阪", "京都～大阪"),
    ("㍿", "株式会社"),
    ("café", "cafe\u0301"),
    ("Straße", "STRASSE"),
    ("İstanbul", "istanbul"),
    ("글 쓰기", "글쓰기"),
    ("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
]
OTHER = [
    ("強かった", "強い"),
    ("書き出した", "書き出す"),
    ("振り返る", "振り返り"),
    ("読込み", "読み込み"),
    ("取組", "取り組み"),
    ("cats", "cat"),
    ("wiki page", "wiki pages"),
    ("글쓰는", "글쓰기"),
    ("カバ", "カバー"),
    ("ビル", "ビール"),
    ("リンゴ", "りんご"),
    ("3-1", "31"),
    ("2021-03", "202103"),
    ("well", "we'll"),
    ("C", "C++"),
    ("cafe", "café"),
    ("ハラ", "バラ"),
    ("沢", "澤"),
    ("Vue.js", "Vuejs"),
]


@pytest.mark.parametrize(("text", "title"), SAME)
def test_one_title_in_two_spellings(text: str, title: str) -> None:
    assert is_spelling_of(text, title) and is_spelling_of(title, text)
    assert letters_of(title) in letters_of(f"昨日の{text}を")


@pytest.mark.parametrize(("text", "title"), OTHER)
def test_another_form_or_another_word_is_no_spelling(text: str, title: str) -> None:
    assert not is_spelling_of(text, title) and not is_spelling_of(title, text)


TITLES = st.text(st.sampled_from("サバーデｰﾊﾞ・ _-3aAbＢéが゙く。’'İı글ㄱ"), min_size=1, max_size=9)


@given(TITLES)
def test_what_search_takes_for_the_title_itself_is_a_spelling_of_it(title: str) -> None:
    for same in (fold(title), search_key(title_key(title)), unicodedata.normalize("NFD", title), title.lower()):
        assert is_spelling_of(same, title)
