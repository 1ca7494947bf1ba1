"""Pages that only point to another page: their titles lead there."""

from __future__ import annotations

import pytest
from support.wiki_by_hand import corpus_of, number_of, vectors_of

from linkassist.model.fit import suggest_pages
from linkassist.model.scan import scan_texts
from linkassist.model.wiki_model import fit_wiki_model
from linkassist.suggest.aliases import aliases_of, resolved
from linkassist.suggest.ranker import starting_ranker
from linkassist.suggestion import Suggestion

WIKI = {
    "Visual Studio Code": "エディタのひとつ",
    "VS code": "→ [Visual Studio Code]",
    "エディタ": "[Visual Studio Code]と[VS code]と[道具]",
    "道具": "[エディタ]",
    "読書": "[道具]と[Visual Studio Code]",
}


def suggestions_for(text: str, **others: str) -> dict[str, Suggestion]:
    corpus = corpus_of({**WIKI, **others, "手帖": text})
    scan = scan_texts(corpus, vectors_of(corpus))
    found = dict(suggest_pages(fit_wiki_model(scan), scan, starting_ranker()))
    return {each.target: each for each in found[number_of(corpus, "手帖")]}


def test_a_title_that_only_points_leads_to_the_other_page_and_the_reason_says_so() -> None:
    found = suggestions_for("昔のVS codeの話")

    assert "VS code" not in found
    suggestion = found["Visual Studio Code"]
    assert suggestion.mentions == ()  # the words stay: the link goes to the end of the page
    (reason,) = (each for each in suggestion.reasons if each.signal == "alias")
    assert reason.names == ("VS code", "Visual Studio Code") and reason.quote == "VS code"


def test_the_title_itself_is_the_mention_where_the_page_says_both() -> None:
    found = suggestions_for("VS codeの話\nVisual Studio Codeの話")

    assert [each.surface for each in found["Visual Studio Code"].mentions] == ["Visual Studio Code"]


def test_an_alias_in_another_spelling_of_the_title_is_a_mention() -> None:
    found = suggestions_for("サーバを立てる", サーバー="機械", サーバ="see [サーバー]")

    assert [each.surface for each in found["サーバー"].mentions] == ["サーバ"]
    assert "alias" in {reason.signal for reason in found["サーバー"].reasons}
    assert "サーバ" not in found


def test_who_links_the_alias_links_what_it_leads_to() -> None:
    found = suggestions_for("[VS code]とVisual Studio Codeと道具")

    assert "Visual Studio Code" not in found and "道具" in found


def test_chains_are_followed_and_circles_are_pages_like_others() -> None:
    pages = {
        "a": "see [b]",
        "b": "see [c]",
        "c": "text",
        "x": "see [y]",
        "y": "see [x]",
        "z": "see [x]",
        "n": "→ [none]",
        "t": "[c]",
    }
    assert aliases_of(corpus_of(pages)) == {"a": "c", "b": "c"}
    assert resolved({"a": "a"}, frozenset("a")) == {}


@pytest.mark.parametrize("title", ["2026-05-02", "日記"])
def test_dates_lead_nowhere(title: str) -> None:
    assert aliases_of(corpus_of({title: "see [道具]", "道具": "x"})) == {}
