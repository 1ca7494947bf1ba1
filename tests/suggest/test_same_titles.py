"""Spellings and forms of a page's own title and of what it links: they are no suggestions."""

from __future__ import annotations

import unicodedata

import pytest
from support.wiki_by_hand import corpus_of, number_of, vectors_of

from linkassist.model.fit import suggest_pages
from linkassist.model.scan import scan_texts
from linkassist.model.wiki_model import fit_wiki_model
from linkassist.suggest.ranker import starting_ranker
from linkassist.suggestion import Suggestion

AROUND = {
    "道具": "[検索]の[道具箱]",
    "検索": "[道具]",
    "日記": "[道具]を[検索]",
}


def suggestions_for(title: str, text: str, *others: str) -> dict[str, Suggestion]:
    """By target, what is suggested for this page beside pages of these titles, which others link."""
    linking = {f"読書 {number}": "".join(f"[{other}]と" for other in others) for number in range(4)}
    corpus = corpus_of({**AROUND, **dict.fromkeys(others, "これは道具"), **linking, title: text})
    scan = scan_texts(corpus, vectors_of(corpus))
    found = dict(suggest_pages(fit_wiki_model(scan), scan, starting_ranker()))
    return {each.target: each for each in found[number_of(corpus, title)]}


SPELLINGS = [
    ("川喜田 二郎", "川喜田二郎"),
    ("川喜田二郎", "川喜田・二郎"),
    ("サーバー", "サーバ"),
    ("ユーザ名", "ユーザー名"),
    ("パピルス", "ﾊﾟﾋﾟﾙｽ"),
    ("ドラマの話", unicodedata.normalize("NFD", "ドラマの話")),
    ("ＢＥＲＴの話", "BERTの話"),
    ("data base", "database"),
    ("full-text search", "full text search"),
    ("Straße der Dinge", "STRASSE DER DINGE"),
    ("글쓰기", "글 쓰기"),
]


@pytest.mark.parametrize(("linked", "other"), [*SPELLINGS, *((b, a) for a, b in SPELLINGS)])
def test_a_spelling_of_a_title_that_the_page_links_is_not_suggested(linked: str, other: str) -> None:
    text = f"[{linked}]のこと\nまた {other} と道具"

    assert other in suggestions_for("手帖", text.replace(f"[{linked}]", ""), other)
    for titles in ((other,), (linked, other)):
        found = suggestions_for("手帖", text, *titles)
        assert other not in found and "道具" in found


@pytest.mark.parametrize(("title", "other"), [*SPELLINGS, *((b, a) for a, b in SPELLINGS)])
def test_a_spelling_of_the_pages_own_title_is_not_suggested(title: str, other: str) -> None:
    found = suggestions_for(title, f"また {other} と道具", other)

    assert other not in found and "道具" in found


FORMS = [
    ("wiki page", "wiki pages"),
    ("cats", "cat"),
    ("box", "boxes"),
    ("city", "cities"),
    ("書き出す", "書き出した"),
    ("振り返り", "振り返る"),
    ("読み込み", "読込"),
    ("글쓰기", "글쓰는"),
]


@pytest.mark.parametrize(("title", "other"), [*FORMS, *((b, a) for a, b in FORMS)])
def test_another_form_of_the_pages_own_title_is_not_suggested(title: str, other: str) -> None:
    found = suggestions_for(title, f"また {other} と道具", other)

    assert other not in found and "道具" in found


OTHERS = [("ビール", "ビル"), ("データ", "データベース"), ("道具箱", "道具"), ("glass", "grass"), ("plan", "plane")]


@pytest.mark.parametrize(("title", "other"), OTHERS)
def test_other_words_are_suggested(title: str, other: str) -> None:
    assert other in suggestions_for(title, f"また {other} のこと", other)
    assert other in suggestions_for("手帖", f"[{title}]。また {other} のこと", title, other)


SAID = [
    *(pair for pair in SPELLINGS if pair[0] not in ("full-text search", "Straße der Dinge", "ＢＥＲＴの話")),
    ("川喜田・二郎", "川喜田二郎"),
    ("サーバ", "サーバー"),
    ("ユーザー名", "ユーザ名"),
    ("database", "data base"),
]


@pytest.mark.parametrize(("title", "said"), SAID)
def test_a_phrase_that_is_a_spelling_of_a_title_is_no_new_link(title: str, said: str) -> None:
    text = f"今日は「{said}」の話をした"

    assert suggestions_for("手帖", text)[said].kind == "new"
    assert said not in suggestions_for("手帖", text, title)
    assert said not in suggestions_for("手帖", f"今日は[{title}]。\n{text}")
    assert said not in suggestions_for(title, text)


@pytest.mark.parametrize(
    ("title", "said"), [("wiki page", "wiki pages"), ("問合せ先", "問い合わせ先"), ("글쓰기", "글쓰는")]
)
def test_a_phrase_that_is_a_form_of_a_title_is_no_new_link(title: str, said: str) -> None:
    text = f"今日は「{said}」の話をした"

    assert suggestions_for("手帖", text)[said].kind == "new"
    assert said not in suggestions_for("手帖", text, title)
    assert said not in suggestions_for(title, text)


@pytest.mark.parametrize(
    ("title", "said"), [("サーバー", "サーバ"), ("川喜田 二郎", "川喜田二郎"), ("ユーザー名", "ユーザ名")]
)
def test_the_page_whose_title_a_phrase_spells_is_suggested_at_its_place(title: str, said: str) -> None:
    found = suggestions_for("手帖", f"今日は「{said}」の話をした", title)

    assert [each.surface for each in found[title].mentions] == [said]
